// A stream of choices that a generator draws from: random ones that are kept, or given ones again. Whatever
// makes the numbers smaller or fewer makes the graph smaller, so one shrinker serves every generator whose
// choice 0 is its simplest.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace tenon::test {

class Choices {
public:
  explicit Choices(uint64_t seed) : random(seed), isRandom(true) {}
  explicit Choices(std::vector<uint32_t> choices) : given(std::move(choices)) {}

  /// 0 to end - 1. Given choices that are used up go on with 0.
  uint32_t below(uint32_t end) {
    uint32_t choice = 0;
    if (isRandom)
      given.push_back(uint32_t(random() % end));
    if (next < given.size())
      choice = given[next] % end;
    ++next;
    return choice;
  }
  int64_t between(int64_t low, int64_t high) { return low + int64_t(below(uint32_t(high - low + 1))); }
  /// False is the simpler one.
  bool chance(unsigned percent) { return below(100) >= 100 - percent; }

  /// What was drawn: the given ones as far as they were needed.
  std::vector<uint32_t> used() const {
    return {given.begin(), given.begin() + std::ptrdiff_t(next < given.size() ? next : given.size())};
  }

private:
  std::mt19937_64 random;
  bool isRandom = false;
  std::vector<uint32_t> given;
  size_t next = 0;
};

/// Smaller choices that still fail, tried while `mayGoOn` allows; `fails` runs one.
template <typename Fails, typename MayGoOn>
std::vector<uint32_t> shrink(std::vector<uint32_t> choices, Fails fails, MayGoOn mayGoOn) {
  auto tryOne = [&](const std::vector<uint32_t> &smaller) {
    if (smaller == choices || !mayGoOn() || !fails(smaller))
      return false;
    choices = smaller;
    return true;
  };
  for (bool changed = true; changed && mayGoOn();) {
    changed = false;
    for (size_t length = choices.size(); length >= 1; length /= 2)
      for (size_t begin = 0; begin + length <= choices.size();) {
        std::vector<uint32_t> smaller = choices;
        smaller.erase(smaller.begin() + std::ptrdiff_t(begin),
                      smaller.begin() + std::ptrdiff_t(begin + length));
        if (tryOne(smaller))
          changed = true;
        else
          begin += length;
      }
    for (size_t at = 0; at < choices.size(); ++at)
      for (uint32_t value : {uint32_t(0), choices[at] / 2, choices[at] - 1}) {
        if (choices[at] == 0 || value >= choices[at])
          continue;
        std::vector<uint32_t> smaller = choices;
        smaller[at] = value;
        changed = tryOne(smaller) || changed;
      }
  }
  return choices;
}

} // namespace tenon::test
