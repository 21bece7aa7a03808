// Random numbers that are the same everywhere for the same seed: a case is replayed by its number.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <random>

namespace tenon::check {

/// A seed made of two numbers.
inline uint64_t mixed(uint64_t seed, uint64_t other) {
  uint64_t x = seed + 0x9e3779b97f4a7c15u * (other + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}

  uint64_t word() { return engine(); }

  /// Both ends included; the standard's distributions differ from library to library.
  int64_t between(int64_t low, int64_t high) {
    uint64_t span = uint64_t(high) - uint64_t(low) + 1;
    return span == 0 ? int64_t(word()) : int64_t(uint64_t(low) + word() % span);
  }

  bool oneIn(unsigned n) { return word() % n == 0; }

  template <typename List> const auto &from(const List &list) { return list[word() % list.size()]; }

  /// Every order of magnitude up to `most` (at least 0) is as likely as every other.
  int64_t magnitude(int64_t most) {
    unsigned bits = most > 0 ? 64 - unsigned(__builtin_clzll(uint64_t(most))) : 0;
    unsigned chosen = unsigned(between(0, bits));
    int64_t number = chosen == 0 ? 0 : int64_t((word() >> (64 - chosen)) | (uint64_t(1) << (chosen - 1)));
    return number > most ? most : number;
  }

private:
  std::mt19937_64 engine;
};

} // namespace tenon::check
