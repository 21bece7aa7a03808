// Maps, iterators and bodies of linalg, and the tensor operations that move elements, as nests.
#include "core/ir/nest/FromLinalg.h"

#include "core/ir/ModelNodes.h"
#include "core/ir/nest/BodyBuilder.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

namespace tenon::nest {

namespace linalg = mlir::linalg;
namespace tensor = mlir::tensor;

llvm::Expected<ScalarType> scalarType(mlir::Type type) {
  if (mlir::isa<mlir::IndexType>(type))
    return ScalarType::index();
  if (auto integer = mlir::dyn_cast<mlir::IntegerType>(type);
      integer && integer.isSignless() && integer.getWidth() >= 1 && integer.getWidth() <= 64)
    return ScalarType::integer(integer.getWidth());
  if (type.isF16())
    return ScalarType::f16();
  if (type.isBF16())
    return ScalarType::bf16();
  if (type.isF32())
    return ScalarType::f32();
  if (type.isF64())
    return ScalarType::f64();
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return wrongInput("the type " + text + " is none of i1 to i64, index, f16, bf16, f32, f64");
}

bool isView(mlir::Operation *operation) {
  return mlir::isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(operation);
}

namespace {

llvm::Error noNest(mlir::Operation *operation, const llvm::Twine &why) {
  return wrongInput(operation->getName().getStringRef().str() + " has no nest: " + why.str());
}

/// A scalar that is known at compile time.
std::optional<Constant> constantOf(mlir::Value value) {
  mlir::Attribute attribute;
  if (!value || !mlir::matchPattern(value, mlir::m_Constant(&attribute)))
    return std::nullopt;
  if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(attribute);
      integer && integer.getValue().getBitWidth() <= 64)
    return Constant::ofInteger(integer.getValue().getSExtValue());
  if (auto real = mlir::dyn_cast<mlir::FloatAttr>(attribute))
    return Constant::ofReal(real.getValueAsDouble());
  return std::nullopt;
}

class NestBuilder {
public:
  explicit NestBuilder(mlir::Operation *source) : operation(source), context(source->getContext()) {}

  llvm::Expected<OperationNest> run() {
    llvm::Error wrong = convert();
    if (wrong)
      return ir::atOperation(std::move(wrong), operation);
    if (llvm::Error malformed = verify(result.nest))
      return ir::atOperation(std::move(malformed), operation);
    return std::move(result);
  }

private:
  llvm::Error convert() {
    llvm::SmallVector<mlir::Type> types(operation->getOperandTypes());
    llvm::append_range(types, operation->getResultTypes());
    for (mlir::Type type : types)
      if (auto shaped = mlir::dyn_cast<mlir::ShapedType>(type);
          shaped && (!mlir::isa<mlir::RankedTensorType>(shaped) || !shaped.hasStaticShape()))
        return noNest(operation, "its tensors must have static shapes");
    if (auto op = mlir::dyn_cast<linalg::LinalgOp>(operation))
      return convertLinalg(op);
    if (auto pad = mlir::dyn_cast<tensor::PadOp>(operation))
      return convertPad(pad);
    if (auto concat = mlir::dyn_cast<tensor::ConcatOp>(operation))
      return convertConcat(concat);
    if (auto slice = mlir::dyn_cast<tensor::ExtractSliceOp>(operation))
      return convertSlice(slice);
    if (auto insert = mlir::dyn_cast<tensor::InsertSliceOp>(operation))
      return convertInsert(insert);
    return noNest(operation, "only linalg operations, tensor.pad, tensor.concat, tensor.extract_slice and "
                             "tensor.insert_slice have one");
  }

  llvm::Error convertLinalg(linalg::LinalgOp op);
  llvm::Error convertResult(linalg::LinalgOp op, unsigned number);
  llvm::Error initialise(linalg::LinalgOp op, unsigned number, unsigned operand);
  llvm::Error convertPad(tensor::PadOp pad);
  llvm::Error convertConcat(tensor::ConcatOp concat);
  llvm::Error convertSlice(tensor::ExtractSliceOp slice);
  llvm::Error convertInsert(tensor::InsertSliceOp insert);

