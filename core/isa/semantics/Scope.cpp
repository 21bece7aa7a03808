// Names: what they stand for, and what to suggest for those that stand for nothing.
#include "core/isa/semantics/Scope.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa::semantics {

namespace {

using Kind = Expression::Kind;

constexpr llvm::StringLiteral arithmetic[] = {"+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^"};

} // namespace

std::optional<Symbol> Scope::find(llvm::StringRef name) const {
  auto search = [&](const auto &list, Symbol::Kind kind) -> std::optional<Symbol> {
    for (auto [i, entry] : llvm::enumerate(list))
      if (entry.name == name)
        return Symbol{kind, unsigned(i), 0};
    return std::nullopt;
  };
  if (auto found = search(intrinsic.operands, Symbol::Kind::Operand))
    return found;
  for (auto [i, state] : llvm::enumerate(locals))
    if (state.local.name == name)
      return Symbol{Symbol::Kind::Local, unsigned(i), 0};
  if (auto found = search(intrinsic.sizes, Symbol::Kind::Size))
    return found;
  if (auto found = search(intrinsic.values, Symbol::Kind::Value))
    return found;
  if (std::optional<int64_t> parameter = description.parameter(name))
    return Symbol{Symbol::Kind::Number, 0, *parameter};
  auto member = intrinsic.memberCode.find(name.str());
  if (member != intrinsic.memberCode.end())
    return Symbol{Symbol::Kind::Number, 0, member->second};
  return std::nullopt;
}

std::optional<int64_t> Scope::number(llvm::StringRef name) const {
  std::optional<Symbol> symbol = find(name);
  return symbol && symbol->kind == Symbol::Kind::Number ? std::optional(symbol->integer) : std::nullopt;
}

void Scope::unknown(llvm::StringRef name, Place place) {
  if (llvm::is_contained(targets, name))
    return mistake(place, name + " is read before it is assigned", "assign it in an earlier statement");
  std::vector<llvm::StringRef> known;
  for (const OperandDeclaration &operand : intrinsic.operands)
    known.push_back(operand.name);
  for (const LocalState &state : locals)
    known.push_back(state.local.name);
  for (const Size &size : intrinsic.sizes)
    known.push_back(size.name);
  for (const ValueDeclaration &value : intrinsic.values)
    known.push_back(value.name);
  for (const Parameter &parameter : description.parameters)
    known.push_back(parameter.name);
  constexpr size_t longest = 64; // the time of a comparison is the product of both lengths
  llvm::StringRef closest;
  unsigned best = unsigned(name.size()) / 3 + 2;
  for (llvm::StringRef candidate : known) {
    if (name.size() > longest || candidate.size() > longest)
      continue;
    unsigned distance = name.edit_distance_insensitive(candidate, /*AllowReplacements=*/true, best);
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      closest = candidate;
    }
  }
  mistake(place, "'" + name + "' is no operand, local, size, value or parameter",
          closest.empty() ? "declare it" : "did you mean '" + closest + "'?");
}

void Scope::mistake(Place place, const llvm::Twine &message, const llvm::Twine &repair) {
  Diagnostic diagnostic;
  diagnostic.message = message.str();
  diagnostic.repair = repair.str();
  if (place.line) {
    diagnostic.line = place.line;
    diagnostic.column = place.column;
  }
  mistakes.push_back(std::move(diagnostic));
}

void Scope::mistake(llvm::Error error) { llvm::append_range(mistakes, report(std::move(error)).diagnostics); }

bool Scope::isConstant(const Expression &expression) const {
  if (expression.kind == Kind::Index)
    return false;
  if (expression.kind == Kind::Name)
    return number(expression.text).has_value();
  bool evaluable = llvm::is_contained({"min", "max", "abs", "ceil_div", "log2", "bits"}, expression.text);
  if (expression.kind == Kind::Call && (!evaluable || !expression.names.empty()))
    return false;
  return llvm::all_of(expression.arguments, [&](const Expression &part) { return isConstant(part); });
}

bool Scope::isOpen(const Expression &expression) const {
  auto openArguments = [&] {
    return llvm::all_of(expression.arguments, [&](const Expression &part) { return isOpen(part); });
  };
  switch (expression.kind) {
  case Kind::Integer:
  case Kind::Real:
    return true;
  case Kind::Name: {
    std::optional<Symbol> symbol = find(expression.text);
    return symbol && (symbol->kind == Symbol::Kind::Value || symbol->kind == Symbol::Kind::Number);
  }
  case Kind::Index:
    return false;
  case Kind::Call:
    return expression.names.empty() && !parseCast(expression.text) && openArguments();
  case Kind::Unary:
    return expression.text == "-" ? openArguments() : isConstant(expression);
  case Kind::Binary: // a comparison of values is a truth value, whatever it meets
    return llvm::is_contained(arithmetic, expression.text) ? openArguments() : isConstant(expression);
  case Kind::Conditional:
    return isOpen(expression.arguments[1]) && isOpen(expression.arguments[2]);
  }
  llvm_unreachable("a kind that is not listed");
}

bool Scope::isTable(unsigned operand) const {
  return llvm::any_of(intrinsic.operands[operand].memories, [&](unsigned memory) {
    return description.memories[memory].kind == Memory::Kind::Table;
  });
}

std::string counted(size_t count, llvm::StringRef one, llvm::StringRef many) {
  return std::to_string(count) + " " + (count == 1 ? one : many).str();
}

std::optional<Cast> parseCast(llvm::StringRef function) {
  Cast cast;
  if (function.consume_front("wrap_"))
    cast.kind = Cast::Kind::Wrap;
  else if (function.consume_front("sat_"))
    cast.kind = Cast::Kind::Saturate;
  std::optional<ElementType> type = parseElementType(function);
  if (!type || (cast.kind != Cast::Kind::Exact && !type->scalar.isInteger()))
    return std::nullopt;
  cast.type = *type;
  return cast;
}

} // namespace tenon::isa::semantics
