// Damaged ONNX files: bytes of ONNX's own node tests are changed, quantised models are cut short at every
// length and their bits flipped, and what comes is a model or an error, never a fault of our own.
#include "tests/import/OnnxModel.h"

#include "core/support/Error.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace tenon::test {
namespace {

namespace filesystem = std::filesystem;

std::vector<filesystem::path> models() {
  std::vector<filesystem::path> found;
  for (const auto &folder : filesystem::directory_iterator(TENON_ONNX_NODE_TESTS))
    found.push_back(folder.path() / "model.onnx");
  std::sort(found.begin(), found.end());
  return found;
}

/// The text of a fault of our own; empty for a model or another error.
std::string faultOf(const std::string &bytes) {
  import::ImportLimits limits;
  limits.tensorBytes = uint64_t(1) << 20;
  mlir::DialectRegistry registry;
  import::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, bytes, "model.onnx", limits);
  if (module)
    return "";
  FailureReport found = report(module.takeError());
  return found.code == ExitCode::OwnFault ? toString(found.diagnostics.front()) : "";
}

TEST(OnnxDamage, OfBytesIsNeverAFaultOfOurOwn) {
  if (!filesystem::exists(TENON_ONNX_NODE_TESTS))
    GTEST_SKIP() << "libonnx-testdata is not installed: no " << TENON_ONNX_NODE_TESTS;
  constexpr unsigned seed = 7, timesEach = 12, mostBytes = 4096;
  std::mt19937 random(seed);
  auto below = [&](size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); };
  for (const filesystem::path &path : models()) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    std::string whole = text.str();
    if (whole.size() > mostBytes)
      continue;
    for (unsigned i = 0; i < timesEach; ++i) {
      std::string damaged = whole;
      // Small numbers are what attributes and dimensions are made of; any byte breaks the encoding.
      for (size_t count = 1 + below(3); count-- > 0;)
        damaged[below(damaged.size())] = static_cast<char>(below(2) ? below(8) : below(256));
      EXPECT_EQ(faultOf(damaged), "") << path << ", time " << i;
    }
  }
}

std::string quantisedModel(const std::string &name) {
  std::ifstream file(filesystem::path(TENON_ONNX_QUANTISED) / (name + ".onnx"), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

class OnnxCut : public testing::TestWithParam<const char *> {};

TEST_P(OnnxCut, ShortAtEveryLengthIsNeverAFaultOfOurOwn) {
  std::string whole = quantisedModel(GetParam());
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(faultOf(whole.substr(0, length)), "") << length << " bytes";
}

TEST_P(OnnxCut, BitsFlippedAreNeverAFaultOfOurOwn) {
  constexpr unsigned trials = 1500;
  std::string whole = quantisedModel(GetParam());
  std::mt19937_64 random(7);
  for (unsigned trial = 0; trial < trials; ++trial) {
    std::string damaged = whole;
    for (unsigned flips = 1 + random() % 4; flips-- > 0;)
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    EXPECT_EQ(faultOf(damaged), "") << "trial " << trial;
  }
}

INSTANTIATE_TEST_SUITE_P(Quantised, OnnxCut,
                         testing::Values("conv_zero_points_unsigned", "gemm_qlinear", "concat_mixed",
                                         "average_pool_border_unsigned"),
                         [](const auto &test) { return std::string(test.param); });

} // namespace
} // namespace tenon::test
