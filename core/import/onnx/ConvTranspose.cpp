// ConvTranspose, as a convolution: zeros between the elements of the input, and the kernel turned round.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Convolution.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::import::onnx {

namespace {

/// Output sizes and pads: by output_shape, auto_pad or pads.
llvm::Error placeOutputs(NodeConversion &c, Window &window) {
  size_t axes = window.size();
  llvm::Expected<AutoPad> autoPad = autoPadOf(c);
  if (!autoPad)
    return autoPad.takeError();
  Shape extra = c.integers("output_padding").value_or(Shape(axes, 0));
  std::optional<Shape> outputs = c.integers("output_shape");
  if (outputs && outputs->size() == axes + 2) // an old form names batch and channels too
    outputs->erase(outputs->begin(), outputs->begin() + 2);
  if (extra.size() != axes || (outputs && outputs->size() != axes))
    return c.error("has " + llvm::Twine(extra.size()) + " output_padding and " +
                   llvm::Twine(outputs ? outputs->size() : axes) + " output_shape for " + llvm::Twine(axes) +
                   " axes");
  for (auto [i, axis] : llvm::enumerate(window)) {
    if (extra[i] < 0 || extra[i] >= std::max(axis.stride, axis.dilation))
      return c.error("has the output_padding " + llvm::Twine(extra[i]) + " along axis " + llvm::Twine(i) +
                     ", it must be 0 or more and below the stride or dilation");
    bool same = *autoPad == AutoPad::SameUpper || *autoPad == AutoPad::SameLower;
    int64_t whole = axis.stride * (axis.input - 1) + extra[i] + axis.extent();
    if (!outputs && !same) {
      if (*autoPad == AutoPad::Valid)
        axis.padLow = axis.padHigh = 0;
      axis.output = whole - axis.padLow - axis.padHigh;
      continue;
    }
    axis.output = outputs ? (*outputs)[i] : axis.input * axis.stride;
    int64_t total = whole - axis.output;
    // More than there is: zeros follow at the end.
    total = std::max<int64_t>(total, 0);
    axis.padLow = *autoPad == AutoPad::SameUpper ? total / 2 : total - total / 2;
    axis.padHigh = total - axis.padLow;
  }
  for (auto [i, axis] : llvm::enumerate(window))
    if (axis.output < 1)
      return c.error("has an output of " + llvm::Twine(axis.output) + " along axis " + llvm::Twine(i) +
                     ", it must be at least 1");
  return llvm::Error::success();
}

/// The image with stride - 1 zeros behind each element along the last dimensions.
mlir::Value spread(NodeConversion &c, mlir::Value image, const Window &window) {
  Shape from(shapeOf(image));
  size_t before = from.size() - window.size();
  Shape apart(from.begin(), from.begin() + before), together = apart, low(before, 0), high(before, 0);
  for (const WindowAxis &axis : window) {
    apart.append({axis.input, 1});
    low.append({0, 0});
    high.append({0, axis.stride - 1});
    together.push_back(axis.input * axis.stride);
  }
  mlir::TypedAttr zero = numberAttribute(elementTypeOf(image), 0);
  return c.reshape(c.pad(c.reshape(image, apart), low, high, zero), together);
}

/// Pads, or cuts where an amount is below 0.
mlir::Value padOrCut(NodeConversion &c, mlir::Value image, llvm::ArrayRef<int64_t> low,
                     llvm::ArrayRef<int64_t> high) {
  Shape from(shapeOf(image)), sizes, padLow, padHigh;
  llvm::SmallVector<mlir::OpFoldResult> offsets, extents, strides;
  bool cuts = false;
  for (unsigned i = 0; i < from.size(); ++i) {
    int64_t cutLow = std::max<int64_t>(0, -low[i]), cutHigh = std::max<int64_t>(0, -high[i]);
    cuts |= cutLow > 0 || cutHigh > 0;
    offsets.push_back(c.builder.getIndexAttr(cutLow));
    extents.push_back(c.builder.getIndexAttr(from[i] - cutLow - cutHigh));
    strides.push_back(c.builder.getIndexAttr(1));
    padLow.push_back(std::max<int64_t>(0, low[i]));
    padHigh.push_back(std::max<int64_t>(0, high[i]));
  }
  if (cuts)
    image = c.builder.create<mlir::tensor::ExtractSliceOp>(c.loc, image, offsets, extents, strides);
  return c.pad(image, padLow, padHigh, numberAttribute(elementTypeOf(image), 0));
}

/// The weights, [input channel, channel of the group, axes] in the file, with the output channel first and
/// the kernel's last element first: [(group,) channel of the group, input channel of the group, axes].
mlir::Value turnedKernel(NodeConversion &c, const Window &window, int64_t groups, int64_t depth) {
  Shape grouped(c.shape(1));
  grouped[0] = depth;
  if (groups > 1)
    grouped.insert(grouped.begin(), groups);
  mlir::Value kernel = c.reshape(c.value(1), grouped);
  unsigned rank = grouped.size(), first = groups > 1;
  llvm::SmallVector<mlir::AffineExpr> indices;
  for (unsigned i = 0; i < rank; ++i)
    indices.push_back(c.loop(i));
  for (auto [i, axis] : llvm::enumerate(window))
    indices[first + 2 + i] = (axis.kernel - 1) - indices[first + 2 + i];
  std::swap(indices[first], indices[first + 1]);
  std::swap(grouped[first], grouped[first + 1]);
  mlir::AffineMap maps[] = {c.map(rank, indices), mlir::AffineMap::getMultiDimIdentityMap(rank, c.context())};
  return c.generic({kernel}, maps, c.empty(grouped, elementTypeOf(kernel)),
                   [](Scalars &, mlir::ValueRange in) { return in[0]; });
}

} // namespace

