// Integers by two's complement, floats by their own formats.
#include "core/spec/OutsideValue.h"

#include "core/support/Error.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"

namespace tenon::spec {
namespace {

using isa::Expression;

std::vector<uint8_t> littleEnd(uint64_t bits, unsigned bytes) {
  std::vector<uint8_t> result(bytes);
  for (unsigned i = 0; i < bytes; ++i)
    result[i] = uint8_t(bits >> (8 * i));
  return result;
}

const llvm::fltSemantics &semanticsOf(const nest::ScalarType &type) {
  switch (type.kind) {
  case nest::ScalarType::Kind::Float16:
    return llvm::APFloat::IEEEhalf();
  case nest::ScalarType::Kind::BFloat16:
    return llvm::APFloat::BFloat();
  case nest::ScalarType::Kind::Float32:
    return llvm::APFloat::IEEEsingle();
  default:
    return llvm::APFloat::IEEEdouble();
  }
}

/// A number with a decimal point, with its sign.
std::optional<double> realOf(const Expression &expression) {
  if (expression.kind == Expression::Kind::Real)
    return expression.real;
  if (expression.kind == Expression::Kind::Unary && expression.text == "-" &&
      expression.arguments[0].kind == Expression::Kind::Real)
    return -expression.arguments[0].real;
  return std::nullopt;
}

llvm::Expected<std::vector<uint8_t>> floatBytes(const isa::OperandDeclaration &operand, isa::Lookup lookup) {
  std::optional<double> real = realOf(operand.outside.value);
  if (!real) {
    llvm::Expected<int64_t> integer = isa::evaluate(operand.outside.value, lookup);
    if (!integer)
      return integer.takeError();
    real = double(*integer);
  }
  llvm::APFloat value(*real);
  bool losesInformation = false;
  value.convert(semanticsOf(operand.type.scalar), llvm::APFloat::rmNearestTiesToEven, &losesInformation);
  return littleEnd(value.bitcastToAPInt().getZExtValue(), operand.type.scalar.storageBytes());
}

} // namespace

llvm::Expected<std::vector<uint8_t>> outsideBytes(const isa::OperandDeclaration &operand,
                                                  isa::Lookup lookup) {
  const nest::ScalarType &type = operand.type.scalar;
  if (type.isFloat())
    return floatBytes(operand, lookup);
  llvm::Expected<int64_t> value = isa::evaluate(operand.outside.value, lookup);
  if (!value)
    return value.takeError();
  bool fits = operand.type.isSigned ? llvm::isIntN(type.width, *value)
                                    : *value >= 0 && llvm::isUIntN(type.width, uint64_t(*value));
  if (!fits)
    return failure(ExitCode::WrongInput, "outside of " + operand.name + " is " + std::to_string(*value) +
                                             ", which is no " + operand.type.str());
  // As an element in memory: sign-extended from its width.
  int64_t stored = type.width < 64 ? llvm::SignExtend64(uint64_t(*value), type.width) : *value;
  return littleEnd(uint64_t(stored), type.storageBytes());
}

} // namespace tenon::spec
