// The Verilated NPU as a device: what the functions of tenon_device.h do.
#pragma once

#include "core/isa/Description.h"
#include "core/runtime/tenon_device.h"
#include "core/runtime/worker/RangeAllocator.h"
#include "sim/systemc/Bench.h"
#include "sim/systemc/LocalMemories.h"

#include "llvm/Support/Error.h"

struct TenonDevice {
  tenon::isa::Description description;
  const tenon::isa::Memory *global = nullptr; ///< the description's memory outside the chip
  tenon::runtime::RangeAllocator ranges{0};
  /// Where streams lie in the global memory; the range is taken when one comes.
  uint64_t streamAddress = 0, streamBytes = 0;
  std::unique_ptr<tenon::sim::Bench> bench;
  std::unique_ptr<tenon::sim::LocalMemories> locals;
  uint64_t hostNanoseconds = 0; ///< of a processor, in runs
  uint64_t simulated = 0;       ///< cycles in them
  std::string error;
  std::map<std::string, uint64_t> counted; ///< what `counters` names
  std::vector<TenonDeviceCounter> counters;
};

namespace tenon::sim {

llvm::Expected<std::unique_ptr<TenonDevice>> openDevice(const TenonDeviceOpenOptions &options);

/// Runs a stream to its end. ExitCode::DeviceFailed with what went wrong; then the chip has been reset.
llvm::Error runStream(TenonDevice &device, llvm::ArrayRef<uint8_t> stream);

/// A memory of the description from outside.
llvm::Error readMemory(TenonDevice &device, llvm::StringRef memory, uint64_t address,
                       llvm::MutableArrayRef<uint8_t> data);
llvm::Error writeMemory(TenonDevice &device, llvm::StringRef memory, uint64_t address,
                        llvm::ArrayRef<uint8_t> data);

/// Fills device.counters.
void count(TenonDevice &device);

} // namespace tenon::sim
