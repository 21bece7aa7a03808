// Sums of products, whatever the body makes of two elements and the sum so far.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

/// By numpy's rules for matmul.
llvm::Expected<mlir::Value> batchedProduct(NodeConversion &c, mlir::Value a, mlir::Value b,
                                           mlir::Type sumType, ScalarBody body);

/// Of the inputs 0 and 1 by transA and transB.
llvm::Expected<mlir::Value> gemmProduct(NodeConversion &c, mlir::Type sumType, ScalarBody body);

} // namespace tenon::import::onnx
