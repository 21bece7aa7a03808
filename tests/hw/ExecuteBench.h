// The execute unit on its scratchpad, fed with commands as the execute queue would.
#pragma once

#include "tests/hw/Bench.h"
#include "tests/hw/ExecuteModel.h"

#include "Vnpu_execute_bench.h"

#include <array>
#include <deque>
#include <map>

namespace tenon::hw {

/// CODE_CAUSE_* of the package.
enum Cause {
  CauseIdle = 0,
  CauseBusy = 1,
  CauseWait = 2,
  CauseSetup = 3,
  CauseWeights = 4,
  CauseOperandBank = 5,
  CauseHazard = 6,
  CauseDrain = 7,
  CauseSignal = 8,
  CauseHalt = 13,
  CauseResidualBank = 14
};

using Word = std::array<uint32_t, 8>;

/// The set_* words that a command needs, and the command.
std::vector<Word> encode(const Command &command);
Word encodeSync(Op op, int64_t id, int64_t count);

class ExecuteBench {
public:
  ExecuteBench() { bench->halt_i = 0; } // inputs begin anywhere, as registers do
  void push(const std::vector<Word> &words) { queue.insert(queue.end(), words.begin(), words.end()); }
  void load(const Memories &memories);
  std::vector<int8_t> bytes();
  void loadSums(const Memories &memories);

  /// Until the unit has nothing to do or an error stands; false after `limit` cycles.
  bool run(int64_t limit);
  void step();
  void reset(); ///< forgets queue, counts and errors too
  bool isIdle() const { return queue.empty() && !isBusy; }

  Random *denials = nullptr; ///< where grants are denied by chance
  unsigned denied = 3;       ///< one grant in so many
  std::array<int64_t, 16> semaphores{};
  std::map<int, int64_t> cycles;                  ///< by cause
  std::map<int, std::map<int, int64_t>> cyclesOf; ///< by number of the word and cause
  int index = 0;                                  ///< of the next word
  int error = 0;
  uint32_t errorAddress = 0;
  int errorIndex = 0;
  std::map<int, std::pair<int64_t, int64_t>> pixelsOf; ///< cycles of a word's first and last pixel
  int signalled = -1; ///< number of the word whose signal was granted in this cycle
  Bench<Vnpu_execute_bench> bench;

private:
  void give();

  std::deque<Word> queue;
  bool isBusy = false;
};

/// Empty, or the first byte that is defined and differs.
std::string difference(ExecuteBench &bench, const Memories &memories);

} // namespace tenon::hw
