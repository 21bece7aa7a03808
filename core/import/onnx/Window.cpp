// Placing windows: how many outputs an axis has, and what is padded for them.
#include "core/import/onnx/Window.h"

namespace tenon::import::onnx {

namespace {
constexpr int64_t largestNumber = int64_t(1) << 30; // so that sums and products of them stay within int64
} // namespace

mlir::TypedAttr numberAttribute(mlir::Type type, double value) {
  if (mlir::isa<mlir::FloatType>(type))
    return mlir::FloatAttr::get(type, value);
  return mlir::IntegerAttr::get(type, static_cast<int64_t>(value));
}

mlir::DenseElementsAttr numberList(mlir::Type type, llvm::ArrayRef<double> values) {
  auto shaped = mlir::RankedTensorType::get({static_cast<int64_t>(values.size())}, type);
  if (auto floats = mlir::dyn_cast<mlir::FloatType>(type)) {
    std::vector<llvm::APFloat> list;
    for (double value : values) {
      bool isInexact = false;
      list.emplace_back(value);
      list.back().convert(floats.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &isInexact);
    }
    return mlir::DenseElementsAttr::get(shaped, list);
  }
  std::vector<llvm::APInt> list;
  for (double value : values)
    list.emplace_back(type.getIntOrFloatBitWidth(), static_cast<uint64_t>(static_cast<int64_t>(value)), true);
  return mlir::DenseElementsAttr::get(shaped, list);
}

llvm::Expected<AutoPad> autoPadOf(NodeConversion &c) {
  std::string name = c.text("auto_pad", "NOTSET");
  if (name == "NOTSET")
    return AutoPad::None;
  if (name == "VALID")
    return AutoPad::Valid;
  if (name == "SAME_UPPER")
    return AutoPad::SameUpper;
  if (name == "SAME_LOWER")
    return AutoPad::SameLower;
  return c.error("has auto_pad " + printable(name) + ", known: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
}

llvm::Expected<Window> windowOf(NodeConversion &c, llvm::ArrayRef<int64_t> input,
                                llvm::ArrayRef<int64_t> kernel) {
  size_t axes = input.size();
  Shape strides = c.integers("strides").value_or(Shape(axes, 1));
  Shape dilations = c.integers("dilations").value_or(Shape(axes, 1));
  Shape pads = c.integers("pads").value_or(Shape(2 * axes, 0));
  if (kernel.size() != axes || strides.size() != axes || dilations.size() != axes || pads.size() != 2 * axes)
    return c.error("has a kernel of " + llvm::Twine(kernel.size()) + " axes, " + llvm::Twine(strides.size()) +
                   " strides, " + llvm::Twine(dilations.size()) + " dilations and " +
                   llvm::Twine(pads.size()) + " pads for " + llvm::Twine(axes) + " axes of the input");
  Window window;
  for (size_t i = 0; i < axes; ++i) {
    WindowAxis axis;
    axis.input = input[i];
    axis.kernel = kernel[i];
    axis.stride = strides[i];
    axis.dilation = dilations[i];
    axis.padLow = pads[i];
    axis.padHigh = pads[axes + i];
    for (int64_t number : {axis.kernel, axis.stride, axis.dilation})
      if (number < 1 || number > largestNumber)
        return c.error("has kernel " + llvm::Twine(axis.kernel) + ", stride " + llvm::Twine(axis.stride) +
                       " and dilation " + llvm::Twine(axis.dilation) + " along axis " + llvm::Twine(i) +
                       ", each must be 1 to " + llvm::Twine(largestNumber));
    for (int64_t number : {axis.padLow, axis.padHigh})
      if (number < 0 || number > largestNumber)
        return c.error("pads by " + llvm::Twine(number) + " along axis " + llvm::Twine(i) +
                       ", an amount must be 0 to " + llvm::Twine(largestNumber));
    window.push_back(axis);
  }
  return window;
}

llvm::Expected<Window> placedWindow(NodeConversion &c, llvm::ArrayRef<int64_t> input,
                                    llvm::ArrayRef<int64_t> kernel, bool ceilMode) {
  llvm::Expected<Window> window = windowOf(c, input, kernel);
  if (!window)
    return window;
  llvm::Expected<AutoPad> autoPad = autoPadOf(c);
  if (!autoPad)
    return autoPad.takeError();
  for (auto [i, axis] : llvm::enumerate(*window)) {
    if (*autoPad == AutoPad::Valid)
      axis.padLow = axis.padHigh = 0;
    if (*autoPad == AutoPad::SameUpper || *autoPad == AutoPad::SameLower) {
      axis.output = (axis.input - 1) / axis.stride + 1;
      int64_t total = std::max<int64_t>(0, (axis.output - 1) * axis.stride + axis.extent() - axis.input);
      axis.padLow = (total + (*autoPad == AutoPad::SameLower)) / 2;
      axis.padHigh = total - axis.padLow;
      continue;
    }
    int64_t room = axis.input + axis.padLow + axis.padHigh - axis.extent();
    if (room < 0)
      return c.error("has a window of " + llvm::Twine(axis.extent()) + " along axis " + llvm::Twine(i) +
                     ", the padded input has " + llvm::Twine(room + axis.extent()));
    axis.output = (ceilMode ? room + axis.stride - 1 : room) / axis.stride + 1;
    // A window that would begin behind the input is none.
    if (ceilMode && (axis.output - 1) * axis.stride >= axis.input + axis.padLow)
      --axis.output;
  }
  return window;
}

llvm::Error checkWindowSizes(const NodeConversion &c, int64_t batch, int64_t inputChannels,
                             int64_t outputChannels, const Window &window, mlir::Type element) {
  Shape padded = {batch, inputChannels}, output = {batch, outputChannels};
  for (const WindowAxis &axis : window) {
    padded.push_back(axis.input + axis.padLow + axis.reachedHigh());
    output.push_back(axis.output);
  }
  if (llvm::Error wrong = c.checkShape(padded, element))
    return wrong;
  return c.checkShape(output, element);
}

mlir::Value padImage(NodeConversion &c, mlir::Value image, const Window &window, mlir::TypedAttr value) {
  size_t before = shapeOf(image).size() - window.size();
  Shape low(before, 0), high(before, 0);
  for (const WindowAxis &axis : window) {
    low.push_back(axis.padLow);
    high.push_back(axis.reachedHigh());
  }
  return c.pad(image, low, high, value);
}

} // namespace tenon::import::onnx
