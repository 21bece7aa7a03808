// Functions of emitted C: compiled with the system's C compiler, loaded into a worker process and called
// there on buffers that live there, so that a crash is the worker's. Used by one thread at a time.
#pragma once

#include "core/runtime/WorkerProcess.h"

#include "llvm/ADT/ArrayRef.h"

namespace tenon::runtime {

struct HostLibraryOptions {
  WorkerOptions worker;
  /// The C compiler, a path or a name; empty: the first of cc, clang-19, clang and gcc that PATH has.
  std::string compiler;
  std::vector<std::string> flags; ///< after our own
  unsigned compileSeconds = 300;
};

/// The C compiler that the options name or PATH has. ExitCode::SystemFailed where there is none.
llvm::Expected<std::string> findCompiler(const HostLibraryOptions &options);

class HostLibrary {
public:
  /// Compiles the source in a folder of its own, which is gone when this returns, and loads it. `functions`
  /// are called by their number.
  static llvm::Expected<HostLibrary> load(llvm::StringRef source, llvm::ArrayRef<std::string> functions,
                                          const HostLibraryOptions &options);

  /// A new buffer, zero; aligned for every type.
  llvm::Expected<unsigned> allocate(uint64_t bytes);
  llvm::Error write(unsigned buffer, llvm::ArrayRef<uint8_t> data);
  llvm::Error read(unsigned buffer, llvm::MutableArrayRef<uint8_t> data);
  /// Calls function number `function` with pointers to the buffers. Gives what it returned
  /// (core/host/HostStatus.h).
  llvm::Expected<int32_t> call(unsigned function, llvm::ArrayRef<unsigned> buffers);

private:
  explicit HostLibrary(std::unique_ptr<WorkerProcess> started) : worker(std::move(started)) {}

  std::unique_ptr<WorkerProcess> worker;
};

} // namespace tenon::runtime
