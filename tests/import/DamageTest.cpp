// Damaged files: cut short at every length, and with bits flipped at random (seeded). A damaged model is
// refused, or it is a module that runs or is refused; nothing else happens, and nothing takes long.
#include "tests/import/ModelSpec.h"

#include "core/reference/Program.h"

#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace tenon::test {
namespace {

/// Runs of damaged models are bounded: a flip may make a loop a million times longer, which is no mistake.
constexpr uint64_t mostMemory = uint64_t(64) << 20, mostPoints = 2'000'000;

std::string pathOf(const std::string &model) { return TENON_OPERATOR_MODELS "/" + model + ".tflite"; }

std::string contentOf(const std::string &model) {
  auto file = llvm::MemoryBuffer::getFile(pathOf(model));
  EXPECT_TRUE(bool(file)) << pathOf(model);
  return file ? (*file)->getBuffer().str() : std::string();
}

struct Counts {
  unsigned refused = 0, run = 0, tooLong = 0, failed = 0;
};

/// A context for many models: a fresh one for each would take most of the time. It is renewed now and then,
/// since it keeps every constant that it has seen.
class Context {
public:
  mlir::MLIRContext &get() {
    constexpr unsigned mostUses = 200;
    if (!context || ++uses > mostUses) {
      mlir::DialectRegistry dialects;
      import::registerDialects(dialects);
      context.emplace(dialects, mlir::MLIRContext::Threading::DISABLED);
      uses = 0;
    }
    return *context;
  }

private:
  std::optional<mlir::MLIRContext> context;
  unsigned uses = 0;
};

/// Every error has to be one of the input's, with all that is promised of it.
void expectGoodError(const FailureReport &found) {
  EXPECT_TRUE(found.code == ExitCode::WrongInput || found.code == ExitCode::SystemFailed)
      << static_cast<int>(found.code) << ": " << toString(found.diagnostics.front());
  for (const Diagnostic &diagnostic : found.diagnostics)
    EXPECT_FALSE(diagnostic.message.empty());
}

void tryModel(Context &contexts, llvm::StringRef bytes, Counts &counts) {
  mlir::MLIRContext &context = contexts.get();
  auto module = import::importModelFromMemory(context, bytes, "damaged");
  if (!module) {
    ++counts.refused;
    return expectGoodError(report(module.takeError()));
  }
  auto program = reference::programOf(*(*module)->getOps<mlir::func::FuncOp>().begin());
  if (!program) {
    ++counts.failed;
    return expectGoodError(report(program.takeError()));
  }
  if (program->points() > mostPoints) {
    ++counts.tooLong;
    return;
  }
  std::vector<reference::Tensor> inputs;
  for (unsigned number : program->inputs) {
    const reference::Value &value = program->values[number];
    uint64_t size = reference::Tensor::byteCount(value.type, value.shape);
    if (size > mostMemory)
      return void(++counts.tooLong);
    inputs.push_back({value.type, value.shape, std::vector<char>(size, 1)});
  }
  reference::RunOptions options;
  options.memoryBytes = mostMemory;
  auto outputs = reference::run(*program, inputs, options);
  ++(outputs ? counts.run : counts.failed);
  if (!outputs)
    expectGoodError(report(outputs.takeError()));
}

class CutShort : public testing::TestWithParam<const char *> {};

TEST_P(CutShort, AtEveryLength) {
  std::string whole = contentOf(GetParam());
  Counts counts;
  Context context;
  // A copy of its own size each: a read behind the end is a read behind the allocation.
  for (size_t length = 0; length < whole.size(); ++length) {
    std::vector<char> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    tryModel(context, {part.data(), part.size()}, counts);
  }
  // The last bytes of a file may be padding that no offset leads to.
  EXPECT_GT(counts.refused, whole.size() - 64);
  Counts complete;
  tryModel(context, whole, complete);
  EXPECT_EQ(complete.run, 1U);
}

INSTANTIATE_TEST_SUITE_P(Models, CutShort,
                         testing::Values("conv_stride2_same_even_image", "softmax_beta_half", "add_f32",
                                         "graph_late_branch", "graph_residual_classifier"),
                         [](const auto &test) { return std::string(test.param); });

class BitsFlipped : public testing::TestWithParam<const char *> {};

TEST_P(BitsFlipped, AtRandom) {
  constexpr unsigned trials = 2500;
  std::string whole = contentOf(GetParam());
  std::mt19937_64 random(7);
  Counts counts;
  Context context;
  for (unsigned trial = 0; trial < trials; ++trial) {
    std::vector<char> damaged(whole.begin(), whole.end());
    unsigned flips = 1 + random() % 4;
    for (unsigned i = 0; i < flips; ++i)
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    tryModel(context, {damaged.data(), damaged.size()}, counts);
  }
  EXPECT_EQ(counts.refused + counts.run + counts.tooLong + counts.failed, trials);
  EXPECT_GT(counts.refused, trials / 10); // flips are seen
  EXPECT_GT(counts.run, trials / 50);     // and not all of them hurt
  RecordProperty("refused", static_cast<int>(counts.refused));
  RecordProperty("run", static_cast<int>(counts.run));
  RecordProperty("too_long", static_cast<int>(counts.tooLong));
}

INSTANTIATE_TEST_SUITE_P(Models, BitsFlipped,
                         testing::Values("conv_stride2_same_even_image", "depthwise_stride2_same_odd_image",
                                         "softmax_beta_half", "mean_axes_1_2_kept",
                                         "graph_concatenated_branches", "graph_two_outputs"),
                         [](const auto &test) { return std::string(test.param); });

/// Every single bit of a model, one after the other.
TEST(BitsFlipped, EachOnItsOwn) {
  std::string whole = contentOf("relu_f32");
  Counts counts;
  Context context;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::vector<char> damaged(whole.begin(), whole.end());
    damaged[bit / 8] ^= static_cast<char>(1 << bit % 8);
    tryModel(context, {damaged.data(), damaged.size()}, counts);
  }
  EXPECT_GT(counts.refused, 0U);
  EXPECT_GT(counts.run, 0U);
}

/// Whole bytes replaced by the numbers that break arithmetic, at every place of four bytes.
TEST(NumbersReplaced, ByExtremes) {
  std::string whole = contentOf("padv2_rank4");
  Counts counts;
  Context context;
  for (uint32_t extreme : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xffffffffU, 0x00010000U, 0x7fc00000U})
    for (size_t place = 0; place + sizeof(extreme) <= whole.size(); place += sizeof(extreme)) {
      std::vector<char> damaged(whole.begin(), whole.end());
      std::memcpy(&damaged[place], &extreme, sizeof(extreme));
      tryModel(context, {damaged.data(), damaged.size()}, counts);
    }
  EXPECT_GT(counts.refused, 0U);
}

} // namespace
} // namespace tenon::test
