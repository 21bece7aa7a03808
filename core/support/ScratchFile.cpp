// Writing a file in a scratch folder.
#include "core/support/ScratchFile.h"

#include "core/support/Error.h"

#include "llvm/Support/raw_ostream.h"

namespace tenon {

llvm::Error writeScratchFile(llvm::StringRef path, llvm::StringRef content) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code);
  if (!code) {
    stream << content;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (!code)
    return llvm::Error::success();
  Diagnostic diagnostic;
  diagnostic.message = "cannot be written: " + code.message();
  diagnostic.file = path.str();
  return failure(ExitCode::SystemFailed, std::move(diagnostic));
}

} // namespace tenon
