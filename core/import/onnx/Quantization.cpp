// QuantizeLinear and DequantizeLinear, each an elementwise operation that carries its scales and zero points,
// for whoever turns a pattern of them into integer arithmetic.
#include "core/import/onnx/Cast.h"
#include "core/import/onnx/Conversions.h"
#include "core/ir/QuantizationMarker.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace arith = mlir::arith;

namespace {

constexpr int axisSince = 13;

/// The quantised side of a node, checked.
struct Quantised {
  int type = Type::UINT8; ///< of the integers
  int64_t axis = -1;      ///< -1: one scale for all
};

llvm::Expected<Quantised> quantisedOf(NodeConversion &c, int typeOfIntegers) {
  Quantised result;
  result.type = typeOfIntegers;
  int64_t axis = c.operatorSet() >= axisSince ? c.integer("axis", 1) : 1;
  if (c.integer("block_size", 0) != 0)
    return c.error("has block_size " + llvm::Twine(c.integer("block_size", 0)) +
                   ", only scales for a tensor or an axis are supported");
  bool isOne = c.shape(1).empty() || c.shape(1) == llvm::ArrayRef<int64_t>{1};
  if (c.has(2) && c.shape(2) != c.shape(1))
    return c.error("has scales of shape " + shapeText(c.shape(1)) + " and zero points of shape " +
                   shapeText(c.shape(2)) + ", they must agree");
  if (isOne)
    return result;
  llvm::Expected<int64_t> counted = c.axisOf(axis, c.rank(0));
  if (!counted)
    return counted.takeError();
  result.axis = *counted;
  if (c.shape(1) != llvm::ArrayRef<int64_t>{c.shape(0)[*counted]})
    return c.error("has scales of shape " + shapeText(c.shape(1)) + " for axis " + llvm::Twine(*counted) +
                   " of " + shapeText(c.shape(0)));
  return result;
}

/// One element for each of x, of the scales and of the zero points, if there are any.
mlir::Value elementwiseWithScales(NodeConversion &c, const Quantised &quantised, mlir::Type type,
                                  ScalarBody body) {
  unsigned rank = c.rank(0);
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  llvm::SmallVector<mlir::Value> inputs = {c.value(0)};
  llvm::SmallVector<mlir::AffineMap> maps = {all};
  for (unsigned i : {1U, 2U}) {
    if (!c.has(i))
      continue;
    mlir::Value parameter = quantised.axis < 0 ? c.reshape(c.value(i), {}) : c.value(i);
    inputs.push_back(parameter);
    maps.push_back(quantised.axis < 0 ? c.map(rank, {}) : c.map(rank, {c.loop(quantised.axis)}));
  }
  maps.push_back(all);
  return c.generic(inputs, maps, c.empty(c.shape(0), type), body);
}

/// Puts the scales on the operation where they are constants.
llvm::Error mark(NodeConversion &c, mlir::Value value, const Quantised &quantised, bool isQuantize) {
  llvm::Expected<mlir::DenseElementsAttr> scales = c.constantInput(1);
  if (!scales) { // computed at run time: an ordinary operation
    llvm::consumeError(scales.takeError());
    return llvm::Error::success();
  }
  mlir::DenseElementsAttr zeroPoints;
  if (c.has(2)) {
    llvm::Expected<mlir::DenseElementsAttr> found = c.constantInput(2);
    if (!found) {
      llvm::consumeError(found.takeError());
      return llvm::Error::success();
    }
    zeroPoints = *found;
  } else {
    mlir::Type element = c.elementOf(quantised.type);
    zeroPoints = mlir::DenseElementsAttr::get(scales->getType().clone(element),
                                              mlir::Attribute(c.builder.getIntegerAttr(element, 0)));
  }
  ir::markQuantization(value.getDefiningOp(),
                       {isQuantize, isUnsignedType(quantised.type), *scales, zeroPoints, quantised.axis});
  return llvm::Error::success();
}

std::pair<double, double> rangeOf(int type) {
  switch (type) {
  case Type::INT8:
    return {INT8_MIN, INT8_MAX};
  case Type::UINT8:
    return {0, UINT8_MAX};
  case Type::INT16:
    return {INT16_MIN, INT16_MAX};
  default:
    return {0, UINT16_MAX};
  }
}

} // namespace