llvm::Error convertConvTranspose(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  llvm::Expected<ConvolutionShape> sizes = convolutionShape(c, 0, 1);
  if (!sizes)
    return sizes.takeError();
  Shape image(c.shape(0)), weights(c.shape(1));
  if (sizes->groups < 1 || image[1] != weights[0] || image[1] % sizes->groups != 0)
    return c.error("has " + llvm::Twine(image[1]) + " input channels, weights for " +
                   llvm::Twine(weights[0]) + " and " + llvm::Twine(sizes->groups) +
                   " groups, which do not fit");
  sizes->channelsOfGroup = weights[1];
  llvm::Expected<Window> window = windowOf(c, llvm::ArrayRef<int64_t>(image).drop_front(2),
                                           llvm::ArrayRef<int64_t>(weights).drop_front(2));
  if (!window)
    return window.takeError();
  if (llvm::Error wrong = placeOutputs(c, *window))
    return wrong;
  Shape spreadShape = {image[0], image[1]}, outputShape = {image[0], weights[1] * sizes->groups};
  for (const WindowAxis &axis : *window) {
    spreadShape.push_back(axis.input * axis.stride);
    outputShape.push_back(axis.output);
  }
  for (const Shape &shape : {spreadShape, outputShape})
    if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
      return wrong;
  int64_t groups = sizes->groups, depth = image[1] / groups;
  image[1] = depth;
  if (groups > 1)
    image.insert(image.begin() + 1, groups);
  Shape low(image.size() - window->size(), 0), high = low;
  mlir::Value spreadImage = spread(c, c.reshape(c.value(0), image), *window);
  for (WindowAxis &axis : *window) {
    low.push_back(axis.extent() - 1 - axis.padLow);
    high.push_back(axis.output + axis.extent() - 1 - low.back() - axis.input * axis.stride);
    if (std::max<int64_t>(0, -low.back()) + std::max<int64_t>(0, -high.back()) >= axis.input * axis.stride)
      return c.error("has pads of " + llvm::Twine(axis.padLow) + " and " + llvm::Twine(axis.padHigh) +
                     ", which leave nothing of the input");
    axis.stride = 1;
  }
  mlir::Value padded = padOrCut(c, spreadImage, low, high);
  mlir::Value kernel = turnedKernel(c, *window, groups, depth);
  mlir::Type type = c.elementOf(c.type(0));
  mlir::Value sums =
      sumsOfWindows(c, padded, kernel, *window, *sizes, type,
                    [](Scalars &s, mlir::ValueRange in) { return s.add(in[2], s.multiply(in[0], in[1])); });
  if (!c.has(2))
    return c.setOutput(sums, c.type(0));
  if (c.shape(2) != llvm::ArrayRef<int64_t>{shapeOf(sums)[1]})
    return c.error("has a bias of shape " + shapeText(c.shape(2)) + ", it needs [" +
                   llvm::Twine(shapeOf(sums)[1]) + "]");
  return c.setOutput(addBias(c, sums, c.value(2)), c.type(0));
}

} // namespace tenon::import::onnx
