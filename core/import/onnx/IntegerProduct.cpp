// MatMulInteger and ConvInteger: products of 8-bit integers less their zero points, summed in 32 bits.
#include "core/import/onnx/Cast.h"
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Convolution.h"
#include "core/import/onnx/MatMul.h"

namespace tenon::import::onnx {

namespace {

/// The zero point of operand i, which is input i + 2; 0 where it is left out.
llvm::Expected<int64_t> zeroPointOf(NodeConversion &c, unsigned i) {
  if (!c.has(i + 2))
    return 0;
  if (c.type(i + 2) != c.type(i))
    return c.error("has an operand of type " + typeName(c.type(i)) + " and a zero point of type " +
                   typeName(c.type(i + 2)) + ", they must agree");
  llvm::Expected<mlir::DenseElementsAttr> found = c.constantInput(i + 2);
  if (!found)
    return found.takeError();
  if (found->getNumElements() != 1)
    return c.error("has " + llvm::Twine(found->getNumElements()) +
                   " zero points of one operand, supported: 1");
  llvm::APInt number = *found->value_begin<llvm::APInt>();
  return isUnsignedType(c.type(i)) ? static_cast<int64_t>(number.getZExtValue()) : number.getSExtValue();
}

struct ZeroPoints {
  int64_t of[2] = {0, 0};
};

llvm::Expected<ZeroPoints> checkedZeroPoints(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 4))
    return std::move(wrong);
  ZeroPoints zeroPoints;
  for (unsigned i : {0U, 1U}) {
    if (llvm::Error wrong = c.requireType(i, {Type::INT8, Type::UINT8}))
      return std::move(wrong);
    llvm::Expected<int64_t> found = zeroPointOf(c, i);
    if (!found)
      return found.takeError();
    zeroPoints.of[i] = *found;
  }
  return zeroPoints;
}

/// The sum so far, in[2], and the product of the numbers less their zero points.
mlir::Value sumOfProducts(Scalars &s, mlir::ValueRange in, const NodeConversion &c,
                          const ZeroPoints &zeroPoints) {
  mlir::Value factors[2];
  for (unsigned i : {0U, 1U}) {
    factors[i] = castScalar(s, in[i], c.type(i), Type::INT32);
    if (zeroPoints.of[i] != 0)
      factors[i] = s.subtract(factors[i], s.integer(zeroPoints.of[i]));
  }
  return s.add(in[2], s.multiply(factors[0], factors[1]));
}

} // namespace

llvm::Error convertConvInteger(NodeConversion &c) {
  llvm::Expected<ZeroPoints> zeroPoints = checkedZeroPoints(c);
  if (!zeroPoints)
    return zeroPoints.takeError();
  // A zero point of UINT8 has the same bits in a signless type.
  mlir::TypedAttr outside = c.builder.getI8IntegerAttr(static_cast<int8_t>(zeroPoints->of[0]));
  llvm::Expected<PreparedConvolution> prepared = prepareConvolution(c, 0, 1, outside);
  if (!prepared)
    return prepared.takeError();
  return c.setOutput(
      sumsOfWindows(c, prepared->image, prepared->weights, prepared->window, prepared->sizes,
                    c.builder.getI32Type(),
                    [&](Scalars &s, mlir::ValueRange in) { return sumOfProducts(s, in, c, *zeroPoints); }),
      Type::INT32);
}

llvm::Error convertMatMulInteger(NodeConversion &c) {
  llvm::Expected<ZeroPoints> zeroPoints = checkedZeroPoints(c);
  if (!zeroPoints)
    return zeroPoints.takeError();
  auto product =
      batchedProduct(c, c.value(0), c.value(1), c.builder.getI32Type(),
                     [&](Scalars &s, mlir::ValueRange in) { return sumOfProducts(s, in, c, *zeroPoints); });
  if (!product)
    return product.takeError();
  return c.setOutput(*product, Type::INT32);
}

} // namespace tenon::import::onnx
