// Gathered computations made by hand, for the tests of what turns them into kernels:
//   sum[g, m, n] += cast(left[g, m, k]) * cast(right[g, n, k]), then a final.
#pragma once

#include "core/match/Constants.h"
#include "core/match/Gather.h"
#include "tests/ir/NestBuilder.h"

#include <random>

namespace tenon::test {

struct GatheredCase {
  enum class Start : uint8_t { Zero, Constant, Bias };
  enum class Final : uint8_t { Store, Clamp, Requantise, Residual };
  /// Where a factor comes from: a tensor that is the array; a constant; the array's transpose, read by a
  /// gather; a longer tensor read through a window with a border, by a gather that fills k up.
  enum class Source : uint8_t { Value, Constant, Transposed, Window };
  int64_t g = 1, m = 1, n = 1, k = 1;
  nest::ScalarType leftType = i8, rightType = i8, sumType = i32;
  bool leftSigned = true, rightSigned = true;
  Source left = Source::Value, right = Source::Constant;
  Start start = Start::Zero;
  Final final = Final::Store;
  int64_t depthFilled = 0; ///< with gathers: points of k that are filled up with zeros

  std::string text() const {
    auto number = [](auto value) { return std::to_string(int64_t(value)); };
    return "g " + number(g) + " m " + number(m) + " n " + number(n) + " k " + number(k) + " left " +
           number(left) + " right " + number(right) + " start " + number(start) + " final " + number(final) +
           " " + leftType.str() + " x " + rightType.str();
  }
};

/// Owns the context of the computation's maps. Values of the program: 0 left, 1 right, 2 added, 3 result.
class GatheredBuilder {
public:
  explicit GatheredBuilder(const GatheredCase &wanted, uint64_t seed = 1) : what(wanted), random(seed) {
    computation.nest = {};
    unsigned loops = 0;
    for (auto [name, extent] : {std::pair("g", what.g), {"m", what.m}, {"n", what.n}, {"k", what.k}}) {
      numbers.push_back(extent > 1 ? int(loops++) : -1);
      if (extent > 1)
        builder.loop(name, extent);
    }
    left = factor("left", what.left, what.leftType, {0, 1, 3}, 0);
    right = factor("right", what.right, what.rightType, {0, 2, 3}, 1);
    sum = builder.operand("sum", what.sumType, shapeOf({0, 1, 2}), true);
    source(match::TensorSource::Kind::Local);
    if (what.start == GatheredCase::Start::Bias)
      addStart();
    addCore();
    addFinal();
    computation.nest = builder.nest;
  }

  match::Computation computation;

  /// The tensors of the program's values that the computation reads, random.
  std::map<unsigned, match::ConstantTensor> values;

private:
  static constexpr unsigned columnLoop = 2;

  llvm::SmallVector<int64_t> shapeOf(llvm::ArrayRef<unsigned> classes) const {
    const int64_t extents[] = {what.g, what.m, what.n, what.k};
    llvm::SmallVector<int64_t> shape;
    for (unsigned which : classes)
      if (extents[which] > 1)
        shape.push_back(extents[which]);
    return shape;
  }
  llvm::SmallVector<mlir::AffineExpr> indicesOf(llvm::ArrayRef<unsigned> classes) {
    llvm::SmallVector<mlir::AffineExpr> indices;
    for (unsigned which : classes)
      if (numbers[which] >= 0)
        indices.push_back(builder.at(unsigned(numbers[which])));
    return indices;
  }
  llvm::SmallVector<unsigned> loopsOf(llvm::ArrayRef<unsigned> classes) {
    llvm::SmallVector<unsigned> loops;
    for (unsigned which : classes)
      if (numbers[which] >= 0)
        loops.push_back(unsigned(numbers[which]));
    return loops;
  }

  match::TensorSource &source(match::TensorSource::Kind kind, unsigned value = 0) {
    computation.sources.push_back({});
    computation.sources.back().kind = kind;
    computation.sources.back().value = value;
    return computation.sources.back();
  }

  match::ConstantTensor randomTensor(nest::ScalarType type, llvm::ArrayRef<int64_t> shape) {
    match::ConstantTensor tensor = match::uniformTensor(type, shape, {});
    for (int64_t i = 0; i < match::elementCount(tensor); ++i) {
      uint64_t word = random();
      if (type.isFloat())
        match::setElement(tensor, i, nest::Constant::ofReal(double(int64_t(word % 9) - 4)));
      else
        match::setElement(
            tensor, i, nest::Constant::ofInteger(llvm::SignExtend64(word >> 9, std::min(type.width, 20u))));
    }
    return tensor;
  }