llvm::Error convertQuantizeLinear(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  for (unsigned i : {0U, 1U})
    if (llvm::Error wrong = c.requireType(i, {Type::FLOAT}))
      return wrong;
  auto outputType = static_cast<int>(c.integer("output_dtype", 0));
  (void)c.integer("saturate", 1); // of floats of 8 bits, which are not read
  (void)c.integer("precision", 0);
  if (c.has(2)) {
    if (llvm::Error wrong = c.requireType(2, {Type::INT8, Type::UINT8, Type::INT16, Type::UINT16}))
      return wrong;
    if (outputType != 0 && outputType != c.type(2))
      return c.error("has the output_dtype " + typeName(outputType) + " and a zero point of type " +
                     typeName(c.type(2)));
    outputType = c.type(2);
  }
  outputType = outputType == 0 ? static_cast<int>(Type::UINT8) : outputType;
  if (outputType != Type::INT8 && outputType != Type::UINT8 && outputType != Type::INT16 &&
      outputType != Type::UINT16)
    return c.error("has the output_dtype " + typeName(outputType) +
                   ", supported: INT8, UINT8, INT16, UINT16");
  llvm::Expected<Quantised> quantised = quantisedOf(c, outputType);
  if (!quantised)
    return quantised.takeError();
  // round(x / scale), halves to even, plus the zero point, limited to the type. Limited before it becomes an
  // integer; NaN becomes the lowest value.
  auto [lowest, highest] = rangeOf(outputType);
  mlir::Type type = c.builder.getF32Type(), integer = c.elementOf(outputType);
  mlir::Value result =
      elementwiseWithScales(c, *quantised, integer, [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
        mlir::Value steps = s.divide(in[0], in[1]);
        steps = s.builder.create<mlir::math::RoundEvenOp>(s.loc, steps);
        if (c.has(2))
          steps = s.add(steps, castScalar(s, in[2], outputType, Type::FLOAT));
        steps = s.builder.create<arith::MaxNumFOp>(s.loc, steps, s.real(lowest, type));
        steps = s.builder.create<arith::MinNumFOp>(s.loc, steps, s.real(highest, type));
        return s.truncate(s.builder.create<arith::FPToSIOp>(s.loc, s.builder.getI32Type(), steps),
                          integer.getIntOrFloatBitWidth());
      });
  if (llvm::Error wrong = mark(c, result, *quantised, true))
    return wrong;
  return c.setOutput(result, outputType);
}

llvm::Error convertDequantizeLinear(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  if (llvm::Error wrong = c.requireType(0, {Type::INT8, Type::UINT8, Type::INT16, Type::UINT16, Type::INT32}))
    return wrong;
  if (llvm::Error wrong = c.requireType(1, {Type::FLOAT}))
    return wrong;
  if (c.has(2) && c.type(2) != c.type(0))
    return c.error("has integers of type " + typeName(c.type(0)) + " and a zero point of type " +
                   typeName(c.type(2)) + ", they must agree");
  if (auto outputType = c.integer("output_dtype", Type::FLOAT); outputType != Type::FLOAT)
    return c.error("has the output_dtype " + typeName(static_cast<int>(outputType)) + ", supported: FLOAT");
  llvm::Expected<Quantised> quantised = quantisedOf(c, c.type(0));
  if (!quantised)
    return quantised.takeError();
  int from = c.type(0);
  mlir::Value result = elementwiseWithScales(
      c, *quantised, c.builder.getF32Type(), [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
        mlir::Value x = castScalar(s, in[0], from, Type::INT32);
        if (c.has(2))
          x = s.subtract(x, castScalar(s, in[2], from, Type::INT32));
        return s.multiply(castScalar(s, x, Type::INT32, Type::FLOAT), in[1]);
      });
  if (llvm::Error wrong = mark(c, result, *quantised, false))
    return wrong;
  return c.setOutput(result, Type::FLOAT);
}

} // namespace tenon::import::onnx
