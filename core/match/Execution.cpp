// Gathers operands, runs the intrinsic's nest, and puts the result back, for one use after the other.
#include "core/match/Execution.h"

#include "core/isa/Instruction.h"
#include "core/isa/Semantics.h"
#include "core/match/Assignments.h"
#include "core/match/Pieces.h"
#include "core/match/Renaming.h"
#include "core/reference/Interpreter.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <random>
#include <set>

using namespace mlir;

namespace tenon::match {

namespace {

class MappingRun {
public:
  MappingRun(const isa::Description &target, const Computation &source, const Match &mapping,
             const Tensors &tensors, const ExecutionOptions &runOptions)
      : description(target), intrinsic(target.intrinsics[mapping.intrinsic]), computation(source),
        match(mapping), expected(tensors), actual(tensors), options(runOptions),
        loopCount(source.nest.loops.size()), parallel(source.parallelLoops()) {}

  llvm::Error run() {
    for (unsigned loop = 0; loop < loopCount; ++loop) {
      bool used = loop < loopsOf(computation, match.part);
      pieces.push_back(used ? piecesOf(intrinsic, computation.nest.loops[loop].extent, match.loops[loop])
                            : std::vector<Piece>{{}});
    }
    if (llvm::Error error = findWritten())
      return error;
    if (options.tiles == 0) {
      PieceCounter counter(ArrayRef(pieces).take_front(parallel));
      do
        if (llvm::Error error = runTile(counter.position))
          return error;
      while (counter.next());
      return everythingWritten();
    }
    std::mt19937_64 random(options.seed);
    std::set<std::vector<size_t>> done;
    for (unsigned tile = 0; tile < options.tiles; ++tile) {
      std::vector<size_t> position;
      for (unsigned loop = 0; loop < parallel; ++loop) {
        size_t count = pieces[loop].size();
        position.push_back(tile == 0 ? 0 : tile == 1 ? count - 1 : tile == 2 ? count / 2 : random() % count);
      }
      if (!done.insert(position).second)
        continue;
      if (llvm::Error error = runTile(position))
        return error;
    }
    return llvm::Error::success();
  }

private:
  /// Which operands the intrinsic writes, and what they are compared with.
  llvm::Error findWritten() {
    for (const OperandBinding &binding : match.operands) {
      axisSizes.emplace_back();
      for (unsigned axis = 0; axis < intrinsic.operands[binding.operand].axes.size(); ++axis)
        axisSizes.back().push_back(axisSize(binding, axis));
      indices.emplace_back();
      for (AffineExpr index : binding.access.getResults())
        indices.back().push_back({index, nest::linearForm(index, loopCount)});
    }
    for (const OperandBinding &binding : match.operands)
      if (intrinsic.operands[binding.operand].access != isa::OperandDeclaration::Access::Read)
        written.push_back(binding.operand);
    if (match.part == Match::Part::Final || computation.core < 0)
      return llvm::Error::success();
    // What the sum is before the first use.
    sum = computation.nest.statements[computation.core].destination.operand;
    started = expected[sum];
    const nest::Statement &core = computation.nest.statements[computation.core];
    if (computation.init < 0) {
      for (int64_t i = 0; i < elementCount(started); ++i)
        setElement(started, i, *core.start);
      return llvm::Error::success();
    }
    Computation first = computation;
    first.nest.statements = {computation.nest.statements[computation.init]};
    first.nest.operands[sum].local = false;
    first.result = sum;
    first.init = first.core = -1;
    first.final = 0;
    Tensors tensors = expected;
    if (llvm::Error error = execute(first, tensors))
      return error;
    started = tensors[sum];
    return llvm::Error::success();
  }

