// Rewrites give the same bits, each is reached, and what they are for fits then.
#include "core/match/Execution.h"
#include "core/match/Match.h"
#include "core/match/Rewrites.h"
#include "tests/match/RandomCase.h"

#include "llvm/ADT/StringExtras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::match {
namespace {

using nest::Opcode;
using test::NestBuilder;
using testing::Contains;
using testing::HasSubstr;

constexpr nest::ScalarType i8 = {nest::ScalarType::Kind::Integer, 8};
constexpr nest::ScalarType i32 = {nest::ScalarType::Kind::Integer, 32};

/// Builds computations whose weights and biases are constants.
class LayerBuilder {
public:
  explicit LayerBuilder(uint64_t seed) : random(seed) {}

  int64_t below(int64_t end) { return int64_t(random() % uint64_t(end)); }

  unsigned input(llvm::StringRef name, nest::ScalarType type, llvm::SmallVector<int64_t> shape) {
    TensorSource source;
    source.value = unsigned(made.sources.size());
    made.sources.push_back(source);
    return b.operand(name, type, std::move(shape));
  }

  unsigned constant(llvm::StringRef name, nest::ScalarType type, llvm::SmallVector<int64_t> shape) {
    ConstantTensor tensor = uniformTensor(type, shape, {});
    for (int64_t i = 0; i < elementCount(tensor); ++i)
      setElement(tensor, i, nest::Constant::ofInteger(below(256) - 128));
    TensorSource source;
    source.kind = TensorSource::Kind::Constant;
    source.constant = std::make_shared<ConstantTensor>(std::move(tensor));
    made.sources.push_back(source);
    return b.operand(name, type, std::move(shape));
  }

  unsigned local(llvm::StringRef name, llvm::SmallVector<int64_t> shape) {
    TensorSource source;
    source.kind = TensorSource::Kind::Local;
    made.sources.push_back(source);
    return b.operand(name, i32, std::move(shape), true);
  }

  unsigned wide(unsigned node) { return b.node(Opcode::ExtSI, i32, {node}); }

  unsigned clamped(unsigned value, nest::ScalarType type) {
    value = b.node(Opcode::MaxSI, type, {value, b.integer(type, -128)});
    value = b.node(Opcode::MinSI, type, {value, b.integer(type, 127)});
    return b.node(Opcode::TruncI, i8, {value});
  }

  /// y[p, c] = clamp((sum over q, x[p + q - pad, d] w[c, q, d] + bias[c]) >> 8), depthwise without d.
  Computation convolution(bool depthwise) {
    int64_t rows = 2 + below(4), channels = 2 * (1 + below(4)), taps = 1 + below(3), depth = 2 + below(3);
    int64_t pad = below(2), zero = below(40) - 20;
    unsigned p = b.loop("p", rows), c = b.loop("c", channels), q = b.loop("q", taps);
    llvm::SmallVector<unsigned> all = {p, c, q};
    int64_t height = std::max<int64_t>(rows + taps - 1 - 2 * pad, 1);
    unsigned d = c;
    if (!depthwise) {
      d = b.loop("d", depth);
      all.push_back(d);
    }
    unsigned x = input("x", i8, {height, depthwise ? channels : depth});
    unsigned w = depthwise ? constant("w", i8, {taps, channels}) : constant("w", i8, {channels, taps, depth});
    unsigned bias = constant("bias", i32, {channels});
    unsigned y = input("y", i8, {rows, channels});
    unsigned t = local("t", {rows, channels});
    b.statement(all, b.access(t, {b.at(p), b.at(c)}), nest::Update::Add, nest::Constant::ofInteger(0));
    unsigned left = wide(b.read(
        b.access(x, {b.at(p) + b.at(q) - pad, b.at(d)}, nest::Constant::ofInteger(below(2) ? zero : 0))));
    left = b.node(Opcode::SubI, i32, {left, b.integer(i32, zero)});
    unsigned right =
        wide(b.read(depthwise ? b.access(w, {b.at(q), b.at(c)}) : b.access(w, {b.at(c), b.at(q), b.at(d)})));
    b.node(Opcode::MulI, i32, {left, right});
    b.statement({p, c}, b.access(y, {b.at(p), b.at(c)}));
    unsigned sum = b.node(Opcode::AddI, i32,
                          {b.read(b.access(t, {b.at(p), b.at(c)})), b.read(b.access(bias, {b.at(c)}))});
    clamped(b.node(Opcode::RoundingShiftRight, i32, {sum, b.integer(i32, 8)}), i32);
    return finish(y);
  }

