// Statements: split at their operator, targets resolved, locals made as they are assigned, types compared.
#include "core/isa/Semantics.h"
#include "core/isa/semantics/BodyChecker.h"
#include "core/isa/semantics/Indices.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

using nest::Update;
using semantics::BodyChecker;
using semantics::LocalState;
using semantics::MaybeTyped;
using semantics::Scope;
using semantics::Symbol;
using semantics::Typed;

/// "lhs op expression", parsed.
struct Parsed {
  Expression target;
  Update update = Update::Assign;
  Expression value;
  Place place;
};

llvm::StringRef sign(Update update) {
  static constexpr llvm::StringLiteral signs[] = {"=", "+=", "max=", "min="};
  return signs[unsigned(update)];
}

/// Where the operator stands and what it is.
struct Operator {
  size_t begin = 0, end = 0;
  Update update = Update::Assign;
};

bool endsWithWord(llvm::StringRef text, llvm::StringRef word) {
  if (!text.ends_with(word) || text.size() == word.size())
    return false;
  char before = text[text.size() - word.size() - 1];
  return !llvm::isAlnum(before) && before != '_';
}

/// The first = outside of brackets that is no part of a comparison.
std::optional<Operator> findOperator(llvm::StringRef text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '[' || text[i] == '(' ? 1 : text[i] == ']' || text[i] == ')' ? -1 : 0;
    if (text[i] != '=' || depth != 0)
      continue;
    llvm::StringRef before = text.take_front(i);
    if (text.drop_front(i + 1).starts_with("=") || before.ends_with("<") || before.ends_with(">") ||
        before.ends_with("!")) {
      ++i;
      continue;
    }
    if (before.ends_with("+"))
      return Operator{i - 1, i + 1, Update::Add};
    if (endsWithWord(before, "max"))
      return Operator{i - 3, i + 1, Update::Max};
    if (endsWithWord(before, "min"))
      return Operator{i - 3, i + 1, Update::Min};
    return Operator{i, i + 1, Update::Assign};
  }
  return std::nullopt;
}

/// What a statement writes.
struct Target {
  bool good = true;                ///< false: its mistakes are told
  std::optional<ElementType> type; ///< unknown of a new local, and of one that has only numbers so far
  std::vector<Axis> axes;
  bool isNew = false;            ///< the statement makes the local `made`
  std::optional<unsigned> local; ///< number of the local, where there is one
  unsigned operand = 0;
  SemanticLocal made;
};

class StatementChecker {
public:
  StatementChecker(Scope &scope, std::vector<SemanticStatement> &statements)
      : scope(scope), statements(statements) {}

  std::optional<Parsed> parse(const StatementText &text);
  void check(const Parsed &parsed);
  void finish(bool sound);

private:
  Target resolve(const Expression &target, Update update);
  Target operandTarget(const Expression &target, unsigned number, Update update);
  Target newLocal(const Expression &target, Update update);
  bool checkIndices(const Expression &target, Target &resolved, SemanticStatement &statement);
  bool checkUpdate(const Parsed &parsed, const ElementType &type);
  bool checkStored(const Parsed &parsed, const Typed &found, const ElementType &type);
  bool sumMissingSizes(const Parsed &parsed, SemanticStatement &statement);
  unsigned makeLocal(const Target &target, Place place);
  void settle(unsigned local, const ElementType &type);
  std::vector<Axis> axesOf(llvm::ArrayRef<unsigned> sizes) const;

  Scope &scope;
  std::vector<SemanticStatement> &statements;
};

