// Elementwise operators of two and more operands, with broadcasting: Add, Sub, Mul, Div, Mod, Min, Max, Sum,
// Mean, Pow, Where, PRelu.
#include "core/import/onnx/Cast.h"
#include "core/import/onnx/Conversions.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace arith = mlir::arith;

namespace {

llvm::Error setPointwise(NodeConversion &c, llvm::ArrayRef<mlir::Value> operands, int type, ScalarBody body) {
  llvm::Expected<mlir::Value> result = c.pointwise(operands, c.elementOf(type), body);
  if (!result)
    return result.takeError();
  return c.setOutput(*result, type);
}

/// Two operands of one number type.
llvm::Error convertBinary(NodeConversion &c, ScalarBody body) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (c.type(0) == Type::BOOL)
    return c.error("has " + describe(c.input(0)) + " of type BOOL, it takes numbers");
  return setPointwise(c, {c.value(0), c.value(1)}, c.type(0), body);
}

/// Any number of operands of one number type, two at a time.
llvm::Error convertMany(NodeConversion &c, ScalarBody body,
                        llvm::function_ref<mlir::Value(Scalars &, mlir::Value)> last = nullptr) {
  if (llvm::Error wrong = c.requireInputs(1, std::max<size_t>(1, c.node.inputs.size())))
    return wrong;
  llvm::SmallVector<mlir::Value> operands;
  for (unsigned i = 0; i < c.node.inputs.size(); ++i) {
    if (!c.has(i))
      return c.error("lacks its input " + llvm::Twine(i));
    operands.push_back(c.value(i));
  }
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (c.type(0) == Type::BOOL)
    return c.error("has " + describe(c.input(0)) + " of type BOOL, it takes numbers");
  return setPointwise(c, operands, c.type(0), [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value result = in[0];
    for (mlir::Value next : in.drop_front())
      result = body(s, {result, next});
    return last ? last(s, result) : result;
  });
}

template <typename Float, typename Signed, typename Unsigned> llvm::Error convertExtreme(NodeConversion &c) {
  return convertMany(c, [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
    if (isFloatType(c.type(0)))
      return s.builder.create<Float>(s.loc, in[0], in[1]);
    if (isUnsignedType(c.type(0)))
      return s.builder.create<Unsigned>(s.loc, in[0], in[1]);
    return s.builder.create<Signed>(s.loc, in[0], in[1]);
  });
}

} // namespace

llvm::Error convertAdd(NodeConversion &c) {
  return convertBinary(c, [](Scalars &s, mlir::ValueRange in) { return s.add(in[0], in[1]); });
}

llvm::Error convertSub(NodeConversion &c) {
  return convertBinary(c, [](Scalars &s, mlir::ValueRange in) { return s.subtract(in[0], in[1]); });
}

llvm::Error convertMul(NodeConversion &c) {
  return convertBinary(c, [](Scalars &s, mlir::ValueRange in) { return s.multiply(in[0], in[1]); });
}

llvm::Error convertDiv(NodeConversion &c) {
  return convertBinary(c, [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
    if (isUnsignedType(c.type(0)))
      return s.builder.create<arith::DivUIOp>(s.loc, in[0], in[1]);
    return s.divide(in[0], in[1]);
  });
}

llvm::Error convertMax(NodeConversion &c) {
  return convertExtreme<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(c);
}

llvm::Error convertMin(NodeConversion &c) {
  return convertExtreme<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(c);
}

/// Integers are raised in double.
llvm::Error convertPow(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireType(
          0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16, Type::INT32, Type::INT64}))
    return wrong;
  if (c.type(1) == Type::BOOL)
    return c.error("has " + describe(c.input(1)) + " of type BOOL, it takes numbers");
  int type = c.type(0), computed = isFloatType(type) ? type : static_cast<int>(Type::DOUBLE);
  return setPointwise(c, {c.value(0), c.value(1)}, type, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value base = castScalar(s, in[0], type, computed),
                exponent = castScalar(s, in[1], c.type(1), computed);
    mlir::Value power = s.builder.create<mlir::math::PowFOp>(s.loc, base, exponent);
    return castScalar(s, power, computed, type);
  });
}

/// The remainder: its sign is the divisor's, or the dividend's with fmod.
llvm::Error convertMod(NodeConversion &c) {
  bool byDividend = c.integer("fmod", 0) != 0;
  if (c.has(0) && isFloatType(c.type(0)) && !byDividend)
    return c.error("has floats and fmod 0, floats need fmod 1");
  return convertBinary(c, [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
    if (isFloatType(c.type(0)))
      return s.builder.create<arith::RemFOp>(s.loc, in[0], in[1]);
    if (isUnsignedType(c.type(0)))
      return s.builder.create<arith::RemUIOp>(s.loc, in[0], in[1]);
    mlir::Value rest = s.builder.create<arith::RemSIOp>(s.loc, in[0], in[1]);
    if (byDividend)
      return rest;
    mlir::Value zero = s.integer(0, rest.getType().getIntOrFloatBitWidth());
    mlir::Value differs = s.builder.create<arith::CmpIOp>(s.loc, arith::CmpIPredicate::ne, s.less(rest, zero),
                                                          s.less(in[1], zero));
    mlir::Value isNone = s.builder.create<arith::CmpIOp>(s.loc, arith::CmpIPredicate::eq, rest, zero);
    return s.select(isNone, rest, s.select(differs, s.add(rest, in[1]), rest));
  });
}

llvm::Error convertSum(NodeConversion &c) {
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  return convertMany(c, [](Scalars &s, mlir::ValueRange in) { return s.add(in[0], in[1]); });
}

llvm::Error convertMean(NodeConversion &c) {
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  auto count = static_cast<double>(c.node.inputs.size());
  return convertMany(
      c, [](Scalars &s, mlir::ValueRange in) { return s.add(in[0], in[1]); },
      [&](Scalars &s, mlir::Value sum) { return s.divide(sum, s.real(count, sum.getType())); });
}

llvm::Error convertWhere(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(3, 3))
    return wrong;
  if (llvm::Error wrong = c.requireType(0, {Type::BOOL}))
    return wrong;
  if (c.type(1) != c.type(2))
    return c.error("chooses between types " + typeName(c.type(1)) + " and " + typeName(c.type(2)) +
                   ", they must agree");
  return setPointwise(c, {c.value(0), c.value(1), c.value(2)}, c.type(1),
                      [](Scalars &s, mlir::ValueRange in) { return s.select(in[0], in[1], in[2]); });
}

llvm::Error convertPRelu(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  mlir::Type type = c.elementOf(c.type(0));
  llvm::Expected<Shape> shape = c.broadcastShape({c.value(0), c.value(1)});
  if (!shape)
    return shape.takeError();
  if (llvm::ArrayRef<int64_t>(*shape) != c.shape(0))
    return c.error("has a slope of shape " + shapeText(c.shape(1)) + ", which does not broadcast to " +
                   shapeText(c.shape(0)));
  return setPointwise(c, {c.value(0), c.value(1)}, c.type(0), [&](Scalars &s, mlir::ValueRange in) {
    return s.select(s.less(in[0], s.real(0, type)), s.multiply(in[0], in[1]), in[0]);
  });
}

} // namespace tenon::import::onnx
