// ONNX's operators on quantised tensors (QLinearConv, QLinearMatMul) and those that ONNX Runtime writes in
// its own domain: each has scales and zero points among its inputs. They mean what the same operator between
// DequantizeLinear and QuantizeLinear means.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

/// A quantised tensor of such a node, and the input that is its scale; behind it comes the zero point.
struct QuantisedPlace {
  int tensor;
  unsigned scale;
};

/// None for another node.
std::vector<QuantisedPlace> quantisedPlaces(const Node &node);

llvm::Error convertQuantisedNode(NodeConversion &c);

} // namespace tenon::import::onnx
