// Types, literals and conversions of emitted C.
#include "core/host/CTypes.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace tenon::host {

using nest::ScalarType;

unsigned laneBits(const ScalarType &type) { return type.width <= 32 ? 32 : 64; }

std::string valueType(const ScalarType &type) {
  if (type.isInteger())
    return laneBits(type) == 32 ? "int32_t" : "int64_t";
  return type.kind == ScalarType::Kind::Float64 ? "double" : "float";
}

std::string storageType(const ScalarType &type) {
  if (type.isInteger())
    return "int" + std::to_string(8 * type.storageBytes()) + "_t";
  return type.width == 16 ? "uint16_t" : valueType(type);
}

std::string floatFamily(const ScalarType &type) {
  return type.kind == ScalarType::Kind::Float64 ? "Double" : "Float";
}

std::string integerLiteral(int64_t value) {
  if (value == INT64_MIN)
    return "INT64_MIN";
  if (value == INT32_MIN)
    return "INT32_MIN";
  std::string digits = std::to_string(value);
  if (value < INT32_MIN || value > INT32_MAX)
    digits = "INT64_C(" + digits + ")";
  return value < 0 ? "(" + digits + ")" : digits;
}

std::string literal(const ScalarType &type, const nest::Constant &constant) {
  if (type.isInteger())
    return integerLiteral(constant.integer);
  double value = constant.real;
  std::string sign = std::signbit(value) ? "-" : "", text;
  if (std::isnan(value)) {
    text = "NAN";
  } else if (std::isinf(value)) {
    text = "INFINITY";
  } else {
    llvm::raw_string_ostream stream(text);
    stream << llvm::format("%a", std::fabs(value)) << (floatFamily(type) == "Float" ? "f" : "");
  }
  return sign.empty() ? text : "(" + sign + text + ")";
}

std::string wrapped(const std::string &bits, const ScalarType &type, CHelpers &helpers) {
  unsigned lane = laneBits(type);
  std::string laneText = "(" + valueType(type) + ")";
  if (type.width == lane)
    return laneText + "(" + bits + ")";
  if (type.width == 8 || type.width == 16)
    return laneText + "(int" + std::to_string(type.width) + "_t)(" + bits + ")";
  return helpers.use("Wrap" + std::to_string(lane)) + "(" + bits + ", " + std::to_string(type.width) + ")";
}

std::string rounded(const std::string &value, const ScalarType &type, bool fromDouble, CHelpers &helpers) {
  std::string source = fromDouble ? "Double" : "Float";
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return helpers.use("FloatOfF16") + "(" + helpers.use("F16Of" + source) + "(" + value + "))";
  case ScalarType::Kind::BFloat16:
    return helpers.use("FloatOfBf16") + "(" + helpers.use("Bf16Of" + source) + "(" + value + "))";
  case ScalarType::Kind::Float32:
    return fromDouble ? "(float)(" + value + ")" : value;
  default:
    return value;
  }
}

std::string loaded(const std::string &element, const ScalarType &type, CHelpers &helpers) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return helpers.use("FloatOfF16") + "(" + element + ")";
  case ScalarType::Kind::BFloat16:
    return helpers.use("FloatOfBf16") + "(" + element + ")";
  case ScalarType::Kind::Integer:
    // Bits of the storage that the type does not have are ignored.
    if (type.width != 8 * type.storageBytes())
      return wrapped("(uint" + std::to_string(laneBits(type)) + "_t)" + element, type, helpers);
    return element;
  default:
    return element;
  }
}

std::string stored(const std::string &value, const ScalarType &type, CHelpers &helpers) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return helpers.use("F16OfFloat") + "(" + value + ")";
  case ScalarType::Kind::BFloat16:
    return helpers.use("Bf16OfFloat") + "(" + value + ")";
  case ScalarType::Kind::Integer:
    return 8 * type.storageBytes() < laneBits(type) ? "(" + storageType(type) + ")" + value : value;
  default:
    return value;
  }
}

} // namespace tenon::host
