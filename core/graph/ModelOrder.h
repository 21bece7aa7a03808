// The way back from a tensor that was laid out anew: what is shown or compared is the model's.
#pragma once

#include "core/reference/Program.h"

namespace tenon::graph {

/// A tensor that lies as the operation says (tenon.layout), as the model has it.
reference::Tensor inModelOrder(mlir::Operation *operation, reference::Tensor tensor);

} // namespace tenon::graph
