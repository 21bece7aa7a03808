// Random numbers of the bench: the same on every machine for a seed, and cheap enough for one a cycle.
#pragma once

#include <cstdint>

namespace tenon::sim {

/// SplitMix64 (Steele, Lea and Flood 2014): a counter through a mixer.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    state += 0x9e3779b97f4a7c15;
    return mix(state);
  }
  /// 0 .. most, both included.
  uint64_t upTo(uint64_t most) { return most == UINT64_MAX ? next() : next() % (most + 1); }
  bool chance(unsigned percent) { return percent > 0 && next() % 100 < percent; }

  static uint64_t mix(uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
  }

private:
  uint64_t state;
};

} // namespace tenon::sim
