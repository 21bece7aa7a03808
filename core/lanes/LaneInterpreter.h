// Executes kernels of a parallel machine lane by lane, from their LLVM text and the machine's description:
// what a device would do where there is none, with every access, race and meeting of lanes looked at.
//
// Rows of the description are the calls with the attribute "tenon.row"="NAME": they are executed by their
// `holds` and semantics, whatever the call's own text is.
#pragma once

#include "core/lanes/Code.h"
#include "core/lanes/Rows.h"

namespace tenon::lanes {

struct Launch {
  std::string kernel;
  std::vector<uint64_t> arguments; ///< addresses, and integers as they are
  int64_t blocks = 1;
  int64_t threadsPerBlock = 1;            ///< a multiple of the machine's lanes
  uint64_t mostSteps = uint64_t(1) << 34; ///< instructions of lanes
};

struct BlockState;

class LaneInterpreter {
public:
  /// `description` and `memory` outlive it. The module's variables are allocated in `memory`.
  static llvm::Expected<std::unique_ptr<LaneInterpreter>> create(const isa::Description &description,
                                                                 llvm::StringRef text, DeviceMemory &memory);

  /// Runs a kernel to its end. Errors name the kernel, the block, the lane and the instruction.
  llvm::Error launch(const Launch &launch);

  const LaneMachine &machine() const { return target; }
  bool hasKernel(llvm::StringRef name) const { return code->find(name) != nullptr; }
  size_t argumentCount(llvm::StringRef kernel) const { return code->find(kernel)->arguments.size(); }

private:
  LaneInterpreter(LaneMachine machine, DeviceMemory &memory)
      : target(std::move(machine)), device(memory), rows(target) {}
  llvm::Error runBlock(const Launch &launch, BlockState &block);

  LaneMachine target;
  DeviceMemory &device;
  Rows rows;
  std::unique_ptr<Code> code;
  uint32_t launches = 0, blocks = 0; ///< so far
};

} // namespace tenon::lanes
