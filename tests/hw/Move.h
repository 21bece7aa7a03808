// Commands of the load and store queues for the benches of those units, and what each of them means, written
// down from the description: element by element, without the units' way of walking.
#pragma once

#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include <array>
#include <map>
#include <vector>

namespace tenon::hw {

constexpr int64_t dramBytes = int64_t(256) << 20;
constexpr int64_t spadRows = TENON_SPAD_BYTES / dim;
constexpr int64_t beatBytes = 16, blockBytes = 256;

using Word = std::array<uint32_t, 8>;

/// set_load or set_store: bytes of DRAM, rows of the scratchpad.
struct Strides {
  int64_t dramB = 0, dramR = 0, dramP = 0, spadB = 0, spadR = 0, spadP = 0;
};

enum class Kind { Load, LoadRun, LoadWords, Store };

struct Move {
  Kind kind = Kind::Load;
  int64_t b = 1, r = 1, p = 1, c = 1; // of a run: r and c alone, c in elements
  int64_t dram = 0, row = 0;
  bool waits = false, signals = false;
  unsigned waitId = 0, waitCount = 0, signalId = 0;

  bool isRun() const { return kind == Kind::LoadRun || kind == Kind::LoadWords; }
  int64_t runBytes() const { return kind == Kind::LoadWords ? 4 * c : c; }
};

/// Bytes that lie side by side in DRAM and in rows from one on.
struct MoveRun {
  int64_t dram, row, bytes;
  int64_t rows() const { return (bytes + dim - 1) / dim; }
};

inline std::vector<MoveRun> runsOf(const Move &move, const Strides &strides) {
  std::vector<MoveRun> runs;
  if (move.isRun()) {
    for (int64_t r = 0; r < move.r; ++r)
      runs.push_back({move.dram + r * strides.dramR, move.row + r * strides.spadR, move.runBytes()});
    return runs;
  }
  for (int64_t b = 0; b < move.b; ++b)
    for (int64_t r = 0; r < move.r; ++r)
      for (int64_t p = 0; p < move.p; ++p)
        runs.push_back({move.dram + b * strides.dramB + r * strides.dramR + p * strides.dramP,
                        move.row + b * strides.spadB + r * strides.spadR + p * strides.spadP, move.c});
  return runs;
}

/// Pixels without a gap between them are one run on the bus.
inline std::vector<MoveRun> busRunsOf(const Move &move, const Strides &strides) {
  if (move.isRun() || strides.dramP != move.c)
    return runsOf(move, strides);
  Move joined = move;
  joined.p = 1;
  std::vector<MoveRun> runs = runsOf(joined, strides);
  for (MoveRun &run : runs)
    run.bytes = move.p * move.c;
  return runs;
}

struct BusBurst {
  int64_t first, bytes; // of its bytes, not of its beats
  int64_t address() const { return first / beatBytes * beatBytes; }
  int64_t beats() const { return (first + bytes - 1) / beatBytes - first / beatBytes + 1; }
};

inline std::vector<BusBurst> burstsOf(const Move &move, const Strides &strides) {
  std::vector<BusBurst> bursts;
  for (const MoveRun &run : busRunsOf(move, strides))
    for (int64_t at = run.dram, end = run.dram + run.bytes; at < end;) {
      int64_t next = std::min(end, (at / blockBytes + 1) * blockBytes);
      bursts.push_back({at, next - at});
      at = next;
    }
  return bursts;
}

inline void setField(Word &word, unsigned low, unsigned width, uint64_t value) {
  EXPECT_TRUE(width == 64 || value >> width == 0) << value << " does not fit bits " << low << " and on";
  setBits(word, low, width, value);
}

inline Word wordOf(const Strides &strides, bool store) {
  Word word{};
  setField(word, 0, 8, store ? 0x11 : 0x10);
  setField(word, 8, 32, uint64_t(strides.dramB));
  setField(word, 40, 24, uint64_t(strides.dramR));
  setField(word, 64, 24, uint64_t(strides.dramP));
  setField(word, 88, 16, uint64_t(strides.spadB));
  setField(word, 104, 16, uint64_t(strides.spadR));
  setField(word, 120, 8, uint64_t(strides.spadP));
  return word;
}

inline Word wordOf(const Move &move) {
  static const std::map<Kind, unsigned> opcodes = {
      {Kind::Load, 0x20}, {Kind::LoadRun, 0x21}, {Kind::LoadWords, 0x22}, {Kind::Store, 0x28}};
  Word word{};
  setField(word, 0, 8, opcodes.at(move.kind));
  setField(word, 8, 1, move.waits);
  setField(word, 9, 4, move.waitId);
  setField(word, 13, 8, move.waitCount);
  setField(word, 21, 1, move.signals);
  setField(word, 22, 4, move.signalId);
  if (move.isRun()) {
    setField(word, 26, 10, uint64_t(move.r - 1));
    setField(word, 36, 14, uint64_t(move.c - 1));
    setField(word, 50, 16, uint64_t(move.row));
    setField(word, 66, 32, uint64_t(move.dram));
    return word;
  }
  setField(word, 26, 10, uint64_t(move.b - 1));
  setField(word, 36, 10, uint64_t(move.r - 1));
  setField(word, 46, 14, uint64_t(move.p - 1));
  setField(word, 60, 6, uint64_t(move.c));
  setField(word, 66, 16, uint64_t(move.row));
  setField(word, 82, 32, uint64_t(move.dram));
  return word;
}

inline Word syncWord(bool signal, unsigned id, unsigned count, unsigned queue) {
  Word word{};
  setField(word, 0, 8, signal ? 0x61 : 0x60);
  setField(word, 8, 4, id);
  setField(word, 16, 8, count);
  setField(word, 24, 2, queue);
  return word;
}

/// The place of `extents` with `strides` that lies furthest from its start.
inline int64_t furthest(std::array<int64_t, 3> extents, std::array<int64_t, 3> strides) {
  int64_t sum = 0;
  for (unsigned i = 0; i < 3; ++i)
    sum += (extents[i] - 1) * strides[i];
  return sum;
}

/// A move of at most about 200 rows, and strides for it, within both memories; sizes, strides and addresses
/// meet no multiple of anything, or just so.
class RandomMove {
public:
  RandomMove(Random &random, std::vector<Kind> kinds) : random(random), kinds(std::move(kinds)) {}

