// Mistakes of a description with the line that they stand in.
#pragma once

#include "core/support/Error.h"

#include "llvm/ADT/StringRef.h"

namespace tenon::isa {

/// A Failure that knows the text of the description, so that whoever prints it can show the lines.
class DescriptionMistakes : public llvm::ErrorInfo<DescriptionMistakes, Failure> {
public:
  static char ID;

  DescriptionMistakes(std::vector<Diagnostic> diagnostics, std::string text);

  llvm::StringRef text() const { return source; }

private:
  std::string source;
};

/// The line of the diagnostic and a second one with a caret under its column; empty where it has no place in
/// the text.
std::string excerpt(const Diagnostic &diagnostic, llvm::StringRef text);

} // namespace tenon::isa