  llvm::Expected<unsigned> operandOf(mlir::Value value, bool fresh = false);
  llvm::Expected<Node> readOf(mlir::Value value, mlir::AffineMap map);
  void addLoops(llvm::ArrayRef<int64_t> extents, llvm::StringRef prefix);
  llvm::Error addCopy(Node read, const Access &destination, llvm::ArrayRef<unsigned> loops);
  llvm::Error addCopy(mlir::Value value, mlir::AffineMap from, const Access &destination,
                      llvm::ArrayRef<unsigned> loops);
  mlir::AffineExpr dim(unsigned number) { return mlir::getAffineDimExpr(number, context); }
  /// A map over all loops that there are now; earlier ones are widened at the end.
  mlir::AffineMap map(llvm::ArrayRef<mlir::AffineExpr> indices) {
    return mlir::AffineMap::get(result.nest.loops.size(), 0, indices, context);
  }
  void widenMaps();

  mlir::Operation *operation;
  mlir::MLIRContext *context;
  OperationNest result;
};

/// The operand that a value is, a new one where it is read or written for the first time.
llvm::Expected<unsigned> NestBuilder::operandOf(mlir::Value value, bool fresh) {
  for (unsigned i = 0; !fresh && i < result.values.size(); ++i)
    if (result.values[i] == value)
      return i;
  auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
  llvm::Expected<ScalarType> element = scalarType(type.getElementType());
  if (!element)
    return element.takeError();
  Operand operand;
  bool isResult = value.getDefiningOp() == operation;
  operand.name = (isResult ? "out" : "in") + std::to_string(result.values.size());
  operand.type = *element;
  operand.shape.assign(type.getShape().begin(), type.getShape().end());
  result.nest.operands.push_back(std::move(operand));
  result.values.push_back(value);
  return result.values.size() - 1;
}

/// A read; of what was padded, through the padding where its value and amounts are known and the padded
/// tensor is nothing that the model names.
llvm::Expected<Node> NestBuilder::readOf(mlir::Value value, mlir::AffineMap map) {
  Node node;
  node.op = Opcode::Read;
  auto pad = value.getDefiningOp<tensor::PadOp>();
  if (pad && !ir::tensorOf(value) && pad.getSourceType().hasStaticShape()) {
    std::optional<Constant> outside = constantOf(pad.getConstantPaddingValue());
    llvm::SmallVector<mlir::AffineExpr> indices;
    for (auto [index, low] : llvm::zip(map.getResults(), pad.getStaticLow()))
      if (low != mlir::ShapedType::kDynamic)
        indices.push_back(index - low);
    if (outside && indices.size() == map.getNumResults()) {
      node.access.outside = outside;
      map = mlir::AffineMap::get(map.getNumDims(), 0, indices, context);
      value = pad.getSource();
    }
  }
  llvm::Expected<unsigned> operand = operandOf(value);
  if (!operand)
    return operand.takeError();
  node.access.operand = *operand;
  node.access.indices = map;
  node.type = result.nest.operands[*operand].type;
  return node;
}

void NestBuilder::addLoops(llvm::ArrayRef<int64_t> extents, llvm::StringRef prefix) {
  for (auto [i, extent] : llvm::enumerate(extents))
    result.nest.loops.push_back({(prefix + llvm::Twine(i)).str(), extent, false});
}

void NestBuilder::widenMaps() {
  unsigned loops = result.nest.loops.size();
  auto widen = [&](mlir::AffineMap &map) {
    if (map)
      map = mlir::AffineMap::get(loops, 0, map.getResults(), context);
  };
  for (Statement &statement : result.nest.statements) {
    widen(statement.destination.indices);
    for (Node &node : statement.body)
      widen(node.access.indices);
  }
}

/// destination = read.
llvm::Error NestBuilder::addCopy(Node read, const Access &destination, llvm::ArrayRef<unsigned> loops) {
  Statement copy;
  copy.loops.assign(loops.begin(), loops.end());
  copy.destination = destination;
  copy.body.push_back(std::move(read));
  result.nest.statements.push_back(std::move(copy));
  return llvm::Error::success();
}

llvm::Error NestBuilder::addCopy(mlir::Value value, mlir::AffineMap from, const Access &destination,
                                 llvm::ArrayRef<unsigned> loops) {
  llvm::Expected<Node> read = readOf(value, from);
  if (!read)
    return read.takeError();
  return addCopy(std::move(*read), destination, loops);
}

llvm::Error NestBuilder::convertLinalg(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return noNest(operation, "it works on buffers, only tensors are supported");
  addLoops(op.getStaticLoopRanges(), "d");
  for (unsigned i = 0; i < op->getNumResults(); ++i)
    if (llvm::Error wrong = convertResult(op, i))
      return wrong;
  widenMaps();
  return llvm::Error::success();
}

/// The start of a result that its body reads: a copy of the initial tensor, or the constant that fills it.
llvm::Error NestBuilder::initialise(linalg::LinalgOp op, unsigned number, unsigned operand) {
  mlir::Value initial = op.getDpsInitOperand(number)->get();
  auto type = mlir::cast<mlir::RankedTensorType>(initial.getType());
  unsigned first = result.nest.loops.size();
  addLoops(type.getShape(), "init" + std::to_string(number) + "_");
  llvm::SmallVector<unsigned> loops;
  llvm::SmallVector<mlir::AffineExpr> indices;
  for (unsigned i = 0; i < type.getRank(); ++i) {
    loops.push_back(first + i);
    indices.push_back(dim(first + i));
  }
  return addCopy(initial, map(indices), {operand, map(indices), std::nullopt}, loops);
}

/// How an accumulating operation updates its destination.
std::optional<Update> updateOf(mlir::Operation *combiner) {
  namespace arith = mlir::arith;
  if (mlir::isa<arith::AddIOp, arith::AddFOp>(combiner))
    return Update::Add;
  if (mlir::isa<arith::MaxSIOp, arith::MaximumFOp>(combiner))
    return Update::Max;
  if (mlir::isa<arith::MinSIOp, arith::MinimumFOp>(combiner))
    return Update::Min;
  return std::nullopt;
}

llvm::Error NestBuilder::convertResult(linalg::LinalgOp op, unsigned number) {
  mlir::Block *block = op.getBlock();
  // linalg.map's body has no argument for the result.
  mlir::BlockArgument accumulator;
  if (block->getNumArguments() == op->getNumOperands())
    accumulator = op.getMatchingBlockArgument(op.getDpsInitOperand(number));
  mlir::Value yielded = block->getTerminator()->getOperand(number);
  llvm::Expected<unsigned> operand = operandOf(op->getResult(number), /*fresh=*/true);
  if (!operand)
    return operand.takeError();
  unsigned boxLoops = op.getNumLoops();
  Statement statement;
  for (unsigned i = 0; i < boxLoops; ++i)
    statement.loops.push_back(i);
  mlir::AffineMap destination = op.getMatchingIndexingMap(op.getDpsInitOperand(number));
  statement.destination = {*operand, destination, std::nullopt};

  // value = combine(accumulator, rest), the accumulator read nowhere else: an update.
  mlir::Value stored = yielded;
  if (mlir::Operation *combiner = yielded.getDefiningOp(); combiner && combiner->getBlock() == block &&
                                                           accumulator && accumulator.hasOneUse() &&
                                                           yielded.hasOneUse())
    if (std::optional<Update> update = updateOf(combiner);
        update && llvm::is_contained(combiner->getOperands(), mlir::Value(accumulator))) {
      statement.update = *update;
      stored = combiner->getOperand(combiner->getOperand(0) == accumulator ? 1 : 0);
    }
  mlir::Value initial = op.getDpsInitOperand(number)->get();
  auto fill = initial.getDefiningOp<linalg::FillOp>();
  if (statement.update != Update::Assign && fill)
    statement.start = constantOf(fill.getInputs()[0]);
  if (accumulator && !accumulator.use_empty() && !statement.start)
    if (llvm::Error wrong = initialise(op, number, *operand))
      return wrong;

  auto read = [&](mlir::BlockArgument argument) -> llvm::Expected<Node> {
    mlir::OpOperand *source = op.getMatchingOpOperand(argument);
    if (argument == accumulator) {
      Node node;
      node.op = Opcode::Read;
      node.access = {*operand, destination, std::nullopt};
      return node;
    }
    if (op.isDpsInit(source))
      return noNest(operation, "a result reads another result's accumulator");
    if (!mlir::isa<mlir::RankedTensorType>(source->get().getType())) {
      std::optional<Constant> constant = constantOf(source->get());
      if (!constant)
        return noNest(operation, "it reads a scalar that is not a constant");
      Node node;
      node.constant = *constant;
      return node;
    }
    return readOf(source->get(), op.getMatchingIndexingMap(source));
  };
  auto table = [&](mlir::Value value) { return operandOf(value); };
  BodyBuilder body(read, table);
  llvm::Expected<unsigned> value = body.node(stored);
  if (!value)
    return value.takeError();
  statement.value = *value;
  statement.body = body.takeBody();
  result.nest.statements.push_back(std::move(statement));
  return llvm::Error::success();
}

llvm::Error NestBuilder::convertPad(tensor::PadOp pad) {
  std::optional<Constant> outside = constantOf(pad.getConstantPaddingValue());
  if (!outside)
    return noNest(operation, "the value that it pads with is not a constant");
  addLoops(pad.getResultType().getShape(), "d");
  llvm::SmallVector<mlir::AffineExpr> from, to;
  llvm::SmallVector<unsigned> loops;
  for (auto [i, low] : llvm::enumerate(pad.getStaticLow())) {
    if (low == mlir::ShapedType::kDynamic)
      return noNest(operation, "an amount of padding is not a constant");
    loops.push_back(i);
    to.push_back(dim(i));
    from.push_back(dim(i) - low);
  }
  llvm::Expected<unsigned> source = operandOf(pad.getSource());
  llvm::Expected<unsigned> destination = operandOf(pad.getResult());
  if (!source || !destination)
    return llvm::joinErrors(source.takeError(), destination.takeError());
  Node read;
  read.op = Opcode::Read;
  read.type = result.nest.operands[*source].type;
  read.access = {*source, map(from), outside};
  return addCopy(std::move(read), {*destination, map(to), std::nullopt}, loops);
}

llvm::Error NestBuilder::convertConcat(tensor::ConcatOp concat) {
  uint64_t axis = concat.getDim();
  llvm::Expected<unsigned> destination = operandOf(concat.getResult(), /*fresh=*/true);
  if (!destination)
    return destination.takeError();
  // Parts share their loops: the box of the result, and one more for each other extent along the axis.
  llvm::ArrayRef<int64_t> shape = concat.getResultType().getShape();
  llvm::SmallVector<int64_t> first(shape);
  first[axis] = mlir::cast<mlir::RankedTensorType>(concat.getInputs().front().getType()).getDimSize(axis);
  addLoops(first, "d");
  std::map<int64_t, unsigned> axisLoops = {{first[axis], axis}};
  int64_t offset = 0;
  for (mlir::Value value : concat.getInputs()) {
    int64_t extent = mlir::cast<mlir::RankedTensorType>(value.getType()).getDimSize(axis);
    auto [loop, fresh] = axisLoops.try_emplace(extent, result.nest.loops.size());
    if (fresh)
      addLoops({extent}, "axis" + std::to_string(axisLoops.size()) + "_");
    llvm::SmallVector<mlir::AffineExpr> from, to;
    llvm::SmallVector<unsigned> loops;
    for (unsigned i = 0; i < shape.size(); ++i) {
      loops.push_back(i == axis ? loop->second : i);
      from.push_back(dim(loops.back()));
      to.push_back(i == axis ? from.back() + offset : from.back());
    }
    llvm::sort(loops);
    offset += extent;
    if (llvm::Error wrong = addCopy(value, map(from), {*destination, map(to), std::nullopt}, loops))
      return wrong;
  }
  widenMaps();
  return llvm::Error::success();
}

llvm::Error NestBuilder::convertSlice(tensor::ExtractSliceOp slice) {
  llvm::ArrayRef<int64_t> offsets = slice.getStaticOffsets(), strides = slice.getStaticStrides();
  if (llvm::any_of(llvm::concat<const int64_t>(offsets, strides, slice.getStaticSizes()),
                   mlir::ShapedType::isDynamic))
    return noNest(operation, "an offset, size or stride is not a constant");
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  addLoops(slice.getType().getShape(), "d");
  llvm::SmallVector<mlir::AffineExpr> from, to;
  llvm::SmallVector<unsigned> loops;
  for (unsigned i = 0; i < offsets.size(); ++i) {
    if (dropped.test(i)) {
      from.push_back(mlir::getAffineConstantExpr(offsets[i], context));
      continue;
    }
    from.push_back(dim(loops.size()) * strides[i] + offsets[i]);
    to.push_back(dim(loops.size()));
    loops.push_back(loops.size());
  }
  llvm::Expected<Node> read = readOf(slice.getSource(), map(from));
  if (!read)
    return read.takeError();
  llvm::Expected<unsigned> destination = operandOf(slice.getResult());
  if (!destination)
    return destination.takeError();
  return addCopy(std::move(*read), {*destination, map(to), std::nullopt}, loops);
}

/// The destination as it was, then the slice over it. What nobody has written (tensor.empty) is 0.
llvm::Error NestBuilder::convertInsert(tensor::InsertSliceOp insert) {
  llvm::ArrayRef<int64_t> offsets = insert.getStaticOffsets(), strides = insert.getStaticStrides();
  if (llvm::any_of(llvm::concat<const int64_t>(offsets, strides, insert.getStaticSizes()),
                   mlir::ShapedType::isDynamic))
    return noNest(operation, "an offset, size or stride is not a constant");
  llvm::Expected<unsigned> destination = operandOf(insert.getResult(), /*fresh=*/true);
  if (!destination)
    return destination.takeError();
  llvm::ArrayRef<int64_t> shape = insert.getResultType().getShape();
  addLoops(shape, "d");
  llvm::SmallVector<unsigned> all(llvm::to_vector(llvm::seq<unsigned>(0, shape.size())));
  llvm::SmallVector<mlir::AffineExpr> whole;
  for (unsigned loop : all)
    whole.push_back(dim(loop));
  Node before;
  before.type = result.nest.operands[*destination].type;
  before.constant = before.type.isFloat() ? Constant::ofReal(0) : Constant::ofInteger(0);
  if (!insert.getDest().getDefiningOp<tensor::EmptyOp>()) {
    llvm::Expected<Node> read = readOf(insert.getDest(), map(whole));
    if (!read)
      return read.takeError();
    before = std::move(*read);
  }
  if (llvm::Error wrong = addCopy(std::move(before), {*destination, map(whole), std::nullopt}, all))
    return wrong;
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  llvm::SmallVector<mlir::AffineExpr> from, to;
  llvm::SmallVector<unsigned> loops;
  unsigned first = result.nest.loops.size();
  addLoops(insert.getSourceType().getShape(), "slice");
  for (unsigned i = 0; i < offsets.size(); ++i) {
    if (dropped.test(i)) {
      to.push_back(mlir::getAffineConstantExpr(offsets[i], context));
      continue;
    }
    loops.push_back(first + loops.size());
    from.push_back(dim(loops.back()));
    to.push_back(from.back() * strides[i] + offsets[i]);
  }
  if (llvm::Error wrong =
          addCopy(insert.getSource(), map(from), {*destination, map(to), std::nullopt}, loops))
    return wrong;
  widenMaps();
  return llvm::Error::success();
}

} // namespace

llvm::Expected<OperationNest> nestOf(mlir::Operation *operation) { return NestBuilder(operation).run(); }

} // namespace tenon::nest
