// MatMulInteger: products of 8-bit integers less their zero points, summed in 32 bits.
#include "core/import/onnx/Cast.h"
#include "core/import/onnx/Conversions.h"
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

} // namespace

llvm::Error convertMatMulInteger(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 4))
    return wrong;
  int64_t zeroPoints[2] = {0, 0};
  for (unsigned i : {0U, 1U}) {
    if (llvm::Error wrong = c.requireType(i, {Type::INT8, Type::UINT8}))
      return wrong;
    llvm::Expected<int64_t> found = zeroPointOf(c, i);
    if (!found)
      return found.takeError();
    zeroPoints[i] = *found;
  }
  auto centred = [&](Scalars &s, mlir::Value x, unsigned i) {
    mlir::Value wide = castScalar(s, x, c.type(i), Type::INT32);
    return zeroPoints[i] == 0 ? wide : s.subtract(wide, s.integer(zeroPoints[i]));
  };
  auto product =
      batchedProduct(c, c.value(0), c.value(1), c.builder.getI32Type(), [&](Scalars &s, mlir::ValueRange in) {
        return s.add(in[2], s.multiply(centred(s, in[0], 0), centred(s, in[1], 1)));
      });
  if (!product)
    return product.takeError();
  return c.setOutput(*product, Type::INT32);
}

} // namespace tenon::import::onnx