std::optional<Parsed> StatementChecker::parse(const StatementText &text) {
  llvm::StringRef whole = text.text;
  std::optional<Operator> op = findOperator(whole);
  if (!op) {
    scope.mistake(text.place, "the statement assigns nothing", "write c[m, n] = ..., +=, max= or min=");
    return std::nullopt;
  }
  auto parsePart = [&](std::string part) -> std::optional<Expression> {
    llvm::Expected<Expression> found = parseExpression(part, text.place);
    if (found)
      return std::move(*found);
    scope.mistake(found.takeError());
    return std::nullopt;
  };
  // Blanks in front keep the columns.
  std::string front = whole.take_front(op->end).str();
  for (char &c : front)
    c = c == '\n' ? c : ' ';
  std::optional<Expression> target = parsePart(whole.take_front(op->begin).str());
  std::optional<Expression> value = parsePart(front + whole.drop_front(op->end).str());
  if (!target || !value)
    return std::nullopt;
  if (target->kind != Expression::Kind::Index && target->kind != Expression::Kind::Name) {
    scope.mistake(target->place, target->str() + " cannot be assigned", "assign an operand or a local");
    return std::nullopt;
  }
  return Parsed{std::move(*target), op->update, std::move(*value), text.place};
}

std::vector<Axis> StatementChecker::axesOf(llvm::ArrayRef<unsigned> sizes) const {
  std::vector<Axis> axes;
  for (unsigned size : sizes) {
    axes.emplace_back();
    axes.back().name = scope.intrinsic.sizes[size].name;
    axes.back().size = int(size);
  }
  return axes;
}

Target StatementChecker::resolve(const Expression &target, Update update) {
  std::optional<Symbol> symbol = scope.find(target.text);
  if (!symbol)
    return newLocal(target, update);
  Target result;
  if (symbol->kind == Symbol::Kind::Operand)
    return operandTarget(target, symbol->index, update);
  if (symbol->kind != Symbol::Kind::Local) {
    scope.mistake(target.place, target.text + " is assigned and is no operand",
                  "give the local a name of its own");
    result.good = false;
    return result;
  }
  const LocalState &state = scope.locals[symbol->index];
  result.good = !state.broken;
  if (state.typeKnown)
    result.type = state.local.type;
  result.axes = axesOf(state.local.sizes);
  result.local = symbol->index;
  return result;
}

Target StatementChecker::operandTarget(const Expression &target, unsigned number, Update update) {
  using Access = OperandDeclaration::Access;
  const OperandDeclaration &operand = scope.intrinsic.operands[number];
  Target result;
  result.type = operand.type;
  result.axes = operand.axes;
  result.operand = number;
  if (operand.access == Access::Read) {
    scope.mistake(target.place, operand.name + " is written and its access is read",
                  update == Update::Assign ? "declare access: write" : "declare access: update");
    result.good = false;
  } else if (operand.access == Access::Write && update != Update::Assign) {
    scope.mistake(target.place, operand.name + " is updated by " + sign(update) + " and its access is write",
                  "declare access: update");
    result.good = false;
  }
  return result;
}

Target StatementChecker::newLocal(const Expression &target, Update update) {
  Target result;
  result.isNew = true;
  result.made.name = target.text;
  auto refuse = [&](Place place, const llvm::Twine &message, const llvm::Twine &repair) {
    scope.mistake(place, message, repair);
    result.good = false;
  };
  if (update != Update::Assign)
    refuse(target.place, target.text + " is read before it is assigned",
           "write " + target.str() + " = 0 first");
  if (target.text.find('.') != std::string::npos)
    refuse(target.place, target.text + " is no name of a local", "leave out the point");
  for (const Expression &index : target.arguments) {
    std::optional<Symbol> symbol =
        index.kind == Expression::Kind::Name ? scope.find(index.text) : std::nullopt;
    bool isSize = symbol && symbol->kind == Symbol::Kind::Size;
    if (!isSize || llvm::is_contained(result.made.sizes, symbol->index))
      refuse(index.place,
             "local " + target.text + " is assigned at " + index.str() +
                 ", each index of a local is a size of its own",
             "write the names of different sizes");
    else
      result.made.sizes.push_back(symbol->index);
  }
  result.axes = axesOf(result.made.sizes);
  return result;
}