  unsigned factor(llvm::StringRef name, GatheredCase::Source from, nest::ScalarType type,
                  llvm::ArrayRef<unsigned> classes, unsigned value) {
    llvm::SmallVector<int64_t> shape = shapeOf(classes);
    unsigned operand = builder.operand(name, type, shape);
    if (from == GatheredCase::Source::Constant) {
      source(match::TensorSource::Kind::Constant).constant =
          std::make_shared<match::ConstantTensor>(randomTensor(type, shape));
      return operand;
    }
    if (from == GatheredCase::Source::Value) {
      source(match::TensorSource::Kind::Value, value);
      values[value] = randomTensor(type, shape);
      return operand;
    }
    source(match::TensorSource::Kind::Gathered).gather =
        std::make_shared<match::Gather>(gather(from, type, shape, value, numbers[3] >= 0));
    return operand;
  }

  match::Gather gather(GatheredCase::Source from, nest::ScalarType type, llvm::ArrayRef<int64_t> shape,
                       unsigned value, bool hasDepth) {
    match::Gather gather;
    nest::Nest &nest = gather.nest;
    llvm::SmallVector<mlir::AffineExpr> array, tensor;
    llvm::SmallVector<int64_t> tensorShape;
    for (auto [axis, extent] : llvm::enumerate(shape)) {
      bool filled = hasDepth && axis + 1 == shape.size() && what.depthFilled > 0;
      nest.loops.push_back({"l", filled ? extent - what.depthFilled : extent, false});
      gather.joined.push_back({unsigned(axis)});
      array.push_back(builder.at(unsigned(axis)));
    }
    auto loops = unsigned(nest.loops.size());
    for (unsigned loop = loops; loop-- > 0;)
      tensor.push_back(builder.at(loop));
    for (unsigned loop = loops; loop-- > 0;)
      tensorShape.push_back(nest.loops[loop].extent);
    nest::Statement statement;
    nest::Node read;
    read.op = nest::Opcode::Read;
    read.type = type;
    if (from == GatheredCase::Source::Window) {
      // A border of one before and after the last axis, whose value is 3.
      tensor.assign(array.begin(), array.end());
      tensorShape.assign(shape.begin(), shape.end());
      tensor.back() = builder.at(loops - 1) - 1;
      tensorShape.back() = std::max<int64_t>(1, nest.loops.back().extent - 2);
      read.access.outside = type.isFloat() ? nest::Constant::ofReal(3) : nest::Constant::ofInteger(3);
    }
    read.access.indices = mlir::AffineMap::get(loops, 0, tensor, &builder.context);
    statement.body.push_back(read);
    for (unsigned loop = 0; loop < loops; ++loop)
      statement.loops.push_back(loop);
    statement.destination.operand = 1;
    statement.destination.indices = mlir::AffineMap::get(loops, 0, array, &builder.context);
    nest.statements.push_back(statement);
    nest.operands = {{"tensor", type, tensorShape, false},
                     {"array", type, llvm::SmallVector<int64_t>(shape), false}};
    gather.sources.resize(1);
    gather.sources[0].value = value;
    values[value] = randomTensor(type, tensorShape);
    return gather;
  }

  unsigned perColumn(llvm::StringRef name, nest::ScalarType type, int64_t low, int64_t high) {
    unsigned along = what.n > 1 ? columnLoop : 0;
    llvm::SmallVector<int64_t> shape = shapeOf(along);
    unsigned operand = builder.operand(name, type, shape);
    auto tensor = std::make_shared<match::ConstantTensor>(match::uniformTensor(type, shape, {}));
    for (int64_t i = 0; i < match::elementCount(*tensor); ++i) {
      int64_t number = low + int64_t(random() % uint64_t(high - low + 1));
      match::setElement(*tensor, i,
                        type.isFloat() ? nest::Constant::ofReal(double(number))
                                       : nest::Constant::ofInteger(number));
    }
    source(match::TensorSource::Kind::Constant).constant = tensor;
    return operand;
  }
  unsigned readPerColumn(unsigned operand) {
    return builder.read(builder.access(operand, indicesOf(what.n > 1 ? columnLoop : 0)));
  }

  void addStart() {
    unsigned bias = perColumn("bias", what.sumType, -1000, 1000);
    computation.init = int(builder.nest.statements.size());
    builder.statement(loopsOf({0, 1, 2}), builder.access(sum, indicesOf({0, 1, 2})));
    readPerColumn(bias);
  }

  unsigned widened(unsigned operand, llvm::ArrayRef<unsigned> classes, bool isSigned) {
    unsigned value = builder.read(builder.access(operand, indicesOf(classes)));
    nest::ScalarType type = builder.nest.operands[operand].type;
    if (type == what.sumType)
      return value;
    return builder.node(type.isFloat() ? nest::Opcode::ExtF
                        : isSigned     ? nest::Opcode::ExtSI
                                       : nest::Opcode::ExtUI,
                        what.sumType, {value});
  }

