// What moves elements and computes nothing: PAD, PADV2, RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE,
// CONCATENATION.
#include "core/import/tflite/Conversions.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cstring>

namespace tenon::import::tflite {

namespace {

/// Supported types, and the same type on both sides. Bytes are moved as they are, whatever the scales: so
/// does the reference.
llvm::Error checkMoved(const NodeConversion &c, const Tensor &from) {
  using T = schema::TensorType;
  if (llvm::Error wrong = c.requireType(from, {T::INT8, T::INT32, T::INT64, T::FLOAT32}))
    return wrong;
  const Tensor &to = c.output();
  if (from.type != to.type)
    return c.error("moves " + describe(from) + " of type " + typeName(from.type) + " to type " +
                   typeName(to.type) + ", they must agree");
  return llvm::Error::success();
}

/// The value of PADV2, or what PAD fills with: the real number 0.
llvm::Expected<mlir::TypedAttr> padValue(NodeConversion &c) {
  mlir::Type type = elementType(c.context(), c.output().type);
  if (!c.has(2)) {
    if (isFloat(c.output()))
      return mlir::TypedAttr(c.builder.getFloatAttr(type, 0));
    bool quantised = c.output().quantization.isPerTensor();
    return mlir::TypedAttr(c.builder.getIntegerAttr(type, quantised ? zeroPointOf(c.output()) : 0));
  }
  const Tensor &value = c.input(2);
  if (!value.isConstant || value.elements() != 1 || value.type != c.output().type)
    return c.error("has the pad value " + describe(value) + " of shape " + shapeText(value.shape) +
                   " and type " + typeName(value.type) + ", it must be one constant of type " +
                   typeName(c.output().type));
  return mlir::cast<mlir::TypedAttr>(*elementsOf(c.context(), value).value_begin<mlir::Attribute>());
}

} // namespace

llvm::Error convertPad(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  const Tensor &input = c.input(0), &amounts = c.input(1);
  if (llvm::Error wrong = checkMoved(c, input))
    return wrong;
  llvm::Expected<llvm::SmallVector<int64_t>> numbers = c.constantIntegers(amounts);
  if (!numbers)
    return numbers.takeError();
  unsigned rank = input.shape.size();
  if (numbers->size() != size_t(2) * rank)
    return c.error("has " + llvm::Twine(numbers->size()) + " pad amounts, rank " + llvm::Twine(rank) +
                   " needs " + llvm::Twine(2 * rank));
  constexpr int64_t largest = int64_t(1) << 31;
  llvm::SmallVector<int64_t> low, high;
  for (unsigned i = 0; i < rank; ++i) {
    for (int64_t amount : {(*numbers)[size_t(2) * i], (*numbers)[size_t(2) * i + 1]})
      if (amount < 0 || amount > largest)
        return c.error("pads dimension " + llvm::Twine(i) + " by " + llvm::Twine(amount) +
                       ", an amount must be 0 to " + llvm::Twine(largest));
    low.push_back((*numbers)[size_t(2) * i]);
    high.push_back((*numbers)[size_t(2) * i + 1]);
  }
  llvm::Expected<mlir::TypedAttr> value = padValue(c);
  if (!value)
    return value.takeError();
  return c.setOutput(c.pad(c.inputValue(0), low, high, *value));
}

llvm::Error convertReshape(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 2))
    return wrong;
  if (llvm::Error wrong = checkMoved(c, c.input(0)))
    return wrong;
  if (c.input(0).elements() != c.output().elements())
    return c.error("reshapes " + shapeText(c.input(0).shape) + " to " + shapeText(c.output().shape) +
                   ", the numbers of elements differ");
  return c.setOutput(c.reshape(c.inputValue(0), c.output().shape));
}

llvm::Error convertTranspose(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  const Tensor &input = c.input(0);
  if (llvm::Error wrong = checkMoved(c, input))
    return wrong;
  llvm::Expected<llvm::SmallVector<int64_t>> numbers = c.constantIntegers(c.input(1));
  if (!numbers)
    return numbers.takeError();
  auto rank = static_cast<int64_t>(input.shape.size());
  llvm::SmallVector<int64_t> inverse(rank, -1), shape;
  bool good = static_cast<int64_t>(numbers->size()) == rank;
  for (unsigned i = 0; good && i < rank; ++i) {
    int64_t from = (*numbers)[i] < 0 ? (*numbers)[i] + rank : (*numbers)[i];
    good = from >= 0 && from < rank && inverse[from] < 0;
    if (good) {
      inverse[from] = i;
      shape.push_back(input.shape[from]);
    }
  }
  if (!good)
    return c.error("has the permutation " + shapeText(*numbers) + ", which is none of rank " +
                   llvm::Twine(rank));
  llvm::SmallVector<mlir::AffineExpr> indices;
  for (int64_t loop : inverse)
    indices.push_back(c.loop(loop));
  mlir::AffineMap maps[] = {c.map(rank, indices), mlir::AffineMap::getMultiDimIdentityMap(rank, c.context())};
  return c.setOutput(c.generic({c.inputValue(0)}, maps, c.empty(shape, elementTypeOf(c.inputValue(0))),
                               [](Scalars &, mlir::ValueRange in) { return in[0]; }));
}

llvm::Error convertConcatenation(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, std::max<size_t>(c.node.inputs.size(), 1)))
    return wrong;
  auto options = c.options<schema::ConcatenationOptions>();
  if (!options)
    return options.takeError();
  if ((*options)->fused_activation_function() != schema::ActivationFunctionType::NONE)
    return c.error("has a fused activation, a concatenation takes none");
  auto rank = static_cast<int64_t>(c.output().shape.size());
  int64_t axis = (*options)->axis();
  axis = axis < 0 ? axis + rank : axis;
  if (axis < 0 || axis >= rank)
    return c.error("joins along axis " + llvm::Twine((*options)->axis()) + ", the rank is " +
                   llvm::Twine(rank));
  llvm::SmallVector<mlir::Value> parts;
  for (unsigned i = 0; i < c.node.inputs.size(); ++i) {
    if (!c.has(i))
      return c.error("lacks its input " + llvm::Twine(i));
    const Tensor &part = c.input(i);
    if (llvm::Error wrong = checkMoved(c, part))
      return wrong;
    if (part.quantization.scales != c.output().quantization.scales ||
        part.quantization.zeroPoints != c.output().quantization.zeroPoints)
      return c.error("joins " + describe(part) +
                     " and its output has another scale or zero point, they must be the "
                     "same");
    bool fits = static_cast<int64_t>(part.shape.size()) == rank;
    for (int64_t d = 0; fits && d < rank; ++d)
      fits = d == axis || part.shape[d] == c.output().shape[d];
    if (!fits)
      return c.error("joins " + describe(part) + " of shape " + shapeText(part.shape) + " to " +
                     shapeText(c.output().shape) + " along axis " + llvm::Twine(axis));
    parts.push_back(c.inputValue(i));
  }
  return c.setOutput(c.builder.create<mlir::tensor::ConcatOp>(c.loc, axis, parts));
}

} // namespace tenon::import::tflite
