// Kernels of registers against the interpreter: every kind of row on odd shapes, with everything that may
// follow the sum, on memory whose borders cannot be touched.
#include "core/native/RegisterKernel.h"

#include "core/native/GatheredUse.h"
#include "tests/native/GatheredComputation.h"
#include "tests/native/LayerRunner.h"

#include <gtest/gtest.h>

namespace tenon::native {
namespace {

using test::GatheredBuilder;
using test::GatheredCase;

std::string messageOf(llvm::Error error) { return llvm::toString(std::move(error)); }

isa::Description chip(const std::string &name) {
  return llvm::cantFail(isa::loadDescription(std::string(TENON_TESTS) + "/native/chips/" + name));
}

class RegisterKernel : public testing::Test {
protected:
  /// Runs every mapping of the row to the case; gives how many there were.
  unsigned run(const isa::Description &description, const std::string &row, const GatheredCase &wanted,
               const test::RunOptions &options = {}) {
    GatheredBuilder made(wanted);
    match::ConstantTensor expected = test::expectedResult(made);
    match::Matches matches = match::match(description, made.computation);
    unsigned done = 0;
    for (const match::Match &legal : matches.legal) {
      if (description.intrinsics[legal.intrinsic].name != row || legal.part != match::Match::Part::Core ||
          !legal.accumulates)
        continue;
      bool isCut = llvm::any_of(legal.loops, [](const auto &loop) { return loop.block >= 0; });
      if (isCut)
        continue;
      auto code = registerKernels(description, matches.computation, legal, "layer");
      if (!code) {
        ADD_FAILURE() << wanted.text() << ": " << messageOf(code.takeError());
        continue;
      }
      std::map<unsigned, match::ConstantTensor> values = made.values;
      auto status = test::runLayer(description, *code, values, options);
      if (!status) {
        ADD_FAILURE() << wanted.text() << ": " << messageOf(status.takeError());
        continue;
      }
      EXPECT_EQ(*status, 0) << wanted.text();
      EXPECT_TRUE(match::same(values.at(3), expected))
          << wanted.text() << ", " << code->kernels.back().what << "\n"
          << difference(values.at(3), expected) << (getenv("TENON_SHOW") ? code->kernels.back().text : "");
      ++done;
    }
    return done;
  }

  static std::string difference(const match::ConstantTensor &is, const match::ConstantTensor &wanted) {
    std::string text;
    unsigned count = 0;
    for (int64_t i = 0; i < match::elementCount(wanted); ++i) {
      nest::Constant a = match::elementAt(is, i), b = match::elementAt(wanted, i);
      if (a.integer == b.integer && a.real == b.real)
        continue;
      if (++count < 6)
        text += "element " + std::to_string(i) + " is " + std::to_string(a.integer) + " / " +
                std::to_string(a.real) + ", not " + std::to_string(b.integer) + " / " +
                std::to_string(b.real) + "\n";
    }
    return text + std::to_string(count) + " of " + std::to_string(match::elementCount(wanted)) + " differ\n";
  }

  /// One row on many shapes; the other choices turn with the case's number.
  void sweep(const std::string &file, const std::string &row, GatheredCase form, int64_t depthStep,
             bool hasGroups) {
    isa::Description description = chip(file);
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
        done += run(description, row, each, options);
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
