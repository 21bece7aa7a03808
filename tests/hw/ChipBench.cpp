// Drives the chip's pins, and makes the program.
#include "tests/hw/ChipBench.h"

#include <algorithm>

namespace tenon::hw {

namespace {
constexpr int64_t held = 1 << 20; // bytes of memory that keep what is written
}

Chip::Chip(Random &with)
    : random(with), memory(size_t(held)),
      reads(with,
            [this](int64_t address) { return address < held ? memory[size_t(address)] : uint8_t(address); }),
      writes(with, [this](int64_t address, uint8_t byte) {
        if (address < held)
          memory[size_t(address)] = byte;
        else
          ++writesOutside;
      }) {
  bench->s_axil_awvalid_i = bench->s_axil_wvalid_i = bench->s_axil_arvalid_i = 0;
  bench->s_axil_bready_i = bench->s_axil_rready_i = 1;
  bench->s_axil_wstrb_i = 15;
  bench->m_axi_bid_i = 0;
  EXPECT_EQ(write(registers::interrupt, 1), 0U);
}

void Chip::cycle() {
  reads.drive(*bench, bench.cycle);
  writes.drive(*bench, bench.cycle);
  bench.settle();
  reads.observe(*bench, bench.cycle);
  writes.observe(*bench, bench.cycle);
  bench.tick();
}

uint32_t Chip::read(uint32_t offset) {
  bench->s_axil_arvalid_i = 1;
  bench->s_axil_araddr_i = uint16_t(offset);
  cycle();
  bench->s_axil_arvalid_i = 0;
  bench.settle();
  EXPECT_TRUE(bench->s_axil_rvalid_o);
  const uint32_t value = bench->s_axil_rdata_o;
  EXPECT_EQ(bench->s_axil_rresp_o, 0) << "read of " << offset;
  cycle();
  return value;
}

unsigned Chip::write(uint32_t offset, uint32_t value) {
  bench->s_axil_awvalid_i = bench->s_axil_wvalid_i = 1;
  bench->s_axil_awaddr_i = uint16_t(offset);
  bench->s_axil_wdata_i = value;
  cycle();
  bench->s_axil_awvalid_i = bench->s_axil_wvalid_i = 0;
  for (unsigned i = 0; i < 10; ++i) {
    bench.settle();
    const bool isAnswered = bench->s_axil_bvalid_o;
    const unsigned response = bench->s_axil_bresp_o;
    cycle();
    if (isAnswered)
      return response;
  }
  ADD_FAILURE() << "no answer to a write of " << offset;
  return 4;
}

void Chip::start(uint32_t address, uint32_t bytes) {
  EXPECT_EQ(write(registers::commandsAddress, address), 0U);
  EXPECT_EQ(write(registers::commandsBytes, bytes), 0U);
  EXPECT_EQ(write(registers::control, registers::start), 0U);
}

std::optional<uint32_t> Chip::wait(int64_t cycles) {
  for (int64_t i = 0; i < cycles; ++i) {
    if (bench->irq_o)
      return read(registers::status) & registers::outcome;
    cycle();
  }
  ADD_FAILURE() << "no interrupt in " << cycles << " cycles; status " << read(registers::status);
  return std::nullopt;
}

void Chip::softReset() {
  EXPECT_EQ(write(registers::control, registers::reset), 0U);
  for (unsigned i = 0; i < 20000; ++i)
    if (!(read(registers::status) & registers::resetting)) {
      EXPECT_EQ(read(registers::status), 0U);
      EXPECT_TRUE(reads.isIdle() && writes.isIdle()) << "a reset while the bus is not quiet";
      return;
    }
  ADD_FAILURE() << "the soft reset does not end";
}

void Chip::load(int64_t address, const std::vector<uint8_t> &bytes) {
  std::copy(bytes.begin(), bytes.end(), memory.begin() + address);
}

std::vector<uint8_t> Chip::bytesAt(int64_t address, int64_t count) const {
  return {memory.begin() + address, memory.begin() + address + count};
}

void Program::word(const std::vector<std::array<uint64_t, 3>> &fields, unsigned words) {
  std::array<uint8_t, 32> bytes = {};
  for (auto [high, low, value] : fields)
    setBits(bytes, unsigned(low), unsigned(high - low + 1), value);
  stream.insert(stream.end(), bytes.begin(), bytes.begin() + 16 * words);
  ++commands;
}

Program::Program() {
  constexpr uint64_t pixels = height * width;
  // Rows of pixels side by side; a pixel's channels are a row of the scratchpad.
  word({{7, 0, 0x10}, {63, 40, width * dim}, {87, 64, dim}, {119, 104, width}, {127, 120, 1}});
  word({{7, 0, 0x11}, {63, 40, width * dim}, {87, 64, dim}, {119, 104, width}, {127, 120, 1}});
  const auto move = [&](uint64_t opcode, uint64_t row, uint64_t dram, uint64_t signal, uint64_t wait) {
    word({{7, 0, opcode},
          {8, 8, wait != 0},
          {12, 9, wait},
          {20, 13, wait != 0},
          {21, 21, signal != 0},
          {25, 22, signal},
          {45, 36, height - 1},
          {59, 46, width - 1},
          {65, 60, dim},
          {81, 66, row},
          {113, 82, dram}});
  };
  move(0x20, 0, imageAddress, /*signal=*/3, /*wait=*/0);
  word({{7, 0, 0x12},
        {23, 8, pixels},
        {39, 24, width},
        {55, 40, 1},
        {67, 56, height},
        {81, 68, width},
        {89, 82, 1},
        {92, 90, 1},
        {95, 93, 1},
        {99, 96, 1},
        {103, 100, 1},
        {111, 104, 0x80}});
  word({{7, 0, 0x13},
        {13, 8, 3},
        {25, 14, 3},
        {33, 26, 1},
        {39, 34, dim},
        {45, 40, dim},
        {56, 46, height},
        {67, 57, width},
        {83, 68, pixels},
        {99, 84, width},
        {115, 100, 1}});
  word({{7, 0, 0x14}, {23, 16, 0x80}, {31, 24, 0x7f}});
  word({{7, 0, 0x60}, {11, 8, 3}, {23, 16, 1}, {25, 24, 1}}); // the execute queue waits for the load
  word({{7, 0, 0x40}, {21, 21, 1}, {25, 22, 5}, {43, 32, 1}, {63, 48, 0}, {143, 128, outRow}}, 2);
  move(0x28, outRow, resultAddress, /*signal=*/0, /*wait=*/5);

  image.resize(size_t(imageBytes));
  uint32_t state = 12345;
  for (uint8_t &byte : image)
    byte = uint8_t((state = state * 1664525 + 1013904223) >> 24);
}

std::vector<uint8_t> Program::result() const {
  std::vector<uint8_t> largest(image.size());
  const auto at = [&](int64_t y, int64_t x, int64_t channel) {
    return int8_t(image[size_t((y * width + x) * dim + channel)]);
  };
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t channel = 0; channel < dim; ++channel) {
        int8_t most = -128;
        for (int64_t dy = std::max<int64_t>(y - 1, 0); dy <= std::min(y + 1, height - 1); ++dy)
          for (int64_t dx = std::max<int64_t>(x - 1, 0); dx <= std::min(x + 1, width - 1); ++dx)
            most = std::max(most, at(dy, dx, channel));
        largest[size_t((y * width + x) * dim + channel)] = uint8_t(most);
      }
  return largest;
}

} // namespace tenon::hw
