// Binary streams: registers that commands set, offsets in messages, bytes that are no command; and random
// legal streams, whose results no schedule may change.
#include "tests/spec/SpecBench.h"

#include "core/isa/encoding/Encode.h"

#include <gmock/gmock.h>

#include <random>

namespace tenon::spec::test {
namespace {

using Kind = Finding::Kind;
using ::testing::HasSubstr;

const char *const streamChip = R"(
tenon: 1
target: stream
memories:
  dram: {kind: global, bytes: 4 KiB}
  spad: {kind: scratchpad, bytes: 256, row: [4, i8]}
queues: {load: {depth: 2}, execute: {depth: 3}, store: {depth: 2}}
sync:
  sem:
    kind: semaphore
    count: 16
    max: 99
    wait: {word: sync, op: 8, id: id, n: count, queue: queue}
    signal: {word: sync, op: 9, id: id, queue: queue}
words:
  sync: {bits: 32, op: 7..0, id: 11..8, n: 23..16, queue: 25..24}
  cfg: {bits: 32, op: 7..0, value: 31..16}
  mv: {bits: 64, op: 7..0, r: 15..8, c: 23..16, far: 47..32, near: 63..48}
  ew: {bits: 64, op: 7..0, r: 15..8, x: 31..16, y: 47..32, z: 63..48}
registers:
  ld: {stride: u16}
  st: {stride: u16 = 4}
intrinsics:
  config_ld:
    queue: load
    sets: ld
    command: {word: cfg, op: 1, value: stride}
  config_st:
    queue: store
    sets: st
    command: {word: cfg, op: 2, value: stride}
  mvin:
    queue: load
    sizes: {r: 1..16, c: 1..4}
    operands:
      src: {type: "i8[r, c]", memory: dram, stride: {r: any}}
      dst: {type: "i8[r, c]", memory: spad, access: write, outside: 0}
    semantics: dst[r, c] = src[r, c]
    needs: {ld.stride: src.stride.r}
    command: {word: mv, op: 3, r: r, c: c, far: src.addr, near: dst.addr}
  mvout:
    queue: store
    sizes: {r: 1..16, c: 1..4}
    operands:
      src: {type: "i8[r, c]", memory: spad}
      dst: {type: "i8[r, c]", memory: dram, access: write, stride: {r: any}}
    semantics: dst[r, c] = src[r, c]
    needs: {st.stride: dst.stride.r}
    command: {word: mv, op: 4, r: r, c: c, far: dst.addr, near: src.addr}
  add:
    queue: execute
    sizes: {r: 1..16}
    operands:
      x: {type: "i8[r, four]", memory: spad, extent: {four: 4}}
      y: {type: "i8[r, four]", memory: spad, extent: {four: 4}}
      z: {type: "i8[r, four]", memory: spad, access: write, extent: {four: 4}}
    semantics:
      - z[r, 0] = wrap_i8(i32(x[r, 0]) + i32(y[r, 0]))
      - z[r, 1] = wrap_i8(i32(x[r, 1]) + i32(y[r, 1]))
      - z[r, 2] = wrap_i8(i32(x[r, 2]) - i32(y[r, 2]))
      - z[r, 3] = wrap_i8(i32(x[r, 3]) + i32(y[r, 3]))
    command: {word: ew, op: 5, r: r, x: x.addr, y: y.addr, z: z.addr}
)";

std::vector<uint8_t> encode(const SpecBench &bench, const std::string &lines) {
  auto bytes = isa::encodeAll(bench.machine->description(), bench.assemble(lines));
  if (bytes)
    return std::move(*bytes);
  ADD_FAILURE() << llvm::toString(bytes.takeError());
  return {};
}

TEST(Stream, RegistersAndSyncCommands) {
  SpecBench bench(streamChip);
  bench.write("dram", 0, sequence(0, 64));
  std::vector<uint8_t> bytes = encode(bench, "config_ld ld.stride=10\n"
                                             "mvin r=3 c=3 src=dram[1] src.stride.r=10 dst=spad[5]\n"
                                             "signal sem[6] on load\n"
                                             "wait sem[6] on store\n"
                                             "mvout r=3 c=4 src=spad[5] dst=dram[100] dst.stride.r=4\n");
  llvm::Error error = bench.machine->run(bytes);
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  EXPECT_EQ(bench.read("dram", 100, 12), (std::vector<int>{1, 2, 3, 0, 11, 12, 13, 0, 21, 22, 23, 0}));
  EXPECT_EQ(bench.machine->counters().intrinsics, (std::vector<uint64_t>{1, 0, 1, 1, 0}));
  // The register keeps its value in the next run, and loses it with a reset.
  std::vector<uint8_t> again(bytes.begin() + 4, bytes.begin() + 12);
  error = bench.machine->run(again);
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
  bench.machine->reset();
  EXPECT_THAT(llvm::toString(bench.machine->run(again)), HasSubstr("ld.stride"));
  EXPECT_EQ(int(bench.machine->finding()->kind), int(Kind::IllegalCommand));
}

TEST(Stream, MessagesNameTheOffset) {
  SpecBench bench(streamChip);
  std::vector<uint8_t> bytes = encode(bench, "config_ld ld.stride=4\n"
                                             "mvin r=1 c=4 src=dram[8] src.stride.r=4 dst=spad[5]\n");
  EXPECT_THAT(llvm::toString(bench.machine->run(bytes)),
              HasSubstr("command 1 at byte 4 (mvin, queue load): operand src[0, 0] reads byte 8 of dram"));
  bytes[0] = 77;
  EXPECT_THAT(llvm::toString(bench.machine->run(bytes)), HasSubstr("command 0"));
  EXPECT_EQ(int(bench.machine->finding()->kind), int(Kind::IllegalCommand));
  EXPECT_TRUE(bool(bench.machine->run(llvm::ArrayRef(bytes).take_front(3))) != false);
}

TEST(Stream, MostCommands) {
  MachineOptions options;
  options.mostCommands = 3;
  SpecBench bench(streamChip, options);
  std::string three = "config_ld ld.stride=4\nconfig_ld ld.stride=4\nconfig_ld ld.stride=4\n";
  EXPECT_FALSE(bool(bench.machine->run(encode(bench, three))));
  EXPECT_THAT(llvm::toString(bench.machine->run(encode(bench, three + "config_ld ld.stride=4\n"))),
              HasSubstr("more than 3 commands"));
}

struct Range {
  int first, end; ///< bytes; those of dram behind those of spad
  bool isWrite;
};

/// Random commands in three queues, each behind those of other queues that it conflicts with, by a signal and
/// a wait of a counter that their two queues have for themselves; and what memory holds when they run one
/// after the other.
class LegalStream {
public:
  explicit LegalStream(uint64_t seed) : dram(2048), random(seed), spad(spadBytes) {
    for (int &byte : dram)
      byte = draw(-128, 127);
    initial = dram;
    for (int row = 0; row < 64; row += 16)
      move(true, 16, row, 64 * (row / 16));
    for (int i = 0; i < 60; ++i)
      if (int kind = draw(0, 2); kind == 0)
        move(true, draw(1, 8), draw(0, 55), 4 * draw(0, 100));
      else if (kind == 1)
        move(false, draw(1, 8), draw(0, 55), 1024 + 4 * draw(0, 100));
      else
        add();
  }

