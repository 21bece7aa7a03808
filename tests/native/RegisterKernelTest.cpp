// Kernels of registers against the interpreter: every kind of row on odd shapes, with everything that may
// follow the sum, on memory whose borders cannot be touched.
#include "core/native/RegisterKernel.h"
#include "core/support/Error.h"
#include "tests/native/LayerTest.h"

namespace tenon::native {
namespace {

using test::GatheredCase;

class RegisterKernel : public testing::Test {
protected:
  /// One row on many shapes; the other choices turn with the case's number.
  void sweep(const std::string &file, const std::string &row, GatheredCase form, int64_t depthStep,
             bool hasGroups) {
    isa::Description description = test::testChip(file);
    if (!test::hostHas(description))
      GTEST_SKIP() << "this host lacks a feature of " << file;
    const int64_t odd[] = {1, 3, 7, 17, 33};
    unsigned number = 0, done = 0;
    for (int64_t m : odd)
      for (int64_t other : odd) {
        GatheredCase each = form;
        (hasGroups ? each.g : each.n) = other;
        each.m = m;
        each.k = depthStep * (number % 3 == 0 ? 1 : number % 3 == 1 ? 5 : 12);
        each.left = GatheredCase::Source(std::array{0, 3, 2, 1}[number % 4]);
        each.right = GatheredCase::Source(std::array{1, 0, 2}[number % 3]);
        each.depthFilled = depthStep > 1 && each.k > depthStep ? 1 : 0;
        each.start = GatheredCase::Start(number % 3);
        each.final = GatheredCase::Final((number / 2) % 4);
        if (each.final == GatheredCase::Final::Requantise && each.sumType.isFloat())
          each.final = GatheredCase::Final::Clamp;
        ++number;
        test::RunOptions options;
        options.edge = number % 2 ? test::GuardedBuffer::Edge::Last : test::GuardedBuffer::Edge::First;
        options.chunks = 1 + number % 3;
        done += test::runMappings(description, row, each, options);
      }
    EXPECT_GT(done, 20U) << "few mappings were found for " << row;
  }
};

GatheredCase floats() {
  GatheredCase form;
  form.leftType = form.rightType = form.sumType = nest::ScalarType::f32();
  return form;
}
GatheredCase words() {
  GatheredCase form;
  form.leftType = form.rightType = nest::ScalarType::integer(16);
  return form;
}
GatheredCase bytes() {
  GatheredCase form;
  form.leftSigned = false;
  return form;
}

TEST_F(RegisterKernel, FloatRow) { sweep("avx2.yaml", "multiply_add_f32_row", floats(), 1, false); }
TEST_F(RegisterKernel, FloatColumn) { sweep("avx2.yaml", "multiply_add_f32_column", floats(), 1, true); }
TEST_F(RegisterKernel, FloatPair) { sweep("avx2.yaml", "multiply_add_f32_pair", floats(), 1, false); }
TEST_F(RegisterKernel, WordRow) { sweep("avx2.yaml", "multiply_add_i16_row", words(), 2, false); }
TEST_F(RegisterKernel, WordColumn) { sweep("avx2.yaml", "multiply_add_i16_column", words(), 2, true); }
TEST_F(RegisterKernel, ByteTile) { sweep("avx2.yaml", "multiply_add_i8_tile", GatheredCase(), 8, false); }
TEST_F(RegisterKernel, VnniBytes) { sweep("vnni.yaml", "vpdpbusd_row", bytes(), 4, false); }
TEST_F(RegisterKernel, VnniByteColumns) { sweep("vnni.yaml", "vpdpbusd_column", bytes(), 4, true); }
TEST_F(RegisterKernel, VnniWords) { sweep("vnni.yaml", "vpdpwssd_row", words(), 2, false); }
TEST_F(RegisterKernel, WideFloats) { sweep("vnni.yaml", "multiply_add_f32_row", floats(), 1, false); }

/// Products of many matrices: groups beside rows and columns.
TEST_F(RegisterKernel, Batched) {
  isa::Description avx = test::testChip("avx2.yaml"), vnni = test::testChip("vnni.yaml");
  if (!test::hostHas(avx) || !test::hostHas(vnni))
    GTEST_SKIP() << "this host lacks AVX-512 VNNI";
  unsigned number = 0;
  for (GatheredCase::Source left : {GatheredCase::Source::Value, GatheredCase::Source::Transposed})
    for (GatheredCase::Source right : {GatheredCase::Source::Value, GatheredCase::Source::Transposed}) {
      GatheredCase each = floats();
      each.g = 3;
      each.m = 7;
      each.n = 17;
      each.k = 5;
      each.left = left;
      each.right = right;
      each.final = GatheredCase::Final(number++ % 2);
      EXPECT_GT(test::runMappings(avx, "multiply_add_f32_row", each), 0U);
      GatheredCase narrow = bytes();
      narrow.g = 3;
      narrow.m = 9;
      narrow.n = 33;
      narrow.k = 12;
      narrow.left = left;
      narrow.right = right;
      narrow.final = GatheredCase::Final::Residual;
      EXPECT_GT(test::runMappings(vnni, "vpdpbusd_row", narrow), 0U);
    }
}

/// Items of several blocks, the last of them shorter; operands that are packed because they are read often.
TEST_F(RegisterKernel, Large) {
  isa::Description avx = test::testChip("avx2.yaml"), vnni = test::testChip("vnni.yaml");
  if (!test::hostHas(avx) || !test::hostHas(vnni))
    GTEST_SKIP() << "this host lacks AVX-512 VNNI";
  for (auto [m, n, k] :
       {std::array<int64_t, 3>{331, 203, 24}, {24, 200, 1024}, {700, 16, 8}, {5, 1500, 16}}) {
    test::RunOptions options;
    options.chunks = 3;
    GatheredCase each = floats();
    each.m = m;
    each.n = n;
    each.k = k;
    each.right = n < 1000 ? GatheredCase::Source::Transposed : GatheredCase::Source::Constant;
    each.left = GatheredCase::Source::Value;
    each.final = GatheredCase::Final::Residual;
    EXPECT_GT(test::runMappings(avx, "multiply_add_f32_row", each, options), 0U);
    GatheredCase narrow = bytes();
    narrow.m = m;
    narrow.n = n;
    narrow.k = k;
    narrow.left = GatheredCase::Source::Window;
    narrow.depthFilled = 3;
    narrow.start = GatheredCase::Start::Bias;
    narrow.final = GatheredCase::Final::Requantise;
    EXPECT_GT(test::runMappings(vnni, "vpdpbusd_row", narrow, options), 0U);
  }
}

/// A use whose operand no move fills is refused with what would have to be declared.
TEST_F(RegisterKernel, RefusesAnOperandThatNothingFills) {
  isa::Description description = test::testChip("avx2.yaml");
  llvm::erase_if(description.intrinsics,
                 [](const isa::Intrinsic &row) { return row.name == "broadcast_f32"; });
  GatheredCase each = floats();
  each.m = each.n = each.k = 8;
  test::GatheredBuilder made(each);
  match::Matches matches = match::match(description, made.computation);
  unsigned refused = 0;
  for (const match::Match &legal : matches.legal) {
    if (description.intrinsics[legal.intrinsic].name != "multiply_add_f32_row")
      continue;
    auto code = registerKernels(description, matches.computation, legal, "layer");
    ASSERT_FALSE(bool(code));
    FailureReport failed = report(code.takeError());
    EXPECT_EQ(failed.code, ExitCode::TargetCannot);
    EXPECT_EQ(failed.diagnostics.front().message,
              "multiply_add_f32_row: no move fills operand a (f32, \"dword l = a[0]\"); declare one whose "
              "destination has the same type and layout");
    ++refused;
  }
  EXPECT_GT(refused, 0U);
}

/// Halving the register file gives another kernel with the same result.
TEST_F(RegisterKernel, FewerRegisters) {
  isa::Description description = test::testChip("avx2.yaml");
  if (!test::hostHas(description))
    GTEST_SKIP() << "this host lacks AVX2";
  GatheredCase each = floats();
  each.m = 13;
  each.n = 40;
  each.k = 9;
  for (uint64_t registers : {3, 4, 8, 16}) {
    for (isa::Memory &memory : description.memories)
      if (memory.name == "ymm")
        memory.bytes = registers * memory.rowBytes;
    EXPECT_GT(test::runMappings(description, "multiply_add_f32_row", each), 0U) << registers;
  }
}

} // namespace
} // namespace tenon::native
