// Conv: any number of axes, groups, strides, dilations.
#include "core/import/onnx/Convolution.h"

#include "core/import/onnx/Conversions.h"

namespace tenon::import::onnx {

namespace {

mlir::Value zero(NodeConversion &c, mlir::Type type) {
  return c.builder.create<mlir::arith::ConstantOp>(c.loc, numberAttribute(type, 0));
}

} // namespace

mlir::Value sumsOfWindows(NodeConversion &c, mlir::Value image, mlir::Value weights, const Window &window,
                          const ConvolutionShape &sizes, mlir::Type sumType, ScalarBody body) {
  // Loops: batch, group, channel of the group, output axes, input channel of the group, kernel axes. What
  // there is one of needs no loop.
  unsigned next = 0;
  auto fresh = [&] { return c.loop(next++); };
  mlir::AffineExpr zeroIndex = mlir::getAffineConstantExpr(0, c.context());
  mlir::AffineExpr batch = fresh();
  mlir::AffineExpr group = sizes.groups > 1 ? fresh() : zeroIndex;
  mlir::AffineExpr channel = fresh();
  llvm::SmallVector<mlir::AffineExpr> outputs, kernels;
  for (size_t i = 0; i < window.size(); ++i)
    outputs.push_back(fresh());
  mlir::AffineExpr depth = fresh();
  for (size_t i = 0; i < window.size(); ++i)
    kernels.push_back(fresh());
  llvm::SmallVector<mlir::AffineExpr> from = {batch}, by, to = {batch};
  Shape shape = {shapeOf(image)[0]};
  if (sizes.groups > 1) {
    from.push_back(group);
    by.push_back(group);
    to.push_back(group);
    shape.push_back(sizes.groups);
  }
  from.push_back(depth);
  by.append({channel, depth});
  to.push_back(channel);
  shape.push_back(sizes.channelsOfGroup);
  for (auto [i, axis] : llvm::enumerate(window)) {
    from.push_back(axis.position(outputs[i], kernels[i]));
    by.push_back(kernels[i]);
    to.push_back(outputs[i]);
    shape.push_back(axis.output);
  }
  mlir::AffineMap maps[] = {c.map(next, from), c.map(next, by), c.map(next, to)};
  mlir::Value sums = c.generic({image, weights}, maps, c.filled(shape, zero(c, sumType)), body);
  if (sizes.groups == 1)
    return sums;
  shape.erase(shape.begin() + 1);
  shape[1] = sizes.groups * sizes.channelsOfGroup;
  return c.reshape(sums, shape);
}

mlir::Value addBias(NodeConversion &c, mlir::Value sums, mlir::Value bias) {
  unsigned rank = shapeOf(sums).size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap maps[] = {all, c.map(rank, {c.loop(1)}), all};
  return c.generic({sums, bias}, maps, c.empty(shapeOf(sums), elementTypeOf(sums)),
                   [](Scalars &s, mlir::ValueRange in) { return s.add(in[0], in[1]); });
}

llvm::Expected<ConvolutionShape> convolutionShape(NodeConversion &c, unsigned imageInput,
                                                  unsigned weightInput) {
  llvm::ArrayRef<int64_t> image = c.shape(imageInput), weights = c.shape(weightInput);
  if (image.size() < 3 || image.size() != weights.size())
    return c.error("has an input of shape " + shapeText(image) + " and weights of shape " +
                   shapeText(weights) + ", they need the same rank of at least 3");
  if (auto kernel = c.integers("kernel_shape");
      kernel && llvm::ArrayRef<int64_t>(*kernel) != weights.drop_front(2))
    return c.error("has the kernel_shape " + shapeText(*kernel) + " and weights of shape " +
                   shapeText(weights));
  ConvolutionShape sizes;
  sizes.groups = c.integer("group", 1);
  return sizes;
}

llvm::Expected<PreparedConvolution> prepareConvolution(NodeConversion &c, unsigned imageInput,
                                                       unsigned weightInput, mlir::TypedAttr outside) {
  llvm::Expected<ConvolutionShape> sizes = convolutionShape(c, imageInput, weightInput);
  if (!sizes)
    return sizes.takeError();
  Shape image(c.shape(imageInput)), weights(c.shape(weightInput));
  int64_t groups = sizes->groups;
  if (groups < 1 || image[1] != groups * weights[1] || weights[0] % groups != 0)
    return c.error("has " + llvm::Twine(image[1]) + " input channels, " + llvm::Twine(groups) +
                   " groups, weights for " + llvm::Twine(weights[1]) + " and " + llvm::Twine(weights[0]) +
                   " output channels, which do not fit");
  sizes->channelsOfGroup = weights[0] / groups;
  llvm::Expected<Window> window = placedWindow(c, llvm::ArrayRef<int64_t>(image).drop_front(2),
                                               llvm::ArrayRef<int64_t>(weights).drop_front(2));
  if (!window)
    return window.takeError();
  if (llvm::Error wrong =
          checkWindowSizes(c, image[0], image[1], weights[0], *window, elementTypeOf(c.value(imageInput))))
    return std::move(wrong);
  PreparedConvolution prepared = {*sizes, *window, c.value(imageInput), c.value(weightInput)};
  if (groups > 1) { // before the padding, which a reader of the padded image sees through
    image[1] = weights[1];
    image.insert(image.begin() + 1, groups);
    prepared.image = c.reshape(prepared.image, image);
    weights[0] /= groups;
    weights.insert(weights.begin(), groups);
    prepared.weights = c.reshape(prepared.weights, weights);
  }
  prepared.image = padImage(c, prepared.image, *window, outside);
  return prepared;
}

llvm::Error convertConv(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  mlir::Type type = c.elementOf(c.type(0));
  llvm::Expected<PreparedConvolution> prepared = prepareConvolution(c, 0, 1, numberAttribute(type, 0));
  if (!prepared)
    return prepared.takeError();
  mlir::Value sums =
      sumsOfWindows(c, prepared->image, prepared->weights, prepared->window, prepared->sizes, type,
                    [](Scalars &s, mlir::ValueRange in) { return s.add(in[2], s.multiply(in[0], in[1])); });
  if (!c.has(2))
    return c.setOutput(sums, c.type(0));
  if (c.shape(2) != llvm::ArrayRef<int64_t>{shapeOf(sums)[1]})
    return c.error("has a bias of shape " + shapeText(c.shape(2)) + ", it needs [" +
                   llvm::Twine(shapeOf(sums)[1]) + "]");
  return c.setOutput(addBias(c, sums, c.value(2)), c.type(0));
}

} // namespace tenon::import::onnx
