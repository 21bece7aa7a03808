// Conversion of one element.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

/// From one of ONNX's element types to another: towards zero to integers, to nearest to floats, modulo the
/// width between integers. A float beyond an integer's range has no result.
mlir::Value castScalar(Scalars &s, mlir::Value x, int from, int to);

} // namespace tenon::import::onnx
