// Linear forms of sizes with symbolic factors.
#include "core/isa/semantics/Indices.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <climits>
#include <map>

namespace tenon::isa::semantics {

namespace {

using Kind = Expression::Kind;

/// (size, value) -> factor. No size comes after all sizes, no value before all values: nearly the order of
/// the result.
using Key = std::pair<int, int>;
using Terms = std::map<Key, int64_t>;
constexpr int noSize = INT_MAX, noValue = -1;
constexpr Key number = {noSize, noValue};

class LinearBuilder {
public:
  explicit LinearBuilder(Scope &scope) : scope(scope) {}

  std::optional<Terms> terms(const Expression &part) {
    if (part.kind != Kind::Name && scope.isConstant(part))
      return constant(part);
    switch (part.kind) {
    case Kind::Name:
      return name(part);
    case Kind::Unary:
      if (part.text == "-")
        return scaled(part, terms(part.arguments[0]), -1);
      break;
    case Kind::Binary:
      if (part.text == "+" || part.text == "-" || part.text == "*")
        return binary(part);
      break;
    default:
      break;
    }
    return refuse(part, part.str() + " is not linear");
  }

private:
  std::nullopt_t refuse(const Expression &part, const llvm::Twine &message) {
    scope.mistake(part.place, "an index: " + message,
                  "write a sum of sizes, each times numbers, parameters and at most one value");
    return std::nullopt;
  }

  std::optional<Terms> constant(const Expression &part) {
    auto value = evaluate(part, [&](llvm::StringRef name) { return scope.number(name); });
    if (value)
      return Terms{{number, *value}};
    scope.mistake(value.takeError());
    return std::nullopt;
  }

  std::optional<Terms> name(const Expression &part) {
    std::optional<Symbol> symbol = scope.find(part.text);
    if (!symbol) {
      scope.unknown(part.text, part.place);
      return std::nullopt;
    }
    switch (symbol->kind) {
    case Symbol::Kind::Size:
      return Terms{{{int(symbol->index), noValue}, 1}};
    case Symbol::Kind::Value:
      return Terms{{{noSize, int(symbol->index)}, 1}};
    case Symbol::Kind::Number:
      return Terms{{number, symbol->integer}};
    default:
      return refuse(part, part.text + " is data");
    }
  }

  std::optional<Terms> scaled(const Expression &part, std::optional<Terms> terms, int64_t by) {
    if (terms)
      for (auto &[key, factor] : *terms)
        if (llvm::MulOverflow(factor, by, factor))
          return refuse(part, "a factor of " + part.str() + " does not fit 64 bits");
    return terms;
  }

  std::optional<Terms> binary(const Expression &part) {
    std::optional<Terms> left = terms(part.arguments[0]), right = terms(part.arguments[1]);
    if (!left || !right)
      return std::nullopt;
    if (part.text == "*")
      return product(part, *left, *right);
    if (part.text == "-")
      right = scaled(part, std::move(right), -1);
    if (!right)
      return std::nullopt;
    for (const auto &[key, factor] : *right)
      if (llvm::AddOverflow((*left)[key], factor, (*left)[key]))
        return refuse(part, "a factor of " + part.str() + " does not fit 64 bits");
    return left;
  }

  std::optional<Terms> product(const Expression &part, const Terms &left, const Terms &right) {
    Terms result;
    for (const auto &[leftKey, leftFactor] : left)
      for (const auto &[rightKey, rightFactor] : right) {
        bool twoSizes = leftKey.first != noSize && rightKey.first != noSize;
        bool twoValues = leftKey.second != noValue && rightKey.second != noValue;
        if (twoSizes || twoValues)
          return refuse(part, part.str() + " multiplies two " + (twoSizes ? "sizes" : "values"));
        Key key = {std::min(leftKey.first, rightKey.first), std::max(leftKey.second, rightKey.second)};
        int64_t factor = 0;
        if (llvm::MulOverflow(leftFactor, rightFactor, factor) ||
            llvm::AddOverflow(result[key], factor, result[key]))
          return refuse(part, "a factor of " + part.str() + " does not fit 64 bits");
      }
    return result;
  }

  Scope &scope;
};

} // namespace

std::optional<SymbolicIndex> symbolicIndex(const Expression &expression, Scope &scope) {
  std::optional<Terms> terms = LinearBuilder(scope).terms(expression);
  if (!terms)
    return std::nullopt;
  SymbolicIndex index;
  for (const auto &[key, factor] : *terms)
    if (factor != 0 && key != number)
      index.push_back({factor, key.second, key.first == noSize ? -1 : key.first});
  if (int64_t constant = (*terms)[number])
    index.push_back({constant, -1, -1});
  if (index.empty())
    index.push_back({0, -1, -1});
  return index;
}

int exactSize(const SymbolicIndex &index) {
  return index.size() == 1 && index[0].factor == 1 && index[0].value < 0 ? index[0].size : -1;
}

void markSizes(const SymbolicIndex &index, std::vector<bool> &used) {
  for (const IndexTerm &term : index)
    if (term.size >= 0)
      used[size_t(term.size)] = true;
}

std::string str(const SymbolicIndex &index, const Intrinsic &intrinsic) {
  std::string text;
  for (const IndexTerm &term : index) {
    bool negative = term.factor < 0;
    std::string factors;
    auto multiply = [&](const std::string &factor) { factors += (factors.empty() ? "" : " * ") + factor; };
    uint64_t magnitude = negative ? 0 - uint64_t(term.factor) : uint64_t(term.factor);
    if (magnitude != 1 || (term.size < 0 && term.value < 0))
      multiply(std::to_string(magnitude));
    if (term.size >= 0)
      multiply(intrinsic.sizes[size_t(term.size)].name);
    if (term.value >= 0)
      multiply(intrinsic.values[size_t(term.value)].name);
    text += text.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
    text += factors;
  }
  return text;
}

} // namespace tenon::isa::semantics
