// A node is evaluated at the outermost loop where its loops are known; what can have no result is checked
// there. Loops are never empty, so nothing is evaluated that the nest does not evaluate. The destination
// stays in a variable over the innermost loops that do not move it, unless the body reads it.
#include "core/host/CStatement.h"

#include "core/host/CAccess.h"
#include "core/host/CNode.h"
#include "core/host/IntegerRange.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::host {

std::string operandPointer(unsigned operand) { return "p" + std::to_string(operand); }
std::string startMap(unsigned statement) { return "started" + std::to_string(statement); }

namespace {

using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;
using nest::Statement;
using nest::Update;

/// An argument whose value has no influence on the result.
bool usesArguments(const Node &node) {
  return node.op != Opcode::CmpF || (node.floatPredicate != nest::FloatPredicate::False &&
                                     node.floatPredicate != nest::FloatPredicate::True);
}

class StatementEmitter {
public:
  StatementEmitter(const Nest &nest, unsigned number, CHelpers &helpers, CText &text)
      : nest(nest), number(number), statement(nest.statements[number]), helpers(helpers), text(text),
        ranges(integerRanges(nest, statement)) {}

  void emit();

private:
  void prepare();
  void emitNodeAt(unsigned index);
  void emitRead(unsigned index);
  void emitTableRead(unsigned index);
  std::string guardCondition(const CAccess &access, const std::string &prefix, unsigned least);
  void check(unsigned level, const Check &what);
  unsigned levelOf(ArrayRef<unsigned> loops) const;
  std::optional<Check> checkOf(unsigned index) const;
  SmallVector<CArgument> argumentsOf(const Node &node) const;
  void markNeeded();
  bool startsWhereItIsReached() const;
  void emitStart(const nest::Constant &start);
  void emitBody();
  bool loopsAt(unsigned position) const { return nest.loops[statement.loops[position]].extent > 1; }
  void openLoop(unsigned position);
  /// Without const: compilers would compute with it while they parse, and warn of what wraps.
  std::string declaration(unsigned index) const {
    return valueType(statement.body[index].type) + " v" + std::to_string(index) + " = ";
  }
  std::string elementAt(const std::string &position) const {
    return operandPointer(statement.destination.operand) + "[" + position + "]";
  }

  const Nest &nest;
  unsigned number;
  const Statement &statement;
  CHelpers &helpers;
  CText &text;
  std::vector<nest::Interval> ranges;

