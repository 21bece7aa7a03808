// Conversions between types, saturation, choice and table reads over rows of lanes.
#include "core/reference/LaneArithmetic.h"
#include "core/reference/RowKernels.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace tenon::reference {
namespace {

using nest::Opcode;
using nest::ScalarType;

template <class From, class To> int64_t truncate(const KernelCall &call) {
  auto *result = static_cast<To *>(call.result);
  auto *a = static_cast<const From *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = wrap<To>(Bits<To>(a[i]), call.width);
  return -1;
}

template <class From, class To> int64_t extendSigned(const KernelCall &call) {
  std::copy_n(static_cast<const From *>(call.arguments[0]), call.count, static_cast<To *>(call.result));
  return -1;
}

template <class From, class To> int64_t extendUnsigned(const KernelCall &call) {
  auto *result = static_cast<To *>(call.result);
  auto *a = static_cast<const From *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = To(zeroExtend(a[i], call.sourceWidth));
  return -1;
}

template <class From, class To, bool Signed> int64_t saturate(const KernelCall &call) {
  auto *result = static_cast<To *>(call.result);
  auto *a = static_cast<const From *>(call.arguments[0]);
  constexpr From most = std::numeric_limits<From>::max();
  // A range that is wider than the source's positive values clamps nothing above.
  unsigned bits = Signed ? call.width - 1 : call.width;
  From high = bits >= laneBits<From> - 1 ? most : From((Bits<From>(1) << bits) - 1);
  From low = Signed ? -high - 1 : 0;
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = wrap<To>(Bits<To>(std::clamp(a[i], low, high)), call.width);
  return -1;
}

/// Rounds an integer to double in such a way that rounding again to 24 bits or fewer gives the one rounding:
/// from 2^53 on the low bits are replaced by one that says whether any of them was set (rounding to odd).
template <class Integer> double toDoubleSticky(Integer value) {
  constexpr Integer exact = Integer(1) << 53;
  bool small = value < exact;
  if constexpr (std::is_signed_v<Integer>)
    small = small && value > -exact;
  if (small)
    return double(value);
  constexpr Integer low = (Integer(1) << 12) - 1;
  // On a negative value the cleared bits lie above it in magnitude; the bit that is set brings it back
  // between.
  return double((value & ~low) | ((value & low) != 0 ? Integer(1) << 11 : 0));
}

template <class From, class Rounded, bool Signed> int64_t integerToFloat(const KernelCall &call) {
  using Lane = typename Rounded::Lane;
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const From *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i) {
    auto value = [&] {
      if constexpr (Signed)
        return int64_t(a[i]);
      else
        return uint64_t(zeroExtend(a[i], call.sourceWidth));
    }();
    if constexpr (std::is_same_v<Lane, double>)
      result[i] = double(value);
    else
      result[i] = Rounded::round(toDoubleSticky(value));
  }
  return -1;
}

/// The bounds are powers of 2, exact in every float type; NaN compares false with both.
template <class Lane, class To, bool Signed> int64_t floatToInteger(const KernelCall &call) {
  auto *result = static_cast<To *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  double low = Signed ? -std::ldexp(1.0, int(call.width) - 1) : 0.0;
  double end = std::ldexp(1.0, int(Signed ? call.width - 1 : call.width));
  for (int64_t i = 0; i < call.count; ++i) {
    double value = std::trunc(double(a[i]));
    if (!(value >= low && value < end))
      return i;
    result[i] = wrap<To>(Signed ? Bits<To>(int64_t(value)) : Bits<To>(uint64_t(value)), call.width);
  }
  return -1;
}

template <class From, class Rounded> int64_t floatToFloat(const KernelCall &call) {
  auto *result = static_cast<typename Rounded::Lane *>(call.result);
  auto *a = static_cast<const From *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = Rounded::round(a[i]);
  return -1;
}

int64_t singleToDouble(const KernelCall &call) {
  std::copy_n(static_cast<const float *>(call.arguments[0]), call.count, static_cast<double *>(call.result));
  return -1;
}

