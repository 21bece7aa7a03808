// The store unit and the write half of the bus: what lies in memory after any list of commands, what they ask
// of the bus and when they signal; at full rate; with errors and halts at every place.
#include "tests/hw/MoveBench.h"

#include "Vnpu_store_bench.h"

#include <unordered_map>

namespace tenon::hw {
namespace {

using Model = Vnpu_store_bench;

uint8_t spadByte(int64_t row, int64_t place) {
  uint64_t mixed = (uint64_t(row) * 64 + uint64_t(place)) * 0x9e3779b97f4a7c15u;
  return uint8_t((mixed ^ mixed >> 29) >> 17);
}

class StoreBench : public MoveBench<Model> {
public:
  using Bytes = std::unordered_map<int64_t, uint8_t>;

  explicit StoreBench(Random &random)
      : MoveBench(random),
        memory(random, [this](int64_t address, uint8_t byte) { written[address] = byte; }) {
    memory.onRequest = [this](const Request &request) { checkRequest(request); };
  }

  Bytes written;
  WriteMemory<Model> memory;
  size_t requested = 0; // bursts
  size_t rowsRead = 0;

  const Bytes &expected() const { return bytes; }
  size_t burstsPlanned() const { return bursts.size(); }
  const BusBurst &burst(size_t number) const { return bursts[number].burst; }
  size_t commandOf(size_t burst) const { return bursts[burst].command; }
  int64_t beatsPlanned() const {
    int64_t beats = 0;
    for (const PlannedBurst &burst : bursts)
      beats += burst.burst.beats();
    return beats;
  }

  /// Every byte that arrived is one that some command has put there; without an error, no other is missing.
  void checkMemory(bool all) {
    for (auto [address, byte] : written) {
      ASSERT_TRUE(bytes.count(address)) << "byte " << address << " was written";
      if (all)
        ASSERT_EQ(byte, bytes.at(address)) << "byte " << address;
    }
    if (all)
      ASSERT_EQ(written.size(), bytes.size());
  }

protected:
  struct PlannedBurst {
    BusBurst burst;
    size_t command;
  };

  void plan(const Move &move, const Strides &strides) override {
    for (const MoveRun &run : runsOf(move, strides))
      for (int64_t byte = 0; byte < run.bytes; ++byte)
        bytes[run.dram + byte] = spadByte(run.row + byte / dim, byte % dim);
    for (const BusBurst &burst : burstsOf(move, strides))
      bursts.push_back({burst, commands.size()});
    planned = int64_t(bursts.size());
  }

  void drive() override {
    memory.drive(*model, model.cycle);
    // Data stay for the cycle after their grant alone.
    for (unsigned place = 0; place < dim; ++place)
      setBits(model->read_data_i, 8 * place, 8,
              comingRow < 0 ? uint64_t(random.between(0, 255)) : spadByte(comingRow, place));
    model->read_grant_i = 0;
  }

  void grantBank() override { model->read_grant_i = model->read_valid_o && percent(random, bankPercent); }

  bool usesBank() override { return model->read_valid_o; }
  bool busIsIdle() override { return memory.isIdle() && !model->m_axi_awvalid_o; }

  void observe() override {
    if (!stopped)
      mayRequest = requested + 2;
    memory.observe(*model, model.cycle);
    progress = memory.responses;
    comingRow = -1;
    if (model->read_valid_o) {
      ASSERT_LT(model->read_row_o, spadRows);
      if (model->read_grant_i) {
        comingRow = model->read_row_o;
        ++rowsRead;
      }
    }
  }

private:
  /// Two bursts may be taken after all: one on the bus, one on its way there.
  size_t mayRequest = 2;

  void checkRequest(const Request &request) {
    ASSERT_LT(requested, bursts.size()) << "a burst too many";
    const PlannedBurst &expected = bursts[requested];
    ASSERT_EQ(request.address, expected.burst.address()) << "burst " << requested;
    ASSERT_EQ(request.beats, expected.burst.beats()) << "burst " << requested;
    ASSERT_TRUE(isBefore(expected.command)) << "a burst of a command that has not been taken";
    ++requested;
    ASSERT_LE(requested, mayRequest) << "bursts after a halt";
  }

