// The attributes of the dialect and their rules.
#include "core/ir/TenonDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

#define GET_ATTRDEF_CLASSES
#include "core/ir/TenonAttributes.cpp.inc"

namespace tenon::ir {

void TenonDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "core/ir/TenonAttributes.cpp.inc"
      >();
}

// T6: a node has an operator and an index from 0.
mlir::LogicalResult NodeAttr::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                     llvm::StringRef op, int64_t index, llvm::StringRef) {
  if (op.empty())
    return emitError() << "a node needs the name of its operator (T6)";
  if (index < 0)
    return emitError() << "a node's index is " << index << ", it counts from 0 (T6)";
  return mlir::success();
}

// T7: a tensor has an index from 0 and a scale that is a finite f64, not negative.
mlir::LogicalResult TensorAttr::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                       int64_t index, llvm::StringRef, mlir::FloatAttr scale, int64_t, bool) {
  if (index < 0)
    return emitError() << "a tensor's index is " << index << ", it counts from 0 (T7)";
  if (!scale || !scale.getType().isF64())
    return emitError() << "a tensor's scale must be an f64 (T7)";
  if (!std::isfinite(scale.getValueAsDouble()) || scale.getValueAsDouble() < 0)
    return emitError() << "a tensor's scale is " << scale.getValueAsDouble()
                       << ", it must be finite and not negative (T7)";
  return mlir::success();
}

} // namespace tenon::ir
