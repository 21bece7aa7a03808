// The host's end of the AXI4-Lite port: one access after the other.
#pragma once

#include "sim/systemc/Pins.h"
#include "sim/systemc/Random.h"

namespace tenon::sim {

class RegisterPort {
public:
  /// With `random`, addresses, data and readiness come a few cycles apart, as AXI4-Lite allows.
  RegisterPort(bool random, uint64_t seed) : isRandom(random), generator(seed) {}

  void startRead(uint32_t offset);
  void startWrite(uint32_t offset, uint32_t value);
  bool isIdle() const { return state == State::Idle; }

  /// Of the access that has ended.
  uint32_t value() const { return found; }
  AxiResponse response() const { return answer; }

  const LiteHostPins &pins() const { return host; }
  /// Ends a cycle in which the device drove this.
  void cycle(const LiteDevicePins &device);
  /// Whether a write's address and data were both taken in the cycle that has just ended.
  bool hasWritten() const { return written; }
  void reset();

private:
  enum class State : uint8_t { Idle, Read, ReadData, Write, Response };
  bool goes() { return !isRandom || generator.chance(40); }
  void raise();

  bool isRandom;
  Random generator;
  State state = State::Idle;
  LiteHostPins host;
  uint32_t offset = 0, data = 0, found = 0;
  AxiResponse answer = AxiResponse::Okay;
  bool addressDone = false, dataDone = false, written = false;
};

} // namespace tenon::sim
