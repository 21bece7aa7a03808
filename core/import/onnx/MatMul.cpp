// MatMul by numpy's rules, and Gemm.
#include "core/import/onnx/MatMul.h"

#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Window.h"

namespace tenon::import::onnx {

namespace {

llvm::Error checkProduct(const NodeConversion &c, unsigned least, unsigned most) {
  if (llvm::Error wrong = c.requireInputs(least, most))
    return wrong;
  if (llvm::Error wrong = c.requireType(
          0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16, Type::INT32, Type::INT64}))
    return wrong;
  return c.requireSameTypes();
}

mlir::Value multiplyAdd(Scalars &s, mlir::ValueRange in) { return s.add(in[2], s.multiply(in[0], in[1])); }

mlir::Value zeros(NodeConversion &c, llvm::ArrayRef<int64_t> shape, mlir::Type type) {
  return c.filled(shape, c.builder.create<mlir::arith::ConstantOp>(c.loc, numberAttribute(type, 0)));
}

} // namespace

llvm::Expected<mlir::Value> batchedProduct(NodeConversion &c, mlir::Value a, mlir::Value b,
                                           mlir::Type sumType, ScalarBody body) {
  Shape left(shapeOf(a)), right(shapeOf(b));
  bool isRow = left.size() == 1, isColumn = right.size() == 1;
  if (left.empty() || right.empty())
    return c.error("multiplies a scalar, each operand needs rank 1 or more");
  if (isRow)
    left.insert(left.begin(), 1);
  if (isColumn)
    right.push_back(1);
  size_t leftBatch = left.size() - 2, rightBatch = right.size() - 2, batch = std::max(leftBatch, rightBatch);
  if (left.back() != right[rightBatch])
    return c.error("multiplies " + shapeText(shapeOf(a)) + " by " + shapeText(shapeOf(b)) +
                   ", the inner dimensions differ");
  // Loops: batch..., row, column, inner.
  unsigned loops = batch + 3;
  mlir::AffineExpr row = c.loop(batch), column = c.loop(batch + 1), inner = c.loop(batch + 2);
  llvm::SmallVector<mlir::AffineExpr> from, by, to;
  Shape shape;
  for (size_t i = 0; i < batch; ++i) {
    int64_t x = i + leftBatch >= batch ? left[i + leftBatch - batch] : 1;
    int64_t y = i + rightBatch >= batch ? right[i + rightBatch - batch] : 1;
    if (x != y && x != 1 && y != 1)
      return c.error("multiplies " + shapeText(shapeOf(a)) + " by " + shapeText(shapeOf(b)) +
                     ", whose leading dimensions do not broadcast");
    mlir::AffineExpr zero = mlir::getAffineConstantExpr(0, c.context());
    shape.push_back(std::max(x, y));
    if (i + leftBatch >= batch)
      from.push_back(x == 1 && y != 1 ? zero : c.loop(i));
    if (i + rightBatch >= batch)
      by.push_back(y == 1 && x != 1 ? zero : c.loop(i));
    to.push_back(c.loop(i));
  }
  from.append({row, inner});
  by.append({inner, column});
  to.append({row, column});
  shape.append({left[leftBatch], right.back()});
  if (llvm::Error wrong = c.checkShape(llvm::ArrayRef<int64_t>(shape).take_back(2), sumType))
    return std::move(wrong);
  mlir::AffineMap maps[] = {c.map(loops, from), c.map(loops, by), c.map(loops, to)};
  mlir::Value product =
      c.generic({c.reshape(a, left), c.reshape(b, right)}, maps, zeros(c, shape, sumType), body);
  if (isColumn)
    shape.pop_back();
  if (isRow)
    shape.erase(shape.end() - (isColumn ? 1 : 2));
  return c.reshape(product, shape);
}

llvm::Error convertMatMul(NodeConversion &c) {
  if (llvm::Error wrong = checkProduct(c, 2, 2))
    return wrong;
  auto product = batchedProduct(c, c.value(0), c.value(1), c.elementOf(c.type(0)), multiplyAdd);
  if (!product)
    return product.takeError();
  return c.setOutput(*product, c.type(0));
}

llvm::Expected<mlir::Value> gemmProduct(NodeConversion &c, mlir::Type sumType, ScalarBody body) {
  if (c.rank(0) != 2 || c.rank(1) != 2)
    return c.error("has inputs of shapes " + shapeText(c.shape(0)) + " and " + shapeText(c.shape(1)) +
                   ", it takes rank 2");
  bool turnsA = c.integer("transA", 0) != 0, turnsB = c.integer("transB", 0) != 0;
  int64_t rows = c.shape(0)[turnsA ? 1 : 0], innerA = c.shape(0)[turnsA ? 0 : 1];
  int64_t innerB = c.shape(1)[turnsB ? 1 : 0], columns = c.shape(1)[turnsB ? 0 : 1];
  if (innerA != innerB)
    return c.error("multiplies inner dimensions of " + llvm::Twine(innerA) + " and " + llvm::Twine(innerB) +
                   ", they must agree");
  mlir::AffineExpr row = c.loop(0), column = c.loop(1), inner = c.loop(2);
  mlir::AffineMap maps[] = {turnsA ? c.map(3, {inner, row}) : c.map(3, {row, inner}),
                            turnsB ? c.map(3, {column, inner}) : c.map(3, {inner, column}),
                            c.map(3, {row, column})};
  return c.generic({c.value(0), c.value(1)}, maps, zeros(c, {rows, columns}, sumType), body);
}

llvm::Error convertGemm(NodeConversion &c) {
  if (llvm::Error wrong = checkProduct(c, 2, 3))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  double alpha = c.real("alpha", 1), beta = c.real("beta", 1);
  mlir::Type type = c.elementOf(c.type(0));
  llvm::Expected<mlir::Value> made = gemmProduct(c, type, multiplyAdd);
  if (!made)
    return made.takeError();
  mlir::Value product = *made;
  if (!c.has(2) && alpha == 1)
    return c.setOutput(product, c.type(0));
  llvm::SmallVector<mlir::Value> operands = {product};
  if (c.has(2))
    operands.push_back(c.value(2));
  auto result = c.pointwise(operands, type, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value x = alpha == 1 ? in[0] : s.multiply(in[0], s.real(alpha, type));
    if (in.size() == 1)
      return x;
    return s.add(x, beta == 1 ? in[1] : s.multiply(in[1], s.real(beta, type)));
  });
  if (!result)
    return result.takeError();
  if (shapeOf(*result) != shapeOf(product))
    return c.error("adds " + shapeText(c.shape(2)) + " to " + shapeText(shapeOf(product)) +
                   ", which does not broadcast to it");
  return c.setOutput(*result, c.type(0));
}

} // namespace tenon::import::onnx
