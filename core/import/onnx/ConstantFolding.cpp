// Folding by the reference, within the limits for shapes and small tables.
#include "core/import/onnx/ConstantFolding.h"

#include "core/reference/Evaluate.h"

namespace tenon::import::onnx {

llvm::Expected<mlir::DenseElementsAttr> foldedConstant(mlir::Value value) {
  return reference::evaluate(value);
}

} // namespace tenon::import::onnx
