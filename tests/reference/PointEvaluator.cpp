// Walks statements, points and nodes one at a time.
#include "tests/reference/PointEvaluator.h"

#include <set>

using namespace mlir;

namespace tenon::test {

using nest::Access;
using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;
using nest::Statement;

namespace {

int64_t indexAt(AffineExpr index, ArrayRef<int64_t> point) {
  if (auto constant = dyn_cast<AffineConstantExpr>(index))
    return constant.getValue();
  if (auto loop = dyn_cast<AffineDimExpr>(index))
    return point[loop.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(index);
  int64_t left = indexAt(binary.getLHS(), point), right = indexAt(binary.getRHS(), point);
  if (binary.getKind() == AffineExprKind::Add)
    return left + right;
  if (binary.getKind() == AffineExprKind::Mul)
    return left * right;
  int64_t rest = ((left % right) + right) % right;
  if (binary.getKind() == AffineExprKind::Mod)
    return rest;
  int64_t floor = (left - rest) / right;
  return binary.getKind() == AffineExprKind::FloorDiv || rest == 0 ? floor : floor + 1;
}

class Evaluator {
public:
  Evaluator(const Nest &nest, Memory &memory) : nest(nest), memory(memory), started(nest.statements.size()) {}

  /// Statements [first, end) around which `depth` sequential loops stand still.
  bool runBlock(size_t first, size_t end, unsigned depth, std::vector<int64_t> &point) {
    for (size_t i = first; i < end;) {
      size_t blockEnd = i;
      while (blockEnd < end && isSequential(blockEnd, depth))
        ++blockEnd;
      if (blockEnd == i) {
        if (!runStatement(i, point))
          return false;
        ++i;
        continue;
      }
      for (point[depth] = 0; point[depth] < nest.loops[depth].extent; ++point[depth])
        if (!runBlock(i, blockEnd, depth + 1, point))
          return false;
      i = blockEnd;
    }
    return true;
  }

private:
  bool isSequential(size_t statement, unsigned depth) const {
    return depth < nest.loops.size() && nest.loops[depth].sequential &&
           llvm::is_contained(nest.statements[statement].loops, depth);
  }

  bool runStatement(size_t number, std::vector<int64_t> point) {
    const Statement &statement = nest.statements[number];
    SmallVector<unsigned> loops;
    for (unsigned loop : statement.loops)
      if (!nest.loops[loop].sequential)
        loops.push_back(loop);
    if (statement.start) {
      bool inside = forEachPoint(loops, 0, point, [&] {
        std::optional<int64_t> element = elementOf(statement.destination, point);
        if (element && started[number].insert(*element).second)
          write(statement.destination.operand, *element, constantBits(type(statement), *statement.start));
        return element.has_value();
      });
      if (!inside)
        return false;
    }
    return forEachPoint(loops, 0, point, [&] { return step(statement, point); });
  }

  template <class Visit>
  bool forEachPoint(ArrayRef<unsigned> loops, unsigned depth, std::vector<int64_t> &point, Visit visit) {
    if (depth == loops.size())
      return visit();
    for (int64_t value = 0; value < nest.loops[loops[depth]].extent; ++value) {
      point[loops[depth]] = value;
      if (!forEachPoint(loops, depth + 1, point, visit))
        return false;
    }
    return true;
  }

  const ScalarType &type(const Statement &statement) const {
    return nest.operands[statement.destination.operand].type;
  }

  /// The element that an access names, or nothing if that lies outside.
  std::optional<int64_t> elementOf(const Access &access, ArrayRef<int64_t> point) const {
    int64_t element = 0;
    ArrayRef<int64_t> shape = nest.operands[access.operand].shape;
    for (auto [extent, index] : llvm::zip(shape, access.indices.getResults())) {
      int64_t value = indexAt(index, point);
      if (value < 0 || value >= extent)
        return std::nullopt;
      element = element * extent + value;
    }
    return element;
  }

  Bits read(unsigned operand, int64_t element) const {
    const ScalarType &type = nest.operands[operand].type;
    return loadBits(type, memory[operand].data() + element * type.storageBytes());
  }

  void write(unsigned operand, int64_t element, const Bits &bits) {
    const ScalarType &type = nest.operands[operand].type;
    storeBits(type, bits, memory[operand].data() + element * type.storageBytes());
  }

  std::optional<Bits> readAccess(const Access &access, ArrayRef<int64_t> point) const {
    if (std::optional<int64_t> element = elementOf(access, point))
      return read(access.operand, *element);
    if (access.outside)
      return constantBits(nest.operands[access.operand].type, *access.outside);
    return std::nullopt;
  }

  std::optional<Bits> lookUp(const Node &node, const Bits &index) const {
    if (index.isNegative() || index.getSExtValue() >= nest.operands[node.table].shape[0])
      return std::nullopt;
    return read(node.table, index.getSExtValue());
  }

  std::optional<Bits> evaluate(const Statement &statement, const Node &node, ArrayRef<Bits> values,
                               ArrayRef<int64_t> point) const {
    if (node.op == Opcode::Constant)
      return constantBits(node.type, node.constant);
    if (node.op == Opcode::LoopIndex)
      return Bits(64, uint64_t(point[node.loop]));
    if (node.op == Opcode::Read)
      return readAccess(node.access, point);
    SmallVector<ScalarType> types;
    SmallVector<Bits> arguments;
    for (unsigned argument : node.arguments) {
      types.push_back(statement.body[argument].type);
      arguments.push_back(values[argument]);
    }
    return node.op == Opcode::TableRead ? lookUp(node, arguments[0]) : evaluateNode(node, types, arguments);
  }

  bool step(const Statement &statement, ArrayRef<int64_t> point) {
    SmallVector<Bits> values;
    for (const Node &node : statement.body) {
      std::optional<Bits> value = evaluate(statement, node, values, point);
      if (!value)
        return false;
      values.push_back(*value);
    }
    std::optional<int64_t> element = elementOf(statement.destination, point);
    if (!element)
      return false;
    unsigned operand = statement.destination.operand;
    write(
        operand, *element,
        evaluateUpdate(statement.update, type(statement), read(operand, *element), values[statement.value]));
    return true;
  }

  const Nest &nest;
  Memory &memory;
  std::vector<std::set<int64_t>> started; ///< for each statement
};

} // namespace

Memory makeMemory(const Nest &nest) {
  Memory memory;
  for (const nest::Operand &operand : nest.operands) {
    size_t bytes = operand.type.storageBytes();
    for (int64_t extent : operand.shape)
      bytes *= size_t(extent);
    memory.emplace_back(bytes);
  }
  return memory;
}

bool runPoints(const Nest &nest, Memory &memory) {
  std::vector<int64_t> point(nest.loops.size(), 0);
  return Evaluator(nest, memory).runBlock(0, nest.statements.size(), 0, point);
}

} // namespace tenon::test
