// Buffers come from calloc: zero, and aligned for every type.
#include "core/runtime/worker/HostFunctions.h"

#include "core/support/Error.h"

#include <algorithm>
#include <dlfcn.h>

namespace tenon::runtime {

llvm::Error HostFunctions::load(const std::string &path, llvm::ArrayRef<std::string> names) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return failure(ExitCode::SystemFailed,
                   std::string("the host's functions cannot be loaded: ") + dlerror());
  for (const std::string &name : names) {
    auto function = reinterpret_cast<Function>(dlsym(library, name.c_str()));
    if (!function)
      return failure(ExitCode::WrongInput, "the host's source has no function " + name);
    functions.push_back(function);
  }
  return llvm::Error::success();
}

llvm::Expected<uint64_t> HostFunctions::allocate(uint64_t bytes) {
  Buffer buffer;
  buffer.memory.reset(static_cast<uint8_t *>(std::calloc(std::max<uint64_t>(bytes, 1), 1)));
  buffer.bytes = bytes;
  if (!buffer.memory)
    return failure(ExitCode::SystemFailed,
                   "a buffer of the host needs " + std::to_string(bytes) + " bytes, the system has fewer");
  buffers.push_back(std::move(buffer));
  return buffers.size() - 1;
}

llvm::Expected<llvm::MutableArrayRef<uint8_t>> HostFunctions::part(uint64_t buffer, uint64_t offset,
                                                                   uint64_t bytes) {
  if (buffer >= buffers.size())
    return failure(ExitCode::OwnFault, "buffer " + std::to_string(buffer) + " is named, there are " +
                                           std::to_string(buffers.size()));
  uint64_t all = buffers[buffer].bytes;
  if (offset > all || bytes > all - offset)
    return failure(ExitCode::OwnFault,
                   "bytes " + std::to_string(offset) + " to " + std::to_string(offset + bytes) +
                       " of buffer " + std::to_string(buffer) + " are named, it has " + std::to_string(all));
  return llvm::MutableArrayRef(buffers[buffer].memory.get() + offset, bytes);
}

llvm::Expected<int32_t> HostFunctions::call(uint64_t function, llvm::ArrayRef<uint64_t> numbers) {
  if (function >= functions.size())
    return failure(ExitCode::OwnFault, "function " + std::to_string(function) + " is called, there are " +
                                           std::to_string(functions.size()));
  std::vector<void *> pointers;
  for (uint64_t number : numbers) {
    llvm::Expected<llvm::MutableArrayRef<uint8_t>> all = part(number, 0, 0);
    if (!all)
      return all.takeError();
    pointers.push_back(all->data());
  }
  return functions[function](pointers.data());
}

} // namespace tenon::runtime
