// Nodes in their order. A node that is the same for all lanes is computed once and spread where it is used; a
// node that nothing needs is written only as far as it decides whether there is a result.
#include "core/native/ir/Body.h"

#include "core/isa/Description.h"
#include "core/native/ir/AccessText.h"
#include "core/native/ir/IrModule.h"
#include "core/native/ir/NodeText.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::native {

using nest::Node;
using nest::Opcode;
using nest::ScalarType;

std::string typeText(const ScalarType &type, unsigned lanes) {
  std::string scalar;
  switch (type.kind) {
  case ScalarType::Kind::Integer:
    scalar = "i" + std::to_string(type.width);
    break;
  case ScalarType::Kind::Float16:
  case ScalarType::Kind::BFloat16:
    scalar = "i16"; // not every machine moves them as what they are
    break;
  case ScalarType::Kind::Float32:
    scalar = "float";
    break;
  case ScalarType::Kind::Float64:
    scalar = "double";
    break;
  }
  return lanes == 1 ? scalar : "<" + std::to_string(lanes) + " x " + scalar + ">";
}

std::string storageText(const ScalarType &type, unsigned lanes) {
  return type.isInteger() ? typeText(ScalarType::integer(type.storageBytes() * 8), lanes)
                          : typeText(type, lanes);
}

/// Of f16 and bf16; constants are values of their types.
static uint64_t bitsOf(const ScalarType &type, double real) {
  bool isHalf = type.kind == ScalarType::Kind::Float16, isInexact = false;
  llvm::APFloat value(real);
  value.convert(isHalf ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat(),
                llvm::APFloat::rmNearestTiesToEven, &isInexact);
  return value.bitcastToAPInt().getZExtValue();
}

std::string constantText(const ScalarType &type, const nest::Constant &constant, unsigned lanes) {
  IrFunction none;
  VectorText t(none, lanes);
  if (type.isInteger())
    return t.integer(typeText(type), constant.integer);
  if (type.width > 16)
    return t.real(typeText(type), constant.real);
  return t.integer("i16", int16_t(bitsOf(type, constant.real)));
}

std::string emitSplat(IrFunction &function, llvm::StringRef type, llvm::StringRef scalar, unsigned lanes) {
  if (lanes == 1)
    return scalar.str();
  VectorText t(function, lanes);
  if (!scalar.starts_with("%"))
    return t.splat(type, scalar);
  std::string first =
      function.value("insertelement " + t.type(type) + " poison, " + type + " " + scalar + ", i32 0");
  return function.value("shufflevector " + t.type(type) + " " + first + ", " + t.type(type) + " poison, <" +
                        llvm::Twine(lanes) + " x i32> zeroinitializer");
}

namespace {

/// Arguments whose values have no influence on the result.
bool usesArguments(const Node &node) {
  return node.op != Opcode::CmpF || (node.floatPredicate != nest::FloatPredicate::False &&
                                     node.floatPredicate != nest::FloatPredicate::True);
}

class BodyWriter {
public:
  BodyWriter(IrFunction &function, const nest::Nest &nest, const nest::Statement &statement,
             const LoopValues &values, llvm::ArrayRef<std::string> pointers, ReadHook read,
             const std::string &mask, const OperandFacts &facts)
      : f(function), nest(nest), statement(statement), values(values), read(read), mask(mask), facts(facts),
        lanes(values.lanes), access(function, nest, values, pointers),
        ranges(valueRanges(nest, statement, facts)), known(statement.body.size()) {}

  std::string write();

private:
  struct Value {
    std::string name;
    bool isUniform = true; ///< T, the same for all lanes
    std::string spread;    ///< <lanes x T>, once it was needed
  };

  void markNeeded();
  bool mayFail(unsigned number) const;
  llvm::SmallVector<NodeArgument> argumentsOf(const Node &node, bool isUniform);
  std::string spread(unsigned number);
  Value leaf(const Node &node);
  Value readNode(unsigned number);
  Value tableRead(const Node &node, bool isNeeded);
  Value operation(const Node &node, bool isNeeded);

