// The conversions. A half's subnormals are rounded by the addition of a float whose last place is theirs; a
// normal one by adding half a last place, and one more where it is odd, to the bits.
#include "core/native/ir/SmallFloatText.h"

namespace tenon::native {

using nest::ScalarType;

static constexpr int64_t singleInfinity = 0x7f800000;

std::string SmallFloatText::widened(const ScalarType &type, const std::string &value) {
  if (type.kind == ScalarType::Kind::Float16)
    return hasConversions ? t.cast("fpext", "half", t.cast("bitcast", "i16", value, "half"), "float")
                          : singleFromHalf(value);
  std::string bits = t.cast("zext", "i16", value, "i32");
  return t.cast("bitcast", "i32", t.binary("shl", "i32", bits, 16), "float");
}

std::string SmallFloatText::singleFromHalf(const std::string &value) {
  std::string bits = t.cast("zext", "i16", value, "i32");
  std::string sign = t.binary("shl", "i32", t.binary("and", "i32", bits, 0x8000), 16);
  std::string magnitude = t.binary("shl", "i32", t.binary("and", "i32", bits, 0x7fff), 13);
  constexpr int64_t exponents = 0x7c00 << 13, rebias = (127 - 15) << 23, least = 113 << 23;
  std::string normal = t.binary("add", "i32", magnitude, rebias);
  std::string special = t.binary("add", "i32", normal, (128 - 16) << 23);
  // With the exponent of 2^-14 as an implied one that is subtracted again.
  std::string offset = t.cast("bitcast", "i32", t.binary("add", "i32", magnitude, least), "float");
  std::string exact = t.binary("fsub", "float", offset, t.real("float", 0x1p-14));
  std::string subnormal = t.cast("bitcast", "float", exact, "i32");
  std::string result = t.select(t.compare("icmp uge", "i32", magnitude, exponents), "i32", special, normal);
  result = t.select(t.compare("icmp ult", "i32", magnitude, int64_t(1) << 23), "i32", subnormal, result);
  return t.cast("bitcast", "i32", t.binary("or", "i32", result, sign), "float");
}

std::string SmallFloatText::fromSingle(const ScalarType &type, const std::string &value) {
  if (type.kind == ScalarType::Kind::BFloat16)
    return brainFromSingle(value);
  return hasConversions ? t.cast("bitcast", "half", t.cast("fptrunc", "float", value, "half"), "i16")
                        : halfFromSingle(value);
}

std::string SmallFloatText::brainFromSingle(const std::string &value) {
  std::string bits = t.cast("bitcast", "float", value, "i32");
  std::string odd = t.binary("and", "i32", t.binary("lshr", "i32", bits, 16), 1);
  std::string rounded = t.binary("add", "i32", t.binary("add", "i32", bits, 0x7fff), odd);
  std::string quiet = t.binary("or", "i32", bits, 0x400000);
  std::string isNan = t.compare("fcmp uno", "float", value, value);
  std::string chosen = t.select(isNan, "i32", quiet, rounded);
  return t.cast("trunc", "i32", t.binary("lshr", "i32", chosen, 16), "i16");
}

std::string SmallFloatText::halfFromSingle(const std::string &value) {
  std::string bits = t.cast("bitcast", "float", value, "i32");
  std::string magnitude = t.binary("and", "i32", bits, 0x7fffffff);
  std::string sign = t.binary("lshr", "i32", t.binary("xor", "i32", bits, magnitude), 16);
  std::string isNan = t.compare("icmp ugt", "i32", magnitude, singleInfinity);
  std::string special = t.select(isNan, "i32", t.integer("i32", 0x7e00), t.integer("i32", 0x7c00));
  // 0.5 has the last place 2^-24, a half's least subnormal.
  std::string sum =
      t.binary("fadd", "float", t.cast("bitcast", "i32", magnitude, "float"), t.real("float", 0.5));
  std::string subnormal = t.binary("sub", "i32", t.cast("bitcast", "float", sum, "i32"), 126 << 23);
  std::string odd = t.binary("and", "i32", t.binary("lshr", "i32", magnitude, 13), 1);
  constexpr int64_t rebias = -((127 - 15) << 23);
  std::string normal = t.binary("add", "i32", t.binary("add", "i32", magnitude, rebias + 0xfff), odd);
  normal = t.binary("lshr", "i32", normal, 13);
  std::string isSubnormal = t.compare("icmp ult", "i32", magnitude, 113 << 23);
  std::string isSpecial = t.compare("icmp uge", "i32", magnitude, (127 + 16) << 23);
  std::string result = t.select(isSpecial, "i32", special, t.select(isSubnormal, "i32", subnormal, normal));
  return t.cast("trunc", "i32", t.binary("or", "i32", result, sign), "i16");
}

std::string SmallFloatText::toOddSingle(const std::string &value) {
  std::string nearest = t.cast("fptrunc", "double", value, "float");
  std::string back = t.cast("fpext", "float", nearest, "double");
  std::string bits = t.cast("bitcast", "float", nearest, "i32");
  std::string isInexact = t.compare("fcmp one", "double", back, value);
  std::string isEven = t.compare("icmp eq", "i32", t.binary("and", "i32", bits, 1), 0);
  // One place towards the exact value, which lies above or below in magnitude.
  std::string isAbove = t.compare("fcmp ogt", "double", t.call("llvm.fabs", "double", {back}),
                                  t.call("llvm.fabs", "double", {value}));
  std::string step = t.select(isAbove, "i32", t.integer("i32", -1), t.integer("i32", 1));
  std::string moved = t.binary("add", "i32", bits, step);
  std::string chosen = t.select(t.binary("and", "i1", isInexact, isEven), "i32", moved, bits);
  return t.cast("bitcast", "i32", chosen, "float");
}

std::string SmallFloatText::fromDouble(const ScalarType &type, const std::string &value) {
  return fromSingle(type, toOddSingle(value));
}

} // namespace tenon::native
