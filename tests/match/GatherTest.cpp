// Gathered forms give the same bits as what they were made from, over random sums of products: convolutions
// in groups, dilated, with strides, padding and zero points, products of matrices in batches, loops that only
// one of the three tensors has.
#include "core/match/Gather.h"
#include "core/match/Execution.h"
#include "core/match/Rewrites.h"
#include "tests/ir/NestBuilder.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace tenon::match {
namespace {

using nest::Opcode;
using test::NestBuilder;
using testing::HasSubstr;

constexpr nest::ScalarType i8 = {nest::ScalarType::Kind::Integer, 8};
constexpr nest::ScalarType i32 = {nest::ScalarType::Kind::Integer, 32};

isa::ElementType element(llvm::StringRef name) { return *isa::parseElementType(name); }

/// A random sum of products with all that convolutions and products of matrices have.
class RandomProduct {
public:
  explicit RandomProduct(uint64_t seed) : random(seed) {}

  int64_t below(int64_t end) { return int64_t(random() % uint64_t(end)); }
  bool chance(int64_t percent) { return below(100) < percent; }

  nest::ScalarType narrow = i8, wide = i32;
  bool isFloat = false;
  bool constantWeights = true;

  Computation convolution() {
    bool depthwise = chance(30), grouped = !depthwise && chance(30), batched = chance(30);
    bool channelsFirst = chance(30);
    int64_t kernel[] = {1 + below(3), 1 + below(3)}, stride[] = {1 + below(2), 1 + below(2)};
    int64_t dilation[] = {1 + below(2), 1 + below(2)}, pad[] = {below(2), below(2)};
    int64_t output[] = {1 + below(5), 1 + below(5)}, input[2];
    for (int i : {0, 1})
      input[i] =
          std::max<int64_t>((output[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1 - 2 * pad[i], 1);
    int64_t groups = depthwise ? 1 + below(5) : grouped ? 2 : 1, depth = depthwise ? 1 : 1 + below(4);
    int64_t channels = 1 + below(5);
    llvm::SmallVector<unsigned> loops;
    auto loop = [&](llvm::StringRef name, int64_t extent) {
      loops.push_back(b.loop(name, extent));
      return b.at(loops.back());
    };
    // The result's loops come first, in its order.
    mlir::AffineExpr n = batched ? loop("n", 3) : b.at(0);
    mlir::AffineExpr y, x, g, c;
    auto channelLoops = [&] {
      g = groups > 1 ? loop("g", groups) : mlir::getAffineConstantExpr(0, &b.context);
      c = depthwise ? mlir::getAffineConstantExpr(0, &b.context) : loop("c", channels);
    };
    if (channelsFirst)
      channelLoops();
    y = loop("y", output[0]);
    x = loop("x", output[1]);
    if (!channelsFirst)
      channelLoops();
    unsigned parallel = loops.size();
    mlir::AffineExpr r = loop("r", kernel[0]), s = loop("s", kernel[1]), d = loop("d", depth);
    int64_t perGroup = depthwise ? 1 : channels, allChannels = groups * perGroup;
    mlir::AffineExpr channel = g * perGroup + c;
    mlir::AffineExpr row = y * stride[0] + r * dilation[0] - pad[0];
    mlir::AffineExpr column = x * stride[1] + s * dilation[1] - pad[1];
    int64_t zero = isFloat ? 0 : below(60) - 30;
    std::vector<mlir::AffineExpr> inIndices;
    llvm::SmallVector<int64_t> inShape;
    if (batched) {
      inIndices.push_back(n);
      inShape.push_back(3);
    }
    if (channelsFirst) {
      inIndices.insert(inIndices.end(), {g * depth + d, row, column});
      inShape.append({groups * depth, input[0], input[1]});
    } else {
      inIndices.insert(inIndices.end(), {row, column, g * depth + d});
      inShape.append({input[0], input[1], groups * depth});
    }
    unsigned in = tensor("in", narrow, inShape, false);
    unsigned w = tensor("w", narrow, {allChannels, kernel[0], kernel[1], depth}, constantWeights);
    llvm::SmallVector<unsigned> all = loops, outer(loops.begin(), loops.begin() + parallel);
    llvm::SmallVector<int64_t> shape;
    std::vector<mlir::AffineExpr> place;
    for (unsigned index : outer) {
      shape.push_back(b.nest.loops[index].extent);
      place.push_back(b.at(index));
    }
    hasFinal = chance(70);
    sum = tensor("sum", wide, shape, false, hasFinal);
    nest::Constant start = chance(50) || isFloat ? nest::Constant() : nest::Constant::ofInteger(below(1000));
    b.statement(all, b.access(sum, place), nest::Update::Add, start);
    unsigned left = widened(
        b.read(b.access(in, inIndices, isFloat ? nest::Constant() : nest::Constant::ofInteger(zero))));
    if (zero != 0)
      left = b.node(Opcode::SubI, wide, {left, b.integer(wide, zero)});
    unsigned right = widened(b.read(b.access(w, {channel, r, s, d})));
    if (!isFloat && chance(20))
      right = b.node(Opcode::SubI, wide, {right, b.integer(wide, below(5))});
    multiply(left, right);
    return finish(outer, place, shape);
  }

  /// result[batch.., m, n] = sum over k of two inputs, with loops left out at random.
  Computation product() {
    struct Index {
      const char *name;
      bool inResult, inFirst, inSecond;
    };
    std::vector<Index> indices;
    for (const Index &index :
         {Index{"g", true, true, true}, Index{"m", true, true, false}, Index{"n", true, false, true},
          Index{"p", true, false, false}, Index{"m2", true, true, false}, Index{"g2", true, true, true}})
      if (chance(50))
        indices.push_back(index);
    std::shuffle(indices.begin(), indices.end(), random);
    unsigned parallel = indices.size();
    for (const Index &index : {Index{"k", false, true, true}, Index{"ka", false, true, false},
                               Index{"kb", false, false, true}, Index{"k2", false, true, true}})
      if (chance(60))
        indices.push_back(index);
    llvm::SmallVector<unsigned> all, outer;
    llvm::SmallVector<int64_t> shapes[3];
    std::vector<mlir::AffineExpr> places[3];
    for (const Index &index : indices) {
      int64_t extent = 2 + below(4);
      unsigned loop = b.loop(index.name, extent);
      all.push_back(loop);
      if (all.size() <= parallel)
        outer.push_back(loop);
      bool has[] = {index.inFirst, index.inSecond, index.inResult};
      for (unsigned i : {0u, 1u, 2u})
        if (has[i]) {
          size_t at = i == 2 ? places[i].size() : size_t(below(int64_t(places[i].size()) + 1));
          places[i].insert(places[i].begin() + at, b.at(loop));
          shapes[i].insert(shapes[i].begin() + at, extent);
        }
    }
    unsigned first = tensor("first", narrow, shapes[0], false);
    unsigned second = tensor("second", narrow, shapes[1], constantWeights);
    hasFinal = chance(50);
    sum = tensor("sum", wide, shapes[2], false, hasFinal);
    b.statement(all, b.access(sum, places[2]), nest::Update::Add, nest::Constant());
    unsigned left = widened(b.read(b.access(first, places[0])));
    unsigned right = widened(b.read(b.access(second, places[1])));
    if (!isFloat && chance(30))
      left = b.node(Opcode::AddI, wide, {left, b.integer(wide, below(100))});
    if (chance(50))
      std::swap(left, right);
    multiply(left, right);
    return finish(outer, places[2], shapes[2]);
  }

  NestBuilder b;

private:
  unsigned widened(unsigned node) {
    if (narrow == wide)
      return node;
    return b.node(isFloat ? Opcode::ExtF : Opcode::ExtSI, wide, {node});
  }

  void multiply(unsigned left, unsigned right) {
    b.node(isFloat ? Opcode::MulF : Opcode::MulI, wide, {left, right});
  }

  unsigned tensor(llvm::StringRef name, nest::ScalarType type, llvm::SmallVector<int64_t> shape,
                  bool isConstant, bool isLocal = false) {
    TensorSource source;
    source.value = unsigned(made.sources.size());
    if (isConstant) {
      ConstantTensor values = uniformTensor(type, shape, {});
      for (int64_t i = 0; i < elementCount(values); ++i)
        setElement(values, i,
                   type.isFloat() ? nest::Constant::ofReal(double(below(9) - 4))
                                  : nest::Constant::ofInteger(below(251) - 120));
      source.kind = TensorSource::Kind::Constant;
      source.constant = std::make_shared<ConstantTensor>(std::move(values));
    }
    if (isLocal)
      source.kind = TensorSource::Kind::Local;
    made.sources.push_back(source);
    return b.operand(name, type, std::move(shape), isLocal);
  }

  /// result = sum + bias[last], plus a tensor of the result's shape and a loop's index.
  Computation finish(const llvm::SmallVector<unsigned> &outer, const std::vector<mlir::AffineExpr> &place,
                     const llvm::SmallVector<int64_t> &shape) {
    made.core = 0;
    made.result = sum;
    if (hasFinal) {
      made.final = 1;
      unsigned residual = tensor("residual", wide, shape, false);
      unsigned bias = 0;
      if (!shape.empty())
        bias = tensor("bias", wide, {shape.back()}, true);
      made.result = tensor("result", wide, shape, false);
      Opcode add = isFloat ? Opcode::AddF : Opcode::AddI;
      b.statement(outer, b.access(made.result, place));
      unsigned value = b.read(b.access(sum, place));
      value = b.node(add, wide, {value, b.read(b.access(residual, place))});
      if (!shape.empty())
        value = b.node(add, wide, {value, b.read(b.access(bias, {place.back()}))});
      if (!isFloat && !outer.empty() && chance(40)) {
        unsigned index = b.node(Opcode::LoopIndex, nest::ScalarType::index(), {});
        b.nest.statements.back().body[index].loop = outer[size_t(below(int64_t(outer.size())))];
        value = b.node(add, wide, {value, b.node(Opcode::TruncI, wide, {index})});
      }
    }
    made.nest = b.nest;
    return made;
  }

  std::mt19937_64 random;
  Computation made;
  bool hasFinal = false;
  unsigned sum = 0;
};

void expectSame(const Computation &before, const Computation &after, uint64_t seed) {
  ASSERT_EQ(llvm::toString(nest::verify(after.nest)), "");
  llvm::Expected<Tensors> wanted = randomTensors(before, seed), found = randomTensors(after, seed);
  ASSERT_EQ(llvm::toString(wanted.takeError()) + llvm::toString(found.takeError()), "");
  ASSERT_EQ(llvm::toString(execute(before, *wanted)), "");
  ASSERT_EQ(llvm::toString(execute(after, *found)), "");
  ASSERT_EQ((*wanted)[before.result].bytes, (*found)[after.result].bytes);
}

/// Every joined loop at most once, k a multiple, arrays dense over their own loops.
void expectForm(const Computation &made, const GatherForm &form) {
  std::string names;
  for (const nest::Loop &loop : made.nest.loops) {
    names += loop.name;
    EXPECT_GT(loop.extent, 1);
    if (loop.name == "k")
      EXPECT_EQ(loop.extent % form.multiple, 0);
  }
  EXPECT_THAT((std::vector<std::string>{"", "g", "m", "n", "k", "gm", "gn", "gk", "mn", "mk", "nk", "gmn",
                                        "gmk", "gnk", "mnk", "gmnk"}),
              testing::Contains(names));
  for (const nest::Node &node : made.nest.statements[made.core].body)
    if (node.op == Opcode::Read)
      EXPECT_TRUE(plainLoops(node.access.indices).has_value());
}

/// Numbers whose sums depend on the order in which they are added, the same for equal values of the program.
ConstantTensor fractions(const nest::Operand &operand, const TensorSource &source, uint64_t seed) {
  if (source.kind == TensorSource::Kind::Constant)
    return *source.constant;
  ConstantTensor result = uniformTensor(operand.type, operand.shape, {});
  if (source.kind == TensorSource::Kind::Gathered) {
    std::vector<ConstantTensor> parts;
    std::vector<const ConstantTensor *> views;
    for (auto [number, part] : llvm::enumerate(source.gather->sources))
      parts.push_back(fractions(source.gather->nest.operands[number], part, seed));
    for (const ConstantTensor &part : parts)
      views.push_back(&part);
    return llvm::cantFail(evaluate(*source.gather, views));
  }
  std::mt19937_64 random(seed * 77 + source.value);
  for (int64_t i = 0; i < elementCount(result); ++i)
    setElement(
        result, i,
        nest::Constant::ofReal(std::ldexp(double(int64_t(random() % 2001) - 1000), -int(random() % 14))));
  return result;
}

Tensors allFractions(const Computation &computation, uint64_t seed) {
  Tensors result;
  for (auto [operand, source] : llvm::zip_equal(computation.nest.operands, computation.sources))
    result.push_back(fractions(operand, source, seed));
  return result;
}

const char *const integers[] = {"i8", "u8", "i16", "i32"};

TEST(Gather, KeepsEveryBitOfRandomSums) {
  unsigned made = 0, refused = 0, shifted = 0;
  for (uint64_t seed = 1; seed <= 1200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProduct random(seed);
    random.constantWeights = random.chance(70);
    Computation computation = random.chance(50) ? random.convolution() : random.product();
    ASSERT_EQ(llvm::toString(nest::verify(computation.nest)), "");
    GatherForm form{element(integers[random.below(4)]), element(integers[random.below(4)]),
                    int64_t(1) << random.below(4)};
    llvm::Expected<Gathered> result = gathered(computation, form);
    ASSERT_EQ(llvm::toString(result.takeError()), "");
    if (!result->computation) {
      EXPECT_NE(result->reason, "");
      ++refused;
      continue;
    }
    ++made;
    shifted += result->computation->init >= 0;
    expectForm(*result->computation, form);
    expectSame(computation, *result->computation, seed);
    if (HasFailure())
      return;
  }
  EXPECT_GT(made, 500u);
  EXPECT_GT(refused, 50u);
  EXPECT_GT(shifted, 50u);
}

TEST(Gather, KeepsTheOrderOfFloats) {
  unsigned made = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProduct random(seed);
    random.isFloat = true;
    random.wide = nest::ScalarType::f32();
    random.narrow = random.chance(50) ? nest::ScalarType::f32() : nest::ScalarType::f16();
    Computation computation = random.chance(50) ? random.convolution() : random.product();
    std::string type = random.chance(70) ? random.narrow.str() : "bf16";
    llvm::Expected<Gathered> result = gathered(computation, {element(type), element(type), 4});
    ASSERT_EQ(llvm::toString(result.takeError()), "");
    ASSERT_EQ(result->computation.has_value(), type != "bf16") << result->reason;
    if (!result->computation)
      continue;
    ++made;
    expectSame(computation, *result->computation, seed);
    Tensors before = allFractions(computation, seed), after = allFractions(*result->computation, seed);
    ASSERT_EQ(llvm::toString(execute(computation, before)), "");
    ASSERT_EQ(llvm::toString(execute(*result->computation, after)), "");
    ASSERT_EQ(before[computation.result].bytes, after[result->computation->result].bytes);
    if (HasFailure())
      return;
  }
  EXPECT_GT(made, 150u);
}

/// t[m, n] += (x[m, k] - zero) * w[n, k].
Computation small(NestBuilder &b, int64_t zero, bool constant) {
  Computation made;
  unsigned m = b.loop("m", 3), n = b.loop("n", 5), k = b.loop("k", 7);
  unsigned x = b.operand("x", i8, {3, 7}), w = b.operand("w", i8, {5, 7}), t = b.operand("t", i32, {3, 5});
  b.statement({m, n, k}, b.access(t, {b.at(m), b.at(n)}), nest::Update::Add, nest::Constant());
  unsigned left = b.node(Opcode::ExtSI, i32, {b.read(b.access(x, {b.at(m), b.at(k)}))});
  left = b.node(Opcode::SubI, i32, {left, b.integer(i32, zero)});
  unsigned right = b.node(Opcode::ExtSI, i32, {b.read(b.access(w, {b.at(n), b.at(k)}))});
  b.node(Opcode::MulI, i32, {left, right});
  made.nest = b.nest;
  made.sources.resize(3);
  for (unsigned i : {0u, 1u, 2u})
    made.sources[i].value = i;
  if (constant) {
    made.sources[w].kind = TensorSource::Kind::Constant;
    made.sources[w].constant =
        std::make_shared<ConstantTensor>(uniformTensor(i8, {5, 7}, nest::Constant::ofInteger(-128)));
  }
  made.core = 0;
  made.result = t;
  return made;
}

TEST(Gather, AZeroPointIsAddedToBytesAndTakenOffTheStart) {
  NestBuilder b;
  Computation computation = small(b, 83, true);
  llvm::Expected<Gathered> result = gathered(computation, {element("i8"), element("i8"), 1});
  ASSERT_TRUE(bool(result));
  ASSERT_TRUE(result->computation) << result->reason;
  // x as it lies in memory, without a copy.
  for (const TensorSource &source : result->computation->sources)
    if (source.kind == TensorSource::Kind::Gathered) {
      std::optional<StridedRead> read = stridedRead(*source.gather);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->strides[0], 7);
      EXPECT_EQ(read->strides[1], 1);
    }
  expectSame(computation, *result->computation, 3);
}

/// A zero point that comes as a tensor of one element is as good as a number.
TEST(Gather, AZeroPointMayBeATensor) {
  NestBuilder b;
  Computation computation = small(b, 83, true);
  nest::Node &zero = computation.nest.statements[0].body[2];
  ASSERT_EQ(zero.op, Opcode::Constant);
  computation.nest.operands.push_back({"zero", i32, {}, false});
  TensorSource source;
  source.kind = TensorSource::Kind::Constant;
  source.constant = std::make_shared<ConstantTensor>(uniformTensor(i32, {}, nest::Constant::ofInteger(83)));
  computation.sources.push_back(source);
  zero.op = Opcode::Read;
  zero.access.operand = 3;
  zero.access.indices = mlir::AffineMap::get(3, 0, {}, &b.context);
  ASSERT_EQ(llvm::toString(nest::verify(computation.nest)), "");
  llvm::Expected<Gathered> result = gathered(computation, {element("i8"), element("i8"), 1});
  ASSERT_TRUE(bool(result));
  ASSERT_TRUE(result->computation) << result->reason;
  expectSame(computation, *result->computation, 3);
}

TEST(Gather, SaysWhichRangeDoesNotFit) {
  NestBuilder b, c, d;
  Computation two = small(b, 83, false), one = small(c, 83, true), flipped = small(d, 0, true);
  EXPECT_THAT(gathered(two, {element("i8"), element("i8"), 1})->reason,
              HasSubstr("a factor has the values -211..44, i8 holds -128..127; a number could be added if"));
  EXPECT_TRUE(gathered(two, {element("i16"), element("i16"), 1})->computation);
  EXPECT_THAT(gathered(one, {element("i8"), element("u8"), 1})->reason, HasSubstr("if the other factor"));
  EXPECT_TRUE(gathered(flipped, {element("u8"), element("i8"), 4})->computation);
  EXPECT_THAT(gathered(one, {element("f32"), element("f32"), 1})->reason,
              HasSubstr("the model's factors are i32, the intrinsic's f32"));
}

TEST(Gather, WhatIsFilledUpIsNotReadInPlace) {
  NestBuilder b;
  Computation computation = small(b, 0, true);
  llvm::Expected<Gathered> result = gathered(computation, {element("i8"), element("i8"), 4});
  ASSERT_TRUE(bool(result) && result->computation);
  unsigned seen = 0;
  for (const TensorSource &source : result->computation->sources)
    if (source.kind == TensorSource::Kind::Gathered) {
      EXPECT_FALSE(stridedRead(*source.gather));
      EXPECT_EQ(source.gather->nest.operands.back().shape[1], 8);
      ++seen;
    }
  EXPECT_EQ(seen, 1u);
}

} // namespace
} // namespace tenon::match