bool StatementChecker::checkIndices(const Expression &target, Target &resolved,
                                    SemanticStatement &statement) {
  if (target.arguments.size() != resolved.axes.size()) {
    scope.mistake(target.place, target.str() + " has " +
                                    semantics::counted(target.arguments.size(), "index", "indices") + ", " +
                                    target.text + " has " +
                                    semantics::counted(resolved.axes.size(), "axis", "axes"));
    return false;
  }
  for (const Expression &index : target.arguments) {
    std::optional<SymbolicIndex> symbolic = semantics::symbolicIndex(index, scope);
    if (symbolic)
      statement.indices.push_back(std::move(*symbolic));
  }
  if (statement.indices.size() != target.arguments.size())
    return false;
  std::optional<std::string> why = semantics::leaves(statement.indices, resolved.axes, scope);
  if (why)
    scope.mistake(target.place, "a write may leave " + target.text + ": " + *why, "give the axis its extent");
  return !why;
}

bool StatementChecker::checkUpdate(const Parsed &parsed, const ElementType &type) {
  std::string narrow = semantics::narrowness(type);
  if (parsed.update == Update::Add && !narrow.empty()) {
    scope.mistake(parsed.place, "+= of " + type.str() + " " + narrow,
                  "accumulate in a local of a wider type");
    return false;
  }
  bool compares = parsed.update == Update::Max || parsed.update == Update::Min;
  if (compares && !type.isSigned) {
    std::string function = parsed.update == Update::Max ? "max" : "min";
    scope.mistake(
        parsed.place,
        (sign(parsed.update) + " compares as signed, " + parsed.target.text + " is " + type.str()).str(),
        "write " + parsed.target.str() + " = " + function + "(" + parsed.target.str() + ", ...)");
    return false;
  }
  return true;
}

bool StatementChecker::checkStored(const Parsed &parsed, const Typed &found, const ElementType &type) {
  if (found.type == type)
    return true;
  scope.mistake(parsed.value.place,
                parsed.target.text + " is " + type.str() + ", the expression is " + found.type.str() +
                    ": the types differ",
                "write " + type.str() + "(...)" +
                    (type.scalar.isInteger() && found.type.scalar.isInteger() &&
                             type.scalar.width <= found.type.scalar.width
                         ? ", sat_" + type.str() + "(...) or wrap_" + type.str() + "(...)"
                         : ""));
  return false;
}

/// `=` sums over the sizes that only the right side has, from 0: that is what makes one text of a family's
/// "=" and "+=".
bool StatementChecker::sumMissingSizes(const Parsed &parsed, SemanticStatement &statement) {
  if (statement.update != Update::Assign)
    return true;
  std::vector<bool> indexed(scope.intrinsic.sizes.size(), false);
  for (const SymbolicIndex &index : statement.indices)
    semantics::markSizes(index, indexed);
  std::vector<std::string> missing;
  for (unsigned size : statement.loops)
    if (!indexed[size])
      missing.push_back(scope.intrinsic.sizes[size].name);
  if (missing.empty())
    return true;
  const std::string &name = parsed.target.text;
  std::string sizes = llvm::join(missing, ", ");
  auto refuse = [&](const llvm::Twine &message, const llvm::Twine &repair) {
    scope.mistake(parsed.target.place, message, repair);
    return false;
  };
  if (statement.body.size() == 1)
    return refuse(sizes + (missing.size() == 1 ? " is not an index of " : " are not indices of ") + name +
                      ": only the last would remain",
                  "write sum[" + sizes + "](" + parsed.value.str() + ") for the sum");
  const ElementType type = {statement.body[statement.result].node.type,
                            statement.body[statement.result].isSigned};
  if (std::string narrow = semantics::narrowness(type); !narrow.empty())
    return refuse("= sums over " + sizes + ", which " + narrow + " of " + type.str(),
                  "cast the sum: write sum[" + sizes + "](i32(...))");
  bool readsItself = llvm::any_of(statement.body, [&](const SemanticNode &node) {
    return node.node.op == nest::Opcode::Read && node.node.access.operand == statement.destination;
  });
  if (readsItself)
    return refuse("= sums over " + sizes + " from 0 and reads " + name + ", which it sums",
                  "write " + parsed.target.str() + " += ...");
  statement.update = Update::Add;
  statement.fromZero = true;
  return true;
}

