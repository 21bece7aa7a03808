// The rules of a well-formed nest, numbered. tests/ir/NestVerifyTest.cpp has a negative test for each.
//
// N1  LoopExtent: a loop's extent is at least 1.
// N2  OperandType: integers have 1 to 64 bits, floats the width of their kind.
// N3  OperandShape: extents are at least 1, and the bytes of an operand can be counted in 63 bits.
// N4  StatementLoops: the loops of a statement exist and are ascending.
// N5  SequentialPrefix: the sequential loops of a nest come first, and a statement names the first few of
// them
//     (all, some or none).
// N6  SequentialBlock: the statements that name a sequential loop stand together, since the loop wraps them.
// N7  AccessLeavesOperand: an access without a value for outside stays in its operand. Linear indices are
// decided
//     exactly. A quasi-affine index that is wholly outside is refused; where intervals decide nothing, the
//     interpreter checks each index as it runs.
// N8  AccessMap: an access names an operand; its map has a dimension for each loop of the nest, no symbols, a
// result
//     for each dimension of the operand, and divides by positive constants only.
// N9  AccessLoops: an access uses only loops of its statement.
// N10 IndexRange: no part of an index can reach 2^62 in magnitude.
// N11 OutsideValue: a value for outside is of the operand's type, and a destination has none.
// N12 Arguments: a node has as many arguments as its opcode takes, and each is an earlier node.
// N13 ArgumentTypes: the arguments' types are those of the opcode.
// N14 ResultType: the node's type is the one that the opcode gives.
// N15 ConstantValue: a constant is a value of its type.
// N16 ReadType: a read has its operand's type.
// N17 LoopIndex: the loop of an index is one of the statement's.
// N18 Table: the table of a lookup is an operand of one dimension and of the node's type.
// N19 Value: the stored node exists and is of the destination's type.
// N20 Start: a start value needs an update, and is of the destination's type.
// N21 LocalRead: a local is written by an earlier statement before it is read (an update without start
// reads). N22 Points: the points of a statement can be counted in 62 bits.
#include "core/ir/nest/AccessAnalysis.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;

