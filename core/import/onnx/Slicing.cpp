// Concat, Split, Slice.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Selection.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::import::onnx {

namespace {

mlir::Value sliceOf(NodeConversion &c, mlir::Value source, llvm::ArrayRef<int64_t> offsets,
                    llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides) {
  auto folded = [&](llvm::ArrayRef<int64_t> numbers) {
    llvm::SmallVector<mlir::OpFoldResult> results;
    for (int64_t number : numbers)
      results.push_back(c.builder.getIndexAttr(number));
    return results;
  };
  return c.builder.create<mlir::tensor::ExtractSliceOp>(c.loc, source, folded(offsets), folded(sizes),
                                                        folded(strides));
}

/// What Slice asks for, an entry for each axis that it names.
struct Ranges {
  Shape starts, ends, axes, steps;
};

llvm::Expected<Ranges> rangesOf(NodeConversion &c) {
  constexpr int inputsSince = 10;
  Ranges ranges;
  if (c.operatorSet() < inputsSince) {
    std::optional<Shape> starts = c.integers("starts"), ends = c.integers("ends"), axes = c.integers("axes");
    if (!starts || !ends)
      return c.error("lacks its starts or ends");
    ranges.starts = *starts;
    ranges.ends = *ends;
    if (axes)
      ranges.axes = *axes;
  } else {
    for (auto [input, list] :
         {std::pair{1U, &ranges.starts}, {2U, &ranges.ends}, {3U, &ranges.axes}, {4U, &ranges.steps}}) {
      if (!c.has(input))
        continue;
      llvm::Expected<Shape> numbers = c.integersOf(input);
      if (!numbers)
        return numbers.takeError();
      *list = *numbers;
    }
  }
  if (ranges.axes.empty() && !c.has(3))
    for (size_t i = 0; i < ranges.starts.size(); ++i)
      ranges.axes.push_back(static_cast<int64_t>(i));
  if (ranges.steps.empty() && !c.has(4))
    ranges.steps.assign(ranges.starts.size(), 1);
  size_t count = ranges.starts.size();
  if (ranges.ends.size() != count || ranges.axes.size() != count || ranges.steps.size() != count)
    return c.error("has " + llvm::Twine(count) + " starts, " + llvm::Twine(ranges.ends.size()) + " ends, " +
                   llvm::Twine(ranges.axes.size()) + " axes and " + llvm::Twine(ranges.steps.size()) +
                   " steps, there must be as many of each");
  return ranges;
}

} // namespace

namespace {

/// Nothing of a list that is known, such as a shape.
llvm::Error setEmptyList(NodeConversion &c) {
  llvm::Expected<mlir::DenseElementsAttr> list = c.constantInput(0);
  if (!list)
    return list.takeError();
  auto type = mlir::RankedTensorType::get({0}, list->getElementType());
  return c.setOutput(c.constant(mlir::DenseElementsAttr::get(type, llvm::ArrayRef<int64_t>())), c.type(0));
}

} // namespace

llvm::Error convertSlice(NodeConversion &c) {
  constexpr int inputsSince = 10;
  bool byAttributes = c.operatorSet() < inputsSince;
  if (llvm::Error wrong = c.requireInputs(byAttributes ? 1 : 3, byAttributes ? 1 : 5))
    return wrong;
  llvm::Expected<Ranges> ranges = rangesOf(c);
  if (!ranges)
    return ranges.takeError();
  Shape offsets(c.rank(0), 0), sizes(c.shape(0)), strides(c.rank(0), 1);
  llvm::Expected<Shape> checked = c.axesOf(ranges->axes, c.rank(0));
  if (!checked)
    return checked.takeError();
  for (size_t i = 0; i < ranges->axes.size(); ++i) {
    int64_t axis = *c.axisOf(ranges->axes[i], c.rank(0)); // checked above
    int64_t extent = c.shape(0)[axis], step = ranges->steps[i];
    if (step == 0 || step == INT64_MIN)
      return c.error("has the step " + llvm::Twine(step) + " along axis " + llvm::Twine(axis));
    // Counted from the end below 0, and limited to where a step can land.
    auto counted = [&](int64_t place, int64_t least, int64_t most) {
      return std::clamp(place < 0 ? place + extent : place, least, most);
    };
    int64_t start =
        step > 0 ? counted(ranges->starts[i], 0, extent) : counted(ranges->starts[i], 0, extent - 1);
    int64_t end = step > 0 ? counted(ranges->ends[i], 0, extent) : counted(ranges->ends[i], -1, extent - 1);
    int64_t distance = step > 0 ? end - start : start - end, stride = step > 0 ? step : -step;
    if (distance < 1 && c.rank(0) == 1 && c.type(0) == Type::INT64) // of a shape: no dimensions
      return setEmptyList(c);
    if (distance < 1)
      return c.error("takes nothing of axis " + llvm::Twine(axis) + " of " + shapeText(c.shape(0)) +
                     ", from " + llvm::Twine(ranges->starts[i]) + " to " + llvm::Twine(ranges->ends[i]) +
                     " in steps of " + llvm::Twine(step));
    offsets[axis] = start;
    sizes[axis] = (distance - 1) / stride + 1;
    strides[axis] = sizes[axis] == 1 ? 1 : step;
  }
  if (llvm::all_of(strides, [](int64_t step) { return step > 0; }))
    return c.setOutput(sliceOf(c, c.value(0), offsets, sizes, strides), c.type(0));
  if (llvm::Error wrong = c.checkListed(sizes))
    return wrong;
  std::vector<std::vector<int64_t>> positions(c.rank(0));
  for (int64_t axis = 0; axis < c.rank(0); ++axis)
    for (int64_t i = 0; i < sizes[axis]; ++i)
      positions[axis].push_back(offsets[axis] + i * strides[axis]);
  return c.setOutput(select(c, c.value(0), positions), c.type(0));
}

