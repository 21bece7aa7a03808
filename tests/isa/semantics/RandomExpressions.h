// Random trees for property tests.
#pragma once

#include "core/isa/Expression.h"

#include <random>

namespace tenon::test {

class RandomExpressions {
public:
  explicit RandomExpressions(unsigned seed) : generator(seed) {}

  /// Any tree that the grammar can write.
  isa::Expression any(unsigned depth);
  /// A tree of integers and the names m and n that `evaluate` knows, mostly with small values.
  isa::Expression integers(unsigned depth);

private:
  unsigned below(unsigned limit) { return unsigned(generator() % limit); }
  isa::Expression node(isa::Expression::Kind kind, llvm::StringRef text, size_t count, unsigned depth);

  std::mt19937 generator;
};

} // namespace tenon::test
