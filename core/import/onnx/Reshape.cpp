// What gives elements another shape or order and computes nothing: Reshape, Flatten, Squeeze, Unsqueeze,
// Identity, Dropout, Transpose, Expand; and what is known at once: Shape, Constant.
#include "core/import/onnx/Conversions.h"

namespace tenon::import::onnx {

namespace {

int64_t elementsOfShape(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

llvm::Error setReshaped(NodeConversion &c, llvm::ArrayRef<int64_t> shape) {
  return c.setOutput(c.reshape(c.value(0), shape), c.type(0));
}

constexpr int axesInputSince = 13;

/// The axes of Squeeze and Unsqueeze: an attribute, later the second input; nothing where none are given.
llvm::Expected<std::optional<Shape>> givenAxes(NodeConversion &c) {
  if (c.operatorSet() < axesInputSince)
    return c.integers("axes");
  if (!c.has(1))
    return std::nullopt;
  llvm::Expected<Shape> axes = c.integersOf(1);
  if (!axes)
    return axes.takeError();
  return *axes;
}

} // namespace

llvm::Error convertReshape(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  llvm::Expected<Shape> wanted = c.integersOf(1);
  if (!wanted)
    return wanted.takeError();
  bool zeroIsZero = c.integer("allowzero", 0) != 0;
  llvm::ArrayRef<int64_t> from = c.shape(0);
  Shape shape;
  int64_t known = 1, total = elementsOfShape(from);
  int open = -1;
  for (auto [i, size] : llvm::enumerate(*wanted)) {
    int64_t extent = size;
    if (extent == 0 && !zeroIsZero && i < from.size())
      extent = from[i];
    if (extent == -1 && open < 0) {
      open = static_cast<int>(i);
      extent = 1;
    }
    bool fits = extent > 0 && total % extent == 0 && known <= total / extent;
    if (!fits)
      return c.error("reshapes " + shapeText(from) + " to " + shapeText(*wanted) + ", which does not fit");
    known *= extent;
    shape.push_back(extent);
  }
  if (open >= 0 && total % known == 0)
    shape[open] = total / known;
  if (elementsOfShape(shape) != total)
    return c.error("reshapes " + shapeText(from) + " to " + shapeText(*wanted) +
                   ", the numbers of elements differ");
  if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
    return wrong;
  return setReshaped(c, shape);
}

llvm::Error convertFlatten(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  int64_t axis = c.integer("axis", 1), rank = c.rank(0);
  if (axis < -rank || axis > rank)
    return c.error("has the axis " + llvm::Twine(axis) + ", the rank is " + llvm::Twine(rank));
  axis = axis < 0 ? axis + rank : axis;
  return setReshaped(
      c, {elementsOfShape(c.shape(0).take_front(axis)), elementsOfShape(c.shape(0).drop_front(axis))});
}

llvm::Error convertSqueeze(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, c.operatorSet() < axesInputSince ? 1 : 2))
    return wrong;
  llvm::Expected<std::optional<Shape>> given = givenAxes(c);
  if (!given)
    return given.takeError();
  llvm::Expected<Shape> axes = *given ? c.axesOf(**given, c.rank(0)) : Shape();
  if (!axes)
    return axes.takeError();
  Shape shape;
  for (int64_t i = 0; i < c.rank(0); ++i) {
    int64_t extent = c.shape(0)[i];
    bool isNamed = llvm::is_contained(*axes, i);
    if (isNamed && extent != 1)
      return c.error("drops axis " + llvm::Twine(i) + " of " + shapeText(c.shape(0)) + ", which is not 1");
    if (!isNamed && (*given || extent != 1))
      shape.push_back(extent);
  }
  return setReshaped(c, shape);
}

llvm::Error convertUnsqueeze(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, c.operatorSet() < axesInputSince ? 1 : 2))
    return wrong;
  llvm::Expected<std::optional<Shape>> given = givenAxes(c);
  if (!given)
    return given.takeError();
  if (!*given)
    return c.error("lacks its axes");
  int64_t rank = c.rank(0) + static_cast<int64_t>((*given)->size());
  llvm::Expected<Shape> axes = c.axesOf(**given, rank);
  if (!axes)
    return axes.takeError();
  Shape shape(c.shape(0));
  for (int64_t axis : *axes)
    shape.insert(shape.begin() + axis, 1);
  if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
    return wrong;
  return setReshaped(c, shape);
}

llvm::Error convertIdentity(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  return c.setOutput(c.value(0), c.type(0));
}

/// Of inference: everything stays; the mask, where somebody asks for it, says so.
llvm::Error convertDropout(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 3, 2))
    return wrong;
  (void)c.real("ratio", 0);
  (void)c.integer("seed", 0);
  if (c.has(2)) {
    llvm::Expected<mlir::DenseElementsAttr> training = c.constantInput(2);
    if (!training)
      return training.takeError();
    if (c.type(2) != Type::BOOL || training->getNumElements() != 1 || *training->value_begin<bool>())
      return c.error("has the training_mode true, only inference (false) is supported");
  }
  Scalars scalars(c.builder, c.loc);
  if (c.wantsOutput(1))
    if (llvm::Error wrong = c.setOutput(c.filled(c.shape(0), scalars.integer(1, 1)), Type::BOOL, 1))
      return wrong;
  return c.setOutput(c.value(0), c.type(0));
}

