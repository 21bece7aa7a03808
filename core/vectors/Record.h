// What each layer finds in the memories and what it leaves there, while the whole model runs on the machine
// that the description is.
#pragma once

#include "core/plan/Plan.h"
#include "core/spec/Machine.h"
#include "core/vectors/ByteMap.h"

namespace tenon::vectors {

/// By memory. A rotating memory's addresses count from the copy that is current when a chip is switched on.
using Contents = std::map<unsigned, ByteMap>;

struct LayerState {
  Contents before; ///< what its commands read and have not written themselves
  Contents after;  ///< what they write, as the last of them leaves it
};

/// Executes commands, and keeps the state of the layers that it is asked for.
class Recorder {
public:
  Recorder(spec::Machine &on, llvm::ArrayRef<unsigned> layers);

  llvm::Error execute(const isa::Instruction &instruction);
  const LayerState &state(unsigned layer) const { return layers.at(layer).state; }

private:
  struct Layer {
    LayerState state;
    Contents written;                     ///< also what is undefined after it
    std::map<unsigned, int64_t> advanced; ///< how often its commands advanced a rotating memory
  };
  /// A place that a command touches: in the machine now, and where it is for the layer alone.
  struct Place {
    unsigned memory = 0;
    uint64_t now = 0, alone = 0, bytes = 0;
    bool isWrite = false;
  };
  std::vector<Place> placesOf(const Layer &layer, llvm::ArrayRef<spec::Touched> touched) const;
  void keepReads(Layer &layer, llvm::ArrayRef<Place> places) const;
  void keepWrites(Layer &layer, llvm::ArrayRef<Place> places) const;

  spec::Machine &machine;
  std::map<unsigned, Layer> layers;
};

/// Runs the layer alone on a machine that was just switched on, by its words, and compares. An error says
/// that it needs something that is not in its state; ExitCode::TargetCannot.
llvm::Error replay(const isa::Description &description, llvm::ArrayRef<uint8_t> commands,
                   const LayerState &state);

} // namespace tenon::vectors
