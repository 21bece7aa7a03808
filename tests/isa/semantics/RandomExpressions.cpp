// Random trees for property tests.
#include "tests/isa/semantics/RandomExpressions.h"

#include <cmath>
#include <iterator>

namespace tenon::test {

using isa::Expression;
using Kind = Expression::Kind;

static constexpr const char *operators[] = {"or", "and", "==", "!=", "<", "<=", ">", ">=", "|",
                                            "^",  "&",   "<<", ">>", "+", "-",  "*", "/",  "%"};

Expression RandomExpressions::node(Kind kind, llvm::StringRef text, size_t count, unsigned depth) {
  Expression result;
  result.kind = kind;
  result.text = text.str();
  for (size_t i = 0; i < count; ++i)
    result.arguments.push_back(any(depth - 1));
  return result;
}

Expression RandomExpressions::any(unsigned depth) {
  Expression result;
  switch (depth == 0 ? below(3) : below(8)) {
  case 0:
    result.kind = Kind::Integer;
    result.integer =
        below(4) == 0 ? int64_t(uint64_t(generator()) << 32 | generator()) : int64_t(below(40)) - 20;
    break;
  case 1:
    result.kind = Kind::Real;
    result.real = std::ldexp(double(int64_t(generator())) - 2147483648.0, int(below(80)) - 40);
    break;
  case 2:
    result.kind = Kind::Name;
    result.text = below(2) ? "m" : "a.stride.m";
    break;
  case 3:
    result = node(Kind::Index, "c", 1 + below(3), depth);
    break;
  case 4:
    result = node(Kind::Call, below(2) ? "max" : "i8", 1 + below(3), depth);
    if (below(4) == 0) {
      result.text = "sum";
      result.names = {"k", "l"};
    }
    break;
  case 5:
    result = node(Kind::Unary, below(2) ? "-" : "not", 1, depth);
    break;
  case 6:
    result = node(Kind::Conditional, "", 3, depth);
    break;
  default:
    result = node(Kind::Binary, operators[below(std::size(operators))], 2, depth);
  }
  return result;
}

Expression RandomExpressions::integers(unsigned depth) {
  Expression result;
  unsigned choice = depth == 0 ? below(2) : below(9);
  if (choice == 0) {
    result.integer =
        below(6) == 0 ? int64_t(uint64_t(generator()) << 32 | generator()) : int64_t(below(20)) - 10;
    return result;
  }
  if (choice == 1) {
    result.kind = Kind::Name;
    result.text = below(2) ? "m" : "n";
    return result;
  }
  auto make = [&](Kind kind, llvm::StringRef text, size_t count) {
    Expression made;
    made.kind = kind;
    made.text = text.str();
    for (size_t i = 0; i < count; ++i)
      made.arguments.push_back(integers(depth - 1));
    return made;
  };
  if (choice == 2)
    return make(Kind::Unary, below(2) ? "-" : "not", 1);
  if (choice == 3)
    return make(Kind::Conditional, "", 3);
  if (choice == 4)
    return make(Kind::Call, below(2) ? "min" : "max", 2 + below(2));
  if (choice == 5)
    return below(2) ? make(Kind::Call, "abs", 1) : make(Kind::Call, "ceil_div", 2);
  return make(Kind::Binary, operators[below(std::size(operators))], 2);
}

} // namespace tenon::test
