// Which tensors of integers have a scale: files of floats at the model's edge are quantised by it, and dumped
// tensors are described with it.
#pragma once

#include "core/import/onnx/GraphConstants.h"

namespace tenon::import::onnx {

/// A tensor's scale is that of the QuantizeLinear which makes it, of every DequantizeLinear which reads it,
/// or the one that a quantised operator has for it; operators that move elements hand it on. It is known
/// where all that say one say the same, and it is one for the whole tensor.
void findScales(Model &model, const GraphConstants &constants);

} // namespace tenon::import::onnx
