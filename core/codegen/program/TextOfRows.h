// Marks the instructions of a description's rows in IR text, so that they can be told apart once parsed.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace tenon::codegen {

/// The metadata that holds the number of an instruction's line in the module's text.
inline constexpr const char *rowMetadata = "tenon.row";

/// The text with the number of its line at every instruction whose line ends with a comment of a row. Lines
/// stay lines.
std::string withRowNumbers(llvm::StringRef module);

} // namespace tenon::codegen
