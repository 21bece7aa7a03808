// Putting the file back into a place.
#include "core/isa/FilePlace.h"

#include "core/support/Error.h"

namespace tenon::isa {

llvm::Error withFile(llvm::Error error, const Description &description, llvm::StringRef node) {
  if (!error)
    return error;
  FailureReport found = report(std::move(error));
  for (Diagnostic &diagnostic : found.diagnostics) {
    const SourceFile *file =
        diagnostic.file.empty() && diagnostic.line ? fileOf(description.files, *diagnostic.line) : nullptr;
    if (!file)
      continue;
    diagnostic.file = file->path;
    *diagnostic.line -= file->before;
  }
  return withPlace(failure(found.code, std::move(found.diagnostics)), description.path, node);
}

} // namespace tenon::isa