  llvm::Error runTile(ArrayRef<size_t> position) {
    if (sum >= 0)
      actual[sum] = started;
    firstUse = true;
    current.assign(loopCount, Piece());
    Box box;
    for (unsigned loop = 0; loop < parallel; ++loop) {
      current[loop] = pieces[loop][position[loop]];
      box.starts.push_back(current[loop].start);
      box.extents.push_back(current[loop].places * current[loop].blocks);
    }
    if (!options.executed)
      if (llvm::Error error = execute(computation, expected, box))
        return error;
    PieceCounter counter(ArrayRef(pieces).drop_front(parallel));
    do {
      for (unsigned loop = parallel; loop < loopCount; ++loop)
        current[loop] = pieces[loop][counter.position[loop - parallel]];
      if (llvm::Error error = use())
        return error;
      firstUse = false;
    } while (counter.next());
    return compare();
  }

  /// The loops' values for values of the sizes; a size beyond its piece repeats the last one. `inside` is
  /// cleared where that happens.
  SmallVector<int64_t> loopValues(ArrayRef<int64_t> atSizes, bool &inside) const {
    SmallVector<int64_t> result;
    llvm::SmallBitVector used(atSizes.size());
    for (auto [loop, piece] : llvm::enumerate(current)) {
      LoopAssignment places = match.loops[loop];
      int64_t value = piece.start;
      if (places.inner >= 0) {
        used.set(places.inner);
        inside &= atSizes[places.inner] < piece.places;
        value += std::min(atSizes[places.inner], piece.places - 1);
      }
      if (places.block >= 0) {
        used.set(places.block);
        inside &= atSizes[places.block] < piece.blocks;
        value += std::min(atSizes[places.block], piece.blocks - 1) * piece.places;
      }
      result.push_back(value);
    }
    for (unsigned size = 0; size < atSizes.size(); ++size)
      inside &= used[size] || atSizes[size] == 0;
    return result;
  }

  SmallVector<int64_t> sizesOfUse() const {
    SmallVector<int64_t> result;
    for (const isa::Size &size : intrinsic.sizes)
      result.push_back(smallestOf(size));
    for (auto [loop, piece] : llvm::enumerate(current)) {
      LoopAssignment places = match.loops[loop];
      auto set = [&](int size, int64_t count) {
        if (size >= 0)
          result[size] = std::max(result[size], count);
      };
      set(places.inner, piece.places);
      set(places.block, piece.blocks);
    }
    return result;
  }

  /// The index of a window axis where all sizes are 0, without its offset value.
  int64_t ownOffset(const OperandBinding &binding, const WindowAxis &axis) const {
    int64_t result = 0;
    for (const isa::IndexTerm &term : windowIndex(binding, axis))
      if (term.size < 0 && term.value < 0)
        result += term.factor;
    return result;
  }

  const isa::SymbolicIndex &windowIndex(const OperandBinding &binding, const WindowAxis &axis) const {
    for (const isa::SemanticStatement &statement : intrinsic.semantics.statements)
      for (const isa::SemanticNode &node : statement.body)
        if (node.kind == isa::SemanticNode::Kind::Nest && node.node.op == nest::Opcode::Read &&
            node.node.access.operand == binding.operand)
          return node.indices[axis.axis];
    llvm_unreachable("a window is an index of some read");
  }

  /// Sets the offsets and extents of windows; gives each window axis' first coordinate in its tensor.
  std::vector<SmallVector<int64_t>> placeWindows(SmallVector<int64_t> &values) const {
    SmallVector<int64_t> starts;
    for (const Piece &piece : current)
      starts.push_back(piece.start);
    std::vector<SmallVector<int64_t>> origins;
    for (const OperandBinding &binding : match.operands) {
      origins.emplace_back();
      for (const WindowAxis &axis : binding.windows) {
        int64_t extent = computation.nest.operands[binding.tensor].shape[axis.dimension];
        int64_t origin = indices[binding.operand][axis.dimension].at(starts) - ownOffset(binding, axis);
        if (axis.offsetValue >= 0) {
          // The value says where the piece begins in the tensor; where it cannot, the address does.
          const isa::ValueDeclaration &offset = intrinsic.values[axis.offsetValue];
          int64_t value = origin / axis.offsetFactor;
          bool held = origin % axis.offsetFactor == 0 && value >= offset.low && value <= offset.high;
          values[axis.offsetValue] = held ? value : 0;
          origin = held ? 0 : origin;
        }
        // What is then outside the tensor is gathered as padding.
        if (axis.extentValue >= 0)
          values[axis.extentValue] = std::max<int64_t>(extent - origin, 1);
        origins.back().push_back(origin);
      }
    }
    return origins;
  }

