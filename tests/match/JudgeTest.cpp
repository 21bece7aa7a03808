// The judge: random intrinsics against random computations. Every mapping that is claimed is carried out and
// must give the computation's own result; every assignment of loops to sizes in the stated space is carried
// out, and those that give that result on every random data must be claimed.
// TENON_SEED=n replays one case.
#include "core/match/Assignments.h"
#include "core/match/Execution.h"
#include "core/match/Match.h"
#include "tests/match/RandomCase.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace tenon::match {
namespace {

using test::CaseShape;
using test::RandomCase;

/// What the judge compares of a mapping: not its values, since several may do.
std::string keyOf(const Computation &computation, const Match &match) {
  std::string result = std::to_string(unsigned(match.part));
  for (const LoopAssignment &loop : match.loops)
    result += " " + std::to_string(loop.inner) + "/" + std::to_string(loop.block);
  for (const OperandBinding &binding : match.operands)
    result += " " + computation.nest.operands[binding.tensor].name;
  return result;
}

/// Uniform data, so that a part of a maximum is seldom the whole, and what it starts from matters.
Tensors plainTensors(const Computation &computation, uint64_t seed) {
  Tensors result = llvm::cantFail(randomTensors(computation, seed));
  std::mt19937_64 random(seed);
  bool isMaximum =
      computation.core >= 0 && computation.nest.statements[computation.core].update == nest::Update::Max;
  for (unsigned operand = 0; operand < result.size(); ++operand) {
    int64_t limit = isMaximum && computation.nest.operands[operand].name == "start" ? 20000 : 100;
    if (computation.sources[operand].kind != TensorSource::Kind::Constant)
      for (int64_t i = 0; i < elementCount(result[operand]); ++i)
        setElement(result[operand], i,
                   nest::Constant::ofInteger(int64_t(random() % uint64_t(2 * limit + 1)) - limit));
  }
  return result;
}

/// Every candidate of the space, whether it makes sense or not.
class Candidates {
public:
  Candidates(const RandomCase &randomCase, const isa::Intrinsic &described, Match::Part wantedPart)
      : source(randomCase), computation(randomCase.computation), intrinsic(described), part(wantedPart) {}

  std::vector<Match> all() {
    current.part = part;
    current.accumulates = part != Match::Part::Final && source.chip.accumulates;
    current.loops.resize(computation.nest.loops.size());
    taken.assign(intrinsic.sizes.size(), false);
    placeLoop(0);
    return std::move(found);
  }

private:
  bool mayStayOutside(unsigned loop) const {
    return loop < source.model.parallel || part == Match::Part::Core;
  }

  /// A reduction is never filled up; all sizes begin at 1, so any extent can be cut.
  bool fits(unsigned loop, LoopAssignment places) const {
    int64_t extent = source.model.extents[loop];
    int64_t inner = intrinsic.sizes[places.inner].high;
    if (inner == 1 || (places.block >= 0 && intrinsic.sizes[places.block].high == 1))
      return false; // a size that is always 1 takes no loop
    if (places.block < 0)
      return mayStayOutside(loop) || extent <= inner;
    int64_t block = intrinsic.sizes[places.block].high;
    return extent >= 2 * inner && (mayStayOutside(loop) || (extent % inner == 0 && extent / inner <= block));
  }

  void placeLoop(unsigned loop) {
    if (loop == loopsOf(computation, part)) {
      bindOperand(0);
      return;
    }
    if (mayStayOutside(loop))
      placeLoop(loop + 1);
    for (int inner = 0; inner < int(taken.size()); ++inner)
      for (int block = -1; block < int(taken.size()); ++block) {
        if (taken[inner] || block == inner || (block >= 0 && taken[block]) || !fits(loop, {inner, block}))
          continue;
        take(inner, block, true);
        current.loops[loop] = {inner, block};
        placeLoop(loop + 1);
        current.loops[loop] = {};
        take(inner, block, false);
      }
  }

