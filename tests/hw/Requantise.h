// What the drain has to compute for one sum, from the definitions in the description's language, in 128 bits.
#pragma once

#include "tests/hw/Packed.h"

namespace tenon::hw {

enum class Scale { Twice, Once, None };

/// drain_config_t.
struct DrainSettings {
  Scale scale = Scale::Twice;
  bool perChannel = false;
  int32_t multiplier = 0;
  unsigned shift = 0;
  int8_t zero = 0, low = -128, high = 127;
  bool residual = false;
  bool totalOnce = false;
  int8_t z1 = 0;
  int32_t m1 = 0;
  unsigned s1 = 0;
  int8_t z2 = 0;
  int32_t m2 = 0;
  unsigned s2 = 0;
  int32_t m3 = 0;
  unsigned s3 = 0;
  int8_t z3 = 0, low3 = -128, high3 = 127;

  template <class Port> void put(Port &port) const {
    Fields fields;
    fields.add(2, unsigned(scale)).add(1, perChannel).add(32, uint32_t(multiplier)).add(6, shift);
    fields.add(8, uint8_t(zero))
        .add(8, uint8_t(low))
        .add(8, uint8_t(high))
        .add(1, residual)
        .add(1, totalOnce);
    fields.add(8, uint8_t(z1)).add(32, uint32_t(m1)).add(5, s1);
    fields.add(8, uint8_t(z2)).add(32, uint32_t(m2)).add(5, s2);
    fields.add(32, uint32_t(m3)).add(6, s3).add(8, uint8_t(z3)).add(8, uint8_t(low3)).add(8, uint8_t(high3));
    fields.put(port);
  }
};

/// The byte for a sum; multiplier and shift are the channel's or the settings', the caller knows.
int8_t requantised(const DrainSettings &settings, int32_t sum, int32_t multiplier, unsigned shift);
/// The second half: the byte above and the residual's.
int8_t withResidual(const DrainSettings &settings, int8_t byte, int8_t residual);

} // namespace tenon::hw
