// The commands of one layer as a stream of its own: what the layer was planned as, with settings of registers
// and order between queues made anew, as if nothing ran before. docs/rationale/vectors.md says why.
#pragma once

#include "core/plan/Plan.h"

namespace tenon::vectors {

struct StreamCommand {
  isa::Instruction instruction;
  std::optional<uint64_t> number; ///< of the command in the whole model's stream; nothing: it was made anew
};

struct LayerStream {
  unsigned layer = 0;
  std::vector<StreamCommand> commands;
  std::vector<uint8_t> bytes;    ///< as words
  std::vector<uint64_t> offsets; ///< of each command in `bytes`
};

/// One for each layer of `wanted` that has commands. Errors: ExitCode::TargetCannot, with the layer.
llvm::Expected<std::vector<LayerStream>>
layerStreams(const isa::Description &description, const plan::Plan &plan, llvm::ArrayRef<unsigned> wanted);

} // namespace tenon::vectors
