// Mistakes of a description with the line that they stand in.
#pragma once

#include "core/isa/SourceFile.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringRef.h"

namespace tenon::isa {

/// A Failure that knows the texts of the description, so that whoever prints it can show the lines.
class DescriptionMistakes : public llvm::ErrorInfo<DescriptionMistakes, Failure> {
public:
  static char ID;

  DescriptionMistakes(std::vector<Diagnostic> diagnostics, std::vector<SourceFile> files);

  llvm::ArrayRef<SourceFile> files() const { return sources; }

private:
  std::vector<SourceFile> sources;
};

/// The line of the diagnostic and a second one with a caret under its column; empty where it has no place in
/// the text.
std::string excerpt(const Diagnostic &diagnostic, llvm::StringRef text);
/// The same from the file that the diagnostic names.
std::string excerpt(const Diagnostic &diagnostic, llvm::ArrayRef<SourceFile> files);

} // namespace tenon::isa
