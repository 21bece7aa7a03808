// Names of generated code: what the description calls things, made into identifiers that are no keywords and
// differ from each other.
#pragma once

#include "core/isa/encoding/Unknowns.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace tenon::isa {

enum class GeneratedLanguage : unsigned char { Cpp, SystemVerilog };

/// One scope's names.
class GeneratedNames {
public:
  explicit GeneratedNames(GeneratedLanguage of) : language(of) {}

  /// `wanted`, every other character as "_" ("matmul{update: 1}" gives matmul_update_1); with "_" behind it
  /// where that is a keyword, and a number where it is taken.
  std::string add(llvm::StringRef wanted);

private:
  GeneratedLanguage language;
  llvm::StringSet<> taken;
};

/// A command's name before it is made an identifier: a family's member by its keys and choices, by a choice's
/// number where it is no word ("matmul_update_1").
std::string commandName(const Description &description, CommandReference command);

/// For a comment of one line: no line ends, no control characters, no backslash at its end.
std::string commentText(llvm::StringRef text);

} // namespace tenon::isa