unsigned StatementChecker::makeLocal(const Target &target, Place place) {
  LocalState state;
  state.local = target.made;
  state.place = place;
  scope.locals.push_back(std::move(state));
  return unsigned(scope.locals.size() - 1);
}

/// The type of a local becomes known: the numbers that it was assigned get it.
void StatementChecker::settle(unsigned local, const ElementType &type) {
  scope.locals[local].local.type = type;
  scope.locals[local].typeKnown = true;
  auto waiting = std::exchange(scope.locals[local].waiting, {});
  for (const auto &[number, value] : waiting) {
    std::vector<SemanticStatement> none; // numbers have no sums
    MaybeTyped found = BodyChecker(scope, statements[number], none).check(value, type);
    if (found)
      statements[number].result = found->node;
  }
}

void StatementChecker::check(const Parsed &parsed) {
  Target target = resolve(parsed.target, parsed.update);
  SemanticStatement statement;
  statement.place = parsed.target.place;
  statement.update = parsed.update;
  bool good = target.good && checkIndices(parsed.target, target, statement);
  bool waits = !target.type && scope.isOpen(parsed.value);
  std::vector<SemanticStatement> before;
  MaybeTyped found;
  if (!waits)
    found = BodyChecker(scope, statement, before).check(parsed.value, target.type);
  // Only now: a local's first value cannot read it.
  if (target.isNew)
    target.local = makeLocal(target, parsed.target.place);
  std::optional<ElementType> type = target.type ? target.type
                                    : found     ? std::optional(found->type)
                                                : std::nullopt;
  good = good && (waits || (found && checkUpdate(parsed, *type) && checkStored(parsed, *found, *type)));
  if (!good) {
    if (target.local && (target.isNew || !target.type))
      scope.locals[*target.local].broken = true;
    return;
  }
  llvm::move(before, std::back_inserter(statements));
  statement.destination =
      target.local ? unsigned(scope.intrinsic.operands.size()) + *target.local : target.operand;
  if (found)
    statement.result = found->node;
  statement.loops = semantics::usedSizes(statement, scope.intrinsic.sizes.size());
  if (!sumMissingSizes(parsed, statement)) {
    if (target.local)
      scope.locals[*target.local].broken = true;
    return;
  }
  statements.push_back(std::move(statement));
  if (waits)
    scope.locals[*target.local].waiting.emplace_back(statements.size() - 1, parsed.value);
  else if (target.local && !scope.locals[*target.local].typeKnown)
    settle(*target.local, *type);
}

void StatementChecker::finish(bool sound) {
  for (const LocalState &state : scope.locals) {
    if (state.broken)
      continue;
    if (!state.typeKnown)
      scope.mistake(state.place, "the type of " + state.local.name + " is open, only numbers are assigned",
                    "write i32(0)");
    else if (!state.isRead && sound) // what is wrong may be what reads it
      scope.mistake(state.place, "local " + state.local.name + " is never read",
                    "declare it as an operand if it is one");
  }
}

} // namespace

bool checkSemantics(Intrinsic &intrinsic, const Description &description,
                    llvm::ArrayRef<StatementText> statements, std::vector<Diagnostic> &mistakes) {
  size_t before = mistakes.size();
  Scope scope(intrinsic, description, mistakes);
  Semantics result;
  StatementChecker checker(scope, result.statements);
  std::vector<std::optional<Parsed>> parsed;
  for (const StatementText &text : statements) {
    parsed.push_back(checker.parse(text));
    if (parsed.back())
      scope.targets.push_back(parsed.back()->target.text);
  }
  for (const std::optional<Parsed> &statement : parsed)
    if (statement)
      checker.check(*statement);
  checker.finish(mistakes.size() == before);
  if (mistakes.size() != before)
    return false;
  for (LocalState &state : scope.locals)
    result.locals.push_back(std::move(state.local));
  intrinsic.semantics = std::move(result);
  return true;
}

} // namespace tenon::isa
