// Round by round: one case of each intrinsic, then a sequence.
#include "core/check/Check.h"

#include "core/check/Sequences.h"
#include "core/check/Shrink.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

#include <chrono>

namespace tenon::check {

namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

bool shows(const Outcome &outcome) {
  return outcome.kind == Outcome::Kind::Differs || outcome.kind == Outcome::Kind::DeviceFailed;
}

/// Why an intrinsic has no cases of its own; empty where it has.
std::string whyNot(const isa::Intrinsic &intrinsic, const CheckOptions &options) {
  if (!options.intrinsics.empty() && !llvm::is_contained(options.intrinsics, intrinsic.name) &&
      !llvm::is_contained(options.intrinsics, intrinsic.family))
    return "not asked for";
  if (!intrinsic.command)
    return "without a command word";
  if (intrinsic.semantics.statements.empty())
    return intrinsic.sets >= 0 ? "set before every command that needs them" : "without semantics";
  return "";
}

class Checker {
public:
  Checker(const isa::Description &description, isa::CommandSet made, const DeviceSetup &setup,
          const CheckOptions &options, const CheckCallbacks &callbacks)
      : description(description), commands(std::move(made)), setup(setup), options(options),
        callbacks(callbacks), reference(description), trial(commands, reference, setup) {
    for (auto [number, intrinsic] : llvm::enumerate(description.intrinsics)) {
      Part part;
      part.name = intrinsic.name;
      part.notChecked = whyNot(intrinsic, options);
      result.parts.push_back(part);
      draws.push_back(
          std::make_unique<Draws>(commands, unsigned(number), DrawOptions{options.seed, options.points}));
      if (part.notChecked.empty())
        active.push_back(draws.back().get());
    }
    Part sequences;
    sequences.name = "sequences";
    result.parts.push_back(sequences);
    // What a rotating memory's current copy is, a device carries from one case to the next.
    for (const isa::Memory &memory : description.memories)
      if (memory.kind == isa::Memory::Kind::Rotating)
        this->options.casesOfOpening = 1;
  }

  llvm::Expected<CheckResult> run() {
    if (active.empty())
      return failure(ExitCode::TargetCannot, "no intrinsic of " + description.name +
                                                 " that is asked for has a command word and semantics: there "
                                                 "is nothing that a stream of commands could check");
    if (llvm::Error error = reopen(timingSeed(options.only.value_or(0))))
      return std::move(error);
    auto free = trial.limits();
    if (!free)
      return free.takeError();
    limits = *free;
    llvm::Error error = options.only ? runOne(*options.only) : runAll();
    if (error)
      return std::move(error);
    if (llvm::Error closing = trial.close())
      return std::move(closing);
    for (auto [part, draw] : llvm::zip(result.parts, draws)) {
      part.tally = draw->tally();
      part.missed = draw->missed();
    }
    result.seconds = secondsSince(begun);
    return std::move(result);
  }

private:
  uint64_t kinds() const { return description.intrinsics.size() + 1; }
  /// Every opening of the device has its own.
  uint64_t timingSeed(uint64_t number) const {
    return mixed(options.seed, number / options.casesOfOpening) & INT32_MAX;
  }

  llvm::Error runAll() {
    uint64_t sequences = options.sequences.value_or(options.cases);
    uint64_t rounds = std::max(options.cases, sequences);
    uint64_t total = options.cases * active.size() + sequences;
    for (uint64_t round = 0; round < rounds; ++round)
      for (uint64_t kind = 0; kind < kinds(); ++kind) {
        bool isSequence = kind + 1 == kinds();
        if (round >= (isSequence ? sequences : options.cases) || !result.parts[kind].notChecked.empty() ||
            ended.contains(kind))
          continue;
        if (options.seconds > 0 && secondsSince(begun) - shrinking > options.seconds) {
          result.outOfTime = true;
          return llvm::Error::success();
        }
        if (callbacks.onProgress)
          callbacks.onProgress(result.run, total, result.parts[kind].name);
        if (llvm::Error error = runOne(round * kinds() + kind))
          return error;
        if (!result.counterexamples.empty() && !options.keepGoing)
          return llvm::Error::success();
      }
    return llvm::Error::success();
  }