llvm::Error convertConcat(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, std::max<size_t>(c.node.inputs.size(), 1)))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (!c.hasAttribute("axis"))
    return c.error("lacks its axis");
  llvm::Expected<int64_t> axis = c.axisOf(c.integer("axis", 0), c.rank(0));
  if (!axis)
    return axis.takeError();
  llvm::SmallVector<mlir::Value> parts;
  Shape shape(c.shape(0));
  shape[*axis] = 0;
  for (unsigned i = 0; i < c.node.inputs.size(); ++i) {
    if (!c.has(i))
      return c.error("lacks its input " + llvm::Twine(i));
    bool fits = c.rank(i) == c.rank(0);
    for (int64_t d = 0; fits && d < c.rank(0); ++d)
      fits = d == *axis || c.shape(i)[d] == shape[d];
    if (!fits)
      return c.error("joins " + shapeText(c.shape(0)) + " and " + shapeText(c.shape(i)) + " along axis " +
                     llvm::Twine(*axis) + ", which do not fit");
    if (c.shape(i)[*axis] == 0)
      continue; // a list without entries
    shape[*axis] += c.shape(i)[*axis];
    parts.push_back(c.value(i));
  }
  if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
    return wrong;
  return c.setOutput(c.builder.create<mlir::tensor::ConcatOp>(c.loc, *axis, parts), c.type(0));
}

llvm::Error convertSplit(NodeConversion &c) {
  constexpr int inputSince = 13, countSince = 18;
  size_t outputs = c.node.outputs.size();
  if (llvm::Error wrong =
          c.requireInputs(1, c.operatorSet() < inputSince ? 1 : 2, std::max<size_t>(outputs, 1)))
    return wrong;
  llvm::Expected<int64_t> axis = c.axisOf(c.integer("axis", 0), c.rank(0));
  if (!axis)
    return axis.takeError();
  int64_t extent = c.shape(0)[*axis], sum = 0;
  Shape parts;
  if (c.operatorSet() < inputSince) {
    parts = c.integers("split").value_or(Shape());
  } else if (c.has(1)) {
    llvm::Expected<Shape> numbers = c.integersOf(1);
    if (!numbers)
      return numbers.takeError();
    parts = *numbers;
  }
  if (parts.empty()) {
    // As equal as can be; only since operator set 18 may the last be smaller.
    auto count = static_cast<int64_t>(outputs), part = (extent + count - 1) / count;
    if (c.operatorSet() >= countSince && c.integer("num_outputs", count) != count)
      return c.error("has num_outputs " + llvm::Twine(c.integer("num_outputs", count)) + " and " +
                     llvm::Twine(count) + " outputs");
    if (c.operatorSet() < countSince && extent % count != 0)
      return c.error("splits " + llvm::Twine(extent) + " elements into " + llvm::Twine(count) +
                     " equal parts, which does not fit");
    for (int64_t i = 0; i < count; ++i)
      parts.push_back(std::min(part, extent - i * part));
  }
  for (int64_t part : parts) {
    if (part < 1 || part > extent)
      return c.error("splits " + llvm::Twine(extent) + " elements into parts of " + shapeText(parts) +
                     ", each must be at least 1");
    sum += part;
  }
  if (parts.size() != outputs || sum != extent)
    return c.error("splits " + llvm::Twine(extent) + " elements into parts of " + shapeText(parts) +
                   " and has " + llvm::Twine(outputs) + " outputs, which does not fit");
  Shape offsets(c.rank(0), 0), sizes(c.shape(0)), strides(c.rank(0), 1);
  for (size_t i = 0; i < outputs; ++i) {
    sizes[*axis] = parts[i];
    mlir::Value part = sliceOf(c, c.value(0), offsets, sizes, strides);
    if (llvm::Error wrong = c.setOutput(part, c.type(0), i))
      return wrong;
    offsets[*axis] += parts[i];
  }
  return llvm::Error::success();
}

} // namespace tenon::import::onnx
