// The load unit and the read half of the bus: what lies in the scratchpad after any list of commands, what
// they ask of the bus and when they signal; at full rate; with errors and halts at every place.
#include "tests/hw/MoveBench.h"

#include "Vnpu_load_bench.h"

namespace tenon::hw {
namespace {

using Model = Vnpu_load_bench;

/// Any address has a byte of its own.
uint8_t dramByte(int64_t address) {
  uint64_t mixed = uint64_t(address) * 0x9e3779b97f4a7c15u;
  return uint8_t((mixed ^ mixed >> 29) >> 17) | 1; // never 0, which is what fills up a row
}

class LoadBench : public MoveBench<Model> {
public:
  explicit LoadBench(Random &random) : MoveBench(random), memory(random, dramByte) {
    memory.onRequest = [this](const Request &request) { checkRequest(request); };
  }

  ReadMemory<Model> memory;
  size_t written = 0, requested = 0; // rows and bursts
  bool fetches = false;              // the other client is at work
  int64_t fetched = 0;

  size_t rowsPlanned() const { return rows.size(); }
  size_t burstsPlanned() const { return bursts.size(); }
  int64_t beatsPlanned() const {
    int64_t beats = 0;
    for (const PlannedBurst &burst : bursts)
      beats += burst.burst.beats();
    return beats;
  }
  const BusBurst &burst(size_t number) const { return bursts[number].burst; }
  size_t commandOf(size_t burst) const { return bursts[burst].command; }

protected:
  struct Row {
    int64_t row;
    std::vector<uint8_t> bytes;
  };
  struct PlannedBurst {
    BusBurst burst;
    size_t command;
  };

  void plan(const Move &move, const Strides &strides) override {
    for (const MoveRun &run : runsOf(move, strides))
      for (int64_t i = 0; i < run.rows(); ++i) {
        Row row{run.row + i, std::vector<uint8_t>(dim, 0)};
        for (int64_t byte = i * dim; byte < std::min<int64_t>(run.bytes, (i + 1) * dim); ++byte)
          row.bytes[size_t(byte - i * dim)] = dramByte(run.dram + byte);
        rows.push_back(std::move(row));
      }
    for (const BusBurst &burst : burstsOf(move, strides))
      bursts.push_back({burst, commands.size()});
    planned = int64_t(rows.size());
  }

  void drive() override {
    memory.drive(*model, model.cycle);
    if (!fetchOffered && fetches && fetchWaiting.empty() && random.oneIn(20)) {
      fetchOffered = true;
      model->fetch_address_i = uint32_t(random.between(0, 1 << 20) * 256);
      model->fetch_beats_m1_i = uint8_t(random.between(0, 15));
    }
    model->fetch_valid_i = fetchOffered;
    model->fetch_beat_ready_i = !random.oneIn(3);
    model->write_grant_i = 0;
  }

  void grantBank() override { model->write_grant_i = model->write_valid_o && percent(random, bankPercent); }

  bool usesBank() override { return model->write_valid_o; }
  bool busIsIdle() override { return memory.isIdle() && !model->m_axi_arvalid_o; }

  void observe() override {
    if (!stopped)
      mayRequest = requested + 2;
    memory.observe(*model, model.cycle);
    observeFetch();
    if (!model->write_valid_o)
      return;
    ASSERT_LT(written, rows.size()) << "a row too many";
    ASSERT_EQ(model->write_row_o, rows[written].row) << "row " << written;
    ASSERT_EQ(getElements<uint8_t>(model->write_data_o), rows[written].bytes) << "row " << written;
    if (model->write_grant_i) {
      ++written;
      progress = int64_t(written);
    }
  }

private:
  /// Two bursts may be taken after all: one on the bus, one on its way there.
  size_t mayRequest = 2;

  void checkRequest(const Request &request) {
    if (request.id == 0)
      return;
    ASSERT_LT(requested, bursts.size()) << "a burst too many";
    const PlannedBurst &expected = bursts[requested];
    ASSERT_EQ(request.address, expected.burst.address()) << "burst " << requested;
    ASSERT_EQ(request.beats, expected.burst.beats()) << "burst " << requested;
    ASSERT_TRUE(isBefore(expected.command)) << "a burst of a command that has not been taken";
    ++requested;
    ASSERT_LE(requested, mayRequest) << "bursts after a halt";
  }