  void take(int inner, int block, bool value) {
    taken[inner] = value;
    if (block >= 0)
      taken[block] = value;
  }

  void bindOperand(unsigned operand) {
    if (operand == intrinsic.operands.size()) {
      addValues();
      return;
    }
    const isa::OperandDeclaration &declared = intrinsic.operands[operand];
    auto bind = [&](const nest::Access &access) {
      OperandBinding binding;
      binding.operand = operand;
      binding.tensor = access.operand;
      binding.access = access.indices;
      binding.outside = access.outside;
      current.operands.push_back(binding);
      bindOperand(operand + 1);
      current.operands.pop_back();
    };
    const std::vector<nest::Statement> &statements = computation.nest.statements;
    if (declared.access != isa::OperandDeclaration::Access::Read) {
      const nest::Access &written =
          (part == Match::Part::Core ? statements[computation.core] : statements.back()).destination;
      if (computation.nest.operands[written.operand].type == declared.type.scalar)
        bind(written);
      return;
    }
    std::set<unsigned> seen;
    for (unsigned number = 0; number < statements.size(); ++number) {
      // An operand is something that the same statement reads: exchanging what a sum starts from and what is
      // added to it is a rewrite.
      int statement = declared.name == "start" ? computation.init
                      : declared.name == "added" || part == Match::Part::Final || computation.core < 0
                          ? computation.final
                          : computation.core;
      if (int(number) != statement)
        continue;
      for (const nest::Node &node : statements[number].body) {
        bool isBound = llvm::any_of(current.operands, [&](const OperandBinding &binding) {
          return binding.tensor == node.access.operand; // a read is one operand, not two
        });
        bool isSum =
            computation.core >= 0 && node.access.operand == statements[computation.core].destination.operand;
        if (node.op == nest::Opcode::Read && node.type == declared.type.scalar && !isBound &&
            (!isSum || part == Match::Part::Final) && seen.insert(node.access.operand).second)
          bind(node.access);
      }
    }
  }

  void addValues() {
    std::vector<std::vector<int64_t>> choices;
    for (const isa::ValueDeclaration &value : intrinsic.values) {
      const CaseShape &model = source.model;
      std::vector<int64_t> numbers = value.name == "zero"    ? std::vector<int64_t>{model.zero}
                                     : value.name == "out"   ? std::vector<int64_t>{model.out}
                                     : value.name == "low"   ? std::vector<int64_t>{model.low}
                                     : value.name == "high"  ? std::vector<int64_t>{model.high}
                                     : value.name == "shift" ? std::vector<int64_t>{model.shift}
                                     : value.name == "step" || value.name == "dilation"
                                         ? std::vector<int64_t>{1, 2}
                                         : std::vector<int64_t>{1};
      choices.push_back(numbers);
    }
    std::vector<size_t> position(choices.size(), 0);
    while (true) {
      current.values.clear();
      for (unsigned i = 0; i < choices.size(); ++i)
        current.values.push_back(choices[i][position[i]]);
      addWindows();
      unsigned i = 0;
      for (; i < choices.size(); ++i) {
        if (++position[i] < choices[i].size())
          break;
        position[i] = 0;
      }
      if (i == choices.size())
        return;
    }
  }

  void addWindows() {
    if (!source.chip.window) {
      found.push_back(current);
      return;
    }
    unsigned dimensions = current.operands[0].access.getNumResults();
    for (unsigned dimension = 0; dimension < dimensions; ++dimension) {
      current.operands[0].windows = {{0, dimension, valueNamed("pad"), -1, valueNamed("height")}};
      found.push_back(current);
    }
    current.operands[0].windows.clear();
  }

  int valueNamed(llvm::StringRef name) const {
    for (auto [number, value] : llvm::enumerate(intrinsic.values))
      if (value.name == name)
        return int(number);
    return -1;
  }