  /// y[c] = clamp(sum over p, q of x[p, q, c], divided by p * q, halves away from 0).
  Computation average(int64_t rows, int64_t columns) {
    unsigned c = b.loop("c", 4), p = b.loop("p", rows), q = b.loop("q", columns);
    unsigned x = input("x", i8, {rows, columns, 4}), y = input("y", i8, {4}), t = local("t", {4});
    b.statement({c, p, q}, b.access(t, {b.at(c)}), nest::Update::Add, nest::Constant::ofInteger(0));
    wide(b.read(b.access(x, {b.at(p), b.at(q), b.at(c)})));
    b.statement({c}, b.access(y, {b.at(c)}));
    int64_t count = rows * columns;
    unsigned sum = b.read(b.access(t, {b.at(c)}));
    unsigned half = b.integer(i32, count / 2);
    unsigned isNegative = b.node(Opcode::CmpI, nest::ScalarType::integer(1), {sum, b.integer(i32, 0)});
    b.nest.statements.back().body[isNegative].integerPredicate = nest::IntegerPredicate::SLT;
    unsigned down = b.node(Opcode::SubI, i32, {sum, half}), up = b.node(Opcode::AddI, i32, {sum, half});
    unsigned away = b.node(Opcode::Select, i32, {isNegative, down, up});
    clamped(b.node(Opcode::DivSI, i32, {away, b.integer(i32, count)}), i32);
    return finish(y);
  }

  Computation made;

private:
  Computation finish(unsigned result) {
    made.nest = b.nest;
    made.core = 0;
    made.final = 1;
    made.result = result;
    return made;
  }

  std::mt19937_64 random;
  NestBuilder b;
};

std::vector<Computation> allRewrites(const Computation &computation) {
  llvm::Expected<std::vector<Computation>> result = rewrites(computation, {4});
  if (!result) {
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }
  return std::move(*result);
}

std::set<std::string> namesOf(const std::vector<Computation> &list) {
  std::set<std::string> names;
  for (const Computation &computation : list)
    names.insert(llvm::join(computation.rewrites, "; "));
  return names;
}

void expectEqualResults(const Computation &original, uint64_t seed) {
  for (const Computation &rewritten : allRewrites(original)) {
    SCOPED_TRACE(llvm::join(rewritten.rewrites, "; "));
    ASSERT_EQ(llvm::toString(nest::verify(rewritten.nest)), "");
    Tensors before = llvm::cantFail(randomTensors(original, seed));
    Tensors after = llvm::cantFail(randomTensors(rewritten, seed));
    ASSERT_EQ(llvm::toString(execute(original, before)), "");
    ASSERT_EQ(llvm::toString(execute(rewritten, after)), "");
    ASSERT_EQ(before[original.result].bytes, after[rewritten.result].bytes);
  }
}

TEST(Rewrites, KeepEveryBitOfConvolutions) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (bool depthwise : {false, true}) {
      LayerBuilder layer(seed);
      expectEqualResults(layer.convolution(depthwise), seed);
      if (HasFatalFailure())
        return;
    }
  }
}

TEST(Rewrites, KeepEveryBitOfRandomComputations) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::RandomCase random(seed);
    expectEqualResults(random.computation, seed);
    if (HasFatalFailure())
      return;
  }
}

TEST(Rewrites, EveryCombinationIsReached) {
  LayerBuilder layer(3);
  std::set<std::string> names = namesOf(allRewrites(layer.convolution(true)));
  for (const char *part : {"folded into the start", "what is added to the sum is what it starts from",
                           "what the sum starts from is added at the end", "embedded in blocks of"})
    EXPECT_THAT(names, Contains(HasSubstr(part)));
  EXPECT_THAT(names, Contains(testing::AllOf(HasSubstr("folded into the start; what is added"),
                                             HasSubstr("embedded"))));
  EXPECT_THAT(names, Contains(""));
}

/// NPU and TFLite agree on these counts; the judge is the enumeration of every sum.
TEST(Rewrites, AverageIsAMultiplicationAndAShift) {
  for (auto [rows, columns] : {std::pair(2, 2), std::pair(3, 3), std::pair(8, 8), std::pair(25, 5)}) {
    LayerBuilder layer(1);
    Computation average = layer.average(rows, columns);
    std::set<std::string> names = namesOf(allRewrites(average));
    EXPECT_THAT(names, Contains(HasSubstr("the division by " + std::to_string(rows * columns))));
    expectEqualResults(average, 5);
  }
}

TEST(Rewrites, ASumThatMayWrapIsNotDivided) {
  LayerBuilder layer(1);
  Computation average = layer.average(3, 3);
  // From a start near the limit the sums would wrap.
  average.nest.statements[0].start = nest::Constant::ofInteger(INT32_MAX - 3);
  EXPECT_THAT(namesOf(allRewrites(average)), testing::Not(Contains(HasSubstr("the division by"))));
}

TEST(Rewrites, ProductsOfTwoInputsKeepTheirZeroPoints) {
  LayerBuilder layer(7);
  Computation convolution = layer.convolution(false);
  for (TensorSource &source : convolution.sources)
    if (source.kind == TensorSource::Kind::Constant)
      source = {TensorSource::Kind::Value, 40, nullptr};
  EXPECT_THAT(namesOf(allRewrites(convolution)), testing::Not(Contains(HasSubstr("zero point"))));
}

} // namespace
} // namespace tenon::match
