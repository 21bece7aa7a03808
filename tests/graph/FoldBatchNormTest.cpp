// What is folded into a sum stays within the derived bound: random sums with random affine chains behind
// them, whose terms cancel, whose inputs are 0, and whose offsets cancel with the sum.
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"
#include "core/ir/ModelNodes.h"
#include "core/reference/ErrorBound.h"
#include "tests/conformance/GraphProgram.h"

#include "mlir/IR/BuiltinOps.h"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace tenon::test {
namespace {

class ChainText {
public:
  explicit ChainText(uint64_t seed) : random(seed) {
    terms = between(2, 40);
    outputs = between(1, 4);
  }

  std::string text() {
    std::string body, inputs, maps, arguments, constants;
    unsigned links = unsigned(between(2, 4));
    std::string value = "%v";
    for (unsigned link = 0; link < links; ++link) {
      constants += fmt::format("  %c{} = arith.constant dense<{}> : tensor<{}xf32>\n", link,
                               numbers({outputs}, 0.3, 3), outputs);
      inputs += fmt::format(", %c{}", link);
      maps += ", #channel";
      arguments += fmt::format("%k{}: f32, ", link);
      const char *names[] = {"mulf", "divf", "addf", "subf"};
      // The first one scales; the last one adds, else the offset may be -0, and that is not folded.
      const char *name = names[link == 0 ? between(0, 1) : between(link + 1 == links ? 2 : 0, 3)];
      body += fmt::format("    %r{} = arith.{} {}, %k{} : f32\n", link, name, value, link);
      value = fmt::format("%r{}", link);
    }
    std::string types;
    for (unsigned link = 0; link < links; ++link)
      types += fmt::format(", tensor<{}xf32>", outputs);
    std::string all = fmt::format("tensor<3x{}xf32>", outputs);
    return fmt::format(R"(
#in = affine_map<(n, o, k) -> (n, k)>
#weights = affine_map<(n, o, k) -> (o, k)>
#out = affine_map<(n, o, k) -> (n, o)>
#all = affine_map<(n, o) -> (n, o)>
#channel = affine_map<(n, o) -> (o)>
func.func @main(%x: tensor<3x{0}xf32>) -> {1} {{
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<{2}> : tensor<{3}x{0}xf32>
{4}  %empty = tensor.empty() : {1}
  %start = linalg.fill ins(%zero : f32) outs(%empty : {1}) -> {1}
  %sum = linalg.generic {{indexing_maps = [#in, #weights, #out], iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%x, %w : tensor<3x{0}xf32>, tensor<{3}x{0}xf32>) outs(%start : {1}) {{
  ^bb0(%v: f32, %f: f32, %acc: f32):
    %p = arith.mulf %v, %f : f32
    %r = arith.addf %acc, %p : f32
    linalg.yield %r : f32
  }} -> {1}
  %result = linalg.generic {{indexing_maps = [#all{5}, #all], iterator_types = ["parallel", "parallel"]}}
      ins(%sum{6} : {1}{7}) outs(%empty : {1}) {{
  ^bb0(%v: f32, {8}%o: f32):
{9}    linalg.yield {10} : f32
  }} -> {1}
  return %result : {1}
}}
)",
                       terms, all, numbers({outputs, terms}, 0.1, 2), outputs, constants, maps, inputs, types,
                       arguments, body, value);
  }

  /// One row of zeros, one of numbers, one whose terms come in pairs that nearly cancel.
  reference::Tensor input() {
    std::vector<float> values(size_t(3 * terms), 0);
    for (int64_t k = 0; k < terms; ++k) {
      values[size_t(terms + k)] = real(0.1, 2);
      values[size_t(2 * terms + k)] = k % 2 ? -values[size_t(2 * terms + k - 1)] : real(0.1, 1000);
    }
    reference::Tensor tensor{nest::ScalarType::f32(), {3, terms}, {}};
    const char *bytes = reinterpret_cast<const char *>(values.data());
    tensor.bytes.assign(bytes, bytes + values.size() * sizeof(float));
    return tensor;
  }

private:
  int64_t between(int64_t low, int64_t high) { return low + int64_t(random() % uint64_t(high - low + 1)); }
  /// Of either sign.
  float real(double low, double high) {
    double size = std::uniform_real_distribution(low, high)(random);
    return float(random() % 2 ? -size : size);
  }
  std::string numbers(llvm::ArrayRef<int64_t> shape, double low, double high) {
    std::string text = "[";
    for (int64_t i = 0; i < shape.front(); ++i)
      text += (i ? ", " : "") + (shape.size() > 1 ? numbers(shape.drop_front(), low, high)
                                                  : fmt::format("{:.9e}", real(low, high)));
    return text + "]";
  }

  std::mt19937_64 random;
  int64_t terms = 0, outputs = 0;
};

TEST(FoldBatchNormTest, StaysWithinTheBound) {
  constexpr uint64_t cases = 400;
  unsigned folded = 0, different = 0;
  for (uint64_t seed = 1; seed <= cases && !testing::Test::HasFailure(); ++seed) {
    ChainText chain(seed);
    std::string text = chain.text();
    auto graph = graphProgram(text);
    ASSERT_TRUE(bool(graph)) << llvm::toString(graph.takeError()) << text;
    reference::Tensor input = chain.input();
    auto want = reference::runWithBounds(graph->program, {input}, {}, {.foldsIntoSums = true});
    ASSERT_TRUE(bool(want)) << llvm::toString(want.takeError());
    mlir::OwningOpRef<mlir::ModuleOp> copy = graph->module->clone();
    llvm::Error wrong = graph::optimise(*copy, {});
    ASSERT_FALSE(bool(wrong)) << llvm::toString(std::move(wrong)) << text;
    auto function = *copy->getOps<mlir::func::FuncOp>().begin();
    folded += function->hasAttr(ir::foldsIntoSumsAttributeName);
    auto program = reference::programOf(function);
    ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
    auto got = reference::run(*program, {input});
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    EXPECT_EQ(beyondBound(got->front(), want->outputs.front(), want->bounds.front()), "")
        << "seed " << seed << text;
    different += got->front().bytes != want->outputs.front().bytes;
    // A row of zeros is the same bits: its bound is 0, and so is that of no other row.
    size_t row = got->front().bytes.size() / 3;
    EXPECT_TRUE(std::equal(got->front().bytes.begin(), got->front().bytes.begin() + std::ptrdiff_t(row),
                           want->outputs.front().bytes.begin()))
        << "seed " << seed << text;
  }
  EXPECT_GT(folded, cases * 9 / 10);
  EXPECT_GT(different, cases / 2); // else nothing was tried
}

} // namespace
} // namespace tenon::test
