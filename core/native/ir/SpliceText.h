// Lines of LLVM IR that a description brings along: their locals are renamed apart, and what they call is
// declared.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace tenon::native {

/// The first type of the text ("<8 x i32>", "ptr addrspace(3)", "{i32, i32}", "i8"); empty if it begins with
/// none. The text then continues after it.
llvm::StringRef takeType(llvm::StringRef &text);

/// Gives the text with every local "%name" replaced by what the function says for "name".
std::string renameLocals(llvm::StringRef line, llvm::function_ref<std::string(llvm::StringRef)> rename);

/// "declare TYPE @f(TYPES)" for a line that calls a function; nothing for any other line.
std::optional<std::string> declarationOf(llvm::StringRef line);

} // namespace tenon::native
