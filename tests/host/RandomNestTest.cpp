// Emitted C against the reference interpreter on random nests. A failure prints the seed and the nest;
// TENON_NEST_SEED=<seed> runs that one alone.
#include "core/reference/Interpreter.h"
#include "tests/host/HostRunner.h"
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

/// What became of the nests, so that the test can tell that it tests something.
struct Tally {
  int refused = 0;   ///< by verify
  int undefined = 0; ///< no result at some point
  int compared = 0;
};

std::vector<std::vector<char>> buffersOf(const nest::Nest &nest, const Memory &memory) {
  std::vector<std::vector<char>> buffers;
  for (auto [operand, bytes] : llvm::zip(nest.operands, memory))
    if (!operand.local)
      buffers.push_back(bytes);
  return buffers;
}

void expectSame(const nest::Nest &nest, llvm::ArrayRef<std::vector<char>> found,
                llvm::ArrayRef<std::vector<char>> expected) {
  unsigned buffer = 0;
  for (const nest::Operand &operand : nest.operands) {
    if (operand.local)
      continue;
    unsigned size = operand.type.storageBytes();
    for (size_t i = 0; i < expected[buffer].size(); i += size)
      ASSERT_TRUE(sameValue(operand.type, loadBits(operand.type, found[buffer].data() + i),
                            loadBits(operand.type, expected[buffer].data() + i)))
          << operand.name << " differs at element " << i / size;
    ++buffer;
  }
}

void compare(const nest::Nest &nest, NestGenerator &generator, HostRunner &runner, unsigned number,
             Tally &tally) {
  std::vector<std::vector<char>> found = buffersOf(nest, generator.randomMemory()), expected = found;
  std::vector<reference::BufferView> views;
  unsigned buffer = 0;
  for (const nest::Operand &operand : nest.operands)
    if (!operand.local) {
      std::vector<char> &bytes = expected[buffer++];
      views.push_back({operand.type, operand.shape, bytes.data(), bytes.size()});
    }
  llvm::Error error = reference::interpret(nest, views);
  bool hasResult = !error;
  llvm::consumeError(std::move(error));
  llvm::Expected<int32_t> status = runner.call(number, found);
  ASSERT_TRUE(bool(status)) << llvm::toString(status.takeError());
  EXPECT_EQ(*status == 0, hasResult) << "status " << *status;
  ++(hasResult ? tally.compared : tally.undefined);
  if (hasResult && *status == 0)
    expectSame(nest, found, expected);
}

/// Seeds [first, end) in one library.
void runSeeds(uint64_t first, uint64_t end, const runtime::HostLibraryOptions &options, Tally &tally) {
  std::vector<std::unique_ptr<NestGenerator>> generators;
  std::vector<uint64_t> seeds;
  std::vector<host::HostFunction> functions;
  for (uint64_t seed = first; seed < end; ++seed) {
    auto generator = std::make_unique<NestGenerator>(seed);
    if (llvm::Error error = verify(generator->nest())) {
      llvm::consumeError(std::move(error));
      ++tally.refused;
      continue;
    }
    functions.push_back({"f" + std::to_string(seed), generator->nest()});
    seeds.push_back(seed);
    generators.push_back(std::move(generator));
  }
  llvm::Expected<HostRunner> runner = HostRunner::make(functions, options);
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  for (unsigned i = 0; i < functions.size(); ++i) {
    SCOPED_TRACE("TENON_NEST_SEED=" + std::to_string(seeds[i]) + "\n" + text(functions[i].nest));
    compare(functions[i].nest, *generators[i], *runner, i, tally);
    if (testing::Test::HasFailure())
      return;
  }
}

void runAll(const runtime::HostLibraryOptions &options, uint64_t firstSeed, int cases) {
  Tally tally;
  if (const char *seed = std::getenv("TENON_NEST_SEED")) {
    uint64_t only = std::strtoull(seed, nullptr, 10);
    runSeeds(only, only + 1, options, tally);
    return;
  }
  constexpr int batch = 200;
  for (int done = 0; done < cases && !testing::Test::HasFailure(); done += batch)
    runSeeds(firstSeed + uint64_t(done), firstSeed + uint64_t(done + batch), options, tally);
  EXPECT_LT(tally.refused, cases / 20);
  EXPECT_GT(tally.undefined, cases / 100);
  EXPECT_GT(tally.compared, cases * 3 / 4);
}

// The compilers' own optimisation, as in a run, on a part; all of them quickly, with the checks of undefined
// behaviour.
TEST(RandomNest, MatchesTheInterpreter) { runAll(hostOptions({"-O0"}), 1, 1600); }

TEST(RandomNest, MatchesTheInterpreterOptimised) { runAll(hostOptions(), 100001, 200); }

TEST(RandomNest, HasNoUndefinedBehaviour) {
  runtime::HostLibraryOptions options =
      hostOptions({"-O1", "-fno-wrapv", "-fsanitize=undefined", "-fno-sanitize=float-divide-by-zero",
                   "-fsanitize-trap=all"});
  options.compiler = "clang-19";
  runAll(options, 200001, 400);
}

} // namespace
