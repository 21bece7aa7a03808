// Bits of a command word: fields that cross the borders of 64 bits, and patterns.
#include "core/isa/encoding/WordBits.h"

#include "llvm/ADT/bit.h"

#include <cassert>

namespace tenon::isa {

namespace {

constexpr unsigned partBits = 64;

uint64_t lowOnes(unsigned width) { return width >= partBits ? ~uint64_t(0) : (uint64_t(1) << width) - 1; }

} // namespace

uint64_t WordBits::get(unsigned low, unsigned width) const {
  assert(width >= 1 && width <= partBits && low + width <= most);
  unsigned part = low / partBits, shift = low % partBits;
  uint64_t value = parts[part] >> shift;
  if (shift + width > partBits)
    value |= parts[part + 1] << (partBits - shift);
  return value & lowOnes(width);
}

void WordBits::set(unsigned low, unsigned width, uint64_t value) {
  assert(width >= 1 && width <= partBits && low + width <= most);
  unsigned part = low / partBits, shift = low % partBits;
  value &= lowOnes(width);
  parts[part] |= value << shift;
  if (shift + width > partBits)
    parts[part + 1] |= value >> (partBits - shift);
}

bool WordBits::any() const { return lowest() != most; }

unsigned WordBits::lowest() const {
  for (unsigned part = 0; part < parts.size(); ++part)
    if (parts[part] != 0)
      return part * partBits + static_cast<unsigned>(llvm::countr_zero(parts[part]));
  return most;
}

WordBits WordBits::ones(unsigned low, unsigned width) {
  WordBits bits;
  for (unsigned bit = low; bit < low + width && bit < most; ++bit)
    bits.parts[bit / partBits] |= uint64_t(1) << (bit % partBits);
  return bits;
}

WordBits WordBits::ofBytes(llvm::ArrayRef<uint8_t> bytes) {
  assert(bytes.size() <= most / 8);
  WordBits bits;
  for (size_t i = 0; i < bytes.size(); ++i)
    bits.parts[i / 8] |= uint64_t(bytes[i]) << (8 * (i % 8));
  return bits;
}

WordBits operator&(const WordBits &left, const WordBits &right) {
  WordBits result;
  for (size_t i = 0; i < result.parts.size(); ++i)
    result.parts[i] = left.parts[i] & right.parts[i];
  return result;
}

WordBits operator|(const WordBits &left, const WordBits &right) {
  WordBits result;
  for (size_t i = 0; i < result.parts.size(); ++i)
    result.parts[i] = left.parts[i] | right.parts[i];
  return result;
}

WordBits operator^(const WordBits &left, const WordBits &right) {
  WordBits result;
  for (size_t i = 0; i < result.parts.size(); ++i)
    result.parts[i] = left.parts[i] ^ right.parts[i];
  return result;
}

WordBits operator~(const WordBits &bits) {
  WordBits result;
  for (size_t i = 0; i < result.parts.size(); ++i)
    result.parts[i] = ~bits.parts[i];
  return result;
}

} // namespace tenon::isa