  /// The place of an operand's element in its tensor; nothing if that is outside.
  std::optional<int64_t> place(const OperandBinding &binding, ArrayRef<int64_t> origins,
                               ArrayRef<int64_t> element, bool &inside) const {
    SmallVector<int64_t> atSizes(intrinsic.sizes.size(), 0);
    for (auto [size, coordinate] : llvm::zip_equal(axisSizes[binding.operand], element))
      if (size >= 0)
        atSizes[size] = coordinate;
    SmallVector<int64_t> loops = loopValues(atSizes, inside);
    const nest::Operand &tensor = computation.nest.operands[binding.tensor];
    int64_t result = 0;
    for (auto [dimension, index] : llvm::enumerate(indices[binding.operand])) {
      int64_t coordinate = index.at(loops);
      for (auto [window, origin] : llvm::zip_equal(binding.windows, origins))
        if (window.dimension == dimension)
          coordinate = element[window.axis] + origin;
      if (coordinate < 0 || coordinate >= tensor.shape[dimension])
        return std::nullopt;
      result = result * tensor.shape[dimension] + coordinate;
    }
    return result;
  }

  /// The size that an axis runs along, -1 for a window.
  int axisSize(const OperandBinding &binding, unsigned axis) const {
    if (llvm::any_of(binding.windows, [&](const WindowAxis &window) { return window.axis == axis; }))
      return -1;
    return intrinsic.operands[binding.operand].axes[axis].size;
  }

  llvm::Error use() {
    SmallVector<int64_t> sizes = sizesOfUse();
    SmallVector<int64_t> values = match.values;
    std::vector<SmallVector<int64_t>> origins = placeWindows(values);
    llvm::Expected<nest::Nest> nest =
        isa::nestOf(description, intrinsic, sizes, values, *contextOf(computation));
    if (!nest)
      return nest.takeError();
    Tensors tiles;
    std::vector<reference::BufferView> views;
    for (auto [number, binding] : llvm::enumerate(match.operands)) {
      const nest::Operand &operand = nest->operands[number];
      tiles.push_back(uniformTensor(operand.type, operand.shape, {}));
      if (llvm::Error error = gather(binding, origins[number], tiles.back()))
        return error;
    }
    for (ConstantTensor &tile : tiles)
      views.push_back({tile.type, tile.shape, tile.bytes.data(), tile.bytes.size()});
    if (llvm::Error error = reference::interpret(*nest, views))
      return error;
    for (unsigned operand : written)
      scatter(match.operands[operand], tiles[operand]);
    return llvm::Error::success();
  }

  llvm::Error gather(const OperandBinding &binding, ArrayRef<int64_t> origins, ConstantTensor &tile) const {
    const ConstantTensor &tensor = actual[binding.tensor];
    bool isTable = llvm::any_of(intrinsic.operands[binding.operand].memories, [&](unsigned memory) {
      return description.memories[memory].kind == isa::Memory::Kind::Table;
    });
    if (isTable) {
      tile.bytes = tensor.bytes;
      return llvm::Error::success();
    }
    SmallVector<int64_t> element(tile.shape.size(), 0);
    int64_t position = 0;
    do {
      bool inside = true;
      std::optional<int64_t> source = place(binding, origins, element, inside);
      if (source)
        setElement(tile, position, elementAt(tensor, *source));
      else if (binding.outside)
        setElement(tile, position, *binding.outside);
      else if (inside)
        return failure(ExitCode::OwnFault, "operand " + intrinsic.operands[binding.operand].name +
                                               " reads outside " +
                                               computation.nest.operands[binding.tensor].name);
      ++position;
    } while (nextPosition(element, tile.shape));
    return llvm::Error::success();
  }