/// Through the bits of the type: how many there are decides the integer's lane.
struct HalfBits {
  static int32_t bits(float value) { return int16_t(encode<Half>(value)); }
  static float value(int32_t bits) { return decode<Half>(uint16_t(bits)); }
};
struct BrainBits {
  static int32_t bits(float value) { return int16_t(encode<Brain>(value)); }
  static float value(int32_t bits) { return decode<Brain>(uint16_t(bits)); }
};
struct WordBits {
  static int32_t bits(float value) { return std::bit_cast<int32_t>(value); }
  static float value(int32_t bits) { return std::bit_cast<float>(bits); }
};
struct LongBits {
  static int64_t bits(double value) { return std::bit_cast<int64_t>(value); }
  static double value(int64_t bits) { return std::bit_cast<double>(bits); }
};

template <class Codec> int64_t floatToBits(const KernelCall &call) {
  using Integer = decltype(Codec::bits(0));
  using Lane = decltype(Codec::value(0));
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  std::transform(a, a + call.count, static_cast<Integer *>(call.result), Codec::bits);
  return -1;
}

template <class Codec> int64_t bitsToFloat(const KernelCall &call) {
  using Integer = decltype(Codec::bits(0));
  using Lane = decltype(Codec::value(0));
  auto *a = static_cast<const Integer *>(call.arguments[0]);
  std::transform(a, a + call.count, static_cast<Lane *>(call.result), Codec::value);
  return -1;
}

template <class From, class To> int64_t bitsToBits(const KernelCall &call) {
  auto *result = static_cast<float *>(call.result);
  auto *a = static_cast<const float *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = To::value(From::bits(a[i]));
  return -1;
}

template <class Word> int64_t select(const KernelCall &call) {
  auto *result = static_cast<Word *>(call.result);
  auto *condition = static_cast<const int32_t *>(call.arguments[0]);
  auto *a = static_cast<const Word *>(call.arguments[1]);
  auto *b = static_cast<const Word *>(call.arguments[2]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = condition[i] ? a[i] : b[i];
  return -1;
}

/// Checks the indices of a block, then gathers it.
template <class Index> int64_t readTable(const KernelCall &call) {
  auto *result = static_cast<char *>(call.result);
  auto *index = static_cast<const Index *>(call.arguments[0]);
  constexpr int64_t block = 64;
  int64_t offsets[block];
  for (int64_t start = 0; start < call.count; start += block) {
    int64_t count = std::min(block, call.count - start);
    for (int64_t i = 0; i < count; ++i) {
      int64_t entry = index[start + i];
      if (entry < 0 || entry >= call.tableSize)
        return start + i;
      offsets[i] = entry * call.elementBytes;
    }
    call.gather(result + start * call.laneBytes, static_cast<const char *>(call.table), offsets, nullptr,
                count);
  }
  return -1;
}

/// Gives choose.template operator()<From, To>() for the integer lanes of two widths.
template <class Choose> Kernel forIntegerLanes(const ScalarType &from, const ScalarType &to, Choose choose) {
  if (from.width <= 32)
    return to.width <= 32 ? choose.template operator()<int32_t, int32_t>()
                          : choose.template operator()<int32_t, int64_t>();
  return to.width <= 32 ? choose.template operator()<int64_t, int32_t>()
                        : choose.template operator()<int64_t, int64_t>();
}

template <class From, bool Signed> Kernel selectIntegerToFloat(const ScalarType &to) {
  switch (to.kind) {
  case ScalarType::Kind::Integer:
    return nullptr;
  case ScalarType::Kind::Float16:
    return integerToFloat<From, RoundToHalf, Signed>;
  case ScalarType::Kind::BFloat16:
    return integerToFloat<From, RoundToBrain, Signed>;
  case ScalarType::Kind::Float32:
    return integerToFloat<From, RoundToSingle, Signed>;
  case ScalarType::Kind::Float64:
    return integerToFloat<From, RoundToDouble, Signed>;
  }
  return nullptr;
}

template <bool Signed> Kernel selectFloatToInteger(const ScalarType &from, const ScalarType &to) {
  if (from.kind == ScalarType::Kind::Float64)
    return to.width <= 32 ? floatToInteger<double, int32_t, Signed> : floatToInteger<double, int64_t, Signed>;
  return to.width <= 32 ? floatToInteger<float, int32_t, Signed> : floatToInteger<float, int64_t, Signed>;
}

template <class From> Kernel selectTruncation(const ScalarType &to) {
  switch (to.kind) {
  case ScalarType::Kind::Float16:
    return floatToFloat<From, RoundToHalf>;
  case ScalarType::Kind::BFloat16:
    return floatToFloat<From, RoundToBrain>;
  case ScalarType::Kind::Float32:
    return floatToFloat<From, RoundToSingle>;
  default:
    return nullptr;
  }
}

template <class Codec> Kernel selectBits(bool toBits) {
  return toBits ? floatToBits<Codec> : bitsToFloat<Codec>;
}

Kernel selectBitcast(const ScalarType &from, const ScalarType &to) {
  if (from.isFloat() && to.isFloat())
    return from.kind == ScalarType::Kind::Float16 ? bitsToBits<HalfBits, BrainBits>
                                                  : bitsToBits<BrainBits, HalfBits>;
  switch (from.isFloat() ? from.kind : to.kind) {
  case ScalarType::Kind::Float16:
    return selectBits<HalfBits>(from.isFloat());
  case ScalarType::Kind::BFloat16:
    return selectBits<BrainBits>(from.isFloat());
  case ScalarType::Kind::Float32:
    return selectBits<WordBits>(from.isFloat());
  case ScalarType::Kind::Float64:
    return selectBits<LongBits>(from.isFloat());
  case ScalarType::Kind::Integer:
    return nullptr;
  }
  return nullptr;
}

} // namespace

