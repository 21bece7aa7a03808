// The verifier rules of the scalar operations, numbered T1 to T5; tests/ir/verify.mlir has a negative test
// for each.
#include "core/ir/TenonDialect.h"

#include "mlir/IR/Builders.h"

#define GET_OP_CLASSES
#include "core/ir/TenonOps.cpp.inc"

namespace tenon::ir {

namespace {
constexpr unsigned widestInteger = 64;

// T1: integers have 1 to 64 bits.
mlir::LogicalResult verifyWidth(mlir::Operation *operation, mlir::Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  if (mlir::isa<mlir::IntegerType>(type) && (width < 1 || width > widestInteger))
    return operation->emitOpError() << "works on " << width << " bits, it takes 1 to 64 (T1)";
  return mlir::success();
}
} // namespace

mlir::LogicalResult SaturateOp::verify() {
  if (failed(verifyWidth(*this, getSource().getType())) || failed(verifyWidth(*this, getResult().getType())))
    return mlir::failure();
  // T2: the result is narrower than the source.
  unsigned from = getSource().getType().getIntOrFloatBitWidth();
  unsigned to = getResult().getType().getIntOrFloatBitWidth();
  if (to >= from)
    return emitOpError() << "goes from " << from << " to " << to << " bits, the result must be narrower (T2)";
  return mlir::success();
}

mlir::LogicalResult RoundingShiftRightOp::verify() {
  if (failed(verifyWidth(*this, getSource().getType())))
    return mlir::failure();
  // T3: a shift that is known is at least 0 and below the width.
  mlir::APInt shift;
  int64_t width = getSource().getType().getIntOrFloatBitWidth();
  if (mlir::matchPattern(getShift(), mlir::m_ConstantInt(&shift)) &&
      (shift.isNegative() || shift.getSExtValue() >= width))
    return emitOpError() << "shifts by " << shift.getSExtValue() << ", it must be 0 to " << width - 1
                         << " (T3)";
  return mlir::success();
}

mlir::LogicalResult DoublingHighMultiplyOp::verify() {
  // T4: a fixed-point number has a sign and at least one fractional bit.
  if (getResult().getType().getIntOrFloatBitWidth() < 2)
    return emitOpError() << "works on 1 bit, a fixed-point number needs at least 2 (T4)";
  return verifyWidth(*this, getResult().getType());
}

mlir::LogicalResult LookupOp::verify() {
  auto table = mlir::cast<mlir::RankedTensorType>(getTable().getType());
  // T5: the table's size is known and not 0, and its entries are the result.
  if (!table.hasStaticShape() || table.getNumElements() == 0)
    return emitOpError() << "reads a table of type " << table << ", its size must be known and not 0 (T5)";
  if (table.getElementType() != getResult().getType())
    return emitOpError() << "reads entries of " << table.getElementType() << " as " << getResult().getType()
                         << " (T5)";
  return verifyWidth(*this, getResult().getType());
}

} // namespace tenon::ir
