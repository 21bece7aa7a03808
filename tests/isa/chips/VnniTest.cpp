// vpdpbusd and vpdpbusds as described, against the host's own instructions.
#include "tests/isa/chips/ChipRun.h"

#include <gtest/gtest.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace tenon;
using namespace tenon::test;

namespace {

struct Dwords {
  alignas(64) int32_t lanes[16];
};
struct Bytes {
  alignas(64) uint8_t bytes[64];
};

#if defined(__x86_64__)
bool hostHasVnni() { return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512f"); }

__attribute__((target("avx512f,avx512vnni"))) void hostMultiplyAdd(Dwords &c, const Bytes &a, const Bytes &b,
                                                                   bool saturates) {
  __m512i sum = _mm512_load_si512(c.lanes), left = _mm512_load_si512(a.bytes),
          right = _mm512_load_si512(b.bytes);
  _mm512_store_si512(c.lanes, saturates ? _mm512_dpbusds_epi32(sum, left, right)
                                        : _mm512_dpbusd_epi32(sum, left, right));
}
#else
bool hostHasVnni() { return false; }
void hostMultiplyAdd(Dwords &, const Bytes &, const Bytes &, bool) {}
#endif

void expectLikeHost(const std::string &name, bool saturates, bool broadcasts) {
  if (!hostHasVnni())
    GTEST_SKIP() << "this host has no avx512vnni";
  isa::Description chip = loadChip("avx512-vnni");
  Draw draw(512);
  for (int trial = 0; trial < 500; ++trial) {
    ChipRun run(chip, name, {});
    run.fill(draw);
    Dwords c;
    Bytes a, b;
    for (int64_t j = 0; j < 16; ++j) {
      c.lanes[j] = int32_t(run["c"].at({j}));
      for (int64_t k = 0; k < 4; ++k) {
        a.bytes[4 * j + k] = uint8_t(broadcasts ? run["a"].at({k}) : run["a"].at({j, k}));
        b.bytes[4 * j + k] = uint8_t(run["b"].at({j, k}));
      }
    }
    hostMultiplyAdd(c, a, b, saturates);
    run.run();
    for (int64_t j = 0; j < 16; ++j)
      ASSERT_EQ(run["c"].at({j}), c.lanes[j]) << name << " in trial " << trial;
  }
}

TEST(Vnni, MultiplyAddWraps) { expectLikeHost("vpdpbusd", false, false); }
TEST(Vnni, MultiplyAddSaturates) { expectLikeHost("vpdpbusds", true, false); }
TEST(Vnni, RowWraps) { expectLikeHost("vpdpbusd_row", false, true); }
TEST(Vnni, RowSaturates) { expectLikeHost("vpdpbusds_row", true, true); }

/// The saturation is of the whole sum: its parts may pass the limit and come back.
TEST(Vnni, OnlyTheWholeSumSaturates) {
  isa::Description chip = loadChip("avx512-vnni");
  ChipRun run(chip, "vpdpbusds", {});
  int64_t high = std::numeric_limits<int32_t>::max();
  for (int64_t j = 0; j < 16; ++j) {
    run["c"].at({j}) = high;
    for (int64_t k = 0; k < 4; ++k) {
      run["a"].at({j, k}) = -1; // 255
      run["b"].at({j, k}) = k < 2 ? 127 : -128;
    }
  }
  run.run();
  for (int64_t j = 0; j < 16; ++j)
    EXPECT_EQ(run["c"].at({j}), high - 2 * 255);
}

TEST(Vnni, MovesCopy) {
  isa::Description chip = loadChip("avx512-vnni");
  Draw draw(3);
  for (std::string name : {"load_bytes{type: u8}", "load_bytes{type: i8}", "load_dwords",
                           "broadcast{type: u8}", "broadcast{type: i8}", "store_dwords"}) {
    ChipRun run(chip, name, {});
    run.fill(draw);
    Tensor source = run["src"];
    run.run();
    EXPECT_EQ(run["dst"].elements, source.elements) << name;
  }
  ChipRun zero(chip, "zero", {});
  zero.fill(draw);
  zero.run();
  EXPECT_EQ(zero["dst"].elements, std::vector<int64_t>(16));
}

} // namespace