  llvm::Expected<std::optional<Case>> draw(uint64_t number) {
    uint64_t kind = number % kinds();
    if (kind + 1 == kinds())
      return drawSequence(description, active, reference, limits, options.seed, number);
    return draws[kind]->single(reference, limits, number);
  }

  llvm::Error runOne(uint64_t number) {
    Part &part = result.parts[number % kinds()];
    if (!part.notChecked.empty())
      return failure(ExitCode::WrongUse, "case " + std::to_string(number) + " is one of " + part.name +
                                             ", which has none: " + part.notChecked);
    auto drawn = draw(number);
    if (!drawn)
      return drawn.takeError();
    if (!*drawn) {
      ++part.unreached;
      return llvm::Error::success();
    }
    if (llvm::Error error = openFor(number))
      return error;
    auto outcome = trial.run(**drawn);
    // A device may keep room for the streams that it has had: a fresh one has had none.
    if (outcome && outcome->kind == Outcome::Kind::NoRoom)
      outcome = runFresh({}, **drawn, timingSeed(number));
    if (!outcome)
      return outcome.takeError();
    if (outcome->kind == Outcome::Kind::NoRoom) {
      ++result.noRoom;
      return llvm::Error::success();
    }
    if (outcome->kind == Outcome::Kind::Refused) {
      ++part.tally.refusals["whole case"];
      ++part.unreached;
      result.parts[number % kinds()].tally.lastRefusal = outcome->message;
      return llvm::Error::success();
    }
    uint64_t kind = number % kinds();
    if (kind + 1 < kinds())
      if (llvm::Error error = draws[kind]->count(reference, **drawn))
        return error;
    ++part.cases;
    ++result.run;
    result.bytes += outcome->compared;
    earlier.push_back(**drawn);
    return shows(*outcome) ? explain(number, *outcome) : llvm::Error::success();
  }

  /// A device with few cases behind it.
  llvm::Error openFor(uint64_t number) {
    uint64_t seed = timingSeed(number);
    if (trial.isOpen() && earlier.size() < options.casesOfOpening && seed == openSeed)
      return llvm::Error::success();
    return reopen(seed);
  }

  llvm::Error reopen(uint64_t seed, const std::string &waveform = "") {
    earlier.clear();
    openSeed = seed;
    ++result.openings;
    return trial.open(seed, waveform);
  }

  /// Runs the cases on a fresh device; the last one's outcome.
  llvm::Expected<Outcome> runFresh(llvm::ArrayRef<Case> before, const Case &last, uint64_t seed,
                                   const std::string &waveform = "") {
    if (llvm::Error error = reopen(seed, waveform))
      return std::move(error);
    for (const Case &one : before) {
      auto outcome = trial.run(one);
      if (!outcome)
        return outcome.takeError();
      if (shows(*outcome))
        return *outcome;
    }
    return trial.run(last);
  }

  llvm::Error explain(uint64_t number, const Outcome &outcome) {
    auto start = Clock::now();
    Counterexample found;
    found.original = earlier.back();
    found.number = number;
    found.timingSeed = openSeed;
    std::vector<Case> before(earlier.begin(), earlier.end() - 1);
    auto mayGoOn = [&] { return secondsSince(start) < options.shrinkSeconds; };
    auto again = runFresh({}, found.original, found.timingSeed);
    if (!again)
      return again.takeError();
    if (!shows(*again)) {
      if (llvm::Error error = shrinkBefore(found, std::move(before), mayGoOn))
        return error;
    }
    bool needsFresh = !found.before.empty() || options.casesOfOpening == 1;
    if (!needsFresh && trial.isOpen()) {
      auto twice = trial.run(found.original);
      if (!twice)
        return twice.takeError();
      needsFresh = !shows(*twice); // only the first case of a device shows it
    }
    auto still = [&](const Case &candidate) -> llvm::Expected<bool> {
      bool fresh = needsFresh || !trial.isOpen();
      auto now = fresh ? runFresh(found.before, candidate, found.timingSeed) : trial.run(candidate);
      if (!now)
        return now.takeError();
      return now->kind == outcome.kind;
    };
    found.smallest = found.original;
    if (found.shown) {
      auto shrunk = shrink(description, found.original, still, mayGoOn);
      if (!shrunk)
        return shrunk.takeError();
      found.smallest = std::move(shrunk->smallest);
      found.tried = shrunk->tried;
    }
    if (llvm::Error error = keep(std::move(found), outcome))
      return error;
    ended.insert(number % kinds());
    shrinking += secondsSince(start);
    return reopen(timingSeed(number));
  }