  Bytes bytes;
  std::vector<PlannedBurst> bursts;
  int64_t comingRow = -1;
};

TEST(NpuStore, RandomProgramsUnderRandomTiming) {
  Random random;
  SCOPED_TRACE(random.text());
  for (int round = 0; round < 400 && !HasFatalFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    StoreBench bench(random);
    bench.memory.timing = randomTiming(random);
    randomPace(bench, random);
    addRandomProgram(bench, random, {Kind::Store}, unsigned(random.between(1, 12)), 2);
    bench.run();
    bench.checkMemory(true);
    EXPECT_EQ(bench.requested, bench.burstsPlanned());
    EXPECT_FALSE(bench.error.has_value());
    EXPECT_EQ(bench.signalled, size_t(std::count_if(bench.commands.begin(), bench.commands.end(),
                                                    [](const Command &command) { return command.signals; })));
  }
}

TEST(NpuStore, LongestSizes) {
  Random random;
  SCOPED_TRACE(random.text());
  StoreBench bench(random);
  Strides pixels{0, 0, dim, 0, 0, 1};
  bench.add(pixels, true);
  bench.add(Move{Kind::Store, 1, 1, std::min<int64_t>(16384, spadRows), dim, 4096 - 3, 0}, pixels);
  Strides rows{0, 3, 0, 0, 1, 0};
  bench.add(rows, true);
  bench.add(Move{Kind::Store, 1, 1024, 1, 1, dramBytes - 1023 * 3 - 1, 0}, rows);
  Strides blocks{5, 0, 0, 1, 0, 0};
  bench.add(blocks, true);
  bench.add(Move{Kind::Store, 1024, 1, 1, 5, 1 << 20, spadRows - 1024}, blocks);
  bench.run();
  bench.checkMemory(true);
}

/// Strides that no command has set are 0.
TEST(NpuStore, SettingsStartAtZero) {
  Random random;
  SCOPED_TRACE(random.text());
  StoreBench bench(random);
  bench.add(Move{Kind::Store, 2, 2, 2, dim, 100, 7}, Strides{});
  bench.run();
  bench.checkMemory(true);
}

/// A beat or a row in each cycle; the next command does not wait for responses.
TEST(NpuStore, FullRate) {
  Random random;
  SCOPED_TRACE(random.text());
  for (int64_t offset : {0, 7}) {
    StoreBench bench(random);
    bench.memory.timing = {40, 40, 100, 100};
    Strides strides{0, 0, dim, 0, 0, 1};
    bench.add(strides, true);
    for (int64_t i = 0; i < 3; ++i) {
      Move move{Kind::Store, 1, 1, 512, dim, (1 << 20) * i + offset, 0};
      move.signals = true;
      bench.add(move, strides);
    }
    bench.run();
    bench.checkMemory(true);
    int64_t rate = std::max(bench.beatsPlanned(), int64_t(3 * 512));
    EXPECT_LE(bench.model.cycle, rate + 40 + 20) << "offset " << offset;
    EXPECT_EQ(bench.memory.beats, bench.beatsPlanned());
  }
}

TEST(NpuStore, SignalsHoldAtTheMaximum) {
  Random random;
  SCOPED_TRACE(random.text());
  StoreBench bench(random);
  bench.counts[3] = 255;
  for (int i = 0; i < 12; ++i) { // more than the unit keeps
    Move move{Kind::Store, 1, 1, 1, dim, 64 * i, 2 * i};
    move.signals = true;
    move.signalId = 3;
    bench.add(move, Strides{});
  }
  for (int i = 0; i < 400; ++i)
    bench.step();
  EXPECT_EQ(bench.signalled, 0U);
  EXPECT_EQ(bench.model->cause_o, causeSignal);
  bench.counts[3] = 0;
  bench.run();
  EXPECT_EQ(bench.signalled, 12U);
  bench.checkMemory(true);
}

TEST(NpuStore, WaitsBeforeItReads) {
  Random random;
  SCOPED_TRACE(random.text());
  StoreBench bench(random);
  bench.semaphoresRise = false;
  Move move{Kind::Store, 1, 1, 9, dim, 64, 2};
  move.waits = true;
  move.waitId = 9;
  move.waitCount = 3;
  bench.add(move, Strides{});
  bench.counts[9] = 2;
  for (int i = 0; i < 200; ++i)
    bench.step();
  EXPECT_EQ(bench.rowsRead, 0U);
  EXPECT_EQ(bench.requested, 0U);
  EXPECT_EQ(bench.model->cause_o, causeWait);
  bench.counts[9] = 3;
  bench.run();
  bench.checkMemory(true);
  EXPECT_EQ(bench.counts[9], 0U);
}

// --- Errors
// ------------------------------------------------------------------------------------------------------------

void addShortProgram(StoreBench &bench) {
  Strides strides{0, 300, 40, 0, 8, 1};
  bench.add(strides, true);
  Move pixels{Kind::Store, 1, 2, 5, std::min<int64_t>(dim, 13), 250, 0};
  pixels.signals = true;
  bench.add(pixels, strides);
  Strides joined{0, 0, 5, 0, 0, 1};
  bench.add(joined, true);
  Move run{Kind::Store, 1, 1, 120, 5, 5000, 50};
  run.signals = true;
  bench.add(run, joined);
}

size_t burstsOfShortProgram(Random &random) {
  StoreBench bench(random);
  addShortProgram(bench);
  return bench.burstsPlanned();
}

TEST(NpuStore, AnErrorOfTheBusAtEveryBurst) {
  Random random;
  SCOPED_TRACE(random.text());
  size_t bursts = burstsOfShortProgram(random);
  for (size_t burst = 0; burst < bursts && !HasFatalFailure(); ++burst) {
    SCOPED_TRACE("burst " + std::to_string(burst));
    StoreBench bench(random);
    bench.memory.timing = randomTiming(random);
    bench.haltDelay = random.between(1, 4);
    randomPace(bench, random);
    addShortProgram(bench);
    bench.memory.broken = {bench.burst(burst).address()};
    bench.runToHalt();
    ASSERT_TRUE(bench.error.has_value());
    EXPECT_EQ(bench.error->code, busWrite);
    EXPECT_EQ(bench.error->address, bench.burst(burst).first);
    EXPECT_EQ(bench.error->command, int64_t(bench.commandOf(burst)));
    size_t before = 0; // signals of the commands before it
    for (size_t i = 0; i < bench.commandOf(burst); ++i)
      before += bench.commands[i].signals;
    EXPECT_LE(bench.signalled, before);
    EXPECT_TRUE(bench.memory.isIdle());
    bench.checkMemory(false);
  }
}

TEST(NpuStore, AHaltAtAnyTimeLeavesAQuietBus) {
  Random random;
  SCOPED_TRACE(random.text());
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    StoreBench bench(random);
    bench.memory.timing = randomTiming(random);
    randomPace(bench, random);
    addRandomProgram(bench, random, {Kind::Store}, 6, 2);
    bench.haltAt = bench.model.cycle + random.between(0, 400);
    bench.runToHalt();
    EXPECT_TRUE(bench.memory.isIdle());
    EXPECT_FALSE(bench.error.has_value());
    bench.checkMemory(false);
  }
}

struct Wrong {
  const char *name;
  Strides strides;
  Move move;
  UnitError error; // of command 1
};

TEST(NpuStore, PlacesThatDoNotExist) {
  Random random;
  SCOPED_TRACE(random.text());
  const Wrong table[] = {
      {"one byte past the end",
       {0, 0, 1, 0, 0, 1},
       {Kind::Store, 1, 1, 17, 1, dramBytes - 16, 0},
       {memoryAddress, dramBytes, 1}},
      {"from the end on", {}, {Kind::Store, 1, 1, 1, 1, dramBytes, 0}, {memoryAddress, dramBytes, 1}},
      {"a stride past 32 bits",
       {0xffffffff, 0, 0, 1, 0, 0},
       {Kind::Store, 2, 1, 1, 4, 1, 0},
       {memoryAddress, 0xffffffff, 1}},
      {"one row past the end",
       {64, 0, 0, 1, 0, 0},
       {Kind::Store, 2, 1, 1, 3, 0, spadRows - 1},
       {scratchpadAddress, spadRows, 1}},
      {"rows past 16 bits",
       {64, 0, 0, 0xffff, 0, 0},
       {Kind::Store, 2, 1, 1, 1, 0, 1},
       {scratchpadAddress, 0x10000, 1}},
      {"no channels", {}, {Kind::Store, 1, 1, 1, 0, 0, 0}, {illegalCommand, 0, 1}},
      {"more channels than a row", {}, {Kind::Store, 1, 1, 1, dim + 1, 0, 0}, {illegalCommand, dim + 1, 1}},
  };
  for (const Wrong &wrong : table) {
    SCOPED_TRACE(wrong.name);
    StoreBench bench(random);
    bench.add(wrong.strides, true);
    Move move = wrong.move;
    move.signals = true;
    bench.add(move, wrong.strides);
    bench.memory.onRequest = [](const Request &request) { EXPECT_LT(request.address, dramBytes); };
    bench.runToHalt();
    ASSERT_TRUE(bench.error.has_value());
    EXPECT_EQ(bench.error->code, wrong.error.code);
    EXPECT_EQ(bench.error->address, wrong.error.address);
    EXPECT_EQ(bench.error->command, 1);
    EXPECT_EQ(bench.signalled, 0U);
    EXPECT_TRUE(bench.memory.isIdle());
    bench.checkMemory(false);
  }
}

} // namespace
} // namespace tenon::hw
