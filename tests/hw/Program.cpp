// The words of the programs, field by field.
#include "tests/hw/Program.h"

#include <algorithm>

namespace tenon::hw {

namespace {

constexpr unsigned loaded = 3, computed = 5; // semaphores
constexpr unsigned executeQueue = 1;         // its queue's number
constexpr int64_t imageBytes = Program::pixels * dim, weightBytes = 4096;
constexpr unsigned weightRow = 100, firstOut = 800, outPlane = 100;

} // namespace

void Program::word(const std::vector<Field> &fields, unsigned words) {
  std::array<uint8_t, 32> bytes = {};
  for (const Field &field : fields)
    setBits(bytes, field.low, field.high - field.low + 1, field.value);
  stream.insert(stream.end(), bytes.begin(), bytes.begin() + int64_t(16) * words);
  ++commands;
}

void Program::sync(unsigned opcode, unsigned semaphore, unsigned count, unsigned queue) {
  word({{7, 0, opcode}, {11, 8, semaphore}, {23, 16, count}, {25, 24, queue}});
}

/// Pixels lie side by side; a pixel's channels are a row of the scratchpad.
void Program::moves() {
  constexpr uint64_t rowBytes = width * dim;
  word({{7, 0, 0x10},
        {39, 8, imageBytes},
        {63, 40, rowBytes},
        {87, 64, dim},
        {119, 104, width},
        {127, 120, 1}});
  word({{7, 0, 0x11},
        {39, 8, imageBytes},
        {63, 40, rowBytes},
        {87, 64, dim},
        {103, 88, outPlane},
        {119, 104, width},
        {127, 120, 1}});
}

void Program::move(unsigned opcode, unsigned blocks, unsigned row, int64_t address, unsigned signal,
                   unsigned wait) {
  word({{7, 0, opcode},
        {8, 8, wait != 0},
        {12, 9, wait},
        {20, 13, wait != 0},
        {21, 21, signal != 0},
        {25, 22, signal},
        {35, 26, blocks - 1},
        {45, 36, height - 1},
        {59, 46, width - 1},
        {65, 60, dim},
        {81, 66, row},
        {113, 82, uint64_t(address)}});
}

void Program::input(unsigned rowBytes, unsigned byteStep) {
  word({{7, 0, 0x12},
        {23, 8, pixels},
        {39, 24, width},
        {55, 40, 1},
        {67, 56, height},
        {81, 68, rowBytes},
        {89, 82, 1},
        {92, 90, 1},
        {95, 93, 1},
        {99, 96, 1},
        {103, 100, 1},
        {111, 104, 0x80},
        {119, 112, byteStep}});
}

void Program::kernel(unsigned columns) {
  word({{7, 0, 0x13},
        {13, 8, 3},
        {25, 14, columns},
        {33, 26, 1},
        {39, 34, dim},
        {45, 40, dim},
        {56, 46, height},
        {67, 57, width},
        {83, 68, pixels},
        {99, 84, width},
        {115, 100, 1}});
}

void Program::execute(unsigned opcode, const std::vector<Field> &fields, unsigned signal) {
  std::vector<Field> all = {{7, 0, opcode}, {21, 21, signal != 0}, {25, 22, signal}};
  all.insert(all.end(), fields.begin(), fields.end());
  word(all, 2);
}

void Program::fill(int64_t bytes) {
  data.resize(size_t(bytes));
  uint32_t state = 12345;
  for (uint8_t &byte : data)
    byte = uint8_t((state = state * 1664525 + 1013904223) >> 24);
}

Program Program::pooling() {
  Program program;
  program.fill(imageBytes);
  program.moves();
  program.move(0x20, 1, 0, dataAddress, loaded, 0);
  program.input(width, 0);
  program.kernel(3);
  program.word({{7, 0, 0x14}, {23, 16, 0x80}, {31, 24, 0x7f}});
  program.sync(0x60, loaded, 1, executeQueue);
  program.execute(0x40, {{43, 32, 1}, {63, 48, 0}, {143, 128, firstOut}}, computed);
  program.move(0x28, 1, firstOut, resultAddress, 0, computed);

  program.resultBytes = imageBytes;
  const auto at = [&](int64_t y, int64_t x, int64_t channel) {
    return int8_t(program.data[size_t((y * width + x) * dim + channel)]);
  };
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t channel = 0; channel < dim; ++channel) {
        int8_t most = -128;
        for (int64_t dy = std::max<int64_t>(y - 1, 0); dy <= std::min(y + 1, height - 1); ++dy)
          for (int64_t dx = std::max<int64_t>(x - 1, 0); dx <= std::min(x + 1, width - 1); ++dx)
            most = std::max(most, at(dy, dx, channel));
        program.result.push_back(uint8_t(most));
      }
  return program;
}

Program Program::everything() {
  constexpr Field top{43, 32, 1}, image{63, 48, 0}, weights{79, 64, weightRow}, bias{95, 80, weightRow + 3},
      multiplier{111, 96, weightRow + 7}, shift{127, 112, weightRow + 11}, residual{159, 144, 0},
      sums{175, 160, 10};
  const auto out = [](unsigned number) { return Field{143, 128, firstOut + number * outPlane}; };
  Program program;
  program.fill(imageBytes + weightBytes);
  program.moves();
  program.move(0x20, 1, 0, dataAddress, loaded, 0);
  program.word({{7, 0, 0x21},
                {21, 21, 1},
                {25, 22, loaded},
                {49, 36, weightBytes - 1},
                {65, 50, weightRow},
                {97, 66, uint64_t(dataAddress + imageBytes)}});
  program.input(width, 0);
  program.kernel(3);
  program.word({{7, 0, 0x14}, {15, 8, 3}, {23, 16, 0x80}, {31, 24, 0x7f}, {37, 32, 3}, {95, 64, 0x41234567}});
  program.word({{7, 0, 0x15},
                {23, 8, pixels},
                {39, 24, width},
                {55, 40, 1},
                {63, 56, 5},
                {71, 64, 0xf0},
                {76, 72, 2},
                {81, 77, 1},
                {127, 96, 0x7000000}});
  program.word({{7, 0, 0x16},
                {15, 8, 1},
                {23, 16, 0x90},
                {31, 24, 0x70},
                {37, 32, 18},
                {95, 64, 0x6000000},
                {127, 96, 0x50000000}});
  program.sync(0x60, loaded, 2, executeQueue);
  program.execute(0x33, {top, image, weights, bias, multiplier, shift, residual, out(0)}); // conv_add
  program.execute(0x38, {top, image, weights, bias, multiplier, shift, out(1)});           // depthwise
  program.execute(0x3a, {top, image, weights, bias, sums});                                // conv_start
  program.execute(0x3b, {top, image, weights, sums});                                      // conv_more
  program.execute(0x3e, {sums, out(2)});                                                   // drain_once
  program.input(width * dim / 2, dim / 2);
  program.kernel(3 * dim / 2);
  program.execute(0x34, {top, image, weights, bias, multiplier, shift, out(3)}); // conv_packed
  program.execute(0x48,
                  {top, image, weights, bias, multiplier, shift, residual, out(4)}); // conv_packed_add_once
  program.execute(0x3f, {image, {159, 144, firstOut}, out(5)});                      // add
  program.execute(0x46, {image, {159, 144, firstOut}, out(6)}, computed);            // add_once
  program.move(0x28, 7, firstOut, resultAddress, 0, computed);
  program.resultBytes = 7 * imageBytes;
  return program;
}

} // namespace tenon::hw
