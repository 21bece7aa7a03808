// Functions of a compiled library and the buffers that they are called on.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace tenon::runtime {

class HostFunctions {
public:
  llvm::Error load(const std::string &path, llvm::ArrayRef<std::string> names);
  /// Number of a new buffer of zeros.
  llvm::Expected<uint64_t> allocate(uint64_t bytes);
  /// A part of a buffer.
  llvm::Expected<llvm::MutableArrayRef<uint8_t>> part(uint64_t buffer, uint64_t offset, uint64_t bytes);
  llvm::Expected<int32_t> call(uint64_t function, llvm::ArrayRef<uint64_t> buffers);

private:
  struct Free {
    void operator()(void *memory) const { std::free(memory); }
  };
  struct Buffer {
    std::unique_ptr<uint8_t, Free> memory;
    uint64_t bytes = 0;
  };
  using Function = int32_t (*)(void *const *buffers);

  std::vector<Function> functions;
  std::vector<Buffer> buffers;
};

} // namespace tenon::runtime
