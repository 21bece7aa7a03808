// Portable kernels against the reference interpreter on random nests: every operation and type, odd shapes,
// values for outside, strides, starts, locals, sequential loops; in vectors of several lengths, on memory
// that ends in a fence. A failure prints the seed and the nest; TENON_NEST_SEED=<seed> runs that one alone.
#include "core/native/Portable.h"
#include "core/reference/Interpreter.h"
#include "tests/native/NestRunner.h"
#include "tests/reference/NestGenerator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

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
  int inLanes = 0; ///< kernels with vectors
};

std::string kernelTexts(const native::PortableCode &code) {
  std::string result;
  for (const native::Kernel &kernel : code.kernels)
    result += kernel.what + "\n" + kernel.text;
  return result;
}

void compare(const nest::Nest &nest, NestGenerator &generator, NestRunner &runner,
             const native::PortableCode &code, Tally &tally) {
  Memory expected = generator.randomMemory();
  std::vector<FencedMemory> found;
  std::vector<void *> data;
  std::vector<reference::BufferView> views;
  for (auto [operand, bytes] : llvm::zip(nest.operands, expected)) {
    found.emplace_back(bytes.size());
    std::memcpy(found.back().data(), bytes.data(), bytes.size());
    data.push_back(found.back().data());
    if (!operand.local)
      views.push_back({operand.type, operand.shape, bytes.data(), bytes.size()});
  }
  llvm::Error error = reference::interpret(nest, views);
  bool hasResult = !error;
  llvm::consumeError(std::move(error));
  int32_t status = runKernels(runner, code.kernels, code.scratchBytes, data);
  EXPECT_EQ(status == 0, hasResult) << "status " << status;
  ++(hasResult ? tally.compared : tally.undefined);
  if (!hasResult || status != 0)
    return;
  for (unsigned k = 0; k < nest.operands.size(); ++k) {
    const nest::Operand &operand = nest.operands[k];
    if (operand.local)
      continue;
    unsigned size = operand.type.storageBytes();
    for (size_t i = 0; i < expected[k].size(); i += size)
      ASSERT_TRUE(sameValue(operand.type, loadBits(operand.type, found[k].data() + i),
                            loadBits(operand.type, expected[k].data() + i)))
          << operand.name << " differs at element " << i / size;
  }
}

void runSeeds(uint64_t first, uint64_t end, const isa::Description &description, bool optimise,
              Tally &tally) {
  std::vector<std::unique_ptr<NestGenerator>> generators;
  std::vector<uint64_t> seeds;
  std::vector<native::PortableCode> codes;
  std::vector<native::Kernel> all;
  for (uint64_t seed = first; seed < end; ++seed) {
    auto generator = std::make_unique<NestGenerator>(seed);
    if (llvm::Error error = verify(generator->nest())) {
      llvm::consumeError(std::move(error));
      ++tally.refused;
      continue;
    }
    llvm::Expected<native::PortableCode> code =
        native::portableKernels(description, generator->nest(), "f" + std::to_string(seed));
    ASSERT_TRUE(bool(code)) << llvm::toString(code.takeError());
    if (std::getenv("TENON_NEST_SEED"))
      std::puts((text(generator->nest()) + kernelTexts(*code)).c_str());
    all.insert(all.end(), code->kernels.begin(), code->kernels.end());
    for (const native::Kernel &kernel : code->kernels)
      tally.inLanes += kernel.what.find(" lanes along ") != std::string::npos;
    codes.push_back(std::move(*code));
    seeds.push_back(seed);
    generators.push_back(std::move(generator));
  }
  llvm::Expected<std::unique_ptr<NestRunner>> runner = NestRunner::make(description, all, optimise);
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  for (size_t i = 0; i < codes.size(); ++i) {
    const nest::Nest &nest = generators[i]->nest();
    SCOPED_TRACE("TENON_NEST_SEED=" + std::to_string(seeds[i]) + "\n" + text(nest));
    compare(nest, *generators[i], **runner, codes[i], tally);
    if (testing::Test::HasFailure())
      return;
  }
}

/// TENON_NEST_CASES=<n> runs n times as many.
void runAll(const isa::Description &description, bool optimise, uint64_t firstSeed, int cases) {
  Tally tally;
  if (const char *factor = std::getenv("TENON_NEST_CASES"))
    cases *= std::atoi(factor);
  if (const char *seed = std::getenv("TENON_NEST_SEED")) {
    uint64_t only = std::strtoull(seed, nullptr, 10);
    runSeeds(only, only + 1, description, optimise, tally);
    return;
  }
  constexpr int batch = 50;
  for (int done = 0; done < cases && !testing::Test::HasFailure(); done += batch)
    runSeeds(firstSeed + uint64_t(done), firstSeed + uint64_t(done + batch), description, optimise, tally);
  EXPECT_LT(tally.refused, cases / 20);
  EXPECT_GT(tally.undefined, cases / 100);
  EXPECT_GT(tally.compared, cases * 3 / 4);
  if (description.code->vectorBytes > 0)
    EXPECT_GT(tally.inLanes, cases / 2);
}

TEST(PortableNest, PointByPoint) { runAll(plainProcessor(0), /*optimise=*/false, 1, 600); }

TEST(PortableNest, InVectors) { runAll(plainProcessor(16), /*optimise=*/false, 10001, 300); }

TEST(PortableNest, InLongVectors) { runAll(plainProcessor(32), /*optimise=*/false, 20001, 300); }

TEST(PortableNest, OptimisedForThisMachine) {
  runAll(plainProcessor(32, true), /*optimise=*/true, 30001, 100);
}

} // namespace
