// From expressions to linear forms, and from numbers back to their digits.
#include "core/isa/encoding/LinearForm.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace tenon::isa {

namespace {

using Form = std::optional<LinearForm>;

constexpr int64_t mostShift = 62;
/// Factors and constants beyond this are given up, so that products stay far from overflow.
const Wide mostFactor = Wide(1) << 63;

Wide magnitude(Wide value) { return value < 0 ? -value : value; }

bool isSmall(const LinearForm &form) {
  return magnitude(form.constant) <= mostFactor &&
         llvm::all_of(form.terms,
                      [](const LinearTerm &term) { return magnitude(term.factor) <= mostFactor; }) &&
         llvm::all_of(form.known, [](const auto &part) { return magnitude(part.first) <= mostFactor; });
}

LinearForm scaled(LinearForm form, Wide factor) {
  form.constant *= factor;
  for (LinearTerm &term : form.terms)
    term.factor *= factor;
  for (auto &[partFactor, part] : form.known)
    partFactor *= factor;
  return form;
}

LinearForm sum(LinearForm left, const LinearForm &right) {
  left.constant += right.constant;
  for (const LinearTerm &term : right.terms) {
    auto same = llvm::find_if(left.terms, [&](const LinearTerm &other) { return other.atom == term.atom; });
    if (same == left.terms.end())
      left.terms.push_back(term);
    else
      same->factor += term.factor;
  }
  llvm::erase_if(left.terms, [](const LinearTerm &term) { return term.factor == 0; });
  left.known.insert(left.known.end(), right.known.begin(), right.known.end());
  return left;
}

class Linearizer {
public:
  explicit Linearizer(const LinearContext &of) : context(of) {}

  Form visit(const Expression &expression) {
    if (std::optional<int64_t> value = constant(expression)) {
      LinearForm form;
      form.constant = *value;
      return form;
    }
    if (Form form = structured(expression); form && isSmall(*form))
      return form;
    return computed(expression);
  }

private:
  std::optional<int64_t> constant(const Expression &expression) const {
    llvm::Expected<int64_t> value = evaluate(expression, context.fixed);
    if (value)
      return *value;
    llvm::consumeError(value.takeError()); // it has a name that is not fixed; what else is wrong shows in use
    return std::nullopt;
  }

  /// As a whole, where every name in it is bound by then.
  Form computed(const Expression &expression) const {
    std::vector<std::string> names;
    expression.collectNames(names);
    for (const std::string &name : names)
      if (!context.fixed(name) && !context.isBound(name))
        return std::nullopt;
    LinearForm form;
    form.known.push_back({1, &expression});
    return form;
  }

  Form structured(const Expression &expression) {
    switch (expression.kind) {
    case Expression::Kind::Name:
      return unknown(expression.text);
    case Expression::Kind::Unary: {
      Form of = expression.text == "-" ? visit(expression.arguments[0]) : std::nullopt;
      return of ? Form(scaled(std::move(*of), -1)) : std::nullopt;
    }
    case Expression::Kind::Binary:
      return binary(expression);
    case Expression::Kind::Call:
      return expression.text == "bits" && expression.arguments.size() == 3
                 ? bits(expression.arguments[0], constant(expression.arguments[1]),
                        constant(expression.arguments[2]))
                 : std::nullopt;
    default:
      return std::nullopt;
    }
  }

  Form unknown(llvm::StringRef name) const {
    int number = context.unknowns.find(name);
    if (number < 0)
      return std::nullopt;
    const Domain &domain = context.unknowns.list[static_cast<unsigned>(number)].domain;
    LinearForm form;
    form.constant = domain.low;
    if (!domain.isSingle())
      form.terms.push_back({{static_cast<unsigned>(number), 0, 0}, domain.step});
    return form;
  }

  Form bits(const Expression &of, std::optional<int64_t> high, std::optional<int64_t> low) const {
    if (of.kind != Expression::Kind::Name || !high || !low || *low < 0 || *high < *low || *high > mostShift)
      return std::nullopt;
    int number = context.unknowns.find(of.text);
    if (number < 0)
      return std::nullopt;
    Atom atom{static_cast<unsigned>(number), static_cast<unsigned>(*low),
              static_cast<unsigned>(*high - *low + 1)};
    LinearForm form;
    form.terms.push_back({atom, 1});
    return form;
  }

  Form binary(const Expression &expression) {
    llvm::StringRef op = expression.text;
    const Expression &left = expression.arguments[0], &right = expression.arguments[1];
    if (op == "&")
      return masked(left, right);
    Form first = visit(left), second = visit(right);
    if (!first || !second)
      return std::nullopt;
    if (op == "+")
      return sum(std::move(*first), *second);
    if (op == "-")
      return sum(std::move(*first), scaled(std::move(*second), -1));
    if (op == "|" || op == "^")
      return areDisjoint(*first, *second) || areDisjoint(*second, *first)
                 ? Form(sum(std::move(*first), *second))
                 : std::nullopt;
    if (op == "*" && isConstant(*first))
      return scaled(std::move(*second), first->constant);
    if (!isConstant(*second))
      return std::nullopt;
    if (op == "*")
      return scaled(std::move(*first), second->constant);
    if (op == "/")
      return divided(std::move(*first), second->constant);
    if ((op != "<<" && op != ">>") || second->constant < 0 || second->constant > mostShift)
      return std::nullopt;
    Wide power = Wide(1) << int(second->constant);
    return op == "<<" ? Form(scaled(std::move(*first), power)) : divided(std::move(*first), power);
  }

