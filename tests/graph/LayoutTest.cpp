// Tensors laid out anew: whatever the graph, its results are the same; what a view makes of an order; and
// where transpositions stand.
#include "core/graph/ChooseLayout.h"
#include "core/graph/DimensionOrder.h"
#include "core/graph/ModelOrder.h"
#include "core/import/ModelFile.h"
#include "core/reference/ErrorBound.h"
#include "core/support/Error.h"
#include "tests/conformance/GraphProgram.h"
#include "tests/conformance/RandomGraph.h"
#include "tests/graph/ChannelsFirst.h"

#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>
#include <numeric>

namespace tenon::test {
namespace {

using graph::DimensionOrder;
using graph::LayoutChanges;

std::string textOf(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

struct Outcome {
  LayoutChanges changes;
  bool same = false;
};

/// What the model's tensors are, in its own order, by their numbers.
std::map<int64_t, reference::Tensor> namedTensors(const reference::Program &program,
                                                  llvm::ArrayRef<reference::Tensor> inputs) {
  std::map<int64_t, reference::Tensor> found;
  std::map<int64_t, mlir::Operation *> makers;
  for (const reference::Step &step : program.steps)
    if (step.tensor)
      makers[step.tensor.getIndex()] = step.operation;
  reference::RunOptions options;
  options.onTensor = [&](ir::TensorAttr tensor, const reference::BufferView &view) {
    const char *bytes = static_cast<const char *>(view.data);
    reference::Tensor value{view.type, view.shape, std::vector<char>(bytes, bytes + view.bytes)};
    found[tensor.getIndex()] = graph::inModelOrder(makers[tensor.getIndex()], std::move(value));
    return llvm::Error::success();
  };
  auto run = reference::run(program, inputs, options);
  EXPECT_TRUE(bool(run)) << llvm::toString(run.takeError());
  return found;
}

/// None may be lost, and each is the model's; sums of floats have bounds, which are checked of the results.
void compareTensors(const std::map<int64_t, reference::Tensor> &want,
                    const std::map<int64_t, reference::Tensor> &got) {
  EXPECT_EQ(got.size(), want.size());
  for (const auto &[index, tensor] : want) {
    auto found = got.find(index);
    ASSERT_NE(found, got.end()) << "tensor " << index;
    EXPECT_EQ(found->second.shape, tensor.shape) << "tensor " << index;
    if (tensor.type.isInteger())
      EXPECT_EQ(found->second.bytes, tensor.bytes) << "tensor " << index;
  }
}

/// Runs a module's program before and after, and compares: integers bit for bit, floats within their bounds.
Outcome compare(mlir::ModuleOp module, uint64_t seed, bool keepTensors = false) {
  Outcome outcome;
  std::string before = textOf(module);
  auto function = module.lookupSymbol<mlir::func::FuncOp>("main");
  auto first = reference::programOf(function);
  if (!first) {
    ADD_FAILURE() << llvm::toString(first.takeError()) << before;
    return outcome;
  }
  std::vector<reference::Tensor> inputs = graphInputs(*first, seed);
  auto want = reference::runWithBounds(*first, inputs);
  if (!want) {
    ADD_FAILURE() << llvm::toString(want.takeError()) << before;
    return outcome;
  }
  std::map<int64_t, reference::Tensor> named;
  if (keepTensors)
    named = namedTensors(*first, inputs);
  outcome.changes = graph::chooseLayouts(function, keepTensors);
  if (failed(mlir::verify(module))) {
    ADD_FAILURE() << before;
    return outcome;
  }
  auto second = reference::programOf(function);
  if (!second) {
    ADD_FAILURE() << llvm::toString(second.takeError()) << before << textOf(module);
    return outcome;
  }
  if (keepTensors)
    compareTensors(named, namedTensors(*second, inputs));
  auto got = reference::run(*second, inputs);
  if (!got) {
    ADD_FAILURE() << llvm::toString(got.takeError()) << before << textOf(module);
    return outcome;
  }
  outcome.same = true;
  for (size_t i = 0; i < got->size(); ++i) {
    std::string beyond = beyondBound((*got)[i], want->outputs[i], want->bounds[i]);
    EXPECT_EQ(beyond, "") << "result " << i << " of\n" << before << "laid out as\n" << textOf(module);
    outcome.same = outcome.same && beyond.empty();
  }
  return outcome;
}

TEST(LayoutTest, NetworksOfChannelsFirstGiveTheSame) {
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  unsigned changed = 0, transposed = 0, moved = 0;
  constexpr unsigned graphs = 600;
  for (unsigned seed = 0; seed < graphs; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
    context.loadAllAvailableDialects();
    Choices choices(seed);
    mlir::OwningOpRef<mlir::ModuleOp> module = channelsFirstNetwork(context, choices);
    ASSERT_TRUE(succeeded(mlir::verify(*module))) << textOf(*module);
    Outcome outcome = compare(*module, seed, /*keepTensors=*/seed % 3 == 0);
    ASSERT_TRUE(outcome.same);
    changed += outcome.changes.tensors > 0;
    moved += outcome.changes.copiesGone > 0;
    transposed += !outcome.changes.transpositions.empty();
  }
  // Most of them have a convolution; some transposition of a network's own is gone; few have none at their
  // edge.
  EXPECT_GT(changed, graphs / 3);
  EXPECT_GT(moved, graphs / 100);
  EXPECT_GT(transposed, graphs / 10);
}

TEST(LayoutTest, RandomGraphsGiveTheSame) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Choices choices(seed);
    auto graph = graphProgram(randomGraph(choices));
    ASSERT_TRUE(bool(graph)) << llvm::toString(graph.takeError());
    ASSERT_TRUE(compare(*graph->module, seed).same);
  }
}

/// Where each element of the order lies, by brute force.
std::vector<int64_t> places(llvm::ArrayRef<int64_t> shape, const graph::MemoryLayout &layout) {
  int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  std::vector<int64_t> elements(size_t(count), 0);
  for (int64_t place = 0; place < count; ++place) {
    std::vector<int64_t> index(shape.size(), 0);
    int64_t rest = place;
    for (unsigned dimension : llvm::reverse(layout.order)) {
      int64_t at = rest % shape[dimension];
      rest /= shape[dimension];
      auto shuffled = layout.shuffled.find(dimension);
      index[dimension] = shuffled == layout.shuffled.end() ? at : shuffled->second[size_t(at)];
    }
    for (size_t i = 0; i < shape.size(); ++i)
      elements[size_t(place)] = elements[size_t(place)] * shape[i] + index[i];
  }
  return elements;
}

TEST(DimensionOrderTest, AReshapeMovesNoElement) {
  std::mt19937 random(7);
  unsigned found = 0, shuffled = 0;
  for (unsigned turn = 0; turn < 4000; ++turn) {
    // Both shapes join neighbouring factors of one list.
    llvm::SmallVector<int64_t> factors, from, to;
    for (unsigned i = 0; i < 1 + random() % 5; ++i)
      factors.push_back(1 + int64_t(random() % 3));
    for (auto *shape : {&from, &to})
      for (int64_t factor : factors)
        if (shape->empty() || random() % 2)
          shape->push_back(factor);
        else
          shape->back() *= factor;
    DimensionOrder order = graph::identityOrder(unsigned(from.size()));
    std::shuffle(order.begin(), order.end(), random);
    graph::MemoryLayout layout = {order, {}};
    auto strict = graph::reshapedLayout(from, layout, to),
         loose = graph::reshapedLayout(from, layout, to, true);
    EXPECT_TRUE(loose || !strict);
    for (const auto &result : {strict, loose}) {
      if (!result)
        continue;
      EXPECT_EQ(places(to, *result), places(from, layout));
      found += result->shuffled.empty();
      shuffled += !result->shuffled.empty();
    }
    EXPECT_FALSE(strict && !strict->shuffled.empty());
  }
  EXPECT_GT(found, 1000u);
  EXPECT_GT(shuffled, 100u);
}

TEST(DimensionOrderTest, ShapesWithoutCommonFactorsAreABarrier) {
  EXPECT_FALSE(graph::reshapedOrder({2, 3}, {1, 0}, {3, 2}));
  EXPECT_FALSE(graph::reshapedOrder({4, 6}, {1, 0}, {6, 4}));
  EXPECT_FALSE(graph::reshapedOrder({2, 3, 5}, {0, 2, 1}, {2, 15}));
  EXPECT_TRUE(graph::reshapedOrder({2, 3, 5}, {1, 2, 0}, {2, 15}));
}

} // namespace
} // namespace tenon::test
