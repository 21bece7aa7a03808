// Values that the model computes from constants alone, such as the shape that a reshape takes.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"
#include "llvm/Support/Error.h"

namespace tenon::import::onnx {

/// The value's elements if it is a constant or follows from constants alone (then the reference computes it);
/// null otherwise.
llvm::Expected<mlir::DenseElementsAttr> foldedConstant(mlir::Value value);

} // namespace tenon::import::onnx
