// DynamicQuantizeLinear: 8-bit integers from 0 by a scale and zero point of the tensor's own range, which
// always holds 0.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Reduction.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace arith = mlir::arith;

namespace {

constexpr double highest = 255;

/// round(x), halves to even, plus the zero point, limited to 0 to 255. NaN becomes 0.
mlir::Value toByte(Scalars &s, mlir::Value steps, mlir::Value zeroPoint) {
  mlir::Type type = steps.getType();
  steps = s.builder.create<mlir::math::RoundEvenOp>(s.loc, steps);
  if (zeroPoint)
    steps = s.add(steps, zeroPoint);
  steps = s.builder.create<arith::MaxNumFOp>(s.loc, steps, s.real(0, type));
  steps = s.builder.create<arith::MinNumFOp>(s.loc, steps, s.real(highest, type));
  return s.truncate(s.builder.create<arith::FPToSIOp>(s.loc, s.builder.getI32Type(), steps), 8);
}

} // namespace

llvm::Error convertDynamicQuantizeLinear(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1, 3))
    return wrong;
  if (llvm::Error wrong = c.requireType(0, {Type::FLOAT}))
    return wrong;
  mlir::Type type = c.builder.getF32Type(), byte = c.builder.getI8Type();
  Shape axes;
  for (int64_t i = 0; i < c.rank(0); ++i)
    axes.push_back(i);
  Remaining remaining = remainingOf(c, c.shape(0), axes);
  Scalars scalars(c.builder, c.loc);
  mlir::Value zero = scalars.real(0, type);
  mlir::Value least = reduce(c, {c.value(0)}, remaining, zero, [](Scalars &s, mlir::ValueRange in) {
    return s.builder.create<arith::MinimumFOp>(s.loc, in[1], in[0]).getResult();
  });
  mlir::Value most = reduce(c, {c.value(0)}, remaining, zero, [](Scalars &s, mlir::ValueRange in) {
    return s.builder.create<arith::MaximumFOp>(s.loc, in[1], in[0]).getResult();
  });
  mlir::Value scale = c.elementwise({least, most}, {}, type, [&](Scalars &s, mlir::ValueRange in) {
    return s.divide(s.subtract(in[1], in[0]), s.real(highest, type));
  });
  mlir::Value zeroPoint = c.elementwise({least, scale}, {}, byte, [&](Scalars &s, mlir::ValueRange in) {
    return toByte(s, s.divide(s.subtract(s.real(0, type), in[0]), in[1]), nullptr);
  });
  mlir::Value result =
      c.elementwise({c.value(0), scale, zeroPoint}, c.shape(0), byte, [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value offset = s.builder.create<arith::UIToFPOp>(s.loc, type, in[2]);
        return toByte(s, s.divide(in[0], in[1]), offset);
      });
  if (llvm::Error wrong = c.setOutput(scale, Type::FLOAT, 1))
    return wrong;
  if (llvm::Error wrong = c.setOutput(zeroPoint, Type::UINT8, 2))
    return wrong;
  return c.setOutput(result, Type::UINT8);
}

} // namespace tenon::import::onnx
