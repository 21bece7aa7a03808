// MatMul and Gemm in integers.
#include "core/import/onnx/MatMul.h"
#include "core/import/onnx/QuantisedOperator.h"

namespace tenon::import::onnx {

namespace {

llvm::Error finishProduct(NodeConversion &c, mlir::Value sums, const QuantisedGroup &group) {
  unsigned rank = shapeOf(sums).size();
  int64_t columns = rank == 0 ? 1 : shapeOf(sums).back();
  llvm::Expected<mlir::Value> bias = biasOf(c, group, columns);
  if (!bias)
    return bias.takeError();
  if (rank == 0) // a channel is a dimension
    sums = c.reshape(sums, {1});
  llvm::Expected<mlir::Value> result =
      requantise(c, sums, ratiosOf(group), rank == 0 ? 0 : rank - 1, *bias, group);
  if (!result)
    return result.takeError();
  return c.setOutput(rank == 0 ? c.reshape(*result, {}) : *result, Type::INT8);
}

} // namespace

llvm::Error convertQuantisedMatMul(NodeConversion &c, const QuantisedGroup &group) {
  auto product =
      batchedProduct(c, c.value(0), c.value(1), c.builder.getI32Type(), [&](Scalars &s, mlir::ValueRange in) {
        return s.add(in[2],
                     s.multiply(centred(s, in[0], *group.inputs[0]), centred(s, in[1], *group.inputs[1])));
      });
  return product ? finishProduct(c, *product, group) : product.takeError();
}

llvm::Error convertQuantisedGemm(NodeConversion &c, const QuantisedGroup &group) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  (void)c.real("alpha", 1); // a group has 1 and 1
  (void)c.real("beta", 1);
  auto product = gemmProduct(c, c.builder.getI32Type(), [&](Scalars &s, mlir::ValueRange in) {
    return s.add(in[2], s.multiply(centred(s, in[0], *group.inputs[0]), centred(s, in[1], *group.inputs[1])));
  });
  return product ? finishProduct(c, *product, group) : product.takeError();
}

} // namespace tenon::import::onnx
