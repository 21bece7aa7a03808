// Resize: nearest and linear, each axis by itself. Where an output element lies in the input is known when
// the model is read.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Selection.h"
#include "core/import/onnx/Window.h"

#include <cmath>

namespace tenon::import::onnx {

namespace {

struct Axis {
  int64_t input = 1, output = 1;
  double scale = 1;
};

/// The input place of an output place along one axis; nothing for a mode that is not known.
std::optional<double> placeOf(llvm::StringRef mode, const Axis &axis, int64_t output) {
  // ONNX's reference takes the resized length as it is before it becomes a whole number.
  auto x = static_cast<double>(output), in = static_cast<double>(axis.input), resized = axis.scale * in;
  if (mode == "half_pixel")
    return (x + 0.5) / axis.scale - 0.5;
  if (mode == "pytorch_half_pixel")
    return resized == 1 ? 0 : (x + 0.5) / axis.scale - 0.5;
  if (mode == "align_corners")
    return resized == 1 ? 0 : x * (in - 1) / (resized - 1);
  if (mode == "asymmetric")
    return x / axis.scale;
  if (mode == "half_pixel_symmetric") {
    double adjustment = static_cast<double>(axis.output) / resized;
    return in / 2 * (1 - adjustment) + (x + 0.5) / axis.scale - 0.5;
  }
  return std::nullopt;
}

std::optional<double> nearest(llvm::StringRef mode, double place) {
  if (mode == "round_prefer_floor")
    return std::ceil(place - 0.5);
  if (mode == "round_prefer_ceil")
    return std::floor(place + 0.5);
  if (mode == "floor")
    return std::floor(place);
  if (mode == "ceil")
    return std::ceil(place);
  return std::nullopt;
}

/// Output sizes and scales by the scales or sizes of the node, for the axes that it names.
llvm::Expected<std::vector<Axis>> resizedAxes(NodeConversion &c) {
  constexpr int sizesSince = 11;
  unsigned scalesInput = c.operatorSet() < sizesSince ? 1 : 2;
  std::vector<Axis> axes;
  for (int64_t extent : c.shape(0))
    axes.push_back({extent, extent, 1});
  Shape named;
  for (int64_t i = 0; i < c.rank(0); ++i)
    named.push_back(i);
  if (std::optional<Shape> given = c.integers("axes")) {
    if (auto checked = c.axesOf(*given, c.rank(0)); !checked)
      return checked.takeError();
    named.clear();
    for (int64_t axis : *given)
      named.push_back(axis < 0 ? axis + c.rank(0) : axis);
  }
  std::vector<double> scales;
  Shape sizes;
  if (c.has(scalesInput)) {
    auto found = c.realsOf(scalesInput);
    if (!found)
      return found.takeError();
    scales = std::move(*found);
  }
  if (c.has(3)) {
    auto found = c.integersOf(3);
    if (!found)
      return found.takeError();
    sizes = *found;
  }
  if (scales.empty() == sizes.empty() || std::max(scales.size(), sizes.size()) != named.size())
    return c.error("has " + llvm::Twine(scales.size()) + " scales and " + llvm::Twine(sizes.size()) +
                   " sizes for " + llvm::Twine(named.size()) + " axes, it takes one of the two");
  constexpr double largest = 1 << 30;
  for (size_t i = 0; i < named.size(); ++i) {
    Axis &axis = axes[named[i]];
    double output = sizes.empty() ? std::floor(static_cast<double>(axis.input) * scales[i])
                                  : static_cast<double>(sizes[i]);
    if (!(output >= 1 && output <= largest))
      return c.error("resizes axis " + llvm::Twine(named[i]) + " of " + llvm::Twine(axis.input) +
                     " elements to " + numberText(output));
    axis.output = static_cast<int64_t>(output);
    axis.scale = sizes.empty() ? scales[i] : output / static_cast<double>(axis.input);
  }
  return axes;
}

/// Along one axis: a mix of the two neighbours of each place.
mlir::Value interpolate(NodeConversion &c, mlir::Value source, unsigned number, const Axis &axis,
                        llvm::StringRef coordinates) {
  mlir::Type type = elementTypeOf(source);
  std::vector<std::vector<int64_t>> low, high;
  for (int64_t extent : shapeOf(source))
    low.push_back(everyPosition(extent));
  high = low;
  low[number].clear();
  high[number].clear();
  std::vector<double> shares;
  for (int64_t i = 0; i < axis.output; ++i) {
    double place = *placeOf(coordinates, axis, i), below = std::floor(place);
    auto at = static_cast<int64_t>(below);
    low[number].push_back(std::clamp<int64_t>(at, 0, axis.input - 1));
    high[number].push_back(std::clamp<int64_t>(at + 1, 0, axis.input - 1));
    shares.push_back(place - below);
  }
  mlir::Value share = c.constant(numberList(type, shares));
  mlir::Value a = select(c, source, low), b = select(c, source, high);
  unsigned rank = shapeOf(a).size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap maps[] = {all, all, c.map(rank, {c.loop(number)}), all};
  return c.generic({a, b, share}, maps, c.empty(shapeOf(a), type), [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value rest = s.subtract(s.real(1, type), in[2]);
    return s.add(s.multiply(in[0], rest), s.multiply(in[1], in[2]));
  });
}

llvm::Error checkOptions(NodeConversion &c, llvm::StringRef mode, llvm::StringRef coordinates) {
  if (mode != "nearest" && mode != "linear")
    return c.error("has the mode " + printable(mode.str()) + ", supported: nearest, linear");
  if (!placeOf(coordinates, {}, 0))
    return c.error("has the coordinate_transformation_mode " + printable(coordinates.str()) +
                   ", supported: half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, "
                   "asymmetric");
  if (c.integer("antialias", 0) != 0)
    return c.error("has antialias 1, only 0 is supported");
  if (c.integer("exclude_outside", 0) != 0)
    return c.error("has exclude_outside 1, only 0 is supported");
  if (std::string policy = c.text("keep_aspect_ratio_policy", "stretch"); policy != "stretch")
    return c.error("has the keep_aspect_ratio_policy " + printable(policy) + ", supported: stretch");
  (void)c.real("cubic_coeff_a", 0);       // of the mode cubic
  (void)c.real("extrapolation_value", 0); // of coordinates by regions
  return llvm::Error::success();
}

} // namespace

llvm::Error convertResize(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 4))
    return wrong;
  constexpr int modesSince = 11;
  std::string mode = c.text("mode", "nearest"), coordinates = "asymmetric", rounding = "floor";
  if (c.operatorSet() >= modesSince) {
    coordinates = c.text("coordinate_transformation_mode", "half_pixel");
    rounding = c.text("nearest_mode", "round_prefer_floor");
  }
  if (llvm::Error wrong = checkOptions(c, mode, coordinates))
    return wrong;
  llvm::Expected<std::vector<Axis>> axes = resizedAxes(c);
  if (!axes)
    return axes.takeError();
  Shape shape;
  for (const Axis &axis : *axes)
    shape.push_back(axis.output);
  if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
    return wrong;
  for (llvm::ArrayRef<int64_t> listed : {c.shape(0), llvm::ArrayRef<int64_t>(shape)})
    if (llvm::Error wrong = c.checkListed(listed))
      return wrong;
  if (mode == "linear") {
    if (llvm::Error wrong = c.requireFloat(0))
      return wrong;
    mlir::Value result = c.value(0);
    for (auto [number, axis] : llvm::enumerate(*axes))
      if (axis.output != axis.input || axis.scale != 1)
        result = interpolate(c, result, number, axis, coordinates);
    return c.setOutput(result, c.type(0));
  }
  std::vector<std::vector<int64_t>> positions;
  for (const Axis &axis : *axes) {
    std::vector<int64_t> list;
    for (int64_t i = 0; i < axis.output; ++i) {
      std::optional<double> at = nearest(rounding, *placeOf(coordinates, axis, i));
      if (!at)
        return c.error("has the nearest_mode " + printable(rounding) +
                       ", known: round_prefer_floor, round_prefer_ceil, floor, ceil");
      list.push_back(std::clamp<int64_t>(static_cast<int64_t>(*at), 0, axis.input - 1));
    }
    positions.push_back(std::move(list));
  }
  return c.setOutput(select(c, c.value(0), positions), c.type(0));
}

} // namespace tenon::import::onnx
