// Random legal commands of the execute queue whose operands lie apart from each other in the scratchpad.
#pragma once

#include "tests/hw/Bench.h"
#include "tests/hw/ExecuteModel.h"

namespace tenon::hw {

/// Rows of the scratchpad that are taken.
class Rows {
public:
  /// A place for so many rows that nothing else has; -1 where none is found.
  int64_t place(Random &random, int64_t count);

private:
  std::vector<std::pair<int64_t, int64_t>> taken;
};

/// Sizes, strides and values; `work` bounds the pixels of all passes, about.
Command randomCommand(Random &random, Op op, int64_t work);
/// Gives each operand a place that no other has; false where there is none.
bool placeCommand(Random &random, Command &command, Rows &rows);
Command placedCommand(Random &random, Op op, int64_t work);

/// What a scratchpad holds before the first command: bytes with many corners, and legal shifts at
/// `command`'s.
void fill(Random &random, Memories &memories);
void fillShifts(Random &random, const Command &command, Memories &memories);

/// Highest row of an operand with such strides and extents, from its first one.
int64_t span(const Strides &strides, int64_t planes, int64_t rows, int64_t pixels);

} // namespace tenon::hw