  /// Without the wait number `left`, counted over all commands, and the signal for it; -1: with all.
  std::string lines(int left = -1) const {
    std::string text;
    for (size_t i = 0; i < commands.size(); ++i) {
      text += commands[i];
      for (size_t sync = 0; sync < syncs.size(); ++sync) {
        std::string counter = " sem[" + std::to_string(syncs[sync].counter) + "]";
        if (int(sync) != left && syncs[sync].to == i)
          text += " wait" + counter;
      }
      for (size_t sync = 0; sync < syncs.size(); ++sync)
        if (int(sync) != left && syncs[sync].from == i)
          text += " signal sem[" + std::to_string(syncs[sync].counter) + "]";
      text += "\n";
    }
    return text;
  }
  int waits() const { return int(syncs.size()); }

  std::vector<int> initial, dram;

private:
  static constexpr int spadBytes = 256;
  struct Sync {
    size_t from, to;
    int counter;
  };

  int draw(int low, int high) { return low + int(random() % uint64_t(high - low + 1)); }

  bool conflict(size_t one, size_t other) const {
    for (const Range &a : touched[one])
      for (const Range &b : touched[other])
        if ((a.isWrite || b.isWrite) && a.first < b.end && b.first < a.end)
          return true;
    return false;
  }

  void put(const std::string &command, size_t queue, const std::vector<Range> &ranges) {
    size_t number = commands.size();
    commands.push_back(command);
    queues.push_back(queue);
    touched.push_back(ranges);
    for (size_t other = 0; other < 3; ++other) {
      if (other == queue)
        continue;
      for (size_t before = number; before-- > size_t(synced[other][queue] + 1);)
        if (queues[before] == other && conflict(before, number)) {
          syncs.push_back({before, number, int(other * 3 + queue)});
          synced[other][queue] = int(before);
          break;
        }
    }
  }

