// Drives the chip's pins.
#include "tests/hw/ChipBench.h"

#include <algorithm>

namespace tenon::hw {

namespace {
constexpr int64_t held = 1 << 20; // bytes of memory that keep what is written
} // namespace

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

} // namespace tenon::hw
