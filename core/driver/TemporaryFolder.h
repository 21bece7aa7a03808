// A folder that is gone afterwards.
#pragma once

#include "core/support/Error.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

namespace tenon::driver {

class TemporaryFolder {
public:
  TemporaryFolder() = default;
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  ~TemporaryFolder() {
    if (!path.empty())
      llvm::sys::fs::remove_directories(path);
  }

  llvm::Error make() {
    llvm::SmallString<128> made;
    if (std::error_code code = llvm::sys::fs::createUniqueDirectory("tenon-run", made))
      return failure(ExitCode::SystemFailed, "a temporary folder cannot be made: " + code.message());
    path = made.str().str();
    return llvm::Error::success();
  }

  std::string path;
};

} // namespace tenon::driver
