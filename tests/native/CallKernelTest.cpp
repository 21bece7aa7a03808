// Rows with `call:`: a library's functions take tiles of layers.
#include "core/native/RegisterKernel.h"
#include "core/support/Error.h"
#include "tests/native/LayerTest.h"

extern "C" {
void testGemmF32(const char *, const char *, char *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t);
void testDenseI8(const int8_t *, const int8_t *, const int32_t *, int32_t *, int64_t, int64_t, int64_t,
                 int64_t);
int64_t testGemmCalls(void);
}

namespace tenon::native {
namespace {

using test::GatheredCase;

/// The functions are in this program: what is compiled in it finds them by their addresses.
std::map<std::string, void *> functions() {
  return {{"testGemmF32", reinterpret_cast<void *>(&testGemmF32)},
          {"testDenseI8", reinterpret_cast<void *>(&testDenseI8)}};
}

TEST(CallKernel, ProductsOfFloats) {
  isa::Description description = test::testChip("call.yaml");
  unsigned number = 0;
  int64_t before = testGemmCalls();
  for (int64_t m : {1, 7, 33})
    for (int64_t n : {3, 24, 50})
      for (int64_t k : {1, 64, 130}) {
        GatheredCase wanted;
        wanted.leftType = wanted.rightType = wanted.sumType = nest::ScalarType::f32();
        wanted.g = number % 4 == 3 ? 3 : 1;
        wanted.m = m;
        wanted.n = n;
        wanted.k = k;
        wanted.left = GatheredCase::Source(number % 4);
        wanted.right = GatheredCase::Source(std::array{1, 0, 2}[number % 3]);
        wanted.start = GatheredCase::Start(number % 3);
        wanted.final = std::array{GatheredCase::Final::Store, GatheredCase::Final::Clamp,
                                  GatheredCase::Final::Residual}[number / 2 % 3];
        ++number;
        test::RunOptions options;
        options.edge = number % 2 ? test::GuardedBuffer::Edge::Last : test::GuardedBuffer::Edge::First;
        options.chunks = 1 + number % 3;
        options.functions = functions();
        EXPECT_GE(test::runMappings(description, "gemm_f32", wanted, options), 1U) << wanted.text();
      }
  EXPECT_GT(testGemmCalls(), before + 27);
}

TEST(CallKernel, WholeLayer) {
  isa::Description description = test::testChip("call.yaml");
  unsigned number = 0;
  for (int64_t m : {1, 7, 64})
    for (int64_t n : {3, 64}) {
      GatheredCase wanted;
      wanted.m = m;
      wanted.n = n;
      wanted.k = 40;
      wanted.left = GatheredCase::Source(number % 3);
      wanted.start = GatheredCase::Start::Bias;
      wanted.final = GatheredCase::Final::Clamp;
      ++number;
      test::RunOptions options;
      options.functions = functions();
      EXPECT_GE(test::runMappings(description, "dense_i8", wanted, options, match::Match::Part::Whole), 1U)
          << wanted.text();
    }
}

/// Rows of a that stand side by side are no tile of a longer tensor: said with the repair.
TEST(CallKernel, DenseStridesAreRefusedInTiles) {
  isa::Description description = test::testChip("call.yaml");
  GatheredCase wanted;
  wanted.m = 3;
  wanted.n = 5;
  wanted.k = 5000;
  wanted.start = GatheredCase::Start::Bias;
  wanted.final = GatheredCase::Final::Clamp;
  test::GatheredBuilder made(wanted);
  match::Matches matches = match::match(description, made.computation);
  for (const match::Match &legal : matches.legal) {
    auto code = registerKernels(description, matches.computation, legal, "layer");
    ASSERT_FALSE(bool(code));
    FailureReport failed = report(code.takeError());
    EXPECT_EQ(failed.code, ExitCode::TargetCannot);
  }
}

} // namespace
} // namespace tenon::native
