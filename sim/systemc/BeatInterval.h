// What a TLM target may say beside a transaction's delay: how far apart the beats of its data come. An
// initiator that does not look, or a target that does not say, means one a cycle.
#pragma once

#include <tlm>

namespace tenon::sim {

struct BeatInterval : tlm::tlm_extension<BeatInterval> {
  uint64_t cycles = 1;

  tlm_extension_base *clone() const override { return new BeatInterval(*this); }
  void copy_from(const tlm_extension_base &from) override {
    cycles = static_cast<const BeatInterval &>(from).cycles;
  }
};

} // namespace tenon::sim