  void addCore() {
    std::optional<nest::Constant> start;
    if (what.start != GatheredCase::Start::Bias) {
      int64_t number = what.start == GatheredCase::Start::Constant ? 7 : 0;
      start =
          what.sumType.isFloat() ? nest::Constant::ofReal(double(number)) : nest::Constant::ofInteger(number);
    }
    computation.core = int(builder.nest.statements.size());
    builder.statement(loopsOf({0, 1, 2, 3}), builder.access(sum, indicesOf({0, 1, 2})), nest::Update::Add,
                      start);
    unsigned a = widened(left, {0, 1, 3}, what.leftSigned);
    unsigned b = widened(right, {0, 2, 3}, what.rightSigned);
    builder.node(what.sumType.isFloat() ? nest::Opcode::MulF : nest::Opcode::MulI, what.sumType, {a, b});
  }

  void addFinal() {
    // The result's axes: rows, groups, columns, as where channels are innermost; the rows are two axes where
    // that is possible.
    llvm::SmallVector<int64_t> shape = shapeOf({1, 0, 2});
    llvm::SmallVector<mlir::AffineExpr> indices = indicesOf({1, 0, 2});
    if (what.m > 3 && what.m % 3 == 0) {
      shape[0] = 3;
      shape.insert(shape.begin(), what.m / 3);
      mlir::AffineExpr row = indices[0];
      indices[0] = row % 3;
      indices.insert(indices.begin(), row.floorDiv(3));
    }
    bool quantised = what.final == GatheredCase::Final::Requantise;
    unsigned added = 0, factors = 0;
    if (what.final == GatheredCase::Final::Residual) {
      added = builder.operand("added", what.sumType, shape);
      source(match::TensorSource::Kind::Value, 2);
      values[2] = randomTensor(what.sumType, shape);
    }
    if (quantised)
      factors = perColumn("factor", i32, 1 << 28, 1 << 30);
    unsigned result = builder.operand("result", quantised ? i8 : what.sumType, shape);
    source(match::TensorSource::Kind::Value, 3);
    values[3] = match::uniformTensor(builder.nest.operands[result].type, shape, {});
    computation.result = result;
    computation.final = int(builder.nest.statements.size());
    builder.statement(loopsOf({0, 1, 2}), builder.access(result, indices));
    unsigned value = builder.read(builder.access(sum, indicesOf({0, 1, 2})));
    bool isFloat = what.sumType.isFloat();
    if (what.final == GatheredCase::Final::Clamp) {
      unsigned zero = builder.constant(what.sumType, {});
      builder.node(isFloat ? nest::Opcode::MaximumF : nest::Opcode::MaxSI, what.sumType, {value, zero});
    } else if (what.final == GatheredCase::Final::Residual) {
      unsigned other = builder.read(builder.access(added, indices));
      builder.node(isFloat ? nest::Opcode::AddF : nest::Opcode::AddI, what.sumType, {value, other});
    } else if (quantised) {
      unsigned scale = readPerColumn(factors);
      unsigned high = builder.node(nest::Opcode::DoublingHighMultiply, i32, {value, scale});
      unsigned shift = builder.integer(i32, 6);
      unsigned small = builder.node(nest::Opcode::RoundingShiftRight, i32, {high, shift});
      builder.lastNode().rounding = nest::Rounding::HalfAwayFromZero;
      unsigned zero = builder.integer(i32, -5);
      unsigned moved = builder.node(nest::Opcode::AddI, i32, {small, zero});
      builder.node(nest::Opcode::Saturate, i8, {moved});
    }
  }

  GatheredCase what;
  std::mt19937_64 random;
  NestBuilder builder;
  std::vector<int> numbers; ///< of the loop of each class, -1: left out
  unsigned left = 0, right = 0, sum = 0;
};

/// What the interpreter gives for the result.
inline match::ConstantTensor expectedResult(const GatheredBuilder &made) {
  const match::Computation &computation = made.computation;
  std::vector<match::ConstantTensor> tensors;
  std::vector<reference::BufferView> views;
  tensors.reserve(computation.sources.size());
  for (auto [operand, source] : llvm::zip_equal(computation.nest.operands, computation.sources)) {
    switch (source.kind) {
    case match::TensorSource::Kind::Constant:
      tensors.push_back(*source.constant);
      break;
    case match::TensorSource::Kind::Gathered: {
      std::vector<const match::ConstantTensor *> parts;
      for (const match::TensorSource &part : source.gather->sources)
        parts.push_back(&made.values.at(part.value));
      tensors.push_back(llvm::cantFail(match::evaluate(*source.gather, parts)));
      break;
    }
    case match::TensorSource::Kind::Value:
      tensors.push_back(made.values.at(source.value));
      break;
    case match::TensorSource::Kind::Local:
      tensors.push_back({});
      continue;
    }
    match::ConstantTensor &tensor = tensors.back();
    views.push_back({operand.type, operand.shape, tensor.bytes.data(), tensor.bytes.size()});
  }
  llvm::cantFail(reference::interpret(computation.nest, views));
  return tensors[computation.result];
}

} // namespace tenon::test
