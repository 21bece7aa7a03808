// Facts of constants.
#include "core/native/OperandRanges.h"

#include "core/isa/Description.h"
#include "core/match/Constants.h"
#include "core/native/ir/IrModule.h"

namespace tenon::native {

std::optional<nest::Interval> elementRange(const match::ConstantTensor &tensor) {
  int64_t count = match::elementCount(tensor);
  if (!tensor.type.isInteger() || count == 0)
    return std::nullopt;
  nest::Interval range{INT64_MAX, INT64_MIN};
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = match::elementAt(tensor, i).integer;
    range = {std::min(range.low, value), std::max(range.high, value)};
  }
  return range;
}

OperandFacts factsOf(const isa::Description &description, const match::Computation &computation) {
  OperandFacts result = machineFacts(description);
  for (const match::TensorSource &source : computation.sources) {
    OperandFacts::Fact fact;
    if (source.kind == match::TensorSource::Kind::Constant)
      fact.range = elementRange(*source.constant);
    result.facts.push_back(fact);
  }
  return result;
}

} // namespace tenon::native