  Move make(Strides &strides) {
    Move move;
    move.kind = kinds[size_t(random.between(0, int64_t(kinds.size()) - 1))];
    if (move.isRun()) {
      move.r = random.between(1, 5);
      move.c = move.kind == Kind::LoadWords ? random.between(1, dim)
                                            : random.between(1, random.oneIn(2) ? 40 : 600);
    } else {
      move.c = random.oneIn(3) ? dim : random.between(1, dim);
      move.b = random.between(1, 3);
      move.r = random.between(1, 4);
      move.p = random.between(1, 18);
    }
    chooseStrides(move, strides);
    int64_t lastByte = furthest({move.b, move.r, move.p}, {strides.dramB, strides.dramR, strides.dramP}) +
                       move.runBytes() - 1;
    int64_t lastRow = furthest({move.b, move.r, move.p}, {strides.spadB, strides.spadR, strides.spadP}) +
                      (move.runBytes() - 1) / dim;
    move.dram = place(dramBytes - 1 - lastByte, 4096);
    move.row = place(spadRows - 1 - lastRow, spadRows / 4);
    return move;
  }

private:
  void chooseStrides(const Move &move, Strides &strides) {
    strides.dramP = random.oneIn(2) ? move.c : stride(move.c, (1 << 18) - 1);
    strides.dramR = random.oneIn(3) ? move.p * move.c : stride(move.p * strides.dramP, (1 << 24) - 1);
    strides.dramB = stride(move.r * strides.dramR, 1 << 26);
    int64_t rowsOfRun = (move.runBytes() + dim - 1) / dim;
    strides.spadP = random.oneIn(2) ? 1 : random.between(0, 60);
    strides.spadR = random.oneIn(8) ? random.between(0, 900) : move.p * std::max(strides.spadP, rowsOfRun);
    strides.spadB = random.between(0, 2000);
  }

  int64_t stride(int64_t tight, int64_t most) {
    int64_t chosen = random.oneIn(8) ? random.between(0, most) : tight + random.between(0, 70);
    return random.oneIn(3) ? std::min(most, (chosen + 15) / 16 * 16) : std::min(most, chosen);
  }

  /// From 0 to `most`: at either end, about a boundary, or anywhere.
  int64_t place(int64_t most, int64_t boundary) {
    int64_t chosen = random.between(0, most);
    if (random.oneIn(6))
      chosen = random.between(0, 20);
    else if (random.oneIn(6))
      chosen = most - random.between(0, 20);
    else if (random.oneIn(2))
      chosen = chosen / boundary * boundary + random.between(-40, 40);
    return std::clamp<int64_t>(chosen, 0, most);
  }

  Random &random;
  std::vector<Kind> kinds;
};

} // namespace tenon::hw