llvm::Error convertTranspose(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  int64_t rank = c.rank(0);
  Shape reversed;
  for (int64_t i = rank; i-- > 0;)
    reversed.push_back(i);
  Shape permutation = c.integers("perm").value_or(reversed);
  llvm::SmallVector<int64_t> inverse(rank, -1), shape;
  bool good = static_cast<int64_t>(permutation.size()) == rank;
  for (int64_t i = 0; good && i < rank; ++i) {
    int64_t from = permutation[i];
    good = from >= 0 && from < rank && inverse[from] < 0;
    if (good) {
      inverse[from] = i;
      shape.push_back(c.shape(0)[from]);
    }
  }
  if (!good)
    return c.error("has the permutation " + shapeText(permutation) + ", which is none of rank " +
                   llvm::Twine(rank));
  llvm::SmallVector<mlir::AffineExpr> indices;
  for (int64_t loop : inverse)
    indices.push_back(c.loop(loop));
  mlir::AffineMap maps[] = {c.map(rank, indices), mlir::AffineMap::getMultiDimIdentityMap(rank, c.context())};
  return c.setOutput(c.generic({c.value(0)}, maps, c.empty(shape, c.elementOf(c.type(0))),
                               [](Scalars &, mlir::ValueRange in) { return in[0]; }),
                     c.type(0));
}

llvm::Error convertExpand(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  llvm::Expected<Shape> wanted = c.integersOf(1);
  if (!wanted)
    return wanted.takeError();
  // The two shapes broadcast to each other: a 1 on either side repeats.
  Shape shape(c.shape(0));
  while (shape.size() < wanted->size())
    shape.insert(shape.begin(), 1);
  for (size_t i = 0; i < wanted->size(); ++i) {
    int64_t &extent = shape[shape.size() - wanted->size() + i];
    int64_t other = (*wanted)[i];
    if (extent != other && extent != 1 && other != 1)
      return c.error("expands " + shapeText(c.shape(0)) + " to " + shapeText(*wanted) +
                     ", which do not broadcast");
    extent = extent == 1 ? other : extent;
  }
  mlir::Type type = c.elementOf(c.type(0));
  if (llvm::Error wrong = c.checkShape(shape, type))
    return wrong;
  return c.setOutput(
      c.elementwise({c.value(0)}, shape, type, [](Scalars &, mlir::ValueRange in) { return in[0]; }),
      c.type(0));
}

llvm::Error convertShape(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  int64_t rank = c.rank(0), start = c.integer("start", 0), end = c.integer("end", rank);
  auto counted = [&](int64_t place) {
    return std::clamp<int64_t>(place < 0 ? place + rank : place, 0, rank);
  };
  start = counted(start);
  end = std::max(start, counted(end));
  llvm::ArrayRef<int64_t> part = c.shape(0).slice(start, end - start);
  auto type = mlir::RankedTensorType::get({end - start}, c.builder.getI64Type());
  return c.setOutput(c.constant(mlir::DenseElementsAttr::get(type, part)), Type::INT64);
}

llvm::Error convertConstant(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(0, 0))
    return wrong;
  if (const schema::TensorProto *source = c.tensor("value")) {
    llvm::Expected<mlir::DenseElementsAttr> elements = c.elements(*source);
    if (!elements)
      return elements.takeError();
    return c.setOutput(c.constant(*elements), source->data_type());
  }
  auto real = c.builder.getF32Type();
  auto integer = c.builder.getI64Type();
  using Kind = schema::AttributeProto;
  if (const Kind *found = c.attribute("value_float", Kind::FLOAT))
    return c.setOutput(
        c.constant(mlir::DenseElementsAttr::get(mlir::RankedTensorType::get({}, real), found->f())),
        Type::FLOAT);
  if (const Kind *found = c.attribute("value_int", Kind::INT))
    return c.setOutput(c.constant(mlir::DenseElementsAttr::get(mlir::RankedTensorType::get({}, integer),
                                                               static_cast<int64_t>(found->i()))),
                       Type::INT64);
  if (const Kind *found = c.attribute("value_floats", Kind::FLOATS)) {
    llvm::SmallVector<float> list(found->floats().begin(), found->floats().end());
    auto type = mlir::RankedTensorType::get({static_cast<int64_t>(list.size())}, real);
    return c.setOutput(c.constant(mlir::DenseElementsAttr::get(type, llvm::ArrayRef<float>(list))),
                       Type::FLOAT);
  }
  if (std::optional<Shape> list = c.integers("value_ints")) {
    auto type = mlir::RankedTensorType::get({static_cast<int64_t>(list->size())}, integer);
    return c.setOutput(c.constant(mlir::DenseElementsAttr::get(type, llvm::ArrayRef<int64_t>(*list))),
                       Type::INT64);
  }
  return c.error("has none of the attributes value, value_float, value_floats, value_int, value_ints");
}

} // namespace tenon::import::onnx
