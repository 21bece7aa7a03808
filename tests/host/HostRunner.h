// Emits nests, compiles them and calls them on memory, for tests.
#pragma once

#include "core/host/EmitC.h"
#include "core/runtime/HostLibrary.h"

namespace tenon::test {

/// Options with the worker of this build; warnings are errors.
runtime::HostLibraryOptions hostOptions(std::vector<std::string> flags = {});

/// One library of several nests, called by their number.
class HostRunner {
public:
  static llvm::Expected<HostRunner> make(const std::vector<host::HostFunction> &functions,
                                         const runtime::HostLibraryOptions &options);

  /// Calls the function on the contents of its buffers, which are replaced by what is there afterwards.
  llvm::Expected<int32_t> call(unsigned function, llvm::MutableArrayRef<std::vector<char>> buffers);

private:
  explicit HostRunner(runtime::HostLibrary made) : library(std::move(made)) {}

  runtime::HostLibrary library;
  std::vector<std::pair<uint64_t, unsigned>>
      buffers; ///< bytes, number; a call takes the first that is large enough
};

} // namespace tenon::test
