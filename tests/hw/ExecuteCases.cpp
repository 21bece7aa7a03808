// Random commands: sizes that are multiples of nothing, windows that hang over every edge, strides in any
// order.
#include "tests/hw/ExecuteCases.h"

#include <algorithm>

namespace tenon::hw {
namespace {

/// Strides under which no two places share a row.
Strides stridesFor(Random &random, int64_t planes, int64_t rows, int64_t pixels) {
  Strides strides;
  auto loose = [&](int64_t value) { return value + (random.oneIn(3) ? random.between(0, 3) : 0); };
  switch (random.between(0, 3)) {
  case 0: // pixels outermost
    strides.pitch = loose(1);
    strides.step = loose(strides.pitch * rows);
    strides.plane = loose(strides.step * pixels);
    break;
  case 1: // blocks innermost
    strides.plane = loose(1);
    strides.step = loose(strides.plane * planes);
    strides.pitch = loose(strides.step * pixels);
    break;
  default:
    strides.step = loose(1);
    strides.pitch = loose(strides.step * pixels);
    strides.plane = loose(strides.pitch * rows);
  }
  return strides;
}

void chooseOutput(Random &random, Command &command, int64_t work) {
  command.c = random.oneIn(3) ? dim : random.between(1, dim);
  command.n = random.oneIn(3) ? dim : random.between(1, dim);
  command.nb = random.oneIn(2) ? 1 : random.between(1, 5);
  int64_t passes = command.rows * command.columns * command.blocks;
  int64_t pixels = std::clamp<int64_t>(work / (passes * command.nb), 1, ownSums);
  if (command.hasSums())
    pixels = std::min(pixels, ownSums / command.nb);
  pixels = random.oneIn(4) ? std::min<int64_t>(pixels, random.between(1, 6)) : pixels;
  command.y = random.between(1, std::min<int64_t>(pixels, 1024));
  command.x = random.between(1, std::min<int64_t>(pixels / command.y, 1024));
  if (random.oneIn(2))
    std::swap(command.y, command.x);
}

/// Where the window starts: usually it meets the input somewhere, always it may not.
void chooseInput(Random &random, Command &command) {
  command.height = random.between(1, std::max<int64_t>(1, command.y * command.sy + 4));
  command.top = random.between(-3, 6);
  if (random.oneIn(12))
    command.top = random.oneIn(2) ? random.between(-2048, -2000) : random.between(2000, 2047);
  command.left = random.between(-4, 7);
  if (random.oneIn(12))
    command.left = random.oneIn(2) ? -128 : 127;
  if (command.isPacked()) {
    command.width = random.oneIn(3) ? random.between(1, dim)
                                    : random.between(1, command.x * command.byteStep + command.columns);
    command.in.pitch = (command.width + dim - 1) / dim + random.between(0, 2);
    return;
  }
  command.width = random.between(1, std::max<int64_t>(1, command.x * command.sx + 4));
  command.in =
      stridesFor(random, command.isTaps() ? command.nb : command.blocks, command.height, command.width);
}

void chooseDrain(Random &random, Command &command) {
  DrainSettings &drain = command.drain;
  bool isOnce = command.isOnce();
  drain.scale = command.op == Op::MaxPool || command.isAdd() ? Scale::None
                : isOnce                                     ? Scale::Once
                                                             : Scale::Twice;
  drain.perChannel = command.isPerChannel();
  drain.multiplier = random.word();
  drain.shift = unsigned(random.between(0, isOnce ? 62 : 31));
  drain.zero = random.byte();
  drain.low = random.oneIn(2) ? int8_t(-128) : random.byte();
  drain.high = random.oneIn(2) ? int8_t(127) : int8_t(random.between(drain.low, 127));
  drain.residual = command.hasResidual();
  drain.z1 = random.byte();
  drain.z2 = random.byte();
  drain.m1 = random.word();
  drain.m2 = random.word();
  drain.m3 = random.word();
  drain.s1 = unsigned(random.between(0, 8));
  drain.s2 = unsigned(random.between(0, 8));
  drain.totalOnce = isOnce;
  drain.s3 = unsigned(!isOnce           ? random.between(0, 31)
                      : random.oneIn(2) ? random.between(30, 36)
                                        : random.between(0, 62));
  drain.z3 = random.byte();
  drain.low3 = random.oneIn(2) ? int8_t(-128) : random.byte();
  drain.high3 = random.oneIn(2) ? int8_t(127) : int8_t(random.between(drain.low3, 127));
}

int64_t weightRows(const Command &command) {
  int64_t passes = command.nb * command.rows * command.columns;
  return command.isDense() ? passes * command.blocks * command.c : passes;
}

int64_t inputRows(const Command &command) {
  if (command.isAdd())
    return span(command.in, command.nb, command.y, command.x);
  if (command.isPacked())
    return (command.height - 1) * command.in.pitch + (command.width + dim - 1) / dim;
  return span(command.in, command.isTaps() ? command.nb : command.blocks, command.height, command.width);
}

/// Rows that words of the parameters take; those of the last nb may end early.
int64_t wordRows(const Command &command) {
  return (command.nb - 1) * 4 + (command.channels() * 4 + dim - 1) / dim;
}

} // namespace

int64_t span(const Strides &strides, int64_t planes, int64_t rows, int64_t pixels) {
  return (planes - 1) * strides.plane + (rows - 1) * strides.pitch + (pixels - 1) * strides.step + 1;
}

int64_t Rows::place(Random &random, int64_t count) {
  if (count > spadRows)
    return -1;
  for (int attempt = 0; attempt < 100; ++attempt) {
    int64_t first = random.between(0, spadRows - count);
    if (random.oneIn(8))
      first = spadRows - count; // the very end
    bool isFree = std::all_of(taken.begin(), taken.end(), [&](const auto &other) {
      return first + count <= other.first || other.first + other.second <= first;
    });
    if (!isFree)
      continue;
    taken.emplace_back(first, count);
    return first;
  }
  return -1;
}

Command randomCommand(Random &random, Op op, int64_t work) {
  Command command;
  command.op = op;
  command.outside = random.byte();
  if (command.isDense()) {
    command.rows = random.between(1, random.oneIn(10) ? 12 : 3);
    command.columns = random.between(1, random.oneIn(10) ? 12 : 3);
    command.blocks = random.between(1, random.oneIn(10) ? 20 : 3);
  } else if (command.isTaps()) {
    command.rows = random.between(1, random.oneIn(10) ? 20 : 5);
    command.columns = random.between(1, random.oneIn(10) ? 20 : 5);
  } else if (command.isPacked()) {
    command.rows = random.between(1, random.oneIn(10) ? 20 : 5);
    command.columns = random.oneIn(4) ? random.between(1, 100) : random.between(1, 14);
    command.byteStep = random.between(1, random.oneIn(10) ? 255 : 8);
  }
  if (command.isDense() || command.isTaps() || command.isPacked()) {
    command.sy = random.between(1, random.oneIn(5) ? 7 : 2);
    command.sx = random.between(1, random.oneIn(5) ? 7 : 2);
  }
  if (command.isDense() || command.isPacked()) {
    command.dilY = random.between(1, random.oneIn(5) ? 15 : 2);
    command.dilX = random.between(1, random.oneIn(5) ? 15 : 2);
  }
  chooseOutput(random, command, work);
  chooseInput(random, command);
  if (command.isAdd())
    command.in = stridesFor(random, command.nb, command.y, command.x);
  command.out = stridesFor(random, command.nb, command.y, command.x);
  command.residual = stridesFor(random, command.nb, command.y, command.x);
  chooseDrain(random, command);
  return command;
}

bool placeCommand(Random &random, Command &command, Rows &rows) {
  bool fits = true;
  auto place = [&](int64_t &at, int64_t count) {
    at = rows.place(random, count);
    fits &= at >= 0;
  };
  if (!command.isDrain())
    place(command.inputAt, inputRows(command));
  if (command.hasOut())
    place(command.outAt, span(command.out, command.nb, command.y, command.x));
  if (command.hasResidual())
    place(command.residualAt, span(command.residual, command.nb, command.y, command.x));
  if (command.hasWeights())
    place(command.weightsAt, weightRows(command));
  if (command.hasBias())
    place(command.biasAt, wordRows(command));
  if (command.isPerChannel()) {
    place(command.multiplierAt, wordRows(command));
    place(command.shiftAt, command.nb);
  }
  if (command.hasSums())
    command.sumsAt = random.between(0, ownSums - command.nb * command.y * command.x);
  return fits;
}

Command placedCommand(Random &random, Op op, int64_t work) {
  while (true) {
    Command command = randomCommand(random, op, work);
    Rows rows;
    if (placeCommand(random, command, rows))
      return command;
  }
}

void fill(Random &random, Memories &memories) {
  for (int8_t &byte : memories.bytes)
    byte = random.byte();
}

void fillShifts(Random &random, const Command &command, Memories &memories) {
  if (!command.isPerChannel())
    return;
  for (int64_t i = 0; i < command.nb * dim; ++i)
    memories.bytes.at(size_t(command.shiftAt * dim + i)) =
        int8_t(random.between(0, command.isOnce() ? 63 : 31));
}

} // namespace tenon::hw
