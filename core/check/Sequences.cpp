// Commands are appended one by one, each judged by the reference on what the earlier ones left.
#include "core/check/Sequences.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::check {

namespace {

/// The sync commands that signal and wait, without a queue of their own or with it.
struct SyncPair {
  unsigned signal = 0, wait = 0, sync = 0;
};

std::vector<SyncPair> semaphorePairs(const isa::Description &description) {
  std::vector<SyncPair> pairs;
  for (auto [signal, one] : llvm::enumerate(description.syncCommands))
    for (auto [wait, other] : llvm::enumerate(description.syncCommands))
      if (!one.isWait && other.isWait && one.sync == other.sync &&
          description.syncs[one.sync].kind == isa::Sync::Kind::Semaphore)
        pairs.push_back({unsigned(signal), unsigned(wait), one.sync});
  return pairs;
}

/// Signals and waits with counters that the order of the commands does not use, and counts above 1.
void addExtras(const isa::Description &description, Case &to, Random &random) {
  std::vector<SyncPair> pairs = semaphorePairs(description);
  auto queues = int64_t(description.queues.size());
  if (pairs.empty() || queues == 0)
    return;
  int64_t used = queues * (queues - 1); // one counter for each pair of queues
  std::set<std::pair<unsigned, int64_t>> taken;
  for (int64_t count = random.between(0, 3); count > 0; --count) {
    const SyncPair &pair = random.from(pairs);
    const isa::Sync &sync = description.syncs[pair.sync];
    if (sync.count <= used)
      continue;
    ExtraSync extra;
    extra.id = random.between(used, sync.count - 1);
    if (!taken.insert({pair.sync, extra.id}).second)
      continue;
    auto queueOf = [&](unsigned command) {
      int declared = description.syncCommands[command].queue;
      return declared >= 0 ? unsigned(declared) : unsigned(random.between(0, queues - 1));
    };
    extra.signal = pair.signal;
    extra.wait = pair.wait;
    extra.signalQueue = queueOf(pair.signal);
    extra.waitQueue = queueOf(pair.wait);
    extra.count = std::min<int64_t>(sync.max, random.oneIn(8) ? 12 : random.between(1, 4));
    auto last = int64_t(to.commands.size()) - 1;
    extra.beforeSignal = unsigned(random.between(0, last));
    extra.beforeWait = unsigned(random.between(extra.beforeSignal, last));
    to.extras.push_back(extra);
  }
}

} // namespace

llvm::Expected<std::optional<Case>> drawSequence(const isa::Description &description,
                                                 llvm::ArrayRef<Draws *> draws, Reference &reference,
                                                 const GlobalLimits &limits, uint64_t seed, uint64_t number,
                                                 unsigned most) {
  for (Draws *one : draws)
    if (llvm::Error error = one->learn(reference, limits))
      return std::move(error);
  Random random(mixed(mixed(seed, 0x5e9), number));
  Case sequence;
  sequence.number = number;
  sequence.background = random.word() | 1;
  sequence.windows = drawWindows(description, limits, random);
  if (llvm::Error error = reference.begin(sequence))
    return std::move(error);
  std::vector<Used> earlier;
  auto wanted = size_t(random.between(2, int64_t(most)));
  for (unsigned attempt = 0; attempt < 3 * most && sequence.commands.size() < wanted; ++attempt) {
    auto added = random.from(draws)->append(reference, sequence, earlier, random);
    if (!added)
      return added.takeError();
  }
  if (sequence.commands.size() < 2)
    return std::nullopt;
  addExtras(description, sequence, random);
  return std::optional(std::move(sequence));
}

} // namespace tenon::check
