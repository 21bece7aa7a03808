// Choosing elements of a tensor by positions that are known when the model is read.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

/// Result element [i, j, ...] is source element [axes[0][i], axes[1][j], ...]; every position lies in its
/// dimension. Positions in even steps become an affine read, others a read through a table.
mlir::Value select(NodeConversion &c, mlir::Value source, llvm::ArrayRef<std::vector<int64_t>> axes);

/// 0, 1, ... of an extent.
std::vector<int64_t> everyPosition(int64_t extent);

} // namespace tenon::import::onnx
