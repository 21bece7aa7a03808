// The formulas of the execute queue's commands, as the description states them.
#include "tests/hw/ExecuteModel.h"

#include <algorithm>
#include <sstream>

namespace tenon::hw {
namespace {

struct Place {
  int64_t nb, y, x, n;
};

int64_t at(const Strides &strides, int64_t plane, int64_t row, int64_t pixel) {
  return plane * strides.plane + row * strides.pitch + pixel * strides.step;
}

/// A byte of the input, by block of channels, row, pixel and channel; `outside` beyond its extent.
int8_t input(const Command &command, const Memories &memories, int64_t block, int64_t row, int64_t pixel,
             int64_t channel) {
  if (row < 0 || row >= command.height || pixel < 0 || pixel >= command.width)
    return command.outside;
  return memories.byte(command.inputAt + at(command.in, block, row, pixel), channel);
}

/// A byte of an image whose rows are bytes.
int8_t imageByte(const Command &command, const Memories &memories, int64_t row, int64_t byte) {
  if (row < 0 || row >= command.height || byte < 0 || byte >= command.width)
    return command.outside;
  return memories.byte(command.inputAt + row * command.in.pitch + byte / dim, byte % dim);
}

int32_t wrappingSum(int32_t a, int64_t b) { return int32_t(uint32_t(a) + uint32_t(b)); }

int32_t dense(const Command &command, const Memories &memories, Place place, int32_t sum) {
  for (int64_t dy = 0; dy < command.rows; ++dy)
    for (int64_t dx = 0; dx < command.columns; ++dx)
      for (int64_t cb = 0; cb < command.blocks; ++cb)
        for (int64_t c = 0; c < command.c; ++c) {
          int64_t tile = ((place.nb * command.rows + dy) * command.columns + dx) * command.blocks + cb;
          int64_t a = input(command, memories, cb, place.y * command.sy + dy * command.dilY - command.top,
                            place.x * command.sx + dx * command.dilX - command.left, c);
          sum = wrappingSum(sum, a * memories.byte(command.weightsAt + tile * command.c + c, place.n));
        }
  return sum;
}

int32_t packed(const Command &command, const Memories &memories, Place place, int32_t sum) {
  for (int64_t dy = 0; dy < command.rows; ++dy)
    for (int64_t j = 0; j < command.columns; ++j) {
      int64_t row = (place.nb * command.rows + dy) * command.columns + j;
      int64_t a = imageByte(command, memories, place.y * command.sy + dy * command.dilY - command.top,
                            place.x * command.byteStep + j - command.left);
      sum = wrappingSum(sum, a * memories.byte(command.weightsAt + row, place.n));
    }
  return sum;
}

int32_t taps(const Command &command, const Memories &memories, Place place, int32_t sum) {
  for (int64_t dy = 0; dy < command.rows; ++dy)
    for (int64_t dx = 0; dx < command.columns; ++dx) {
      int64_t row = (place.nb * command.rows + dy) * command.columns + dx;
      int64_t a = input(command, memories, place.nb, place.y * command.sy + dy - command.top,
                        place.x * command.sx + dx - command.left, place.n);
      if (command.op == Op::MaxPool)
        sum = std::max<int32_t>(sum, int32_t(a));
      else
        sum = wrappingSum(sum, a * memories.byte(command.weightsAt + row, place.n));
    }
  return sum;
}

int32_t sumOf(const Command &command, const Memories &memories, Place place, int64_t sumRow) {
  int32_t sum = 0;
  if (command.hasBias())
    sum = memories.word(command.biasAt + place.nb * 4, place.n);
  else if (command.hasSums())
    sum = memories.sums.at(size_t(sumRow)).at(size_t(place.n));
  else if (command.op == Op::MaxPool)
    sum = INT32_MIN;
  if (command.isDense())
    return dense(command, memories, place, sum);
  if (command.isPacked())
    return packed(command, memories, place, sum);
  if (command.isTaps())
    return taps(command, memories, place, sum);
  if (command.isAdd())
    return memories.byte(command.inputAt + at(command.in, place.nb, place.y, place.x), place.n);
  return sum;
}

int8_t result(const Command &command, const Memories &memories, Place place, int32_t sum) {
  int32_t multiplier = command.drain.multiplier;
  unsigned shift = command.drain.shift;
  if (command.isPerChannel()) {
    multiplier = memories.word(command.multiplierAt + place.nb * 4, place.n);
    int8_t own = memories.byte(command.shiftAt + place.nb, place.n);
    int8_t most = command.isOnce() ? 63 : 31;
    memories.meetsUndefined |= own < 0 || own > most;
    shift = unsigned(own) & unsigned(most);
  }
  int8_t byte = command.isAdd() ? int8_t(sum) : requantised(command.drain, sum, multiplier, shift);
  if (command.op == Op::Rescale) {
    DrainSettings alone = command.drain;
    alone.m2 = 0;
    byte = withResidual(alone, byte, 0);
  } else if (command.hasResidual()) {
    int64_t row = command.residualAt + at(command.residual, place.nb, place.y, place.x);
    byte = withResidual(command.drain, byte, memories.byte(row, place.n));
  }
  return byte;
}

void store(const Command &command, Memories &memories, int64_t row, const std::vector<int8_t> &bytes) {
  for (int64_t n = 0; n < dim; ++n) {
    memories.isUndefined.at(size_t(row * dim + n)) = n >= command.channels();
    if (n < command.channels())
      memories.bytes.at(size_t(row * dim + n)) = bytes[size_t(n)];
  }
}

} // namespace

int32_t Memories::word(int64_t row, int64_t at) const {
  uint32_t value = 0;
  for (int64_t i = 0; i < 4; ++i)
    value |= uint32_t(uint8_t(byte(row, at * 4 + i))) << (8 * i);
  return int32_t(value);
}

void run(const Command &command, Memories &memories) {
  std::vector<std::pair<int64_t, std::vector<int8_t>>> rows;
  std::vector<std::pair<int64_t, std::array<int32_t, dim>>> sums;
  for (int64_t nb = 0; nb < command.nb; ++nb)
    for (int64_t y = 0; y < command.y; ++y)
      for (int64_t x = 0; x < command.x; ++x) {
        int64_t sumRow = command.sumsAt + (nb * command.y + y) * command.x + x;
        std::vector<int8_t> bytes(dim);
        std::array<int32_t, dim> words{};
        for (int64_t n = 0; n < command.channels(); ++n) {
          words[size_t(n)] = sumOf(command, memories, {nb, y, x, n}, sumRow);
          if (command.hasOut())
            bytes[size_t(n)] = result(command, memories, {nb, y, x, n}, words[size_t(n)]);
        }
        if (command.hasOut())
          rows.emplace_back(command.outAt + at(command.out, nb, y, x), bytes);
        else
          sums.emplace_back(sumRow, words);
      }
  for (const auto &[row, bytes] : rows)
    store(command, memories, row, bytes);
  for (const auto &[row, words] : sums)
    memories.sums.at(size_t(row)) = words;
}

std::string Command::text() const {
  std::ostringstream out_;
  out_ << "op 0x" << std::hex << int(op) << std::dec << " nb " << nb << " kernel " << rows << " x " << columns
       << " x " << blocks << " y " << y << " x " << x << " c " << c << " n " << n << " input " << inputAt
       << " (" << in.plane << ", " << in.pitch << ", " << in.step << ") extent " << height << " x " << width
       << " top " << top << " left " << left << " s " << sy << ", " << sx << " d " << dilY << ", " << dilX
       << " byte_step " << byteStep << " outside " << int(outside) << " weights " << weightsAt << " bias "
       << biasAt << " mult " << multiplierAt << " shift " << shiftAt << " out " << outAt << " (" << out.plane
       << ", " << out.pitch << ", " << out.step << ") residual " << residualAt << " (" << residual.plane
       << ", " << residual.pitch << ", " << residual.step << ") sums " << sumsAt;
  return out_.str();
}

} // namespace tenon::hw
