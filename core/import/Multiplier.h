// A scale ratio as a 31-bit integer and a shift: what quantised arithmetic of every model format multiplies
// by.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tenon::import {

/// A positive real number as multiplier * 2^(shift - 31), multiplier in [2^30, 2^31); or 0.
struct Multiplier {
  int32_t multiplier = 0;
  int shift = 0;

  int left() const { return shift > 0 ? shift : 0; }
  int right() const { return shift < 0 ? -shift : 0; }
};

/// The nearest such number. Below 2^-32 it is 0; from 2^31 on, below 0 and for NaN there is none.
std::optional<Multiplier> quantizeMultiplier(double real);

/// One multiplier for a tensor, or one for each channel.
using Multipliers = std::vector<Multiplier>;

} // namespace tenon::import
