// The order of a graph's nodes, and what contradicts any order.
#pragma once

#include "core/import/Mistakes.h"
#include "core/import/onnx/Model.h"

namespace tenon::import::onnx {

/// Checks that every tensor is made once and before it is used; reports tensors that nothing makes, that two
/// nodes make, and cycles. ONNX asks for nodes in order, so one that is made later is a mistake too.
void orderNodes(const Model &model, Mistakes &mistakes);

} // namespace tenon::import::onnx
