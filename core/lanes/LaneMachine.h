// What the interpreter of kernels must know of a parallel machine, taken from its description: how many lanes
// a group has, which calls give the index of a level, what the barrier is, and in which address space the
// scratchpad lies.
#pragma once

#include "core/isa/Description.h"

#include "llvm/ADT/StringMap.h"

namespace tenon::lanes {

/// What a call without arguments gives to a lane.
enum class Index : uint8_t {
  Block,  ///< of the grid
  Group,  ///< of the block
  Lane,   ///< of the group
  Thread, ///< of the block: group * lanes + lane
};

struct LaneMachine {
  const isa::Description *description = nullptr;
  int64_t lanes = 1;                    ///< of a group
  int64_t mostGroups = 1;               ///< of a block
  int64_t mostBlocks = 1;               ///< of a grid
  llvm::StringMap<Index> indices;       ///< by the called function's name
  std::string barrier;                  ///< name of the called function, or the inline assembly's text
  std::optional<unsigned> scratchSpace; ///< LLVM's address space of the scratchpad
  uint64_t scratchBytes = 0;
};

/// Refuses a description whose texts it cannot read, with their place.
llvm::Expected<LaneMachine> laneMachine(const isa::Description &description);

} // namespace tenon::lanes
