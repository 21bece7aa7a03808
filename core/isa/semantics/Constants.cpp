// Numbers as constants of a nest's types.
#include "core/isa/semantics/Constants.h"
#include "core/isa/semantics/Range.h"
#include "core/support/Error.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

namespace tenon::isa::semantics {

namespace {

llvm::Error wrongConstant(const Expression &expression, std::string message) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  if (expression.place.line) {
    diagnostic.line = expression.place.line;
    diagnostic.column = expression.place.column;
  }
  return failure(ExitCode::WrongInput, std::move(diagnostic));
}

} // namespace

nest::Constant constantOf(const ElementType &type, int64_t value) {
  if (type.scalar.isFloat())
    return nest::Constant::ofReal(double(value));
  return nest::Constant::ofInteger(llvm::SignExtend64(uint64_t(value), type.scalar.width));
}

bool holdsInteger(const ElementType &type, int64_t value) {
  if (type.scalar.isInteger())
    return fits(type, value);
  double real = double(value);
  constexpr double limit = 0x1p63;
  return real < limit && int64_t(real) == value && roundedTo(type.scalar, real) == real;
}

double roundedTo(const nest::ScalarType &type, double value) {
  using Kind = nest::ScalarType::Kind;
  if (type.kind == Kind::Float64)
    return value;
  llvm::APFloat number(value);
  bool losesInformation = false;
  number.convert(type.kind == Kind::Float16    ? llvm::APFloat::IEEEhalf()
                 : type.kind == Kind::BFloat16 ? llvm::APFloat::BFloat()
                                               : llvm::APFloat::IEEEsingle(),
                 llvm::APFloat::rmNearestTiesToEven, &losesInformation);
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &losesInformation);
  return number.convertToDouble();
}

llvm::Expected<nest::Constant> constantOf(const ElementType &type, const Expression &expression,
                                          Lookup lookup) {
  if (type.scalar.isInteger()) {
    llvm::Expected<int64_t> value = evaluate(expression, lookup);
    if (!value)
      return value.takeError();
    if (!fits(type, *value))
      return wrongConstant(expression, expression.str() + " is " + std::to_string(*value) + ", " +
                                           type.str() + " holds " + rangeOf(type).str());
    return constantOf(type, *value);
  }
  double real = expression.real;
  if (expression.kind != Expression::Kind::Real) {
    llvm::Expected<Rational> value = evaluateFraction(expression, lookup);
    if (!value)
      return value.takeError();
    real = value->approximate();
  }
  double rounded = roundedTo(type.scalar, real);
  if (!std::isfinite(rounded))
    return wrongConstant(expression, expression.str() + " is larger than " + type.str() + " holds");
  return nest::Constant::ofReal(rounded);
}

} // namespace tenon::isa::semantics
