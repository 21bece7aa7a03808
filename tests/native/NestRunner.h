// Runs kernels given as LLVM IR text, in this process: for tests alone.
#pragma once

#include "core/isa/Description.h"
#include "core/native/Kernel.h"

#include "llvm/Support/Error.h"

#include <memory>

namespace tenon::test {

/// A processor without intrinsics, with vectors of so many bytes. `hostFeatures`: code for what this machine
/// has; otherwise for what every machine of its kind has.
isa::Description plainProcessor(int64_t vectorBytes, bool hostFeatures = false);

class NestRunner {
public:
  /// Compiles all kernels; `optimise`: as for a bundle, otherwise quickly.
  static llvm::Expected<std::unique_ptr<NestRunner>>
  make(const isa::Description &description, llvm::ArrayRef<native::Kernel> kernels, bool optimise = false);
  ~NestRunner();

  /// Calls items begin..end of a kernel on its pointer arguments; gives the status.
  int32_t call(const native::Kernel &kernel, llvm::ArrayRef<void *> arguments, int64_t begin, int64_t end);

private:
  struct Parts;
  explicit NestRunner(std::unique_ptr<Parts> made);
  std::unique_ptr<Parts> parts;
};

/// Assembly text of the kernels, optimised, for looking at instructions.
llvm::Expected<std::string> assemblyOf(const isa::Description &description,
                                       llvm::ArrayRef<native::Kernel> kernels);

/// Memory that ends where the process may not read or write: what is touched behind it is a crash.
class FencedMemory {
public:
  explicit FencedMemory(size_t bytes);
  ~FencedMemory();
  FencedMemory(FencedMemory &&other) noexcept;
  FencedMemory(const FencedMemory &) = delete;
  FencedMemory &operator=(const FencedMemory &) = delete;
  FencedMemory &operator=(FencedMemory &&) = delete;

  char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  void *mapping = nullptr;
  size_t mapped = 0, bytes = 0;
  char *start = nullptr;
};

/// Runs the kernels in order on buffers, one for each operand of the nest that is not local; items are handed
/// out in pieces, the last piece first. Scratch holds rubbish before.
int32_t runKernels(NestRunner &runner, llvm::ArrayRef<native::Kernel> kernels,
                   llvm::ArrayRef<uint64_t> scratchBytes, const std::vector<void *> &operandData);

} // namespace tenon::test