namespace tenon::nest {
namespace {

llvm::Error wrong(const llvm::Twine &message) { return failure(ExitCode::OwnFault, message.str()); }

std::string text(const Constant &constant, const ScalarType &type) {
  return type.isInteger() ? std::to_string(constant.integer) : std::to_string(constant.real);
}

llvm::Error verifyType(const ScalarType &type, const llvm::Twine &where) {
  unsigned floatWidth = type.kind == ScalarType::Kind::Float64   ? 64
                        : type.kind == ScalarType::Kind::Float32 ? 32
                                                                 : 16;
  if (type.isInteger() ? type.width >= 1 && type.width <= 64 : type.width == floatWidth)
    return llvm::Error::success();
  return wrong(where + " has type " + type.str() + ", which does not exist");
}

/// What an opcode asks of its arguments' types and gives as its own.
enum class Signature : uint8_t {
  Leaf,
  SameInteger,    // (t, ..) -> t
  CompareInteger, // (t, t) -> i1
  SameFloat,
  CompareFloat,
  Widen,  // integer -> wider integer
  Narrow, // integer -> narrower integer
  Clamp,  // integer -> integer, not wider
  IntegerToFloat,
  FloatToInteger,
  WidenFloat,
  NarrowFloat,
  SameBits, // any -> any of the same width
  Table,    // integer -> the table's type
  Choice,   // (i1, t, t) -> t
};

Signature signature(Opcode op) {
  switch (op) {
  case Opcode::Constant:
  case Opcode::Read:
  case Opcode::LoopIndex:
    return Signature::Leaf;
  case Opcode::CmpI:
    return Signature::CompareInteger;
  case Opcode::CmpF:
    return Signature::CompareFloat;
  case Opcode::ExtSI:
  case Opcode::ExtUI:
    return Signature::Widen;
  case Opcode::TruncI:
    return Signature::Narrow;
  case Opcode::Saturate:
    return Signature::Clamp;
  case Opcode::SIToFP:
  case Opcode::UIToFP:
    return Signature::IntegerToFloat;
  case Opcode::FPToSI:
  case Opcode::FPToUI:
    return Signature::FloatToInteger;
  case Opcode::ExtF:
    return Signature::WidenFloat;
  case Opcode::TruncF:
    return Signature::NarrowFloat;
  case Opcode::Bitcast:
    return Signature::SameBits;
  case Opcode::TableRead:
    return Signature::Table;
  case Opcode::Select:
    return Signature::Choice;
  default:
    return op >= Opcode::AddF ? Signature::SameFloat : Signature::SameInteger;
  }
}

bool argumentsFit(Signature kind, ArrayRef<ScalarType> arguments, const ScalarType &result) {
  auto all = [&](auto fits) { return llvm::all_of(arguments, fits); };
  bool integers = all([](const ScalarType &type) { return type.isInteger(); });
  bool floats = all([](const ScalarType &type) { return type.isFloat(); });
  switch (kind) {
  case Signature::Leaf:
    return true;
  case Signature::SameInteger:
  case Signature::SameFloat:
    return all([&](const ScalarType &type) { return type == result; });
  case Signature::CompareInteger:
    return integers && arguments[0] == arguments[1];
  case Signature::CompareFloat:
    return floats && arguments[0] == arguments[1];
  case Signature::Widen:
    return integers && arguments[0].width < result.width;
  case Signature::Narrow:
    return integers && arguments[0].width > result.width;
  case Signature::Clamp:
    return integers && arguments[0].width >= result.width;
  case Signature::Table:
  case Signature::IntegerToFloat:
    return integers;
  case Signature::FloatToInteger:
    return floats;
  case Signature::WidenFloat:
    return floats && arguments[0].width < result.width;
  case Signature::NarrowFloat:
    return floats && arguments[0].width > result.width;
  case Signature::SameBits:
    return arguments[0].width == result.width;
  case Signature::Choice:
    return arguments[0] == ScalarType::integer(1) && arguments[1] == result && arguments[2] == result;
  }
  llvm_unreachable("a signature that is not listed");
}

bool resultFits(Signature kind, Opcode op, const ScalarType &result) {
  switch (kind) {
  case Signature::Leaf:
    return op != Opcode::LoopIndex || result == ScalarType::index();
  case Signature::SameInteger:
  case Signature::Widen:
  case Signature::Narrow:
  case Signature::Clamp:
  case Signature::FloatToInteger:
    return result.isInteger();
  case Signature::CompareInteger:
  case Signature::CompareFloat:
    return result == ScalarType::integer(1);
  case Signature::SameFloat:
  case Signature::IntegerToFloat:
  case Signature::WidenFloat:
  case Signature::NarrowFloat:
    return result.isFloat();
  case Signature::SameBits:
  case Signature::Table:
  case Signature::Choice:
    return true;
  }
  llvm_unreachable("a signature that is not listed");
}

class StatementVerifier {
public:
  StatementVerifier(const Nest &nest, unsigned number)
      : nest(nest), statement(nest.statements[number]), place("statement " + std::to_string(number)) {}

  llvm::Error verify() const {
    if (llvm::Error error = verifyLoops())
      return error;
    if (llvm::Error error = verifyAccess(statement.destination, place + ", destination"))
      return error;
    for (unsigned number = 0; number < statement.body.size(); ++number)
      if (llvm::Error error = verifyNode(number))
        return error;
    return verifyStore();
  }

private:
  llvm::Error verifyLoops() const {
    int64_t points = 1;
    for (auto [i, loop] : llvm::enumerate(statement.loops)) {
      if (loop >= nest.loops.size())
        return wrong(place + " names loop " + llvm::Twine(loop) + ", the nest has " +
                     llvm::Twine(nest.loops.size()));
      if (i && statement.loops[i - 1] >= loop)
        return wrong(place + " names loop " + llvm::Twine(loop) + " after loop " +
                     llvm::Twine(statement.loops[i - 1]) + ", the order is ascending");
      if (nest.loops[loop].sequential && i != loop)
        return wrong(place + " names sequential loop " + llvm::Twine(loop) + " without loop " +
                     llvm::Twine(i) + " before it");
      if (nest.loops[loop].extent > indexLimit / points)
        return wrong(place + " has more points than 2^62");
      points *= nest.loops[loop].extent;
    }
    return llvm::Error::success();
  }

