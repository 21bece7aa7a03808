// The functions that machines without C's library get, against that of this host: dense points, random ones
// and everything special.
#include "core/native/Portable.h"
#include "tests/ir/NestBuilder.h"
#include "tests/native/NestRunner.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>

using namespace tenon;
using namespace tenon::test;
using nest::Opcode;

namespace {

/// r[i] = op(a[i], b[i]) without the library.
template <class Real>
std::vector<Real> evaluate(Opcode op, const std::vector<Real> &a, const std::vector<Real> &b,
                           int64_t vectorBytes) {
  nest::ScalarType type = sizeof(Real) == 4 ? nest::ScalarType::f32() : nest::ScalarType::f64();
  NestBuilder builder;
  int64_t count = int64_t(a.size());
  unsigned i = builder.loop("i", count), left = builder.operand("a", type, {count});
  unsigned right = builder.operand("b", type, {count}), result = builder.operand("r", type, {count});
  builder.statement({i}, builder.access(result, {builder.at(i)}));
  unsigned x = builder.read(builder.access(left, {builder.at(i)}));
  if (nest::arity(op) == 1)
    builder.node(op, type, {x});
  else
    builder.node(op, type, {x, builder.read(builder.access(right, {builder.at(i)}))});
  native::OperandFacts facts;
  facts.hasLibrary = false;
  isa::Description machine = plainProcessor(vectorBytes);
  llvm::Expected<native::PortableCode> code = native::portableKernels(machine, builder.nest, "f", facts);
  EXPECT_TRUE(bool(code)) << llvm::toString(code.takeError());
  llvm::Expected<std::unique_ptr<NestRunner>> runner = NestRunner::make(machine, code->kernels, true);
  EXPECT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  std::vector<Real> values(a.size());
  std::vector<void *> data = {const_cast<Real *>(a.data()), const_cast<Real *>(b.data()), values.data()};
  EXPECT_EQ(runKernels(**runner, code->kernels, code->scratchBytes, data), 0);
  return values;
}

/// How many doubles lie between the two; far apart where one is special and the other is not.
uint64_t distance(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0 : UINT64_MAX;
  auto order = [](double value) {
    auto bits = std::bit_cast<int64_t>(value);
    return bits < 0 ? INT64_MIN - bits : bits;
  };
  int64_t left = order(a), right = order(b);
  return left < right ? uint64_t(right) - uint64_t(left) : uint64_t(left) - uint64_t(right);
}

std::vector<double> points(double low, double high) {
  std::vector<double> result = {0.0,
                                -0.0,
                                HUGE_VAL,
                                -HUGE_VAL,
                                NAN,
                                1.0,
                                -1.0,
                                0x1p-1074,
                                -0x1p-1074,
                                0x1p-1022,
                                0x1p-30,
                                -0x1p-29,
                                0x1p1000,
                                -0x1p1000,
                                709.7,
                                709.79,
                                -708.5,
                                -745.2,
                                -744.0,
                                2.5,
                                -2.5,
                                6.0,
                                22.0,
                                0x1.6a09e667f3bcdp+0,
                                0x1.fffffffffffffp-1};
  constexpr int dense = 40000;
  for (int i = 0; i <= dense; ++i)
    result.push_back(low + (high - low) * i / dense);
  std::mt19937_64 random(3);
  for (int i = 0; i < 40000; ++i) {
    result.push_back(std::bit_cast<double>(random()));
    double exponent = double(random() % 60) - 50;
    result.push_back(std::ldexp(1 + double(random() >> 12) * 0x1p-52, int(exponent)) *
                     (random() & 1 ? -1 : 1));
  }
  return result;
}

struct Function {
  Opcode op;
  std::function<double(double)> library;
  double low, high; ///< where it is interesting
  uint64_t most;    ///< units of the last place
};

TEST(OwnFunctions, OfDoubles) {
  std::vector<Function> functions = {
      {Opcode::ExpF, [](double x) { return std::exp(x); }, -746, 710, 1},
      {Opcode::LogF, [](double x) { return std::log(x); }, 0, 4, 1},
      {Opcode::TanhF, [](double x) { return std::tanh(x); }, -3, 3, 3},
      {Opcode::ErfF, [](double x) { return std::erf(x); }, -6.5, 6.5, 8},
  };
  for (const Function &function : functions) {
    std::vector<double> x = points(function.low, function.high);
    for (int64_t vectorBytes : {0, 32}) {
      std::vector<double> found = evaluate<double>(function.op, x, x, vectorBytes);
      uint64_t worst = 0;
      double at = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        uint64_t off = distance(found[i], function.library(x[i]));
        if (off > worst)
          worst = off, at = x[i];
      }
      EXPECT_LE(worst, function.most) << nest::mnemonic(function.op).str() << " at " << at;
    }
  }
}

