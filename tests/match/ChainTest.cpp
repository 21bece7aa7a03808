// Computations of programs: ones are dropped, views seen through, elementwise consumers appended, and what
// ends a chain; and matches do not depend on names or on the order of loops.
#include "core/import/ModelFile.h"
#include "core/match/Match.h"
#include "tests/match/RandomCase.h"

#include "llvm/ADT/STLExtras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tenon::match {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ChainTest : public testing::Test {
protected:
  ChainTest() {
    mlir::DialectRegistry dialects;
    import::registerDialects(dialects);
    context.appendDialectRegistry(dialects);
  }

  const reference::Program &programOf(const std::string &text) {
    auto read = import::importModelFromMemory(context, text, "test.mlir");
    if (!read) {
      ADD_FAILURE() << llvm::toString(read.takeError());
      return program;
    }
    module = std::move(*read);
    llvm::Expected<reference::Program> made =
        reference::programOf(*module->getOps<mlir::func::FuncOp>().begin());
    if (made)
      program = std::move(*made);
    else
      ADD_FAILURE() << llvm::toString(made.takeError());
    return program;
  }

  static std::string text(const Computation &computation) {
    std::string result;
    llvm::raw_string_ostream stream(result);
    nest::print(computation.nest, stream);
    return result;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  reference::Program program;
};