  void scatter(const OperandBinding &binding, const ConstantTensor &tile) {
    ConstantTensor &tensor = actual[binding.tensor];
    SmallVector<int64_t> element(tile.shape.size(), 0), origins;
    int64_t position = 0;
    do {
      bool inside = true;
      std::optional<int64_t> target = place(binding, origins, element, inside);
      nest::Constant value = elementAt(tile, position++);
      if (!inside || !target)
        continue;
      if (int(binding.tensor) == sum && !match.accumulates && !firstUse)
        value = joined(elementAt(tensor, *target), value, elementAt(started, *target));
      setElement(tensor, *target, value);
      touched.insert({binding.tensor, *target});
    } while (nextPosition(element, tile.shape));
  }

  /// What a second use that starts anew adds to the sum so far.
  nest::Constant joined(nest::Constant before, nest::Constant value, nest::Constant start) const {
    const nest::Statement &core = computation.nest.statements[computation.core];
    nest::ScalarType type = computation.nest.operands[sum].type;
    nest::Constant result;
    switch (core.update) {
    case nest::Update::Max:
      return {std::max(before.integer, value.integer), std::max(before.real, value.real)};
    case nest::Update::Min:
      return {std::min(before.integer, value.integer), std::min(before.real, value.real)};
    default:
      result.real = before.real + value.real - start.real;
      if (type.isInteger())
        result.integer = llvm::SignExtend64(
            uint64_t(before.integer) + uint64_t(value.integer) - uint64_t(start.integer), type.width);
      return result;
    }
  }

  llvm::Error everythingWritten() const {
    unsigned target = match.part == Match::Part::Core ? unsigned(sum) : computation.result;
    if (int64_t(finished.size()) == elementCount(expected[target]))
      return llvm::Error::success();
    return failure(ExitCode::ResultDiffers, "'" + intrinsic.name + "' writes " +
                                                std::to_string(finished.size()) + " of " +
                                                std::to_string(elementCount(expected[target])) + " elements");
  }

  llvm::Error compare() {
    for (auto [tensor, position] : touched) {
      if (match.part != Match::Part::Core && tensor != computation.result)
        continue;
      finished.insert(position);
      nest::Constant wanted = elementAt(expected[tensor], position);
      nest::Constant found = elementAt(actual[tensor], position);
      if (same(wanted, found))
        continue;
      bool isInteger = expected[tensor].type.isInteger();
      auto text = [&](nest::Constant value) {
        return isInteger ? std::to_string(value.integer) : std::to_string(value.real);
      };
      return failure(ExitCode::ResultDiffers,
                     "element " + std::to_string(position) + " of " + computation.nest.operands[tensor].name +
                         " is " + text(wanted) + ", '" + intrinsic.name + "' gives " + text(found) +
                         " (seed " + std::to_string(options.seed) + ")");
    }
    if (touched.empty())
      return failure(ExitCode::OwnFault, "'" + intrinsic.name + "' wrote no element");
    touched.clear();
    return llvm::Error::success();
  }

  const isa::Description &description;
  const isa::Intrinsic &intrinsic;
  const Computation &computation;
  const Match &match;
  Tensors expected, actual;
  const ExecutionOptions &options;
  unsigned loopCount, parallel;
  std::vector<SmallVector<int>> axisSizes;       ///< by operand and axis
  std::vector<SmallVector<TensorIndex>> indices; ///< by operand and dimension of its tensor
  std::vector<std::vector<Piece>> pieces;
  std::vector<Piece> current;
  SmallVector<unsigned> written;
  int sum = -1;
  ConstantTensor started; ///< the sum before the first use
  bool firstUse = true;
  std::set<std::pair<unsigned, int64_t>> touched; ///< by the present tile: tensor and place
  std::set<int64_t> finished;                     ///< places of what is compared
};

} // namespace

llvm::Error executeMapping(const isa::Description &description, const Computation &computation,
                           const Match &match, const Tensors &tensors, const ExecutionOptions &options) {
  return MappingRun(description, computation, match, tensors, options).run();
}

} // namespace tenon::match