  llvm::Error verifyAccess(const Access &access, const std::string &where) const {
    if (access.operand >= nest.operands.size())
      return wrong(where + " names operand " + llvm::Twine(access.operand) + ", the nest has " +
                   llvm::Twine(nest.operands.size()));
    const Operand &operand = nest.operands[access.operand];
    AffineMap map = access.indices;
    if (!map)
      return wrong(where + " has no indices");
    if (map.getNumDims() != nest.loops.size() || map.getNumSymbols() != 0)
      return wrong(where + " has " + llvm::Twine(map.getNumDims()) + " dimensions and " +
                   llvm::Twine(map.getNumSymbols()) + " symbols, the nest has " +
                   llvm::Twine(nest.loops.size()) + " loops and no symbols");
    if (map.getNumResults() != operand.shape.size())
      return wrong(where + " has " + llvm::Twine(map.getNumResults()) + " indices, operand " + operand.name +
                   " has rank " + llvm::Twine(operand.shape.size()));
    for (unsigned loop : usedLoops(map))
      if (!llvm::is_contained(statement.loops, loop))
        return wrong(where + " uses loop " + nest.loops[loop].name + ", which is not the statement's");
    for (auto [i, index] : llvm::enumerate(map.getResults()))
      if (llvm::Error error = verifyIndex(access, index, i, where))
        return error;
    if (access.outside && !holds(operand.type, *access.outside))
      return wrong(where + " has the value " + text(*access.outside, operand.type) +
                   " for outside, which is not " + operand.type.str());
    return llvm::Error::success();
  }

  llvm::Error verifyIndex(const Access &access, AffineExpr index, unsigned dimension,
                          const std::string &where) const {
    const Operand &operand = nest.operands[access.operand];
    std::string what = where + ", index " + std::to_string(dimension) + " of " + operand.name;
    if (!isQuasiAffine(index))
      return wrong(what + " is not a sum of loops, quotients and remainders by positive constants");
    std::optional<Interval> range = indexRange(index, nest.loops);
    if (!range)
      return wrong(what + " has a part that may reach 2^62");
    if (access.outside)
      return llvm::Error::success();
    int64_t extent = operand.shape[dimension];
    bool linear = linearForm(index, nest.loops.size()).has_value();
    bool leaves = linear ? range->low < 0 || range->high >= extent : range->high < 0 || range->low >= extent;
    if (leaves)
      return wrong(what + " runs from " + llvm::Twine(range->low) + " to " + llvm::Twine(range->high) +
                   ", the extent is " + llvm::Twine(extent));
    return llvm::Error::success();
  }

  llvm::Error verifyNode(unsigned number) const {
    const Node &node = statement.body[number];
    std::string where = place + ", node " + std::to_string(number);
    if (node.op > Opcode::Select)
      return wrong(where + " has an opcode that does not exist");
    where += " (" + mnemonic(node.op).str() + ")";
    if (llvm::Error error = verifyType(node.type, where))
      return error;
    if (node.arguments.size() != arity(node.op))
      return wrong(where + " has " + llvm::Twine(node.arguments.size()) + " arguments, the operation takes " +
                   llvm::Twine(arity(node.op)));
    SmallVector<ScalarType> types;
    for (unsigned argument : node.arguments) {
      if (argument >= number)
        return wrong(where + " uses node " + llvm::Twine(argument) + ", which is not an earlier one");
      types.push_back(statement.body[argument].type);
    }
    Signature kind = signature(node.op);
    auto list = [&] {
      return llvm::join(llvm::map_range(types, [](const ScalarType &type) { return type.str(); }), ", ");
    };
    if (!resultFits(kind, node.op, node.type))
      return wrong(where + " has type " + node.type.str() + ", which the operation does not give");
    if (!argumentsFit(kind, types, node.type))
      return wrong(where + " of type " + node.type.str() + " has arguments of types (" + list() +
                   "), which do not fit");
    return verifyDatum(node, where);
  }

  llvm::Error verifyDatum(const Node &node, const std::string &where) const {
    switch (node.op) {
    case Opcode::Constant:
      if (!holds(node.type, node.constant))
        return wrong(where + " is " + text(node.constant, node.type) + ", which is not " + node.type.str());
      return llvm::Error::success();
    case Opcode::LoopIndex:
      if (!llvm::is_contained(statement.loops, node.loop))
        return wrong(where + " names loop " + llvm::Twine(node.loop) + ", which is not the statement's");
      return llvm::Error::success();
    case Opcode::Read:
      if (llvm::Error error = verifyAccess(node.access, where))
        return error;
      return verifyOperandType(node.access.operand, node.type, where);
    case Opcode::TableRead:
      if (node.table >= nest.operands.size())
        return wrong(where + " names operand " + llvm::Twine(node.table) + ", the nest has " +
                     llvm::Twine(nest.operands.size()));
      if (nest.operands[node.table].shape.size() != 1)
        return wrong(where + " reads table " + nest.operands[node.table].name + " of rank " +
                     llvm::Twine(nest.operands[node.table].shape.size()) + ", a table has rank 1");
      return verifyOperandType(node.table, node.type, where);
    default:
      return llvm::Error::success();
    }
  }

