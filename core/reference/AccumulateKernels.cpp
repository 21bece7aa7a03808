// The destination's side of a row: = += max= min= of accumulators, one for each destination element of the
// row, by the row's steps in order. Steps either follow each other as whole rows of accumulators, or lie side
// by side for one accumulator after the other. The product of the last multiplication may be formed on the
// way.
#include "core/reference/LaneArithmetic.h"
#include "core/reference/RowKernels.h"

#include <algorithm>

namespace tenon::reference {
namespace {

using nest::ScalarType;
using nest::Update;

template <class Element> struct Assign {
  using Lane = Element;
  static Lane apply(Lane, Lane step, unsigned) { return step; }
};
template <class Element> struct AddInteger {
  using Lane = Element;
  static Lane apply(Lane sum, Lane step, unsigned width) {
    return wrap<Lane>(Bits<Lane>(sum) + Bits<Lane>(step), width);
  }
};
/// As AddInteger where the width is the lane's: nothing to wrap, and a sum may be formed in any order.
template <class Element> struct AddFull {
  using Lane = Element;
  static Lane apply(Lane sum, Lane step, unsigned) { return Lane(Bits<Lane>(sum) + Bits<Lane>(step)); }
};
template <class Element> struct MaxInteger {
  using Lane = Element;
  static Lane apply(Lane best, Lane step, unsigned) { return std::max(best, step); }
};
template <class Element> struct MinInteger {
  using Lane = Element;
  static Lane apply(Lane best, Lane step, unsigned) { return std::min(best, step); }
};
template <class Rounded> struct AddFloat {
  using Lane = typename Rounded::Lane;
  static Lane apply(Lane sum, Lane step, unsigned) { return Rounded::round(sum + step); }
};
template <class Element> struct MaxFloat {
  using Lane = Element;
  static Lane apply(Lane best, Lane step, unsigned) { return maximum(best, step); }
};
template <class Element> struct MinFloat {
  using Lane = Element;
  static Lane apply(Lane best, Lane step, unsigned) { return minimum(best, step); }
};

struct PlainStep {
  template <class Lane> static Lane at(const Lane *values, const Lane *, int64_t i) { return values[i]; }
};
struct ProductStep {
  template <class Lane> static Lane at(const Lane *values, const Lane *factors, int64_t i) {
    if constexpr (std::is_integral_v<Lane>)
      return Lane(Bits<Lane>(values[i]) * Bits<Lane>(factors[i]));
    else
      return values[i] * factors[i];
  }
};

template <class Combine, class Step> void accumulate(const AccumulateCall &call) {
  using Lane = typename Combine::Lane;
  auto *accumulators = static_cast<Lane *>(call.accumulators);
  auto *values = static_cast<const Lane *>(call.values);
  auto *factors = static_cast<const Lane *>(call.factors);
  if (call.inner) {
    for (int64_t lane = 0; lane < call.lanes; ++lane) {
      Lane result = accumulators[lane];
      for (int64_t i = lane * call.steps, end = i + call.steps; i < end; ++i)
        result = Combine::apply(result, Step::at(values, factors, i), call.width);
      accumulators[lane] = result;
    }
    return;
  }
  for (int64_t step = 0; step < call.steps; ++step) {
    int64_t first = step * call.lanes;
    for (int64_t lane = 0; lane < call.lanes; ++lane)
      accumulators[lane] =
          Combine::apply(accumulators[lane], Step::at(values, factors, first + lane), call.width);
  }
}

template <class Combine> Accumulate plain() { return accumulate<Combine, PlainStep>; }

template <class Lane> Accumulate selectInteger(Update update, bool full) {
  switch (update) {
  case Update::Assign:
    return plain<Assign<Lane>>();
  case Update::Add:
    return full ? plain<AddFull<Lane>>() : plain<AddInteger<Lane>>();
  case Update::Max:
    return plain<MaxInteger<Lane>>();
  case Update::Min:
    return plain<MinInteger<Lane>>();
  }
  return nullptr;
}

template <class Rounded> Accumulate selectFloat(Update update) {
  using Lane = typename Rounded::Lane;
  switch (update) {
  case Update::Assign:
    return plain<Assign<Lane>>();
  case Update::Add:
    return plain<AddFloat<Rounded>>();
  case Update::Max:
    return plain<MaxFloat<Lane>>();
  case Update::Min:
    return plain<MinFloat<Lane>>();
  }
  return nullptr;
}

/// Only sums, and only where the product needs no wrapping or rounding beyond the lane's own.
Accumulate selectProduct(Update update, const ScalarType &type) {
  if (update != Update::Add)
    return nullptr;
  if (type == ScalarType::integer(32))
    return accumulate<AddFull<int32_t>, ProductStep>;
  if (type == ScalarType::integer(64))
    return accumulate<AddFull<int64_t>, ProductStep>;
  if (type == ScalarType::f32())
    return accumulate<AddFloat<RoundToSingle>, ProductStep>;
  if (type == ScalarType::f64())
    return accumulate<AddFloat<RoundToDouble>, ProductStep>;
  return nullptr;
}

} // namespace

Accumulate selectAccumulate(Update update, const ScalarType &type, bool product) {
  if (product)
    return selectProduct(update, type);
  switch (type.kind) {
  case ScalarType::Kind::Integer:
    return type.width <= 32 ? selectInteger<int32_t>(update, type.width == 32)
                            : selectInteger<int64_t>(update, type.width == 64);
  case ScalarType::Kind::Float16:
    return selectFloat<RoundToHalf>(update);
  case ScalarType::Kind::BFloat16:
    return selectFloat<RoundToBrain>(update);
  case ScalarType::Kind::Float32:
    return selectFloat<RoundToSingle>(update);
  case ScalarType::Kind::Float64:
    return selectFloat<RoundToDouble>(update);
  }
  return nullptr;
}

} // namespace tenon::reference
