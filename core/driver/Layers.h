// A program's steps by node of the model: the rows of every report.
#pragma once

#include "core/driver/ModelTensors.h"

namespace tenon::driver {

/// A tensor that a node makes.
struct LayerTensor {
  int64_t index = 0;
  ModelTensor tensor;
};

struct Layer {
  std::string name; ///< of the node's first output; the operation's name where the model has no nodes
  std::string node; ///< "CONV_2D #3 (name)"
  std::string op;   ///< "CONV_2D"
  std::vector<ir::NodeAttr>
      nodes;                    ///< one; several where a pass made one step of theirs, joined by " + " above
  std::optional<int64_t> index; ///< of the node in the model
  std::vector<unsigned> steps;
  std::vector<LayerTensor> outputs;
  int64_t macs = 0;
  uint64_t liveBytes = 0; ///< of the model's tensors (not of intermediate sums) while the node runs
};

/// What a table says of a layer: the type and shape of its last output ("i8[1, 64]"; empty without one), and
/// a name that is not too long for a line.
std::string outputText(const Layer &layer);
std::string shortName(const Layer &layer);

/// In the order in which nodes begin.
std::vector<Layer> layersOf(const reference::Program &program);

/// Bytes of all constants that the program reads.
uint64_t constantBytes(const reference::Program &program);

} // namespace tenon::driver
