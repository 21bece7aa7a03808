// The passes change no model: what the reference computes before and after all of them, and after each one
// alone, is the same. Bit for bit, but where a pass says that it folded into sums, or where it lays tensors
// out anew, so that sums have another order; there within the derived bound. Of every model that there is,
// ONNX's node tests, and random graphs.
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"
#include "core/ir/ModelNodes.h"
#include "core/reference/ErrorBound.h"
#include "core/support/Error.h"
#include "tests/conformance/GraphProgram.h"
#include "tests/conformance/RandomGraph.h"

#include "mlir/Pass/PassRegistry.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace tenon::test {
namespace {

namespace filesystem = std::filesystem;
using reference::Tensor;

/// Each pass alone, all of them, and all of them where no tensor of the model may go.
const std::vector<std::string> pipelines = {
    "func.func(tenon-fold-constants)",
    "func.func(tenon-eliminate-dead-code)",
    "func.func(tenon-fold-batch-norm)",
    "func.func(tenon-fold-constants,tenon-fold-batch-norm)", // a norm's factor follows from constants
    "func.func(tenon-fuse-elementwise)",
    "func.func(tenon-choose-layout)",
    "tenon-optimise-graph",
    "tenon-optimise-graph{keep-tensors=true}",
};

/// How often each pipeline changed something, and in how many models.
struct Counts {
  unsigned models = 0, refused = 0;
  std::map<std::string, unsigned> changed;
};

using Tensors = std::map<int64_t, Tensor>;

/// The outputs; and what is named on the way.
llvm::Expected<std::vector<Tensor>> run(const reference::Program &program, llvm::ArrayRef<Tensor> inputs,
                                        Tensors &named) {
  reference::RunOptions options;
  options.onTensor = [&](ir::TensorAttr tensor, const reference::BufferView &view) {
    const char *bytes = static_cast<const char *>(view.data);
    named[tensor.getIndex()] = {view.type, view.shape, std::vector<char>(bytes, bytes + view.bytes)};
    return llvm::Error::success();
  };
  return reference::run(program, inputs, options);
}

mlir::func::FuncOp functionOf(mlir::ModuleOp module) { return *module.getOps<mlir::func::FuncOp>().begin(); }

class ModelCheck {
public:
  ModelCheck(mlir::ModuleOp imported, std::string name, uint64_t seed)
      : module(imported), name(std::move(name)), seed(seed) {}

  void run(Counts &counts) {
    auto made = reference::programOf(functionOf(module));
    ASSERT_TRUE(bool(made)) << name << ": " << llvm::toString(made.takeError());
    program = std::move(*made);
    inputs = graphInputs(program, seed);
    auto outputs = test::run(program, inputs, named);
    if (!outputs) { // such as a float outside an integer type
      llvm::consumeError(outputs.takeError());
      ++counts.refused;
      return;
    }
    want = std::move(*outputs);
    ++counts.models;
    for (const std::string &pipeline : pipelines)
      if (check(pipeline))
        ++counts.changed[pipeline];
  }

private:
  /// Whether the pipeline changed anything.
  bool check(const std::string &pipeline) {
    mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
    mlir::OperationFingerPrint before(*copy);
    mlir::PassManager manager(module.getContext());
    EXPECT_TRUE(mlir::succeeded(mlir::parsePassPipeline(pipeline, manager))) << pipeline;
    EXPECT_TRUE(mlir::succeeded(manager.run(*copy))) << name << " " << pipeline;
    if (before == mlir::OperationFingerPrint(*copy))
      return false;
    compare(*copy, pipeline);
    return true;
  }

  void compare(mlir::ModuleOp changed, const std::string &pipeline) {
    std::string where = name + ", " + pipeline + ": ";
    auto other = reference::programOf(functionOf(changed));
    ASSERT_TRUE(bool(other)) << where << llvm::toString(other.takeError());
    Tensors seen;
    auto got = test::run(*other, inputs, seen);
    ASSERT_TRUE(bool(got)) << where << llvm::toString(got.takeError());
    bool folds = functionOf(changed)->hasAttr(ir::foldsIntoSumsAttributeName);
    bool reorders = pipeline.find("layout") != std::string::npos; // a sum's terms, with the dimensions
    std::vector<reference::Bounds> bounds(want.size());
    if (folds || reorders) {
      auto bounded = reference::runWithBounds(program, inputs, {}, {.foldsIntoSums = folds});
      ASSERT_TRUE(bool(bounded)) << where << llvm::toString(bounded.takeError());
      bounds = std::move(bounded->bounds);
    }
    ASSERT_EQ(got->size(), want.size()) << where;
    for (size_t output = 0; output < want.size(); ++output) {
      ASSERT_EQ((*got)[output].shape, want[output].shape) << where;
      EXPECT_EQ(beyondBound((*got)[output], want[output], bounds[output]), "")
          << where << "output " << output;
    }
    if (pipeline.find("keep-tensors") != std::string::npos && !folds)
      compareNamed(seen, where);
  }

