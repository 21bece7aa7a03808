// The text of the helper functions. "@" stands for 32 or 64 in a name that ends with it; "#" for float or
// double (F: the C library's suffix) in one that ends with Float or Double.
#include "core/host/CHelpers.h"

#include "core/host/CFunctions.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/ErrorHandling.h"

#include <cassert>

namespace tenon::host {
namespace {

enum class Family : uint8_t { Single, Integers, Floats };

struct Helper {
  const char *name;
  Family family;
  const char *uses; ///< names, a space between them, of the same family's member or of none
  const char *text;
};

const Helper integerHelpers[] = {
    {"Wrap", Family::Integers, "", R"(/* The low w bits, sign-extended. */
static inline int@_t tenonWrap@(uint@_t x, unsigned w) {
  return (int@_t)(x << (@ - w)) >> (@ - w);
}
)"},
    {"Divide", Family::Integers, "", R"(/* Towards zero; the minimum by -1 wraps. */
static inline uint@_t tenonDivide@(int@_t a, int@_t b) {
  return b == -1 ? 0 - (uint@_t)a : (uint@_t)(a / b);
}
)"},
    {"Remainder", Family::Integers, "", R"(
static inline uint@_t tenonRemainder@(int@_t a, int@_t b) {
  return b == -1 ? 0 : (uint@_t)(a % b);
}
)"},
    {"FloorDivide", Family::Integers, "Divide Remainder", R"(
static inline uint@_t tenonFloorDivide@(int@_t a, int@_t b) {
  return tenonDivide@(a, b) - (tenonRemainder@(a, b) != 0 && (a < 0) != (b < 0));
}
)"},
    {"CeilDivide", Family::Integers, "Divide Remainder", R"(
static inline uint@_t tenonCeilDivide@(int@_t a, int@_t b) {
  return tenonDivide@(a, b) + (tenonRemainder@(a, b) != 0 && (a < 0) == (b < 0));
}
)"},
    {"LeadingZeros", Family::Integers, "", R"(/* Of the low w bits. */
static inline uint@_t tenonLeadingZeros@(uint@_t x, unsigned w) {
  unsigned used = 0;
  for (unsigned step = @ / 2; step; step /= 2)
    if (x >> step) {
      x >>= step;
      used += step;
    }
  return w - used - (x != 0);
}
)"},
    // The floor and what is left of it decide. For a shift above 0 the result has a bit to spare.
    {"ShiftHalfUp", Family::Integers, "", R"(
static inline uint@_t tenonShiftHalfUp@(int@_t a, int@_t s) {
  return s == 0 ? (uint@_t)a : (uint@_t)(a >> s) + ((uint@_t)(a >> (s - 1)) & 1);
}
)"},
    {"ShiftHalfAwayFromZero", Family::Integers, "", R"(
static inline uint@_t tenonShiftHalfAwayFromZero@(int@_t a, int@_t s) {
  if (s == 0)
    return (uint@_t)a;
  uint@_t rest = (uint@_t)a & (((uint@_t)1 << s) - 1), half = (uint@_t)1 << (s - 1);
  return (uint@_t)(a >> s) + (rest >= half + (a < 0));
}
)"},
    {"ShiftHalfToEven", Family::Integers, "", R"(
static inline uint@_t tenonShiftHalfToEven@(int@_t a, int@_t s) {
  if (s == 0)
    return (uint@_t)a;
  uint@_t rest = (uint@_t)a & (((uint@_t)1 << s) - 1), half = (uint@_t)1 << (s - 1);
  uint@_t down = (uint@_t)(a >> s);
  return down + (rest > half || (rest == half && (down & 1)));
}
)"},
    {"ShiftTowardsZero", Family::Integers, "", R"(
static inline uint@_t tenonShiftTowardsZero@(int@_t a, int@_t s) {
  return (uint@_t)(a >> s) + (a < 0 && ((uint@_t)a & (((uint@_t)1 << s) - 1)) != 0);
}
)"},
    {"DoublingHigh32", Family::Single, "", R"(/* floor((2ab + 2^(w-1)) / 2^w), saturated. */
static inline uint32_t tenonDoublingHigh32(int32_t a, int32_t b, unsigned w) {
  int64_t product = (int64_t)a * b, limit = (int64_t)1 << (w - 1);
  int64_t high = w == 1 ? product : (product + ((int64_t)1 << (w - 2))) >> (w - 1);
  return (uint32_t)(high == limit ? limit - 1 : high);
}
)"},
    {"DoublingHigh64", Family::Single, "",
     R"(/* floor((2ab + 2^(w-1)) / 2^w), saturated, of more than 32 bits. */
static inline uint64_t tenonDoublingHigh64(int64_t a, int64_t b, unsigned w) {
  uint64_t limit = (uint64_t)1 << (w - 1);
  if (a == b && (uint64_t)a + limit == 0)
    return limit - 1;
  uint64_t al = (uint64_t)a & 0xffffffffu, bl = (uint64_t)b & 0xffffffffu;
  int64_t ah = a >> 32, bh = b >> 32;
  uint64_t low = al * bl;
  int64_t middle = ah * (int64_t)bl + (int64_t)(low >> 32);
  int64_t other = (int64_t)al * bh + (int64_t)((uint64_t)middle & 0xffffffffu);
  uint64_t high = (uint64_t)(ah * bh + (middle >> 32) + (other >> 32));
  low = (uint64_t)other << 32 | (low & 0xffffffffu);
  uint64_t sum = low + ((uint64_t)1 << (w - 2));
  high += sum < low;
  return high << (65 - w) | sum >> (w - 1);
}
)"},
    {"IndexFloor", Family::Single, "", R"(/* Of an index by a positive constant. */
static inline int64_t tenonIndexFloor(int64_t a, int64_t c) {
  return a >= 0 ? a / c : -1 - (-1 - a) / c;
}
)"},
};

const Helper floatHelpers[] = {
    {"Maximum", Family::Floats, "", R"(/* NaN if either is, and -0 is below +0. */
static inline # tenonMaximum$(# a, # b) {
  if (a == b)
    return signbit(a) ? b : a;
  return a > b || isnan(a) ? a : b;
}
)"},
    {"Minimum", Family::Floats, "", R"(
static inline # tenonMinimum$(# a, # b) {
  if (a == b)
    return signbit(a) ? a : b;
  return a < b || isnan(a) ? a : b;
}
)"},
    {"MaximumNumber", Family::Floats, "Maximum", R"(
static inline # tenonMaximumNumber$(# a, # b) {
  return isnan(a) ? b : isnan(b) ? a : tenonMaximum$(a, b);
}
)"},
    {"MinimumNumber", Family::Floats, "Minimum", R"(
static inline # tenonMinimumNumber$(# a, # b) {
  return isnan(a) ? b : isnan(b) ? a : tenonMinimum$(a, b);
}
)"},
    {"RoundEven", Family::Floats, "", R"(/* The fraction is exact; a result of 0 keeps the sign. */
static inline # tenonRoundEven$(# a) {
  # down = floor%(a), rest = a - down;
  int up = rest > (#)0.5 || (rest == (#)0.5 && fmod%(down, (#)2) != 0);
  return isfinite(a) ? copysign%(up ? down + 1 : down, a) : a;
}
)"},
    {"BitsOfFloat", Family::Single, "", R"(
static inline uint32_t tenonBitsOfFloat(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
)"},
    {"BitsOfDouble", Family::Single, "", R"(
static inline uint64_t tenonBitsOfDouble(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
)"},
    {"FloatOfBits", Family::Single, "", R"(
static inline float tenonFloatOfBits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
)"},
    {"DoubleOfBits", Family::Single, "", R"(
static inline double tenonDoubleOfBits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
)"},
    {"SignedToOdd", Family::Single, "",
     R"(/* To double so that rounding again to 24 bits or fewer is one rounding (to odd). */
static inline double tenonSignedToOdd(int64_t x) {
  const int64_t exact = INT64_C(1) << 53, low = (INT64_C(1) << 12) - 1;
  if (x < exact && x > -exact)
    return (double)x;
  return (double)((x & ~low) | ((x & low) != 0 ? INT64_C(1) << 11 : 0));
}
)"},
    {"UnsignedToOdd", Family::Single, "", R"(
static inline double tenonUnsignedToOdd(uint64_t x) {
  const uint64_t exact = UINT64_C(1) << 53, low = (UINT64_C(1) << 12) - 1;
  if (x < exact)
    return (double)x;
  return (double)((x & ~low) | ((x & low) != 0 ? UINT64_C(1) << 11 : 0));
}
)"},
    {"MultiplyAddToOdd", Family::Single, "BitsOfDouble DoubleOfBits",
     R"(/* a * b + c of 16-bit floats, rounded to odd: the product and the error of the sum (Knuth's two-sum) are exact. */
static inline double tenonMultiplyAddToOdd(double a, double b, double c) {
  double product = a * b, sum = product + c;
  if (!isfinite(sum))
    return sum;
  double part = sum - product, error = (product - (sum - part)) + (c - part);
  uint64_t bits = tenonBitsOfDouble(sum);
  if (error != 0 && !(bits & 1))
    bits += (error > 0) == (sum > 0) ? 1 : UINT64_MAX;
  return tenonDoubleOfBits(bits);
}
)"},
};

const Helper smallFloatHelpers[] = {
    {"Encode", Family::Single, "",
     R"(/* The 16-bit float nearest to a wider one, ties to even; all as bits. Formats: width, fraction bits, bias. */
static inline uint16_t tenonEncode(uint64_t bits, unsigned wideWidth, unsigned wideFraction, int wideBias,
                                   unsigned fraction, int bias) {
  uint64_t signBit = UINT64_C(1) << (wideWidth - 1), magnitude = bits & (signBit - 1);
  uint64_t wideInfinity = signBit - (UINT64_C(1) << wideFraction);
  uint16_t sign = bits & signBit ? 0x8000 : 0;
  uint64_t infinity = 0x8000 - (UINT64_C(1) << fraction);
  unsigned shift = wideFraction - fraction;
  if (magnitude > wideInfinity) { /* NaN: the upper payload, never turned into an infinity */
    uint64_t payload = (magnitude >> shift) & ((UINT64_C(1) << fraction) - 1);
    return (uint16_t)(sign | infinity | (payload ? payload : UINT64_C(1) << (fraction - 1)));
  }
  uint64_t field = magnitude >> wideFraction, significand = magnitude & ((UINT64_C(1) << wideFraction) - 1);
  int exponent = (int)field - wideBias + bias;
  uint64_t high = 0;
  if (exponent >= 1) {
    high = (uint64_t)exponent << fraction;
  } else { /* a subnormal result shifts the whole significand further */
    int further = field ? 1 - exponent : -exponent;
    if (field)
      significand |= UINT64_C(1) << wideFraction;
    if (further > (int)fraction + 2)
      return sign;
    shift += (unsigned)further;
  }
  uint64_t quotient = high + (significand >> shift), rest = significand & ((UINT64_C(1) << shift) - 1);
  uint64_t half = UINT64_C(1) << (shift - 1);
  quotient += rest > half || (rest == half && (quotient & 1));
  return (uint16_t)(sign | (quotient >= infinity ? infinity : quotient));
}
)"},
    {"F16OfFloat", Family::Single, "Encode BitsOfFloat", R"(
static inline uint16_t tenonF16OfFloat(float x) {
  return tenonEncode(tenonBitsOfFloat(x), 32, 23, 127, 10, 15);
}
)"},
    {"F16OfDouble", Family::Single, "Encode BitsOfDouble", R"(
static inline uint16_t tenonF16OfDouble(double x) {
  return tenonEncode(tenonBitsOfDouble(x), 64, 52, 1023, 10, 15);
}
)"},
    {"Bf16OfFloat", Family::Single, "Encode BitsOfFloat", R"(
static inline uint16_t tenonBf16OfFloat(float x) {
  return tenonEncode(tenonBitsOfFloat(x), 32, 23, 127, 7, 127);
}
)"},
    {"Bf16OfDouble", Family::Single, "Encode BitsOfDouble", R"(
static inline uint16_t tenonBf16OfDouble(double x) {
  return tenonEncode(tenonBitsOfDouble(x), 64, 52, 1023, 7, 127);
}
)"},
    {"FloatOfF16", Family::Single, "FloatOfBits", R"(
static inline float tenonFloatOfF16(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, exponent = bits >> 10 & 31u, fraction = bits & 1023u;
  if (exponent == 0)
    return sign ? -((float)fraction * 0x1p-24f) : (float)fraction * 0x1p-24f;
  return tenonFloatOfBits(sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13);
}
)"},
    {"FloatOfBf16", Family::Single, "FloatOfBits", R"(
static inline float tenonFloatOfBf16(uint16_t bits) {
  return tenonFloatOfBits((uint32_t)bits << 16);
}
)"},
};

void replaceAll(std::string &text, llvm::StringRef from, llvm::StringRef to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to.str());
}

