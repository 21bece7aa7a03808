// f16 and bf16 values as float and back, and roundings that keep a later one exact. In integer operations, so
// that no function of a compiler's own library is needed; on a machine that has the conversions, with those.
#pragma once

#include "core/ir/nest/Nest.h"
#include "core/native/ir/VectorText.h"

namespace tenon::native {

class SmallFloatText {
public:
  SmallFloatText(VectorText &text, bool hasConversions) : t(text), hasConversions(hasConversions) {}

  /// The bits of a half or bfloat -> float, exactly.
  std::string widened(const nest::ScalarType &type, const std::string &value);
  /// float -> the bits of a half or bfloat, to nearest, ties to even.
  std::string fromSingle(const nest::ScalarType &type, const std::string &value);
  std::string fromDouble(const nest::ScalarType &type, const std::string &value);
  /// double -> float so that rounding it again to 22 bits or fewer is the one rounding (rounding to odd).
  std::string toOddSingle(const std::string &value);

private:
  std::string halfFromSingle(const std::string &value);
  std::string brainFromSingle(const std::string &value);
  std::string singleFromHalf(const std::string &value);

  VectorText &t;
  bool hasConversions;
};

} // namespace tenon::native
