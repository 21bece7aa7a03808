// Small random computations and intrinsics that often fit each other, and often nearly do.
#pragma once

#include "core/isa/Description.h"
#include "core/match/Computation.h"
#include "tests/ir/NestBuilder.h"

#include <random>

namespace tenon::test {

/// What an intrinsic and a computation have in common: which indices each tensor has, and the expressions.
struct CaseShape {
  enum class Body : uint8_t { Product, ZeroPoint, Sum, Alone };
  enum class Final : uint8_t { None, Added, Quantised };
  std::vector<std::string> indices;         ///< of the result first
  unsigned parallel = 0;                    ///< how many index the result
  std::vector<int64_t> extents;             ///< loops: extent; sizes: largest value
  std::vector<unsigned> x, w, added, start; ///< the indices that each tensor has
  bool hasCore = true, hasStart = false;
  Body body = Body::Product;
  Final final = Final::None;
  nest::Update update = nest::Update::Add;
  bool accumulates = false; ///< intrinsics: += on an operand
  std::string narrow = "i8";
  int64_t zero = 0, out = 0, low = -128, high = 127, shift = 0;
  /// A window: the first axis of x is index `windowOuter` * step + index `windowInner` * dilation - pad.
  bool window = false;
  unsigned windowOuter = 0, windowInner = 0;
  int64_t step = 1, dilation = 1, pad = 0;
};

struct RandomCase {
  explicit RandomCase(uint64_t seed);

  CaseShape chip, model;
  std::string yaml; ///< the description of a chip with one intrinsic, "op"
  match::Computation computation;
  NestBuilder builder; ///< owns the context of the computation's maps

  std::string text() const; ///< both sides, for a failure
};

std::string yamlOf(const CaseShape &shape);
match::Computation computationOf(const CaseShape &shape, NestBuilder &builder);

} // namespace tenon::test