/// Pairs of floats that meet every special case, and random ones.
void pairs(std::vector<float> &a, std::vector<float> &b) {
  std::vector<float> special = {0.0f,    -0.0f,    HUGE_VALF, -HUGE_VALF,  NAN,  1.0f,  -1.0f,
                                0.5f,    -0.5f,    2.0f,      -2.0f,       3.0f, -3.0f, 0x1p-149f,
                                0x1p30f, 0x1p127f, 1e-3f,     16777215.0f, 7.25f};
  for (float x : special)
    for (float y : special)
      a.push_back(x), b.push_back(y);
  std::mt19937 random(5);
  for (int i = 0; i < 40000; ++i) {
    a.push_back(std::bit_cast<float>(uint32_t(random())));
    b.push_back(std::bit_cast<float>(uint32_t(random())));
    a.push_back(float(random() % 4096) / 512);
    b.push_back(float(int(random() % 4096) - 2048) / 128);
  }
}

template <class Library> size_t differences(Opcode op, Library library, int64_t vectorBytes) {
  std::vector<float> a, b;
  pairs(a, b);
  std::vector<float> found = evaluate<float>(op, a, b, vectorBytes);
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    float expected = library(a[i], b[i]);
    bool isSame = std::bit_cast<uint32_t>(expected) == std::bit_cast<uint32_t>(found[i]) ||
                  (std::isnan(expected) && std::isnan(found[i]));
    if (!isSame && count++ < 5)
      ADD_FAILURE() << a[i] << ", " << b[i] << " gives " << found[i] << ", not " << expected;
  }
  return count;
}

// With an error below 2^-44 a result is rounded another way once in 2^20.
TEST(OwnFunctions, PowerOfFloats) {
  auto library = [](float x, float y) { return float(std::pow(double(x), double(y))); };
  for (int64_t vectorBytes : {0, 32})
    EXPECT_EQ(differences(Opcode::PowF, library, vectorBytes), 0u);
}

TEST(OwnFunctions, RemainderOfFloatsIsExact) {
  for (int64_t vectorBytes : {0, 32})
    EXPECT_EQ(differences(Opcode::RemF, [](float x, float y) { return std::fmod(x, y); }, vectorBytes), 0u);
}

TEST(OwnFunctions, WhatIsMissingIsRefusedByName) {
  NestBuilder b;
  unsigned i = b.loop("i", 4), a = b.operand("a", nest::ScalarType::f64(), {4});
  unsigned r = b.operand("r", nest::ScalarType::f64(), {4});
  b.statement({i}, b.access(r, {b.at(i)}));
  unsigned x = b.read(b.access(a, {b.at(i)}));
  b.node(Opcode::PowF, nest::ScalarType::f64(), {x, x});
  native::OperandFacts facts;
  facts.hasLibrary = false;
  llvm::Expected<native::PortableCode> code = native::portableKernels(plainProcessor(16), b.nest, "f", facts);
  ASSERT_FALSE(bool(code));
  EXPECT_NE(llvm::toString(code.takeError()).find("'powf' in f64"), std::string::npos);
}

} // namespace
