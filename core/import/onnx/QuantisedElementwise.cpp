// Add, Sub and Mul in integers, rounded once.
#include "core/import/onnx/QuantisedOperator.h"

#include <cmath>

namespace tenon::import::onnx {

/// Both multipliers get the shift of the larger one, so that the sum itself can be rounded.
llvm::Error convertQuantisedSum(NodeConversion &c, const QuantisedGroup &group, bool subtract) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  double ratios[2];
  for (unsigned i : {0U, 1U})
    ratios[i] = group.inputs[i]->scale() / group.output.scale();
  llvm::Expected<Multiplier> larger = multiplierOf(c, std::max(ratios[0], ratios[1]));
  if (!larger)
    return larger.takeError();
  int shift = 31 - larger->shift;
  int64_t multipliers[2];
  for (unsigned i : {0U, 1U})
    multipliers[i] = larger->multiplier == 0 ? 0 : std::llround(std::ldexp(ratios[i], shift));
  auto result =
      c.pointwise({c.value(0), c.value(1)}, c.builder.getI8Type(), [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value products[2];
        for (unsigned i : {0U, 1U})
          products[i] =
              s.multiply(s.extend(centred(s, in[i], *group.inputs[i]), 64), s.integer(multipliers[i], 64));
        mlir::Value total = subtract ? s.subtract(products[0], products[1]) : s.add(products[0], products[1]);
        return finish(s, roundOnce(s, total, s.integer(shift, 64)), group);
      });
  return result ? c.setOutput(*result, Type::INT8) : result.takeError();
}

llvm::Error convertQuantisedMul(NodeConversion &c, const QuantisedGroup &group) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  const Quantisation &left = *group.inputs[0], &right = *group.inputs[1];
  llvm::Expected<Multiplier> multiplier =
      multiplierOf(c, left.scale() * right.scale() / group.output.scale());
  if (!multiplier)
    return multiplier.takeError();
  auto result =
      c.pointwise({c.value(0), c.value(1)}, c.builder.getI8Type(), [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value product = s.multiply(centred(s, in[0], left), centred(s, in[1], right));
        product = s.multiply(s.extend(product, 64), s.integer(multiplier->multiplier, 64));
        return finish(s, roundOnce(s, product, s.integer(31 - multiplier->shift, 64)), group);
      });
  return result ? c.setOutput(*result, Type::INT8) : result.takeError();
}

} // namespace tenon::import::onnx