/// A matrix product on 1 x 4 x 8, a view of its result, a bias, and two halvings.
std::string productThen(const std::string &tail) {
  return R"(
#x = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (k, n)>
#y = affine_map<(b, m, n, k) -> (b, m, n)>
#id = affine_map<(m, n) -> (m, n)>
#turned = affine_map<(m, n) -> (n, m)>
#n = affine_map<(m, n) -> (n)>
func.func @main(%x: tensor<1x4x8xi8>, %w: tensor<8x6xi8>, %bias: tensor<6xi32>) -> RESULT {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<1x4x6xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<1x4x6xi32>) -> tensor<1x4x6xi32>
  %p = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x4x8xi8>, tensor<8x6xi8>) outs(%f : tensor<1x4x6xi32>) {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %l = arith.extsi %a : i8 to i32
    %r = arith.extsi %c : i8 to i32
    %m = arith.muli %l, %r : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x4x6xi32>
  %v = tensor.collapse_shape %p [[0, 1], [2]] : tensor<1x4x6xi32> into tensor<4x6xi32>
  %e2 = tensor.empty() : tensor<4x6xi32>
  %y = linalg.generic {indexing_maps = [#id, #n, #id], iterator_types = ["parallel", "parallel"]}
      ins(%v, %bias : tensor<4x6xi32>, tensor<6xi32>) outs(%e2 : tensor<4x6xi32>) {
  ^bb0(%a: i32, %c: i32, %o: i32):
    %s = arith.addi %a, %c : i32
    linalg.yield %s : i32
  } -> tensor<4x6xi32>
)" + tail +
         "\n}\n";
}

std::string withResult(std::string text, const std::string &type) {
  return text.replace(text.find("RESULT"), 6, type);
}

TEST_F(ChainTest, ViewsAreSeenThroughAndConsumersAppended) {
  const reference::Program &made =
      programOf(withResult(productThen("return %y : tensor<4x6xi32>"), "tensor<4x6xi32>"));
  ComputationChain chain = computationsFrom(made, 0, false);
  ASSERT_EQ(chain.prefixes.size(), 2u);
  EXPECT_THAT(chain.prefixes[0].steps, ElementsAre(0u));
  EXPECT_THAT(chain.prefixes[1].steps, ElementsAre(0u, 1u, 2u));
  const Computation &whole = chain.prefixes[1];
  EXPECT_EQ(whole.core, 0);
  EXPECT_EQ(whole.final, 1);
  EXPECT_EQ(whole.parallelLoops(), 2u);
  EXPECT_EQ(whole.nest.loops.size(), 3u); // the batch of one is gone
  EXPECT_THAT(text(whole), HasSubstr("= out0[d1, d2]:i32 + t"));
}

TEST_F(ChainTest, ASecondUseEndsTheChain) {
  const reference::Program &made = programOf(withResult(
      productThen("return %y, %v : tensor<4x6xi32>, tensor<4x6xi32>"), "(tensor<4x6xi32>, tensor<4x6xi32>)"));
  EXPECT_EQ(computationsFrom(made, 0, false).prefixes.size(), 1u);
}

TEST_F(ChainTest, ATransposedConsumerKeepsItsPlaces) {
  const reference::Program &made = programOf(withResult(productThen(R"(
  %e3 = tensor.empty() : tensor<6x4xi32>
  %t = linalg.generic {indexing_maps = [#turned, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<4x6xi32>) outs(%e3 : tensor<6x4xi32>) {
  ^bb0(%a: i32, %o: i32):
    linalg.yield %a : i32
  } -> tensor<6x4xi32>
  return %t : tensor<6x4xi32>)"),
                                                        "tensor<6x4xi32>"));
  ComputationChain chain = computationsFrom(made, 0, false);
  ASSERT_EQ(chain.prefixes.size(), 3u);
  const Computation &last = chain.prefixes[2];
  EXPECT_EQ(last.nest.operands[last.result].shape, (llvm::SmallVector<int64_t>{6, 4}));
  EXPECT_EQ(llvm::toString(nest::verify(last.nest)), "");
}

/// The matches as text that names neither loops by number nor operands by position.
std::multiset<std::string> named(const Matches &matches) {
  std::multiset<std::string> result;
  for (const Match &match : matches.legal) {
    std::set<std::string> loops;
    for (auto [loop, places] : llvm::enumerate(match.loops))
      loops.insert(matches.computation.nest.loops[loop].name + ":" + std::to_string(places.inner) + "/" +
                   std::to_string(places.block));
    std::string text = std::to_string(unsigned(match.part));
    for (const std::string &loop : loops)
      text += " " + loop;
    for (const OperandBinding &binding : match.operands)
      text += " " + matches.computation.nest.operands[binding.tensor].name;
    for (int64_t value : match.values)
      text += " " + std::to_string(value);
    result.insert(text);
  }
  return result;
}

/// The same computation with its loops in another order, the result's first all the same.
Computation permuted(const Computation &source, uint64_t seed) {
  Computation result = source;
  std::mt19937_64 random(seed);
  unsigned count = source.nest.loops.size(), parallel = source.parallelLoops();
  llvm::SmallVector<unsigned> order = llvm::to_vector(llvm::seq(0u, count));
  std::shuffle(order.begin(), order.begin() + parallel, random);
  std::shuffle(order.begin() + parallel, order.end(), random);
  mlir::MLIRContext *context = source.nest.statements[0].destination.indices.getContext();
  llvm::SmallVector<mlir::AffineExpr> moved(count);
  for (unsigned i = 0; i < count; ++i) {
    result.nest.loops[i] = source.nest.loops[order[i]];
    moved[order[i]] = mlir::getAffineDimExpr(i, context);
  }
  auto rename = [&](nest::Access &access) {
    llvm::SmallVector<mlir::AffineExpr> indices;
    for (mlir::AffineExpr index : access.indices.getResults())
      indices.push_back(index.replaceDims(moved));
    access.indices = mlir::AffineMap::get(count, 0, indices, context);
  };
  for (nest::Statement &statement : result.nest.statements) {
    rename(statement.destination);
    for (nest::Node &node : statement.body)
      if (node.op == nest::Opcode::Read)
        rename(node.access);
    for (unsigned &loop : statement.loops)
      loop = llvm::cast<mlir::AffineDimExpr>(moved[loop]).getPosition();
    llvm::sort(statement.loops);
  }
  return result;
}

TEST(MatchInvariance, NamesAndTheOrderOfLoopsDoNotMatter) {
  size_t matching = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    test::RandomCase random(seed);
    llvm::Expected<isa::Description> description = isa::parseDescription(random.yaml, "chip.yaml");
    ASSERT_TRUE(bool(description)) << llvm::toString(description.takeError());
    std::multiset<std::string> before = named(match(*description, random.computation));
    std::multiset<std::string> after = named(match(*description, permuted(random.computation, seed)));
    ASSERT_EQ(before, after) << "seed " << seed << "\n" << random.text();
    matching += !before.empty();
  }
  EXPECT_GT(matching, 50u);
}

} // namespace
} // namespace tenon::match