Kernel selectCastKernel(const nest::Node &node, const ScalarType &from) {
  const ScalarType &to = node.type;
  switch (node.op) {
  case Opcode::TruncI:
    return forIntegerLanes(from, to, []<class From, class To>() -> Kernel { return truncate<From, To>; });
  case Opcode::ExtSI:
    return forIntegerLanes(from, to, []<class From, class To>() -> Kernel { return extendSigned<From, To>; });
  case Opcode::ExtUI:
    return forIntegerLanes(from, to,
                           []<class From, class To>() -> Kernel { return extendUnsigned<From, To>; });
  case Opcode::Saturate:
    if (node.resultSigned)
      return forIntegerLanes(from, to,
                             []<class From, class To>() -> Kernel { return saturate<From, To, true>; });
    return forIntegerLanes(from, to,
                           []<class From, class To>() -> Kernel { return saturate<From, To, false>; });
  case Opcode::SIToFP:
    return from.width <= 32 ? selectIntegerToFloat<int32_t, true>(to)
                            : selectIntegerToFloat<int64_t, true>(to);
  case Opcode::UIToFP:
    return from.width <= 32 ? selectIntegerToFloat<int32_t, false>(to)
                            : selectIntegerToFloat<int64_t, false>(to);
  case Opcode::FPToSI:
    return selectFloatToInteger<true>(from, to);
  case Opcode::FPToUI:
    return selectFloatToInteger<false>(from, to);
  case Opcode::ExtF:
    return singleToDouble;
  case Opcode::TruncF:
    return from.kind == ScalarType::Kind::Float64 ? selectTruncation<double>(to)
                                                  : selectTruncation<float>(to);
  case Opcode::Bitcast:
    return selectBitcast(from, to);
  case Opcode::TableRead:
    return from.width <= 32 ? readTable<int32_t> : readTable<int64_t>;
  case Opcode::Select:
    return laneBytes(laneKind(to)) == 4 ? select<uint32_t> : select<uint64_t>;
  default:
    return nullptr;
  }
}

bool isLaneIdentity(const nest::Node &node, llvm::ArrayRef<ScalarType> arguments) {
  if (arguments.empty())
    return false;
  bool sameLane = laneKind(node.type) == laneKind(arguments[0]);
  return (sameLane && (node.op == Opcode::ExtSI || node.op == Opcode::ExtF)) ||
         (node.op == Opcode::Bitcast && node.type == arguments[0]);
}

} // namespace tenon::reference