  IrFunction &f;
  const nest::Nest &nest;
  const nest::Statement &statement;
  const LoopValues &values;
  ReadHook read;
  const std::string &mask;
  const OperandFacts &facts;
  unsigned lanes;
  AccessText access;
  std::vector<ValueRange> ranges;
  std::vector<Value> known;
  std::vector<bool> needed;
};

bool BodyWriter::mayFail(unsigned number) const {
  const Node &node = statement.body[number];
  switch (node.op) {
  case Opcode::Constant:
  case Opcode::Read:
  case Opcode::LoopIndex:
    return false;
  case Opcode::TableRead: {
    nest::Interval range = ranges[node.arguments[0]].integer;
    return range.low < 0 || range.high >= nest.operands[node.table].shape[0];
  }
  default: {
    llvm::SmallVector<NodeArgument> arguments;
    for (unsigned argument : node.arguments)
      arguments.push_back({"", statement.body[argument].type, ranges[argument]});
    IrFunction none;
    VectorText text(none, 1);
    return NodeText(text, node, arguments, facts, mask).mayFail();
  }
  }
}

void BodyWriter::markNeeded() {
  needed.assign(statement.body.size(), false);
  needed[statement.value] = true;
  for (unsigned i = statement.body.size(); i-- > 0;) {
    const Node &node = statement.body[i];
    if (!needed[i] && !mayFail(i))
      continue;
    if (usesArguments(node))
      for (unsigned argument : node.arguments)
        needed[argument] = true;
  }
}

std::string BodyWriter::spread(unsigned number) {
  Value &value = known[number];
  if (!value.isUniform || lanes == 1)
    return value.name;
  if (value.spread.empty())
    value.spread = emitSplat(f, typeText(statement.body[number].type), value.name, lanes);
  return value.spread;
}

llvm::SmallVector<NodeArgument> BodyWriter::argumentsOf(const Node &node, bool isUniform) {
  llvm::SmallVector<NodeArgument> arguments;
  for (unsigned argument : node.arguments) {
    bool isUsed = usesArguments(node);
    arguments.push_back({!isUsed     ? ""
                         : isUniform ? known[argument].name
                                     : spread(argument),
                         statement.body[argument].type, ranges[argument]});
  }
  return arguments;
}

BodyWriter::Value BodyWriter::leaf(const Node &node) {
  if (node.op == Opcode::Constant)
    return {constantText(node.type, node.constant), true, ""};
  if (nest.loops[node.loop].extent == 1)
    return {"0", true, ""};
  const std::string &base = values.values[node.loop];
  if (lanes == 1 || int(node.loop) != values.laneLoop)
    return {base, true, ""};
  VectorText t(f, lanes);
  return {t.binary("add", "i64", emitSplat(f, "i64", base, lanes), t.laneNumbers("i64")), false, ""};
}

BodyWriter::Value BodyWriter::readNode(unsigned number) {
  const Node &node = statement.body[number];
  if (read) {
    std::string given = read(number);
    if (!given.empty())
      return {given, lanes == 1, ""};
  }
  // Without a value for outside the access may still fail, even if nobody needs it.
  if (!needed[number] && node.access.outside)
    return {"", true, ""};
  return {access.load(node.access, mask), access.isUniform(node.access), ""};
}

BodyWriter::Value BodyWriter::tableRead(const Node &node, bool isNeeded) {
  unsigned argument = node.arguments[0];
  bool isUniform = known[argument].isUniform;
  VectorText t(f, isUniform ? 1 : lanes);
  std::string from = typeText(statement.body[argument].type), entry = known[argument].name;
  std::string place = t.cast("sext", from, entry, "i64");
  nest::Interval range = ranges[argument].integer;
  int64_t size = nest.operands[node.table].shape[0];
  if (range.low < 0 || range.high >= size) {
    std::string isOutside = t.compare("icmp uge", "i64", place, size);
    std::string there = isUniform && lanes > 1 ? "" : mask;
    f.fail(t.any(t.where(there, isOutside)), host::HostStatus::TableIndexOutside);
    place = t.select(isOutside, "i64", t.integer("i64", 0), place);
  }
  if (!isNeeded)
    return {"", true, ""};
  return {access.loadEntries(node.table, place, t.lanes, isUniform ? "" : mask), isUniform, ""};
}

BodyWriter::Value BodyWriter::operation(const Node &node, bool isNeeded) {
  bool isUniform = true;
  if (usesArguments(node))
    for (unsigned argument : node.arguments)
      isUniform = isUniform && known[argument].isUniform;
  isUniform = isUniform || lanes == 1;
  llvm::SmallVector<NodeArgument> arguments = argumentsOf(node, isUniform);
  VectorText t(f, isUniform ? 1 : lanes);
  std::string there = isUniform && lanes > 1 ? "" : mask;
  return {NodeText(t, node, arguments, facts, there).emit(), isUniform, ""};
}

std::string BodyWriter::write() {
  markNeeded();
  for (unsigned i = 0; i < statement.body.size(); ++i) {
    const Node &node = statement.body[i];
    bool fails = mayFail(i);
    if (node.op == Opcode::Read)
      known[i] = readNode(i);
    else if (!needed[i] && !fails)
      continue;
    else if (node.op == Opcode::Constant || node.op == Opcode::LoopIndex)
      known[i] = leaf(node);
    else if (node.op == Opcode::TableRead)
      known[i] = tableRead(node, needed[i]);
    else
      known[i] = operation(node, needed[i]);
  }
  return spread(statement.value);
}

} // namespace

