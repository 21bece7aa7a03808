// The bits of one command word as numbers: what the encoder fills, the decoder reads, and the patterns of
// constant bits by which commands are told apart.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <array>
#include <cstdint>

namespace tenon::isa {

/// Bit 0 is the lowest bit of the first byte of the stream. Words have at most `most` bits, fields at
/// most 64.
struct WordBits {
  static constexpr unsigned most = 512;
  std::array<uint64_t, most / 64> parts{};

  uint64_t get(unsigned low, unsigned width) const;
  /// The field must be zero before.
  void set(unsigned low, unsigned width, uint64_t value);
  bool any() const;
  /// The lowest bit that is set; `most` where none is.
  unsigned lowest() const;
  bool operator==(const WordBits &) const = default;

  static WordBits ones(unsigned low, unsigned width);
  /// Of at most most / 8 bytes; what they do not reach is zero.
  static WordBits ofBytes(llvm::ArrayRef<uint8_t> bytes);
};

WordBits operator&(const WordBits &left, const WordBits &right);
WordBits operator|(const WordBits &left, const WordBits &right);
WordBits operator^(const WordBits &left, const WordBits &right);
WordBits operator~(const WordBits &bits);

} // namespace tenon::isa