  void move(bool in, int rows, int row, int address) {
    std::string near = "spad[" + std::to_string(row) + "]", far = "dram[" + std::to_string(address) + "]";
    put((in ? "mvin r=" : "mvout r=") + std::to_string(rows) + " c=4 src=" + (in ? far : near) +
            " dst=" + (in ? near : far) + (in ? " src.stride.r=4" : " dst.stride.r=4"),
        in ? 0 : 2,
        {{4 * row, 4 * (row + rows), in}, {spadBytes + address, spadBytes + address + 4 * rows, !in}});
    for (int i = 0; i < 4 * rows; ++i)
      (in ? spad[size_t(4 * row + i)] : dram[size_t(address + i)]) =
          in ? dram[size_t(address + i)] : spad[size_t(4 * row + i)];
  }

  void add() {
    int rows = draw(1, 6), x = draw(0, 57), y = draw(0, 57), z = draw(0, 57);
    put("add r=" + std::to_string(rows) + " x=spad[" + std::to_string(x) + "] y=spad[" + std::to_string(y) +
            "] z=spad[" + std::to_string(z) + "]",
        1, {{4 * x, 4 * (x + rows), false}, {4 * y, 4 * (y + rows), false}, {4 * z, 4 * (z + rows), true}});
    // Statement by statement, row by row: rows that overlap are read as earlier steps left them.
    for (int lane = 0; lane < 4; ++lane)
      for (int r = 0; r < rows; ++r) {
        int left = spad[size_t(4 * (x + r) + lane)], right = spad[size_t(4 * (y + r) + lane)];
        spad[size_t(4 * (z + r) + lane)] = int8_t(lane == 2 ? left - right : left + right);
      }
  }

  std::mt19937_64 random;
  std::vector<int> spad;
  std::vector<std::string> commands;
  std::vector<size_t> queues;
  std::vector<std::vector<Range>> touched;
  std::vector<Sync> syncs;
  int synced[3][3] = {{-1, -1, -1}, {-1, -1, -1}, {-1, -1, -1}}; ///< last command that was waited for
};

TEST(Stream, NoScheduleChangesTheResultOfALegalStream) {
  for (uint64_t stream = 1; stream <= 12; ++stream) {
    LegalStream legal(stream);
    for (uint64_t seed = 0; seed < 6; ++seed) {
      MachineOptions options;
      if (seed)
        options.seed = seed;
      SpecBench bench(streamChip, options);
      bench.write("dram", 0, legal.initial);
      bench.expectRun(legal.lines());
      EXPECT_EQ(bench.read("dram", 0, 2048), legal.dram) << "stream " << stream << ", seed " << seed;
    }
  }
}

// Every schedule finds the race, or none does.
TEST(Stream, ALegalStreamWithoutOneOfItsWaits) {
  int races = 0, tried = 0;
  for (uint64_t stream = 1; stream <= 4; ++stream) {
    LegalStream legal(stream);
    for (int left = 0; left < legal.waits(); left += 3) {
      std::optional<bool> first;
      for (uint64_t seed = 0; seed < 4; ++seed) {
        MachineOptions options;
        if (seed)
          options.seed = seed;
        SpecBench bench(streamChip, options);
        bench.write("dram", 0, legal.initial);
        llvm::Error error = bench.run(legal.lines(left));
        bool isRace = bool(error);
        if (error) {
          EXPECT_EQ(int(bench.machine->finding()->kind), int(Kind::Race));
          llvm::consumeError(std::move(error));
        } else {
          EXPECT_EQ(bench.read("dram", 0, 2048), legal.dram) << "stream " << stream << ", seed " << seed;
        }
        EXPECT_EQ(first.value_or(isRace), isRace)
            << "a schedule decides: stream " << stream << ", without " << left;
        first = isRace;
      }
      races += first.value_or(false) ? 1 : 0;
      ++tried;
    }
  }
  // Others imply a wait now and then.
  EXPECT_GT(races, tried / 2);
  EXPECT_GT(tried, 20);
}

} // namespace
} // namespace tenon::spec::test