  const RandomCase &source;
  const Computation &computation;
  const isa::Intrinsic &intrinsic;
  Match::Part part;
  Match current;
  std::vector<bool> taken;
  std::vector<Match> found;
};

class Judge {
public:
  explicit Judge(uint64_t caseSeed) : seed(caseSeed), source(caseSeed), computation(source.computation) {}

  void run() {
    SCOPED_TRACE("TENON_SEED=" + std::to_string(seed) + "\n" + source.text());
    ASSERT_FALSE(fails(nest::verify(computation.nest))) << message;
    llvm::Expected<isa::Description> parsed = isa::parseDescription(source.yaml, "chip.yaml");
    ASSERT_TRUE(bool(parsed)) << llvm::toString(parsed.takeError());
    description = std::move(*parsed);
    matches = match(description, computation);
    for (const Match &claimed : matches.legal) {
      keys.insert(keyOf(matches.computation, claimed));
      for (uint64_t data = 0; data < 2; ++data)
        ASSERT_TRUE(isRight(matches.computation, claimed, data)) << "claimed, but: " << message << "\n"
                                                                 << keyOf(matches.computation, claimed);
    }
    tryAll();
  }

  size_t claims() const { return matches.legal.size(); }
  size_t candidates = 0;

private:
  bool fails(llvm::Error error) {
    message = error ? llvm::toString(std::move(error)) : "";
    return !message.empty();
  }

  bool isRight(const Computation &mapped, const Match &candidate, uint64_t data) {
    Tensors tensors = plainTensors(mapped, seed * 100 + data);
    if (fails(execute(mapped, tensors)))
      return false;
    ExecutionOptions options;
    options.tiles = 0;
    return !fails(executeMapping(description, mapped, candidate, tensors, options));
  }

  void tryAll() {
    using Part = Match::Part;
    const CaseShape &chip = source.chip;
    bool chipFinal = !chip.hasCore || !chip.accumulates;
    for (Part part : {Part::Whole, Part::Core, Part::Final}) {
      bool stated = part == Part::Whole  ? chip.hasCore == source.model.hasCore && chipFinal
                    : part == Part::Core ? chip.hasCore && source.model.hasCore && !chipFinal
                                         : !chip.hasCore && source.model.hasCore && computation.final >= 0;
      if (!stated)
        continue;
      for (const Match &candidate : Candidates(source, description.intrinsics[0], part).all()) {
        ++candidates;
        if (keys.contains(keyOf(computation, candidate)))
          continue; // it has been carried out already
        bool right = true;
        for (uint64_t data = 0; right && data < 20; ++data)
          right = isRight(computation, candidate, data);
        if (right)
          FAIL() << "right, but not claimed: " << keyOf(computation, candidate)
                 << (matches.rejected.empty() ? "\nclaimed: " + llvm::join(keys, "; ")
                                              : "\n" + matches.rejected[0].reason);
      }
    }
  }

  uint64_t seed;
  RandomCase source;
  const Computation &computation;
  isa::Description description;
  Matches matches;
  std::set<std::string> keys;
  std::string message;
};

TEST(Judge, ClaimsAreRightAndWhatIsRightIsClaimed) {
  uint64_t first = 1, count = 2000;
  if (const char *replay = std::getenv("TENON_SEED")) {
    first = std::strtoull(replay, nullptr, 10);
    count = 1;
  }
  size_t claims = 0, matching = 0, candidates = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    Judge judge(seed);
    judge.run();
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    claims += judge.claims();
    matching += judge.claims() > 0;
    candidates += judge.candidates;
  }
  RecordProperty("claims", int(claims));
  RecordProperty("candidates", int(candidates));
  if (count > 1) {
    // The generator is worth little if nothing fits, or everything does.
    EXPECT_GT(matching, count / 10);
    EXPECT_LT(matching, count * 9 / 10);
    EXPECT_GT(candidates, 5 * claims);
  }
}

} // namespace
} // namespace tenon::match