  static bool isConstant(const LinearForm &form) { return form.terms.empty() && form.known.empty(); }

  static Form divided(LinearForm form, Wide by) {
    if (by <= 0 || form.constant % by != 0)
      return std::nullopt;
    form.constant /= by;
    for (LinearTerm &term : form.terms) {
      if (term.factor % by != 0)
        return std::nullopt;
      term.factor /= by;
    }
    for (auto &[factor, part] : form.known) {
      if (factor % by != 0)
        return std::nullopt;
      factor /= by;
    }
    return form;
  }

  /// x & (2^n - 1) is the low n bits of x.
  Form masked(const Expression &left, const Expression &right) {
    std::optional<int64_t> mask = constant(right);
    const Expression &of = mask ? left : right;
    if (!mask)
      mask = constant(left);
    if (!mask || *mask <= 0 || (*mask & (*mask + 1)) != 0)
      return std::nullopt;
    int64_t high = -1;
    for (int64_t rest = *mask; rest != 0; rest >>= 1)
      ++high;
    return bits(of, high, 0);
  }

  /// Whether all of `upper` is a multiple of a power of two that all of `lower` is below; nothing is
  /// negative.
  bool areDisjoint(const LinearForm &upper, const LinearForm &lower) const {
    if (!upper.known.empty() || !lower.known.empty() || upper.constant < 0 || lower.constant < 0)
      return false;
    Wide divisible = upper.constant;
    for (const LinearTerm &term : upper.terms) {
      if (term.factor < 0)
        return false;
      divisible |= term.factor;
    }
    if (divisible == 0)
      return true;
    const Wide power = divisible & -divisible;
    Wide most = lower.constant;
    bool bounded = true;
    for (const LinearTerm &term : lower.terms) {
      std::optional<Wide> steps = mostSteps(term.atom, context.unknowns);
      if (term.factor < 0)
        return false;
      // One without an end is as small as its place: encoding checks that it reads back.
      if (!steps && (lower.terms.size() != 1 || lower.constant != 0))
        return false;
      bounded &= steps.has_value();
      most += steps ? term.factor * *steps : Wide(0);
    }
    return bounded ? most < power : true;
  }

  const LinearContext &context;
};

} // namespace

std::optional<LinearForm> linearForm(const Expression &expression, const LinearContext &context) {
  return Linearizer(context).visit(expression);
}

std::optional<Wide> mostSteps(const Atom &atom, const Unknowns &unknowns) {
  if (!atom.isWhole())
    return (Wide(1) << int(atom.bits)) - 1;
  return unknowns.list[atom.unknown].domain.steps();
}

std::optional<std::vector<Digit>> digitsOf(llvm::ArrayRef<LinearTerm> terms, const Unknowns &unknowns) {
  std::vector<Digit> digits;
  for (const LinearTerm &term : terms) {
    if (llvm::any_of(digits,
                     [&](const Digit &digit) { return digit.term.atom.unknown == term.atom.unknown; }))
      return std::nullopt; // one unknown's bits, or bits and the whole: no digits of one number
    digits.push_back({term, mostSteps(term.atom, unknowns)});
  }
  llvm::sort(digits, [](const Digit &left, const Digit &right) {
    return magnitude(left.term.factor) > magnitude(right.term.factor);
  });
  Wide below = 0; // the largest number that the digits seen so far make
  for (size_t i = digits.size(); i-- > 0;) {
    Digit &digit = digits[i];
    Wide factor = magnitude(digit.term.factor);
    if (factor <= below)
      return std::nullopt;
    if (!digit.most && digits.size() == 1)
      break;
    if (!digit.most && digit.term.factor < 0)
      return std::nullopt;
    if (!digit.most && i == 0)
      break;
    if (!digit.most) // what is left below the next one
      digit.most = (magnitude(digits[i - 1].term.factor) - 1 - below) / factor;
    below += factor * *digit.most;
    if (below > mostFactor * 2)
      return std::nullopt;
  }
  return digits;
}

std::optional<llvm::SmallVector<Wide, 4>> splitIntoDigits(Wide value, llvm::ArrayRef<Digit> digits) {
  // A negative factor counts its digit down from the top.
  if (digits.size() > 1)
    for (const Digit &digit : digits)
      if (digit.term.factor < 0)
        value += -digit.term.factor * *digit.most;
  llvm::SmallVector<Wide, 4> values;
  for (const Digit &digit : digits) {
    Wide factor = digits.size() > 1 ? magnitude(digit.term.factor) : digit.term.factor;
    Wide count = value / factor;
    value -= count * factor;
    // A lone unknown that leaves its range is a mistake with a message of its own.
    bool isLimited = digits.size() > 1 || !digit.term.atom.isWhole();
    if (value < 0 || (isLimited && (count < 0 || (digit.most && count > *digit.most))))
      return std::nullopt;
    values.push_back(digits.size() > 1 && digit.term.factor < 0 ? *digit.most - count : count);
  }
  if (value != 0)
    return std::nullopt;
  return values;
}

} // namespace tenon::isa