  /// No tensor of the model is lost, and none changes.
  void compareNamed(const Tensors &seen, const std::string &where) const {
    for (const auto &[number, tensor] : named) {
      auto found = seen.find(number);
      ASSERT_NE(found, seen.end()) << where << "tensor " << number << " is gone";
      EXPECT_EQ(beyondBound(found->second, tensor, {}), "") << where << "tensor " << number;
    }
  }

  mlir::ModuleOp module;
  std::string name;
  uint64_t seed;
  reference::Program program;
  std::vector<Tensor> inputs, want;
  Tensors named;
};

class GraphModelsTest : public testing::Test {
protected:
  static void SetUpTestSuite() { graph::registerPasses(); }

  void SetUp() override {
    mlir::DialectRegistry dialects;
    import::registerDialects(dialects);
    context = std::make_unique<mlir::MLIRContext>(dialects, mlir::MLIRContext::Threading::DISABLED);
  }

  /// Those files of a folder with one of the endings, and of its folders, that are read.
  Counts checkFolder(const filesystem::path &folder, llvm::ArrayRef<llvm::StringRef> endings) {
    std::vector<std::string> files;
    std::error_code code;
    for (const auto &entry : filesystem::recursive_directory_iterator(folder, code))
      if (llvm::is_contained(endings, llvm::StringRef(entry.path().extension().string())))
        files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    Counts counts;
    for (const std::string &file : files) {
      auto module = import::importModel(*context, file);
      if (!module) { // what is refused, and why, has its own tests
        llvm::consumeError(module.takeError());
        ++counts.refused;
        continue;
      }
      ModelCheck(**module, file, /*seed=*/1).run(counts);
    }
    return counts;
  }

  std::unique_ptr<mlir::MLIRContext> context;
};

TEST_F(GraphModelsTest, ModelsAreTheSame) {
  const char *folder = std::getenv("TENON_MODELS");
  if (!folder)
    GTEST_SKIP() << "TENON_MODELS names no folder of models";
  Counts counts = checkFolder(folder, {".tflite", ".onnx"});
  EXPECT_GT(counts.models, 0U) << folder;
}

TEST_F(GraphModelsTest, SamplesAndSmallModelsAreTheSame) {
  EXPECT_GT(checkFolder(TENON_SOURCE "/docs/samples", {".onnx"}).models, 0U);
  EXPECT_GT(checkFolder(TENON_SOURCE "/tests/models", {".tflite", ".onnx"}).models, 100U);
  Counts counts = checkFolder(TENON_SOURCE "/tests/graph", {".mlir"});
  EXPECT_GT(counts.changed["func.func(tenon-fold-constants,tenon-fold-batch-norm)"], 0U);
}

TEST_F(GraphModelsTest, OnnxNodeTestsAreTheSame) {
  if (!filesystem::exists(TENON_ONNX_NODE_TESTS))
    GTEST_SKIP() << "libonnx-testdata is not installed: no " << TENON_ONNX_NODE_TESTS;
  Counts counts = checkFolder(TENON_ONNX_NODE_TESTS, {".onnx"});
  EXPECT_GT(counts.models, 200U);
  EXPECT_GT(counts.changed["func.func(tenon-fuse-elementwise)"], 0U);
}

TEST_F(GraphModelsTest, RandomGraphsAreTheSame) {
  constexpr uint64_t graphs = 500;
  Counts counts;
  for (uint64_t seed = 1; seed <= graphs && !HasFailure(); ++seed) {
    Choices choices(seed);
    std::string text = randomGraph(choices);
    auto graph = graphProgram(text);
    ASSERT_TRUE(bool(graph)) << "seed " << seed << ": " << llvm::toString(graph.takeError()) << "\n" << text;
    ModelCheck(*graph->module, "random graph " + std::to_string(seed), seed).run(counts);
    if (HasFailure())
      ADD_FAILURE() << text;
  }
  EXPECT_GT(counts.models, graphs / 2);
  for (const std::string &pipeline : pipelines)
    RecordProperty(pipeline, int(counts.changed[pipeline]));
  EXPECT_GT(counts.changed["func.func(tenon-fuse-elementwise)"], 10U);
}

} // namespace
} // namespace tenon::test