template <class Visit> void forEachHelper(Visit visit) {
  for (llvm::ArrayRef<Helper> table :
       {llvm::ArrayRef(integerHelpers), llvm::ArrayRef(floatHelpers), llvm::ArrayRef(smallFloatHelpers)})
    for (const Helper &helper : table)
      visit(helper);
}

llvm::SmallVector<const char *, 2> members(Family family) {
  if (family == Family::Single)
    return {""};
  return family == Family::Integers ? llvm::SmallVector<const char *, 2>{"32", "64"}
                                    : llvm::SmallVector<const char *, 2>{"Float", "Double"};
}

} // namespace

std::string CHelpers::use(llvm::StringRef name) {
  if (used.insert(name.str()).second) {
    bool found = false;
    forEachHelper([&](const Helper &helper) {
      for (const char *member : members(helper.family)) {
        if (helper.name + std::string(member) != name)
          continue;
        found = true;
        llvm::SmallVector<llvm::StringRef, 2> others;
        llvm::StringRef(helper.uses).split(others, ' ', -1, /*KeepEmpty=*/false);
        for (llvm::StringRef other : others)
          use((other + member).str());
      }
    });
    if (!functionHelper(name).empty()) {
      found = true;
      use("BitsOfDouble");
      use("DoubleOfBits");
    }
    assert(found && "a helper that does not exist");
    (void)found;
  }
  return "tenon" + name.str();
}

std::string CHelpers::definitions() const {
  std::string result;
  forEachHelper([&](const Helper &helper) {
    for (llvm::StringRef member : members(helper.family)) {
      if (!used.count(helper.name + member.str()))
        continue;
      std::string text = helper.text;
      replaceAll(text, "@", member);
      replaceAll(text, "#", member == "Float" ? "float" : "double");
      replaceAll(text, "$", member);
      replaceAll(text, "%(", member == "Float" ? "f(" : "(");
      result += llvm::StringRef(text).ltrim('\n').str() + "\n";
    }
  });
  for (const std::string &name : used)
    result += functionHelper(name);
  return result;
}

} // namespace tenon::host