  llvm::Error verifyOperandType(unsigned operand, const ScalarType &type, const std::string &where) const {
    if (nest.operands[operand].type == type)
      return llvm::Error::success();
    return wrong(where + " is of type " + type.str() + ", operand " + nest.operands[operand].name +
                 " is of " + nest.operands[operand].type.str());
  }

  llvm::Error verifyStore() const {
    const ScalarType &type = nest.operands[statement.destination.operand].type;
    if (statement.destination.outside)
      return wrong(place + " has a value for outside at its destination");
    if (statement.value >= statement.body.size())
      return wrong(place + " stores node " + llvm::Twine(statement.value) + ", the body has " +
                   llvm::Twine(statement.body.size()));
    if (!(statement.body[statement.value].type == type))
      return wrong(place + " stores a value of " + statement.body[statement.value].type.str() +
                   ", the destination is of " + type.str());
    if (statement.start && statement.update == Update::Assign)
      return wrong(place + " has a start value and no update");
    if (statement.start && !holds(type, *statement.start))
      return wrong(place + " starts from " + text(*statement.start, type) + ", which is not " + type.str());
    return llvm::Error::success();
  }

  const Nest &nest;
  const Statement &statement;
  std::string place;
};

llvm::Error verifyLoops(const Nest &nest) {
  bool parallelSeen = false;
  for (auto [i, loop] : llvm::enumerate(nest.loops)) {
    if (loop.extent < 1)
      return wrong("loop " + loop.name + " has extent " + llvm::Twine(loop.extent) + ", the least is 1");
    if (loop.sequential && parallelSeen)
      return wrong("loop " + loop.name + " is sequential and comes after loop " + nest.loops[i - 1].name +
                   ", which is not");
    parallelSeen = !loop.sequential;
  }
  return llvm::Error::success();
}

llvm::Error verifyOperands(const Nest &nest) {
  for (const Operand &operand : nest.operands) {
    if (llvm::Error error = verifyType(operand.type, "operand " + operand.name))
      return error;
    int64_t bytes = operand.type.storageBytes();
    for (int64_t extent : operand.shape) {
      if (extent < 1)
        return wrong("operand " + operand.name + " has extent " + llvm::Twine(extent) + ", the least is 1");
      if (extent > INT64_MAX / bytes)
        return wrong("operand " + operand.name + " has more bytes than 2^63");
      bytes *= extent;
    }
  }
  return llvm::Error::success();
}

/// N6: the statements of each sequential loop are consecutive.
llvm::Error verifySequentialBlocks(const Nest &nest) {
  for (auto [number, loop] : llvm::enumerate(nest.loops)) {
    if (!loop.sequential)
      break;
    bool inside = false, ended = false;
    for (auto [i, statement] : llvm::enumerate(nest.statements)) {
      bool names = llvm::is_contained(statement.loops, unsigned(number));
      if (names && ended)
        return wrong("statement " + llvm::Twine(i) + " names sequential loop " + loop.name + ", statement " +
                     llvm::Twine(i - 1) + " between it and the loop's others does not");
      ended = ended || (inside && !names);
      inside = inside || names;
    }
  }
  return llvm::Error::success();
}

llvm::Error verifyLocals(const Nest &nest) {
  std::vector<bool> written(nest.operands.size());
  auto check = [&](unsigned operand, unsigned statement) -> llvm::Error {
    if (!nest.operands[operand].local || written[operand])
      return llvm::Error::success();
    return wrong("statement " + llvm::Twine(statement) + " reads local " + nest.operands[operand].name +
                 ", which no earlier statement writes");
  };
  for (auto [i, statement] : llvm::enumerate(nest.statements)) {
    for (const Node &node : statement.body) {
      if (node.op == Opcode::Read)
        if (llvm::Error error = check(node.access.operand, i))
          return error;
      if (node.op == Opcode::TableRead)
        if (llvm::Error error = check(node.table, i))
          return error;
    }
    if (statement.update != Update::Assign && !statement.start)
      if (llvm::Error error = check(statement.destination.operand, i))
        return error;
    written[statement.destination.operand] = true;
  }
  return llvm::Error::success();
}

} // namespace

llvm::Error verify(const Nest &nest) {
  if (llvm::Error error = verifyLoops(nest))
    return error;
  if (llvm::Error error = verifyOperands(nest))
    return error;
  for (unsigned number = 0; number < nest.statements.size(); ++number)
    if (llvm::Error error = StatementVerifier(nest, number).verify())
      return error;
  if (llvm::Error error = verifySequentialBlocks(nest))
    return error;
  return verifyLocals(nest);
}

} // namespace tenon::nest
