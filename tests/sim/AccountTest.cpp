// Cycles by command and cause, the watchdog and the options: no design is needed for these.
#include "sim/systemc/Account.h"
#include "sim/systemc/Options.h"
#include "sim/systemc/Watchdog.h"

#include <gmock/gmock.h>

using namespace tenon::sim;
using testing::HasSubstr;

namespace {

enum Cause : uint32_t { Idle, Busy, Wait, Stall };

CauseNames causes() {
  CauseNames names;
  names.idle = Idle;
  names.wait = Wait;
  names.names = {"idle", "busy", "wait", "stall"};
  return names;
}

Activity at(uint32_t cause, uint16_t index) { return {cause << 16 | index}; }

NpuOutputs show(Activity execute, Activity load, Activity store, uint16_t dispatched) {
  NpuOutputs outputs;
  outputs.execute = execute;
  outputs.load = load;
  outputs.store = store;
  outputs.dispatched = dispatched;
  return outputs;
}

uint64_t sumOf(const std::map<std::string, uint64_t> &totals) {
  uint64_t sum = 0;
  for (const auto &[name, count] : totals)
    if (name.starts_with("command.") || name.starts_with("outside."))
      sum += count;
  return sum;
}

const Activity none = at(Idle, 0);

TEST(Account, EachCycleHasOneOwner) {
  Account account(causes());
  account.begin(0);
  auto run = [&](unsigned count, const NpuOutputs &outputs) {
    for (unsigned i = 0; i < count; ++i)
      account.cycle(outputs);
  };
  run(5, show(none, none, none, 0));
  run(7, show(none, at(Busy, 0), none, 1));
  run(3, show(at(Wait, 1), at(Stall, 0), none, 2));
  run(4, show(at(Wait, 1), at(Wait, 2), at(Busy, 3), 4));
  run(2, show(at(Wait, 1), at(Wait, 2), at(Wait, 3), 4));
  run(6, show(at(Busy, 1), at(Busy, 2), at(Busy, 3), 4));
  run(8, show(none, none, at(Stall, 3), 4));
  run(1, show(none, at(Wait, 2), at(Busy, 3), 4));
  run(9, show(none, none, none, 4));
  run(1, show(none, at(Busy, 4), none, 5));
  run(11, show(none, none, none, 5));
  account.end();
  std::map<std::string, uint64_t> totals = account.totals();
  EXPECT_EQ(totals["outside.start"], 5u);
  EXPECT_EQ(totals["command.0.load.busy"], 7u);
  EXPECT_EQ(totals["command.1.wait.load"], 3u);
  EXPECT_EQ(totals["command.1.wait.store"], 4u);
  EXPECT_EQ(totals["command.1.wait"], 2u);
  EXPECT_EQ(totals["command.1.busy"], 6u);
  EXPECT_EQ(totals["command.3.store.stall"], 8u);
  EXPECT_EQ(totals["command.3.store.busy"], 1u);
  EXPECT_EQ(totals["outside.fetch"], 9u);
  EXPECT_EQ(totals["command.4.load.busy"], 1u);
  EXPECT_EQ(totals["outside.finish"], 11u);
  EXPECT_EQ(account.cycles(), 57u);
  EXPECT_EQ(sumOf(totals), 57u);
  EXPECT_EQ(totals["execute.wait"], 9u);
  EXPECT_EQ(totals["store.stall"], 8u);
}

TEST(Account, RunsAddUpAndALeftoverCountIsNotTheNextRuns) {
  Account account(causes());
  for (unsigned round = 0; round < 3; ++round) {
    account.begin(round == 0 ? 0 : 2);
    if (round > 0)
      account.cycle(show(none, none, none, 2)); // still the last run's
    account.cycle(show(none, none, none, 0));
    account.cycle(show(at(Busy, 0), none, none, 1));
    account.cycle(show(at(Busy, 1), none, none, 2));
    account.end();
    EXPECT_EQ(account.dispatched(), 2u);
  }
  std::map<std::string, uint64_t> totals = account.totals();
  EXPECT_EQ(totals["command.0.busy"], 3u);
  EXPECT_EQ(totals["command.1.busy"], 3u);
  EXPECT_EQ(totals["outside.start"], 5u);
  EXPECT_EQ(sumOf(totals), account.cycles());
}

TEST(Account, SpansAreFromTheFirstCycleAtACommandToTheLast) {
  Account account(causes());
  for (unsigned round = 1; round <= 2; ++round) {
    account.begin(round == 1 ? 0 : 2);
    auto run = [&](unsigned count, const NpuOutputs &outputs) {
      for (unsigned i = 0; i < count; ++i)
        account.cycle(outputs);
    };
    run(4, show(none, none, none, 0));
    run(3, show(none, at(Busy, 0), none, 1));
    run(2, show(at(Wait, 1), at(Stall, 0), none, 2)); // waiting for others is no work
    run(5, show(at(Busy, 1), none, none, 2));
    run(6, show(none, none, none, 2));
    account.end();
    std::map<std::string, uint64_t> spans = account.spans();
    EXPECT_EQ(spans, (std::map<std::string, uint64_t>{{"span.0.begin", 4 * round},
                                                      {"span.0.end", 9 * round},
                                                      {"span.1.begin", 9 * round},
                                                      {"span.1.end", 14 * round}}));
  }
}

TEST(Account, NumbersPast16BitsAreWhole) {
  Account account(causes());
  account.begin(0);
  for (uint32_t number = 0; number < 70000; ++number)
    account.cycle(show(at(Busy, uint16_t(number)), none, none, uint16_t(number + 1)));
  account.end();
  std::map<std::string, uint64_t> totals = account.totals();
  EXPECT_EQ(account.dispatched(), 70000u);
  for (const char *name :
       {"command.0.busy", "command.65535.busy", "command.65536.busy", "command.69999.busy"})
    EXPECT_EQ(totals[name], 1u) << name;
}

TEST(Watchdog, StandsStillOnlyWhereNothingChanges) {
  CauseNames names = causes();
  Watchdog watchdog(names, 10);
  watchdog.begin();
  auto cyclesUntil = [&](const NpuOutputs &outputs, bool moves, unsigned most) {
    for (unsigned i = 1; i <= most; ++i)
      if (watchdog.observe(outputs, moves))
        return i;
    return 0U;
  };
  EXPECT_EQ(cyclesUntil(show(at(Wait, 1), none, at(Wait, 2), 3), true, 500), 0u);
  EXPECT_EQ(cyclesUntil(show(at(Wait, 1), none, at(Wait, 2), 3), false, 500), 10u);
  EXPECT_THAT(watchdog.report(), HasSubstr("execute: wait, command 1"));
  EXPECT_THAT(watchdog.report(), HasSubstr("dispatched: 3 commands"));
  EXPECT_EQ(cyclesUntil(show(at(Busy, 1), none, at(Wait, 2), 3), false, 900), 0u);
  EXPECT_NE(cyclesUntil(show(at(Busy, 1), none, at(Wait, 2), 3), false, 900), 0u);
}

std::string optionsError(const std::vector<DeviceOption> &given) {
  BenchOptions options;
  return readOptions(given, options);
}

TEST(Options, AreReadAndRefusedWithWhatTheyMayBe) {
  BenchOptions options;
  ASSERT_EQ(readOptions({{"seed", "5"},
                         {"latency", "7"},
                         {"bandwidth", "8"},
                         {"backpressure", "20"},
                         {"order", "issue"},
                         {"error-at", "3"},
                         {"watchdog", "99"},
                         {"waveform", "w.fst"},
                         {"waveform-commands", "2..4"}},
                        options),
            "");
  EXPECT_EQ(options.seed, 5u);
  EXPECT_EQ(options.memory.latency, 7u);
  EXPECT_EQ(options.memory.bandwidth, 8u);
  EXPECT_EQ(options.bridge.backPressure, 20u);
  EXPECT_EQ(options.bridge.order, BridgeOptions::Order::Issue);
  EXPECT_EQ(options.memory.errorAt, 3u);
  EXPECT_EQ(options.watchdog, 99u);
  EXPECT_EQ(options.waveform.path, "w.fst");
  EXPECT_EQ(options.waveform.lastCommand, 4u);
  EXPECT_FALSE(options.random);
  BenchOptions random;
  ASSERT_EQ(readOptions({{"latency", "3"}, {"random", "1"}}, random), "");
  EXPECT_TRUE(random.random && random.memory.random && random.bridge.random);
  EXPECT_EQ(random.memory.latency, 3u);
  EXPECT_EQ(random.bridge.backPressure, 90u);
  EXPECT_THAT(optionsError({{"colour", "red"}}), HasSubstr("no option 'colour', it has: seed, latency"));
  EXPECT_THAT(optionsError({{"latency", "-1"}}),
              HasSubstr("latency is '-1', it must be a whole number from 0 to"));
  EXPECT_THAT(optionsError({{"bandwidth", "17"}}), HasSubstr("from 1 to 16"));
  EXPECT_THAT(optionsError({{"backpressure", "100"}}), HasSubstr("from 0 to 99"));
  EXPECT_THAT(optionsError({{"order", "any"}}), HasSubstr("it must be issue, ready or random"));
  EXPECT_THAT(optionsError({{"waveform-commands", "3"}}), HasSubstr("it must be FIRST..LAST"));
  EXPECT_THAT(optionsError({{"waveform", ""}}), HasSubstr("it must be a file"));
}

} // namespace