  /// A fresh device does not show it: as few of the cases before as do.
  llvm::Error shrinkBefore(Counterexample &found, std::vector<Case> before,
                           llvm::function_ref<bool()> mayGoOn) {
    auto all = runFresh(before, found.original, found.timingSeed);
    if (!all)
      return all.takeError();
    found.shown = shows(*all);
    for (size_t count = before.size(); found.shown && count > 0; count = count == 1 ? 0 : (count + 1) / 2)
      for (size_t first = 0; first < before.size() && mayGoOn();) {
        std::vector<Case> fewer = before;
        fewer.erase(fewer.begin() + long(first), fewer.begin() + long(std::min(first + count, fewer.size())));
        auto outcome = runFresh(fewer, found.original, found.timingSeed);
        if (!outcome)
          return outcome.takeError();
        if (shows(*outcome))
          before = std::move(fewer);
        else
          first += count;
      }
    found.before = std::move(before);
    return llvm::Error::success();
  }

  /// Runs the smallest once more, for its results, and with a waveform where one is wanted.
  llvm::Error keep(Counterexample found, const Outcome &first) {
    found.outcome = first;
    auto outcome = runFresh(found.before, found.smallest, found.timingSeed);
    if (!outcome)
      return outcome.takeError();
    found.shown &= shows(*outcome);
    if (shows(*outcome)) {
      found.outcome = *outcome;
      found.expected = trial.expected();
      found.found = trial.found();
    }
    if (!setup.waveformOption.empty()) {
      auto recorded = runFresh(found.before, found.smallest, found.timingSeed, callbacks.waveform);
      if (llvm::Error error = trial.close())  // a device may write the end of it then
        llvm::consumeError(std::move(error)); // it failed on the case, as it should
      if (!recorded)
        found.waveformProblem = toString(report(recorded.takeError()).diagnostics.front());
      else if (!llvm::sys::fs::exists(callbacks.waveform))
        found.waveformProblem = "the device has not written " + callbacks.waveform;
      else
        found.waveform = callbacks.waveform;
    }
    auto stream = assemble(commands, found.smallest);
    if (!stream)
      return stream.takeError();
    found.stream = std::move(*stream);
    result.counterexamples.push_back(std::move(found));
    return llvm::Error::success();
  }

  const isa::Description &description;
  isa::CommandSet commands;
  DeviceSetup setup;
  CheckOptions options;
  const CheckCallbacks &callbacks;
  Reference reference;
  Trial trial;
  GlobalLimits limits;
  std::vector<std::unique_ptr<Draws>> draws; ///< by intrinsic
  std::vector<Draws *> active;
  std::vector<Case> earlier; ///< run on the device since it was opened
  uint64_t openSeed = 0;
  std::set<uint64_t> ended; ///< kinds with a counterexample: no more of them
  CheckResult result;
  Clock::time_point begun = Clock::now();
  double shrinking = 0;
};

} // namespace

llvm::Expected<CheckResult> check(const isa::Description &description, const DeviceSetup &setup,
                                  const CheckOptions &options, const CheckCallbacks &callbacks) {
  auto commands = isa::CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  return Checker(description, std::move(*commands), setup, options, callbacks).run();
}

} // namespace tenon::check