  void observeFetch() {
    if (model->fetch_valid_i && model->fetch_ready_o) {
      fetchOffered = false;
      for (int64_t beat = 0; beat <= model->fetch_beats_m1_i; ++beat)
        fetchWaiting.push_back(model->fetch_address_i + 16 * beat);
    }
    if (!model->fetch_beat_valid_o || !model->fetch_beat_ready_i)
      return;
    ASSERT_FALSE(fetchWaiting.empty());
    for (unsigned place = 0; place < 16; ++place)
      ASSERT_EQ(getBits(model->fetch_beat_data_o, 8 * place, 8), dramByte(fetchWaiting.front() + place));
    ASSERT_EQ(model->fetch_beat_last_o, fetchWaiting.size() == 1);
    ASSERT_FALSE(model->fetch_beat_error_o);
    fetchWaiting.pop_front();
    ++fetched;
  }

  std::vector<Row> rows;
  std::vector<PlannedBurst> bursts;
  std::deque<int64_t> fetchWaiting; // addresses of the other client's beats
  bool fetchOffered = false;
};

const std::vector<Kind> allKinds = {Kind::Load, Kind::LoadRun, Kind::LoadWords};

TEST(NpuLoad, RandomProgramsUnderRandomTiming) {
  Random random;
  SCOPED_TRACE(random.text());
  for (int round = 0; round < 500 && !HasFatalFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    LoadBench bench(random);
    bench.memory.timing = randomTiming(random);
    bench.fetches = random.oneIn(2);
    randomPace(bench, random);
    addRandomProgram(bench, random, allKinds, unsigned(random.between(1, 14)), 0);
    bench.run();
    EXPECT_EQ(bench.written, bench.rowsPlanned());
    EXPECT_EQ(bench.requested, bench.burstsPlanned());
    EXPECT_FALSE(bench.error.has_value());
    EXPECT_EQ(bench.signalled, size_t(std::count_if(bench.commands.begin(), bench.commands.end(),
                                                    [](const Command &command) { return command.signals; })));
  }
}

TEST(NpuLoad, LongestSizes) {
  Random random;
  SCOPED_TRACE(random.text());
  LoadBench bench(random);
  Strides tight{0, 16384, 1, 0, 16384 / dim, 0};
  bench.add(tight, false);
  Move run{Kind::LoadRun, 1, 2, 1, 16384, 4096 - 5, 3};
  run.signals = true;
  bench.add(run, tight);
  Strides pixels{1 << 20, 0, 1, 1, 0, 0};
  bench.add(pixels, false);
  bench.add(Move{Kind::Load, 2, 1, 16384, 1, 77, 9}, pixels);
  Strides rows{0, 3, 0, 0, 1, 0};
  bench.add(rows, false);
  bench.add(Move{Kind::Load, 1, 1024, 1, 1, dramBytes - 1023 * 3 - 1, 0}, rows);
  Strides blocks{5, 0, 0, 1, 0, 0};
  bench.add(blocks, false);
  bench.add(Move{Kind::Load, 1024, 1, 1, dim, 0, spadRows - 1024}, blocks);
  bench.run();
  EXPECT_EQ(bench.written, bench.rowsPlanned());
}

/// Strides that no command has set are 0.
TEST(NpuLoad, SettingsStartAtZero) {
  Random random;
  SCOPED_TRACE(random.text());
  LoadBench bench(random);
  bench.add(Move{Kind::Load, 2, 2, 2, dim, 100, 7}, Strides{});
  bench.add(Move{Kind::LoadRun, 1, 2, 1, 40, 300, 8}, Strides{});
  bench.run();
  EXPECT_EQ(bench.written, bench.rowsPlanned());
}

/// A beat or a row in each cycle once the data flow, whatever follows whatever.
TEST(NpuLoad, FullRate) {
  Random random;
  SCOPED_TRACE(random.text());
  LoadBench bench(random);
  bench.memory.timing = {40, 40, 100, 100};
  Strides strides{0, 4096, dim, 0, 4096 / dim, 1};
  bench.add(strides, false);
  for (int64_t i = 0; i < 3; ++i) {
    Move run{Kind::LoadRun, 1, 1, 1, 4096, 4096 * i, 4096 / dim * i};
    run.signals = true;
    bench.add(run, strides);
    Move pixels{Kind::Load, 1, 1, 256, dim, 1 << 20, 0};
    pixels.signals = true;
    bench.add(pixels, strides);
  }
  bench.run();
  int64_t rate = std::max(bench.beatsPlanned(), int64_t(bench.rowsPlanned()));
  EXPECT_EQ(bench.written, bench.rowsPlanned());
  EXPECT_LE(bench.model.cycle, rate + 40 + 8);
  EXPECT_EQ(bench.memory.beats, bench.beatsPlanned());
}

/// The same from an odd address: one beat more for each run.
TEST(NpuLoad, FullRateUnaligned) {
  Random random;
  SCOPED_TRACE(random.text());
  LoadBench bench(random);
  bench.memory.timing = {100, 100, 100, 100};
  Strides strides{0, 4096, dim, 0, 4096 / dim, 1};
  bench.add(strides, false);
  for (int64_t i = 0; i < 3; ++i)
    bench.add(Move{Kind::LoadRun, 1, 1, 1, 4096, 4096 * i + 7, 4096 / dim * i}, strides);
  bench.run();
  int64_t rate = std::max(bench.beatsPlanned(), int64_t(bench.rowsPlanned()));
  EXPECT_EQ(bench.written, bench.rowsPlanned());
  EXPECT_LE(bench.model.cycle, rate + 100 + 8);
}

TEST(NpuLoad, WaitHoldsTheFrontAlone) {
  Random random;
  SCOPED_TRACE(random.text());
  LoadBench bench(random);
  bench.memory.timing = {30, 30, 100, 100};
  bench.semaphoresRise = false;
  bench.add(Move{Kind::LoadRun, 1, 1, 1, 512, 0, 0}, Strides{});
  Move waiting{Kind::LoadRun, 1, 1, 1, 512, 4096, 100};
  waiting.waits = true;
  waiting.waitId = 5;
  waiting.waitCount = 2;
  bench.add(waiting, Strides{});
  bench.counts[5] = 1;
  for (int i = 0; i < 300; ++i)
    bench.step();
  EXPECT_EQ(bench.written, 512U / dim);
  EXPECT_EQ(bench.requested, 2U);
  EXPECT_EQ(bench.model->cause_o, causeWait);
  EXPECT_EQ(bench.model->cause_index_o, firstIndex + 1);
  EXPECT_TRUE(bench.model->busy_o);
  bench.counts[5] = 2;
  bench.run();
  EXPECT_EQ(bench.counts[5], 0U);
  EXPECT_EQ(bench.written, bench.rowsPlanned());
}

TEST(NpuLoad, SignalHoldsAtTheMaximum) {
  Random random;
  SCOPED_TRACE(random.text());
  LoadBench bench(random);
  bench.counts[3] = 255;
  for (int i = 0; i < 12; ++i) { // more than the unit keeps
    Move move{Kind::LoadRun, 1, 1, 1, 20, 64 * i, 2 * i};
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
  EXPECT_EQ(bench.written, bench.rowsPlanned());
}

// --- Errors
// ------------------------------------------------------------------------------------------------------------

void addShortProgram(LoadBench &bench) {
  Strides strides{0, 300, 40, 0, 8, 1};
  bench.add(strides, false);
  Move pixels{Kind::Load, 1, 2, 5, std::min<int64_t>(dim, 13), 250, 0};
  pixels.signals = true;
  bench.add(pixels, strides);
  Move run{Kind::LoadRun, 1, 2, 1, 290, 4000, 50};
  run.signals = true;
  bench.add(run, strides);
  bench.add(pixels, strides);
}

size_t beatsOfShortProgram(Random &random) {
  LoadBench bench(random);
  addShortProgram(bench);
  return size_t(bench.beatsPlanned());
}

/// The burst of a beat, and the beat's address.
std::pair<size_t, int64_t> beatOf(const LoadBench &bench, size_t beat) {
  size_t burst = 0;
  while (int64_t(beat) >= bench.burst(burst).beats())
    beat -= size_t(bench.burst(burst++).beats());
  return {burst, bench.burst(burst).address() + 16 * int64_t(beat)};
}

TEST(NpuLoad, AnErrorOfTheBusAtEveryBeat) {
  Random random;
  SCOPED_TRACE(random.text());
  size_t beats = beatsOfShortProgram(random);
  for (size_t beat = 0; beat < beats && !HasFatalFailure(); ++beat) {
    SCOPED_TRACE("beat " + std::to_string(beat));
    LoadBench bench(random);
    bench.memory.timing = randomTiming(random);
    bench.haltDelay = random.between(1, 4);
    randomPace(bench, random);
    addShortProgram(bench);
    auto [burst, address] = beatOf(bench, beat);
    bench.memory.broken = {address};
    // The program reads some beats twice: the first one counts.
    for (size_t first = 0; first <= burst; ++first)
      if (bench.burst(first).address() <= address &&
          address < bench.burst(first).address() + 16 * bench.burst(first).beats()) {
        burst = first;
        break;
      }
    bench.runToHalt();
    ASSERT_TRUE(bench.error.has_value());
    EXPECT_EQ(bench.error->code, busRead);
    EXPECT_EQ(bench.error->address, bench.burst(burst).first);
    EXPECT_EQ(bench.error->command, int64_t(bench.commandOf(burst)));
    size_t before = 0; // signals of the commands before it
    for (size_t i = 0; i < bench.commandOf(burst); ++i)
      before += bench.commands[i].signals;
    EXPECT_LE(bench.signalled, before);
    EXPECT_TRUE(bench.memory.isIdle());
  }
}

TEST(NpuLoad, AHaltAtAnyTimeLeavesAQuietBus) {
  Random random;
  SCOPED_TRACE(random.text());
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    LoadBench bench(random);
    bench.memory.timing = randomTiming(random);
    randomPace(bench, random);
    addRandomProgram(bench, random, allKinds, 6, 0);
    bench.haltAt = bench.model.cycle + random.between(0, 400);
    bench.runToHalt();
    EXPECT_TRUE(bench.memory.isIdle());
    EXPECT_FALSE(bench.error.has_value());
  }
}

struct Wrong {
  const char *name;
  Strides strides;
  Move move;
  UnitError error; // of command 1
};

TEST(NpuLoad, PlacesThatDoNotExist) {
  Random random;
  SCOPED_TRACE(random.text());
  const Wrong table[] = {
      {"one byte past the end",
       {},
       {Kind::LoadRun, 1, 1, 1, 17, dramBytes - 16, 0},
       {memoryAddress, dramBytes, 1}},
      {"from the end on", {}, {Kind::Load, 1, 1, 1, 1, dramBytes, 0}, {memoryAddress, dramBytes, 1}},
      {"the second row",
       {0, 32, 0, 0, 1, 0},
       {Kind::LoadRun, 1, 2, 1, 16, dramBytes - 20, 0},
       {memoryAddress, dramBytes + 12, 1}},
      {"a stride past 32 bits",
       {0xffffffff, 0, 0, 1, 0, 0},
       {Kind::Load, 2, 1, 1, 4, 1, 0},
       {memoryAddress, 0xffffffff, 1}},
      {"a stride that comes round",
       {0x80000000, 0, 0, 0, 0, 0},
       {Kind::Load, 3, 1, 1, 4, 0, 0},
       {memoryAddress, 0x80000000, 1}},
      {"one row past the end",
       {},
       {Kind::LoadRun, 1, 1, 1, dim + 1, 0, spadRows - 1},
       {scratchpadAddress, spadRows, 1}},
      {"a row of its own", {}, {Kind::Load, 1, 1, 1, 1, 0, 0xffff}, {scratchpadAddress, 0xffff, 1}},
      {"rows past 16 bits",
       {0, 0, 0, 0xffff, 0, 0},
       {Kind::Load, 2, 1, 1, 1, 0, 1},
       {scratchpadAddress, 0x10000, 1}},
      {"rows that come round",
       {0, 0, 0, 0, 0, 255},
       {Kind::Load, 1, 1, 300, 1, 0, 5},
       {scratchpadAddress, -1, 1}},
      {"no channels", {}, {Kind::Load, 1, 1, 1, 0, 0, 0}, {illegalCommand, 0, 1}},
      {"more channels than a row", {}, {Kind::Load, 1, 1, 1, dim + 1, 0, 0}, {illegalCommand, dim + 1, 1}},
      {"more words than lanes", {}, {Kind::LoadWords, 1, 1, 1, dim + 1, 0, 0}, {illegalCommand, dim + 1, 1}},
  };
  for (const Wrong &wrong : table) {
    SCOPED_TRACE(wrong.name);
    LoadBench bench(random);
    bench.add(wrong.strides, false);
    Move move = wrong.move;
    move.signals = true;
    bench.add(move, wrong.strides);
    bench.memory.onRequest = [](const Request &request) { EXPECT_LT(request.address, dramBytes); };
    bench.runToHalt();
    ASSERT_TRUE(bench.error.has_value());
    EXPECT_EQ(bench.error->code, wrong.error.code);
    if (wrong.error.address >= 0)
      EXPECT_EQ(bench.error->address, wrong.error.address);
    else
      EXPECT_EQ(bench.error->address, 5 + ((spadRows - 5 + 254) / 255) * 255);
    EXPECT_EQ(bench.error->command, 1);
    EXPECT_EQ(bench.signalled, 0U);
  }
}

} // namespace
} // namespace tenon::hw
