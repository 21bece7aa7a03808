// One element after the other; floats are small whole numbers and halves of them, on which all orders of
// summing agree.
#include "core/check/DrawData.h"

#include "llvm/ADT/APFloat.h"

#include <array>
#include <cstring>

namespace tenon::check {

namespace {

class Elements {
public:
  Elements(const isa::ElementType &type, Random &random) : type(type), random(random) {
    unsigned bits = type.scalar.width;
    bool isFloat = type.scalar.isFloat();
    low = isFloat ? -8 : type.isSigned ? -(int64_t(1) << (bits - 1)) : 0;
    high = isFloat                       ? 8
           : bits == 64 || type.isSigned ? int64_t((uint64_t(1) << (std::min(bits, 64u) - 1)) - 1)
                                         : int64_t((uint64_t(1) << bits) - 1);
  }

  int64_t draw(DataClass data) {
    switch (data) {
    case DataClass::Full:
      return random.between(low, high);
    case DataClass::Corners:
    case DataClass::OneValue:
      return corner();
    case DataClass::Magnitude: {
      int64_t number = random.magnitude(high);
      return low < 0 && random.oneIn(2) ? -number - (random.oneIn(8) ? 1 : 0) : number;
    }
    case DataClass::Multiples: {
      unsigned bits = high > 0 ? 64 - unsigned(__builtin_clzll(uint64_t(high))) : 1;
      unsigned shift = unsigned(random.between(0, std::max<int64_t>(0, int64_t(bits) - 5)));
      return std::clamp(random.between(-16, 16) * (int64_t(1) << shift), low, high);
    }
    case DataClass::Small:
      return random.oneIn(2) ? random.magnitude(std::min<int64_t>(31, high))
                             : random.between(0, std::min<int64_t>(31, high));
    case DataClass::Near:
      return random.between(std::max<int64_t>(-4, low), std::min<int64_t>(4, high));
    case DataClass::Zeros:
      return 0;
    }
    return 0;
  }

private:
  int64_t corner() {
    std::array<int64_t, 8> corners = {low, low + 1, 0, 1, high, high - 1, low < 0 ? -1 : 2, powerOfTwo()};
    return corners[random.word() % corners.size()];
  }

  int64_t powerOfTwo() {
    unsigned bits = type.scalar.isFloat() ? 3 : std::min(type.scalar.width, 64u) - 1;
    int64_t power = int64_t(uint64_t(1) << random.between(0, std::max<int64_t>(0, int64_t(bits) - 1)));
    return low < 0 && random.oneIn(2) ? -power : std::min(power, high);
  }

  const isa::ElementType &type;
  Random &random;
  int64_t low = 0, high = 0;
};

/// The bits of a small number in the float type.
uint64_t floatBits(const nest::ScalarType &type, int64_t halves) {
  llvm::APFloat number(double(halves) / 2);
  bool loses = false;
  const llvm::fltSemantics *semantics = &llvm::APFloat::IEEEdouble();
  if (type.kind == nest::ScalarType::Kind::Float16)
    semantics = &llvm::APFloat::IEEEhalf();
  else if (type.kind == nest::ScalarType::Kind::BFloat16)
    semantics = &llvm::APFloat::BFloat();
  else if (type.kind == nest::ScalarType::Kind::Float32)
    semantics = &llvm::APFloat::IEEEsingle();
  number.convert(*semantics, llvm::APFloat::rmNearestTiesToEven, &loses);
  return number.bitcastToAPInt().getZExtValue();
}

/// As a buffer holds it: below a byte, unsigned ones too.
uint64_t signExtended(const isa::ElementType &type, int64_t value) {
  unsigned unused = 64 - std::min(type.scalar.width, 64u);
  return uint64_t(int64_t(uint64_t(value) << unused) >> unused);
}

} // namespace

llvm::StringRef nameOf(DataClass data) {
  constexpr std::array<const char *, dataClasses> names = {
      "full range", "corners",  "orders of magnitude", "multiples of powers of two", "0 to 31", "-4 to 4",
      "zeros",      "one value"};
  return names[size_t(data)];
}

std::vector<uint8_t> drawData(const isa::ElementType &type, DataClass data, uint64_t elements,
                              Random &random) {
  size_t elementBytes = size_t(type.scalar.storageBytes());
  std::vector<uint8_t> bytes(elements * elementBytes);
  Elements source(type, random);
  int64_t one = source.draw(data);
  for (uint64_t element = 0; element < elements; ++element) {
    int64_t value = data == DataClass::OneValue ? one : source.draw(data);
    uint64_t bits = type.scalar.isFloat() ? floatBits(type.scalar, value) : signExtended(type, value);
    std::memcpy(bytes.data() + element * elementBytes, &bits, elementBytes);
  }
  return bytes;
}

} // namespace tenon::check