  /// Levels count the statement's loops from outside: at level k the first k are open.
  unsigned sequential = 0; ///< the first level of our own
  unsigned innermost = 0;
  unsigned destinationLevel = 0; ///< from here on the destination's element is known
  bool readsDestination = false;
  std::vector<std::vector<std::string>> lines; ///< by level
  std::vector<bool> needed;                    ///< by node
  std::vector<unsigned> levels;                ///< by node
  std::string offset;                          ///< of the destination
};

unsigned StatementEmitter::levelOf(ArrayRef<unsigned> loops) const {
  unsigned level = sequential;
  for (auto [position, loop] : llvm::enumerate(statement.loops))
    if (llvm::is_contained(loops, loop))
      level = std::max(level, unsigned(position) + 1);
  return level;
}

void StatementEmitter::check(unsigned level, const Check &what) {
  text.leavesEarly = true;
  lines[level].push_back("if (" + what.condition + ") {");
  lines[level].push_back("  status = " + std::to_string(int32_t(what.status)) + ";");
  lines[level].push_back("  goto done;");
  lines[level].push_back("}");
}

/// Which argument decides whether the node has a result, if it may have none.
std::optional<Check> StatementEmitter::checkOf(unsigned index) const {
  const Node &node = statement.body[index];
  CHelpers unused;
  switch (node.op) {
  case Opcode::Constant:
  case Opcode::LoopIndex:
  case Opcode::Read:
    return std::nullopt;
  case Opcode::TableRead: {
    const nest::Interval &range = ranges[node.arguments[0]];
    int64_t size = nest.operands[node.table].shape[0];
    std::string entry = "v" + std::to_string(node.arguments[0]), condition;
    if (range.low < 0)
      condition = entry + " < 0";
    if (range.high >= size)
      condition += (condition.empty() ? "" : " || ") + entry + " >= " + integerLiteral(size);
    return condition.empty() ? std::nullopt
                             : std::optional(Check{condition, HostStatus::TableIndexOutside, 0});
  }
  default:
    return emitNode(node, argumentsOf(node), unused).check;
  }
}

SmallVector<CArgument> StatementEmitter::argumentsOf(const Node &node) const {
  SmallVector<CArgument> arguments;
  for (unsigned argument : node.arguments)
    arguments.push_back({"v" + std::to_string(argument), statement.body[argument].type, ranges[argument]});
  return arguments;
}

/// The value's cone, and what decides whether a node has a result: all other variables would be idle.
void StatementEmitter::markNeeded() {
  needed.assign(statement.body.size(), false);
  needed[statement.value] = true;
  for (unsigned i = statement.body.size(); i-- > 0;) {
    const Node &node = statement.body[i];
    if (std::optional<Check> check = checkOf(i))
      needed[node.arguments[check->argument]] = true;
    if (needed[i] && usesArguments(node))
      for (unsigned argument : node.arguments)
        needed[argument] = true;
  }
}

/// Names the indices that may leave the operand, each at its own level, and gives the condition that they do
/// not.
std::string StatementEmitter::guardCondition(const CAccess &access, const std::string &prefix,
                                             unsigned least) {
  std::string condition;
  for (auto [i, guard] : llvm::enumerate(access.guards)) {
    std::string name = prefix + "index" + std::to_string(i), inside = prefix + "inside" + std::to_string(i);
    unsigned level = std::max(levelOf(guard.loops), least);
    lines[level].push_back("const int64_t " + name + " = " + guard.expression + ";");
    std::string test;
    if (guard.mayBeLow)
      test = name + " >= 0";
    if (guard.mayBeHigh)
      test += (test.empty() ? "" : " && ") + name + " < " + integerLiteral(guard.extent);
    std::string line = "const int ";
    line.append(inside).append(" = ").append(test).append(";");
    lines[level].push_back(std::move(line));
    condition.append(condition.empty() ? "" : " && ").append(inside);
  }
  return condition;
}

void StatementEmitter::emitRead(unsigned index) {
  const Node &node = statement.body[index];
  std::string name = "v" + std::to_string(index);
  bool isDestination = node.access.operand == statement.destination.operand;
  unsigned level = isDestination ? innermost : levelOf(loopsOf(nest, node.access.indices));
  levels[index] = level;
  CAccess access = emitAccess(nest, node.access, helpers);
  if (!needed[index] && (node.access.outside || access.guards.empty()))
    return;
  std::string condition = guardCondition(access, name, sequential);
  if (!condition.empty() && !node.access.outside)
    check(level, {"!(" + condition + ")", HostStatus::IndexOutsideOperand});
  if (!needed[index])
    return;
  text.operands.insert(node.access.operand);
  std::string value =
      loaded(operandPointer(node.access.operand) + "[" + access.offset + "]", node.type, helpers);
  if (!condition.empty() && node.access.outside)
    value = condition + " ? " + value + " : " + literal(node.type, *node.access.outside);
  lines[level].push_back(declaration(index) + value + ";");
}

void StatementEmitter::emitTableRead(unsigned index) {
  const Node &node = statement.body[index];
  bool isDestination = node.table == statement.destination.operand;
  unsigned argument = node.arguments[0], level = isDestination ? innermost : levels[argument];
  levels[index] = level;
  if (std::optional<Check> found = checkOf(index))
    check(level, *found);
  if (!needed[index])
    return;
  text.operands.insert(node.table);
  lines[level].push_back(
      declaration(index) +
      loaded(operandPointer(node.table) + "[v" + std::to_string(argument) + "]", node.type, helpers) + ";");
}

void StatementEmitter::emitNodeAt(unsigned index) {
  const Node &node = statement.body[index];
  if (node.op == Opcode::Read)
    return emitRead(index);
  if (node.op == Opcode::TableRead)
    return emitTableRead(index);
  unsigned level = sequential;
  std::string value;
  if (node.op == Opcode::Constant) {
    value = literal(node.type, node.constant);
  } else if (node.op == Opcode::LoopIndex) {
    bool moves = nest.loops[node.loop].extent > 1;
    level = moves ? levelOf({node.loop}) : sequential;
    value = moves ? loopVariable(node.loop) : "0";
  } else {
    if (usesArguments(node))
      for (unsigned argument : node.arguments)
        level = std::max(level, levels[argument]);
    if (std::optional<Check> found = checkOf(index))
      check(level, *found);
    if (needed[index])
      value = emitNode(node, argumentsOf(node), helpers).expression;
  }
  levels[index] = level;
  if (!needed[index])
    return;
  lines[level].push_back(declaration(index) + value + ";");
}

void StatementEmitter::prepare() {
  innermost = statement.loops.size();
  while (sequential < innermost && nest.loops[statement.loops[sequential]].sequential)
    ++sequential;
  lines.resize(innermost + 1);
  levels.assign(statement.body.size(), 0);
  for (const Node &node : statement.body) {
    unsigned destination = statement.destination.operand;
    readsDestination = readsDestination || (node.op == Opcode::Read && node.access.operand == destination) ||
                       (node.op == Opcode::TableRead && node.table == destination);
  }
  destinationLevel = readsDestination ? innermost : levelOf(loopsOf(nest, statement.destination.indices));
  text.operands.insert(statement.destination.operand);
  markNeeded();
  for (unsigned i = 0; i < statement.body.size(); ++i)
    emitNodeAt(i);
  CAccess access = emitAccess(nest, statement.destination, helpers);
  offset = access.offset;
  std::string condition = guardCondition(access, "d", sequential);
  if (!condition.empty())
    check(destinationLevel, {"!(" + condition + ")", HostStatus::IndexOutsideOperand});
}

/// Whether every element is reached once at the destination's level, so that it can start there.
bool StatementEmitter::startsWhereItIsReached() const {
  if (sequential > 0 || readsDestination)
    return false;
  for (unsigned position = 0; position < destinationLevel; ++position) {
    unsigned loop = statement.loops[position];
    if (nest.loops[loop].extent == 1)
      continue;
    bool projected = llvm::any_of(statement.destination.indices.getResults(), [&](AffineExpr index) {
      return nest::linearForm(index, nest.loops.size()) &&
             loopsOf(nest, index) == SmallVector<unsigned>{loop};
    });
    if (!projected)
      return false;
  }
  return true;
}

void StatementEmitter::openLoop(unsigned position) {
  unsigned loop = statement.loops[position];
  text.open(loopHead(loop, nest.loops[loop].extent));
}

/// The start value for every element that the statement reaches; in a sequential loop only for those that no
/// earlier iteration has reached.
void StatementEmitter::emitStart(const nest::Constant &start) {
  const ScalarType &type = nest.operands[statement.destination.operand].type;
  CAccess access = emitAccess(nest, statement.destination, helpers);
  SmallVector<unsigned> used = loopsOf(nest, statement.destination.indices);
  unsigned opened = 0;
  for (unsigned position = sequential; position < innermost; ++position)
    if (llvm::is_contained(used, statement.loops[position])) {
      openLoop(position);
      ++opened;
    }
  text.open();
  std::string inside;
  for (const GuardedIndex &guard : access.guards) {
    if (guard.mayBeLow)
      inside += (inside.empty() ? "" : " && ") + ("(" + guard.expression + ") >= 0");
    if (guard.mayBeHigh)
      inside +=
          (inside.empty() ? "" : " && ") + ("(" + guard.expression + ") < " + integerLiteral(guard.extent));
  }
  if (!inside.empty()) {
    text.leavesEarly = true;
    text.open("if (!(" + inside + "))");
    text.line("status = " + std::to_string(int32_t(HostStatus::IndexOutsideOperand)) + ";");
    text.line("goto done;");
    text.close();
  }
  std::string store = elementAt(access.offset) + " = " + stored(literal(type, start), type, helpers) + ";";
  if (sequential > 0) {
    text.startMaps.insert(number);
    std::string flag = startMap(number) + "[" + access.offset + "]";
    text.open("if (!" + flag + ")");
    text.line(flag + " = 1;");
    text.line(store);
    text.close();
  } else {
    text.line(store);
  }
  for (unsigned i = 0; i <= opened; ++i)
    text.close();
}

void StatementEmitter::emitBody() {
  const ScalarType &type = nest.operands[statement.destination.operand].type;
  std::string value = "v" + std::to_string(statement.value);
  bool reached = statement.start && startsWhereItIsReached();
  if (statement.start && !reached)
    emitStart(*statement.start);
  text.open();
  for (unsigned level = sequential;; ++level) {
    for (const std::string &line : lines[level])
      text.line(line);
    if (level == destinationLevel && statement.update != Update::Assign)
      text.line(valueType(type) + " sum = " +
                (reached ? literal(type, *statement.start) : loaded(elementAt(offset), type, helpers)) + ";");
    else if (level == destinationLevel && destinationLevel < innermost)
      text.line(valueType(type) + " sum;");
    if (level == innermost)
      break;
    if (loopsAt(level))
      openLoop(level);
  }
  bool keeps = statement.update != Update::Assign || destinationLevel < innermost;
  if (keeps)
    text.line("sum = " + emitUpdate(statement.update, type, "sum", value, helpers) + ";");
  for (unsigned level = innermost;; --level) {
    if (level == destinationLevel)
      text.line(elementAt(offset) + " = " + stored(keeps ? "sum" : value, type, helpers) + ";");
    if (level == sequential)
      break;
    if (loopsAt(level - 1))
      text.close();
  }
  text.close();
}

void StatementEmitter::emit() {
  prepare();
  emitBody();
}

} // namespace

void emitStatement(const Nest &nest, unsigned number, CHelpers &helpers, CText &text) {
  StatementEmitter(nest, number, helpers, text).emit();
}

} // namespace tenon::host
