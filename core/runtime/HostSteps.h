// The host's part of a bundle's run: its functions, compiled and loaded, its buffers, and tensors of the
// device copied out before a call and back after it. Whose device it is the caller says.
#pragma once

#include "core/runtime/Bundle.h"
#include "core/runtime/HostLibrary.h"

#include <functional>

namespace tenon::runtime {

/// The device's memory, as a host function needs it.
struct DeviceMemory {
  std::function<llvm::Error(uint64_t address, llvm::MutableArrayRef<uint8_t>)> read;
  std::function<llvm::Error(uint64_t address, llvm::ArrayRef<uint8_t>)> write;
};

class HostSteps {
public:
  /// Compiles the bundle's functions; does nothing for one without host steps and buffers. The bundle must
  /// outlive it.
  static llvm::Expected<HostSteps> start(const Bundle &bundle, const HostLibraryOptions &options);

  llvm::Error run(const HostStep &step, const DeviceMemory &device);
  llvm::Error write(unsigned hostBuffer, llvm::ArrayRef<uint8_t> bytes);
  llvm::Error read(unsigned hostBuffer, llvm::MutableArrayRef<uint8_t> bytes);

private:
  llvm::Expected<unsigned> stage(const HostOperand &operand, const DeviceMemory &device,
                                 std::map<uint64_t, unsigned> &taken);

  std::optional<HostLibrary> host;
  std::vector<std::string> functions; ///< of the host library, by number
  std::vector<unsigned> hostBuffers;  ///< the library's number of each of the bundle's
  /// The library's buffers for tensors of the device, by size; a step takes them from the front.
  std::map<uint64_t, std::vector<unsigned>> staging;
};

} // namespace tenon::runtime
