// How likely each of some choices is, by what became of it so far: what a description refuses, or what makes
// a result that shows nothing, is drawn less, but never given up.
#pragma once

#include "core/check/Random.h"

#include <vector>

namespace tenon::check {

class Weights {
public:
  explicit Weights(size_t choices = 1) : good(choices, 1), all(choices, 1) {}

  size_t draw(Random &random) const {
    double sum = 0;
    for (size_t choice = 0; choice < all.size(); ++choice)
      sum += weight(choice);
    double at = double(random.word() >> 11) * 0x1p-53 * sum;
    for (size_t choice = 0; choice + 1 < all.size(); ++choice) {
      at -= weight(choice);
      if (at < 0)
        return choice;
    }
    return all.size() - 1;
  }

  void learn(size_t choice, bool wasGood) {
    all[choice] += 1;
    good[choice] += wasGood ? 1 : 0;
  }

  /// The share of its draws that were good.
  double share(size_t choice) const { return good[choice] / all[choice]; }

private:
  double weight(size_t choice) const {
    constexpr double least = 0.01;
    return std::max(least, share(choice) * share(choice));
  }

  std::vector<double> good, all;
};

} // namespace tenon::check
