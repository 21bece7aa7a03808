// The interpreter against the point-by-point evaluator on random nests, at several row lengths. A failure
// prints the seed; TENON_NEST_SEED=<seed> runs that one alone.
#include "core/reference/Interpreter.h"
#include "tests/reference/NestGenerator.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace tenon;
using namespace tenon::test;

namespace {

std::string text(const nest::Nest &nest) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  print(nest, stream);
  return result;
}

std::vector<reference::BufferView> bufferViews(const nest::Nest &nest, Memory &memory) {
  std::vector<reference::BufferView> buffers;
  for (auto [operand, bytes] : llvm::zip(nest.operands, memory))
    if (!operand.local)
      buffers.push_back({operand.type, operand.shape, bytes.data(), bytes.size()});
  return buffers;
}

void expectSame(const nest::Nest &nest, const Memory &found, const Memory &expected) {
  for (auto [operand, foundBytes, expectedBytes] : llvm::zip(nest.operands, found, expected)) {
    unsigned size = operand.type.storageBytes();
    for (size_t i = 0; !operand.local && i < foundBytes.size(); i += size)
      ASSERT_TRUE(sameValue(operand.type, loadBits(operand.type, foundBytes.data() + i),
                            loadBits(operand.type, expectedBytes.data() + i)))
          << operand.name << " differs at element " << i / size;
  }
}

/// What became of the nests, so that the test can tell that it tests something.
struct Tally {
  int refused = 0;   ///< by verify
  int undefined = 0; ///< no result at some point
  int compared = 0;
};

/// Prepared once and run twice: what the first run leaves behind must not matter.
void runTwice(const nest::Nest &nest, const Memory &memory, const Memory &expected, bool hasResult) {
  Memory found = memory;
  auto prepared = reference::PreparedNest::create(nest, bufferViews(nest, found));
  ASSERT_TRUE(bool(prepared)) << llvm::toString(prepared.takeError());
  for (int round : {1, 2}) {
    SCOPED_TRACE("round " + std::to_string(round));
    for (auto [contents, buffer] : llvm::zip_equal(memory, found))
      llvm::copy(contents, buffer.begin());
    llvm::Error error = (*prepared)->run();
    ASSERT_EQ(!error, hasResult) << llvm::toString(std::move(error));
    if (hasResult)
      expectSame(nest, found, expected);
    else
      llvm::consumeError(std::move(error));
  }
}

void runCase(uint64_t seed, Tally &tally) {
  NestGenerator generator(seed);
  const nest::Nest &nest = generator.nest();
  SCOPED_TRACE("TENON_NEST_SEED=" + std::to_string(seed) + "\n" + text(nest));
  if (llvm::Error error = verify(nest)) {
    // Only an index that is wholly outside after its extent was cut down.
    std::string message = llvm::toString(std::move(error));
    ASSERT_NE(message.find(" runs from "), std::string::npos) << message;
    ++tally.refused;
    return;
  }
  Memory memory = generator.randomMemory(), expected = memory;
  bool hasResult = runPoints(nest, expected);
  ++(hasResult ? tally.compared : tally.undefined);
  for (int64_t rowLength : {1, 3, 7, 64, 1024}) {
    SCOPED_TRACE("rows of " + std::to_string(rowLength));
    Memory found = memory;
    llvm::Error error = reference::interpret(nest, bufferViews(nest, found), {rowLength});
    ASSERT_EQ(!error, hasResult) << llvm::toString(std::move(error));
    if (hasResult)
      expectSame(nest, found, expected);
    else
      llvm::consumeError(std::move(error));
    if (testing::Test::HasFatalFailure())
      return;
  }
  runTwice(nest, memory, expected, hasResult);
}

TEST(InterpreterRandom, MatchesThePointEvaluator) {
  Tally tally;
  if (const char *seed = std::getenv("TENON_NEST_SEED")) {
    runCase(std::strtoull(seed, nullptr, 10), tally);
    return;
  }
  constexpr int cases = 4000;
  for (int seed = 1; seed <= cases; ++seed) {
    runCase(uint64_t(seed), tally);
    if (HasFatalFailure())
      return;
  }
  EXPECT_LT(tally.refused, cases / 20);
  EXPECT_GT(tally.undefined, cases / 100);
  EXPECT_GT(tally.compared, cases * 3 / 4);
}

} // namespace