std::string emitBody(IrFunction &function, const nest::Nest &nest, const nest::Statement &statement,
                     const LoopValues &values, llvm::ArrayRef<std::string> pointers, ReadHook read,
                     const std::string &mask, const OperandFacts &facts) {
  return BodyWriter(function, nest, statement, values, pointers, read, mask, facts).write();
}

std::string emitLoadDestination(IrFunction &function, const nest::Nest &nest,
                                const nest::Statement &statement, const LoopValues &values,
                                llvm::ArrayRef<std::string> pointers, const std::string &mask,
                                const OperandFacts &facts) {
  const ScalarType &type = nest.operands[statement.destination.operand].type;
  AccessText access(function, nest, values, pointers);
  std::string value = access.load(statement.destination, mask);
  if (access.isUniform(statement.destination))
    value = emitSplat(function, typeText(type), value, values.lanes);
  return value;
}

void emitStore(IrFunction &function, const nest::Nest &nest, const nest::Statement &statement,
               const LoopValues &values, llvm::ArrayRef<std::string> pointers, const std::string &value,
               const std::string &mask, const OperandFacts &facts) {
  AccessText(function, nest, values, pointers).store(statement.destination, value, mask);
}

std::string emitUpdate(IrFunction &function, nest::Update update, const ScalarType &type,
                       const std::string &old, const std::string &step, unsigned lanes) {
  if (update == nest::Update::Assign)
    return step;
  VectorText t(function, lanes);
  std::string own = typeText(type);
  bool isMax = update == nest::Update::Max;
  if (type.isInteger())
    return update == nest::Update::Add ? t.binary("add", own, old, step)
                                       : t.call(isMax ? "llvm.smax" : "llvm.smin", own, {old, step});
  // The step of an update is the node of the same operation.
  Node node;
  node.op = update == nest::Update::Add ? Opcode::AddF : isMax ? Opcode::MaximumF : Opcode::MinimumF;
  node.type = type;
  ValueRange any{{}, -HUGE_VAL, HUGE_VAL, true};
  NodeArgument arguments[] = {{old, type, any}, {step, type, any}};
  OperandFacts facts;
  return NodeText(t, node, arguments, facts, "").emit();
}

llvm::SmallVector<std::string> delinearise(IrFunction &function, const std::string &flat,
                                           llvm::ArrayRef<int64_t> extents) {
  llvm::SmallVector<std::string> result(extents.size(), "0");
  std::string rest = flat;
  int64_t outer = 1; // the first loop with more than one point needs no remainder
  for (size_t i = 0; i < extents.size(); ++i)
    if (extents[i] > 1) {
      outer = int64_t(i);
      break;
    }
  for (size_t i = extents.size(); i-- > 0;) {
    if (extents[i] == 1)
      continue;
    if (int64_t(i) == outer) {
      result[i] = rest;
      break;
    }
    result[i] = function.value("urem i64 " + llvm::Twine(rest) + ", " + llvm::Twine(extents[i]));
    rest = function.value("udiv i64 " + llvm::Twine(rest) + ", " + llvm::Twine(extents[i]));
  }
  return result;
}

OperandFacts machineFacts(const isa::Description &description) {
  OperandFacts facts;
  facts.hasLibrary = !isParallelMachine(description);
  facts.vectorBytes = description.code ? description.code->vectorBytes : 0;
  return facts;
}

llvm::Error checkBodies(const nest::Nest &nest, const OperandFacts &facts) {
  if (facts.hasLibrary)
    return llvm::Error::success();
  for (const nest::Statement &statement : nest.statements)
    for (const Node &node : statement.body) {
      llvm::StringRef function = node.op == Opcode::ExpF    ? "exp"
                                 : node.op == Opcode::LogF  ? "log"
                                 : node.op == Opcode::TanhF ? "tanh"
                                 : node.op == Opcode::ErfF  ? "erf"
                                 : node.op == Opcode::PowF  ? "pow"
                                 : node.op == Opcode::RemF  ? "fmod"
                                                            : "";
      if (!function.empty() && !hasOwnFunction(function, node.type))
        return failure(ExitCode::TargetCannot, "the operation '" + nest::mnemonic(node.op).str() + "' in " +
                                                   node.type.str() +
                                                   " needs a function of C's library, which the target does "
                                                   "not have");
    }
  return llvm::Error::success();
}

} // namespace tenon::native
