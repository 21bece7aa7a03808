// The rows of the descriptions, and computations made by hand that they are tried on: odd and even shapes,
// with the ways in which factors, starts and finals come taking turns.
#pragma once

#include "core/match/Match.h"
#include "tests/native/GatheredComputation.h"

namespace tenon::cuda {

using test::GatheredCase;

/// The rows that are to be seen, and what their factors are.
struct Form {
  std::string row, file;
  nest::ScalarType left, right, sum;
  bool leftSigned = true;
  int64_t step = 1; ///< of k
  bool hasGroups = false;
};

inline std::vector<Form> forms() {
  nest::ScalarType f32 = nest::ScalarType::f32(), f16 = nest::ScalarType::f16(),
                   bf16 = nest::ScalarType::bf16();
  nest::ScalarType i8 = nest::ScalarType::integer(8), i32 = nest::ScalarType::integer(32);
  return {{"mma_s8_k32", "mma_s8_k32", i8, i8, i32, true, 32},
          {"mma_s8_k16", "mma_s8_k16", i8, i8, i32, true, 16},
          {"mma_f32_k16{type: f16}", "mma_f16_k16", f16, f16, f32, true, 16},
          {"mma_f32_k16{type: bf16}", "mma_bf16_k16", bf16, bf16, f32, true, 16},
          {"mma_f32_k8{type: f16}", "mma_f16_k8", f16, f16, f32, true, 8},
          {"mma_f32_k8{type: bf16}", "mma_bf16_k8", bf16, bf16, f32, true, 8},
          {"dp4a{ta: i8}", "dp4a_s8", i8, i8, i32, true, 4, true},
          {"dp4a{ta: u8}", "dp4a_u8", i8, i8, i32, false, 4, true},
          {"dp4a_row{ta: i8}", "dp4a_row_s8", i8, i8, i32, true, 4},
          {"dp4a_row{ta: u8}", "dp4a_row_u8", i8, i8, i32, false, 4},
          {"mad", "mad", i32, i32, i32, true, 1, true},
          {"mad_row", "mad_row", i32, i32, i32, true, 1},
          {"fma", "fma", f32, f32, f32, true, 1, true},
          {"fma_row", "fma_row", f32, f32, f32, true, 1}};
}

/// The cases of a row: odd and even shapes, with the ways in which factors, starts and finals come turning.
inline std::vector<GatheredCase> casesOf(const Form &form, bool few) {
  std::vector<GatheredCase> cases;
  const std::pair<int64_t, int64_t> shapes[] = {{1, 1},   {1, 10},  {3, 7},    {17, 1},
                                                {16, 8},  {33, 17}, {64, 64},  {70, 40},
                                                {5, 130}, {300, 9}, {128, 96}, {129, 127}};
  int64_t number = 0;
  for (auto [m, n] : shapes) {
    if (few && number % 3 == 1) {
      ++number;
      continue;
    }
    GatheredCase one;
    one.m = m;
    (form.hasGroups ? one.g : one.n) = n;
    one.k = form.step * std::array<int64_t, 4>{1, 5, 2, 9}[size_t(number % 4)];
    one.leftType = form.left;
    one.rightType = form.right;
    one.sumType = form.sum;
    one.leftSigned = form.leftSigned;
    one.left = GatheredCase::Source(std::array{0, 3, 2, 1}[size_t(number % 4)]);
    one.right = GatheredCase::Source(std::array{1, 0, 2}[size_t(number % 3)]);
    one.depthFilled = form.step > 1 && one.k > form.step ? 1 : 0;
    one.start = GatheredCase::Start(number % 3);
    one.final = GatheredCase::Final(number / 2 % 4);
    if (one.final == GatheredCase::Final::Requantise && form.sum.isFloat())
      one.final = GatheredCase::Final::Clamp;
    cases.push_back(one);
    ++number;
  }
  return cases;
}

/// Whether the mapping is one of the row that a kernel can be made of.
inline bool isWanted(const isa::Description &description, const Form &form, const match::Match &legal) {
  bool isCut = llvm::any_of(legal.loops, [](const auto &loop) { return loop.block >= 0; });
  return description.intrinsics[legal.intrinsic].name == form.row && legal.part == match::Match::Part::Core &&
         legal.accumulates && !isCut;
}

} // namespace tenon::cuda
