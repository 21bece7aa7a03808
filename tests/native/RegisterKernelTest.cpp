// Kernels of registers against the interpreter: every kind of row on odd shapes, with everything that may
// follow the sum, on memory whose borders cannot be touched.
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

} // namespace
} // namespace tenon::native
