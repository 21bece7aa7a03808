// Streams of commands for the whole chip, short enough to be disturbed at every place.
#pragma once

#include "tests/hw/Packed.h"

#include <array>
#include <cstdint>
#include <vector>

namespace tenon::hw {

class Program {
public:
  static constexpr int64_t height = 6, width = 10, pixels = height * width;
  static constexpr int64_t streamAddress = 0x3000, dataAddress = 0x10000, resultAddress = 0x20040;

  /// Loads an image, takes the largest of each 3x3 window of it, and stores that; `result` is what must come.
  static Program pooling();
  /// Uses every way through the execute unit once, and stores all results; `result` is empty.
  static Program everything();

  std::vector<uint8_t> stream;
  unsigned commands = 0;
  std::vector<uint8_t> data; // at dataAddress
  int64_t resultBytes = 0;   // at resultAddress
  std::vector<uint8_t> result;

private:
  struct Field {
    unsigned high, low;
    uint64_t value;
  };
  void word(const std::vector<Field> &fields, unsigned words = 1);
  void sync(unsigned opcode, unsigned semaphore, unsigned count, unsigned queue);
  void moves();
  void move(unsigned opcode, unsigned blocks, unsigned row, int64_t address, unsigned signal, unsigned wait);
  void input(unsigned rowBytes, unsigned byteStep);
  void kernel(unsigned columns);
  void execute(unsigned opcode, const std::vector<Field> &fields, unsigned signal = 0);
  void fill(int64_t bytes);
};

} // namespace tenon::hw
