// The RTL in the bench: right where the description says what is right, an error with a name where it does
// not, and usable again after each of them.
#include "tests/sim/RtlRig.h"

#include "sim/systemc/npu_sim.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::sim;
using namespace tenon::sim::test;
using testing::AllOf;
using testing::HasSubstr;

namespace {

namespace host = npu_sim::host;
constexpr uint32_t bit(npu_sim::Field field) { return uint32_t(1) << field.low; }

Bench &bench() { return RtlRig::bench(); }

std::map<std::string, uint64_t> counters() {
  count(RtlRig::device());
  return RtlRig::device().counted;
}

/// A clean run gives the right bytes: the chip is whole.
void expectWhole(const RtlRig &rig, const RtlRig::Expected &expected) {
  ASSERT_EQ(rig.run(), "");
  rig.compare(expected);
}

TEST(RtlRun, IsWhatTheDescriptionSays) {
  for (const char *bundle : {CONV_BUNDLE, GRAPH_BUNDLE})
    for (uint64_t seed : {1, 2, 3}) {
      RtlRig rig(bundle, seed);
      RtlRig::Expected expected = rig.expected();
      ASSERT_FALSE(expected.finding);
      EXPECT_NE(std::count(expected.known.begin(), expected.known.end(), 1), 0);
      expectWhole(rig, expected);
    }
}

TEST(RtlRun, CyclesAddUpAndAreTheChipsOwn) {
  RtlRig rig(GRAPH_BUNDLE, 5);
  std::map<std::string, uint64_t> before = counters(), after;
  ASSERT_EQ(rig.run(), "");
  after = counters();
  uint64_t sum = 0, cycles = after["cycles"] - before["cycles"];
  for (const auto &[name, value] : after)
    if (name.starts_with("command.") || name.starts_with("outside."))
      sum += value - before[name];
  EXPECT_EQ(sum, cycles);
  EXPECT_GT(cycles, 100u);
  uint32_t low = 0, value = 0;
  bench().readRegister(host::cycles_low::offset, low);
  EXPECT_NEAR(double(low), double(cycles), 8) << "the bench counts from the start's write to the interrupt";
  // The chip's own counters of causes, against what its trace port showed.
  const std::pair<const char *, uint64_t> units[] = {{"load.", host::load_cycles::offset},
                                                     {"execute.", host::execute_cycles::offset},
                                                     {"store.", host::store_cycles::offset}};
  for (const auto &[unit, offset] : units)
    for (uint32_t cause = 0; cause < host::load_cycles::count; ++cause) {
      bench().readRegister(uint32_t(offset + 4 * cause), value);
      std::string name;
      for (const isa::HostCodes &codes : RtlRig::description().host.codes)
        if (codes.name == "cause" && cause < codes.codes.size())
          name = unit + codes.codes[cause].name;
      uint64_t counted = name.empty() ? 0 : after[name] - before[name];
      if (cause == npu_sim::code::cause::idle)
        EXPECT_NEAR(double(value), double(counted), 8) << name;
      else
        EXPECT_EQ(value, counted) << name;
    }
}

TEST(RtlRun, MemoriesAreReadAndWrittenFromOutside) {
  TenonDevice &device = RtlRig::device();
  for (const isa::Memory &memory : RtlRig::description().memories) {
    if (memory.kind == isa::Memory::Kind::Global)
      continue;
    Bytes pattern(memory.bytes), found(memory.bytes);
    Random random(3);
    for (uint8_t &byte : pattern)
      byte = uint8_t(random.next());
    ASSERT_FALSE(bool(writeMemory(device, memory.name, 0, pattern))) << memory.name;
    ASSERT_FALSE(bool(readMemory(device, memory.name, 0, found))) << memory.name;
    EXPECT_EQ(found, pattern);
    ASSERT_FALSE(bool(writeMemory(device, memory.name, 33, llvm::ArrayRef<uint8_t>(pattern).take_front(70))));
    Bytes part(72);
    ASSERT_FALSE(bool(readMemory(device, memory.name, 32, part)));
    EXPECT_EQ(part.front(), pattern[32]);
    EXPECT_TRUE(std::equal(part.begin() + 1, part.end() - 1, pattern.begin()));
    EXPECT_EQ(part.back(), pattern[32 + 71]);
    EXPECT_THAT(llvm::toString(readMemory(device, memory.name, memory.bytes - 1, part)), HasSubstr("it has"));
  }
  Bytes part(1);
  EXPECT_THAT(llvm::toString(readMemory(device, "pod", 0, part)),
              HasSubstr("the description has no such memory"));
}

TEST(RtlRun, WhatIsWrittenFromOutsideIsWhatCommandsRead) {
  // Row n of the scratchpad holds n; a store of rows 4000 to 4063 shows that rows are where commands see
  // them.
  TenonDevice &device = RtlRig::device();
  const isa::Description &chip = RtlRig::description();
  uint64_t rows = chip.memories[1].units(), rowBytes = chip.memories[1].rowBytes;
  Bytes content(chip.memories[1].bytes);
  for (uint64_t row = 0; row < rows; ++row)
    for (uint64_t byte = 0; byte < rowBytes; ++byte)
      content[row * rowBytes + byte] = uint8_t(row * 37 + (row >> 8) * 11 + byte);
  ASSERT_FALSE(bool(writeMemory(device, "spad", 0, content)));
  for (uint64_t first : {uint64_t(0), uint64_t(4090), rows - 64}) {
    Bytes stream =
        assembled("set_store st.src_b=1 st.src_r=1 st.src_p=1 st.dst_b=16 st.dst_r=16 st.dst_p=16\n"
                  "store b=1 r=1 p=64 c=16 src=spad[" +
                  std::to_string(first) +
                  "] src.stride.b=1 src.stride.r=1 src.stride.p=1 dst=dram[0x100] dst.stride.b=16 "
                  "dst.stride.r=16 dst.stride.p=16\n");
    ASSERT_FALSE(bool(runStream(device, stream)));
    Bytes found(64 * rowBytes);
    ASSERT_FALSE(bool(readMemory(device, "dram", 0x100, found)));
    EXPECT_TRUE(std::equal(found.begin(), found.end(), content.begin() + ptrdiff_t(first * rowBytes)))
        << first;
  }
}

TEST(RtlRun, AnErrorAtAnyTransactionIsReportedAndLeavesAChipThatWorks) {
  RtlRig rig(GRAPH_BUNDLE, 7);
  RtlRig::Expected expected = rig.expected();
  Memory &memory = bench().memory();
  uint64_t first = memory.transactions();
  expectWhole(rig, expected);
  uint64_t count = memory.transactions() - first;
  ASSERT_GT(count, 10u);
  unsigned reads = 0, writes = 0;
  for (uint64_t number = 0; number < count; ++number) {
    memory.setErrorAt(memory.transactions() + number);
    std::string text = rig.run();
    memory.setErrorAt(std::nullopt);
    ASSERT_THAT(text, AllOf(HasSubstr("the chip stopped with bus_"), HasSubstr("command ")))
        << "transaction " << number;
    reads += text.find("bus_read") != std::string::npos;
    writes += text.find("bus_write") != std::string::npos;
    expectWhole(rig, expected);
  }
  EXPECT_GT(reads, 0u);
  EXPECT_GT(writes, 0u);
  EXPECT_EQ(reads + writes, count);
}

/// Begins a run and leaves it after this many cycles; in the bench's process.
void beginRun(const RtlRig &rig, uint64_t cycles) {
  TenonDevice &device = RtlRig::device();
  bench().accessWrite(host::commands_address::offset, uint32_t(device.streamAddress));
  bench().accessWrite(host::commands_bytes::offset, uint32_t(rig.stream().size()));
  ASSERT_EQ(bench().accessWrite(host::control::offset, bit(host::control::start)), AxiResponse::Okay);
  for (uint64_t i = 0; i < cycles; ++i)
    bench().step();
}

uint32_t status() {
  uint32_t value = 0;
  EXPECT_EQ(bench().accessRead(host::status::offset, value), AxiResponse::Okay);
  return value;
}

/// In the bench's process; false if it does not end.
bool waitWhile(uint32_t mask) {
  for (unsigned i = 0; i < 2000; ++i)
    if (!(status() & mask))
      return true;
  return false;
}

TEST(RtlRun, AResetInMidRunLeavesNothingBehind) {
  RtlRig rig(GRAPH_BUNDLE, 8);
  RtlRig::Expected expected = rig.expected();
  uint64_t before = counters()["cycles"];
  expectWhole(rig, expected); // the stream lies in memory from now on
  uint64_t cycles = counters()["cycles"] - before;
  for (uint64_t at = 1; at < cycles; at += std::max<uint64_t>(1, cycles / 60)) {
    SCOPED_TRACE("reset after " + std::to_string(at) + " cycles");
    rig.place();
    bench().perform([&] {
      beginRun(rig, at);
      bench().accessWrite(host::control::offset, bit(host::control::reset));
      EXPECT_TRUE(waitWhile(bit(host::status::resetting)));
      EXPECT_EQ(status() & (bit(host::status::busy) | bit(host::status::done) | bit(host::status::error)),
                0u);
    });
    expectWhole(rig, expected);
    if (HasFatalFailure())
      return;
  }
}

TEST(RtlRun, AStartWhileBusyIsRefusedAndChangesNothing) {
  RtlRig rig(GRAPH_BUNDLE, 9);
  RtlRig::Expected expected = rig.expected();
  expectWhole(rig, expected);
  for (uint64_t at : {0, 10, 60, 150}) {
    rig.place();
    bench().perform([&] {
      beginRun(rig, at);
      ASSERT_NE(status() & bit(host::status::busy), 0u);
      EXPECT_EQ(bench().accessWrite(host::control::offset, bit(host::control::start)),
                AxiResponse::SlaveError);
      EXPECT_TRUE(waitWhile(bit(host::status::busy)));
      EXPECT_EQ(status() & (bit(host::status::done) | bit(host::status::error)), bit(host::status::done));
    });
    rig.compare(expected);
  }
  bench().writeRegister(host::interrupt::offset,
                        bit(host::interrupt::enable) | bit(host::interrupt::pending));
  expectWhole(rig, expected);
}

TEST(RtlRun, RegistersThatAreNotThereOrNotForWritingSaySo) {
  uint32_t value = 0;
  EXPECT_EQ(bench().readRegister(host::identity::offset, value), AxiResponse::Okay);
  EXPECT_EQ(value >> 8, uint32_t('N') << 16 | uint32_t('P') << 8 | uint32_t('U'));
  EXPECT_EQ(bench().readRegister(host::parameters::offset, value), AxiResponse::Okay);
  EXPECT_EQ(value & 0xff, uint32_t(*RtlRig::description().parameter("DIM")));
  EXPECT_EQ(bench().writeRegister(host::identity::offset, 1), AxiResponse::SlaveError);
  EXPECT_EQ(bench().writeRegister(0xff0, 1), AxiResponse::SlaveError);
  EXPECT_EQ(bench().readRegister(0xff0, value), AxiResponse::SlaveError);
  RtlRig rig(CONV_BUNDLE, 1);
  expectWhole(rig, rig.expected());
}

TEST(RtlRun, StreamsThatAreNoCommandsAreRefusedWithTheCommand) {
  RtlRig rig(GRAPH_BUNDLE, 10);
  RtlRig::Expected expected = rig.expected();
  expectWhole(rig, expected);
  Bytes zero(16), unknown(16, 0xee), hole = rig.stream();
  EXPECT_THAT(rig.run(zero),
              AllOf(HasSubstr("illegal_command"), HasSubstr("command 0 at byte 0: no command of")));
  EXPECT_THAT(rig.run(unknown), HasSubstr("illegal_command"));
  Bytes late = rig.stream();
  late.insert(late.end(), unknown.begin(), unknown.end());
  EXPECT_THAT(rig.run(late), AllOf(HasSubstr("illegal_command"),
                                   HasSubstr("at byte " + std::to_string(rig.stream().size()))));
  EXPECT_THAT(rig.run(llvm::ArrayRef<uint8_t>(hole).drop_back(3)),
              HasSubstr("commands are whole words of 16"));
  Bytes wait = assembled("wait sem[3] x2 on execute\n");
  EXPECT_THAT(rig.run(wait), HasSubstr("the chip stopped with watchdog"));
  expectWhole(rig, expected);
}

TEST(RtlRun, ATruncatedStreamIsNeverDoneWithATornResult) {
  RtlRig rig(GRAPH_BUNDLE, 11);
  unsigned truncated = 0;
  for (size_t bytes = 16; bytes < rig.stream().size(); bytes += 16) {
    llvm::ArrayRef<uint8_t> part = llvm::ArrayRef<uint8_t>(rig.stream()).take_front(bytes);
    RtlRig::Expected expected = rig.expected(part);
    std::string text = rig.run(part);
    if (!expected.finding) { // commands are left out, and none is cut
      ASSERT_EQ(text, "") << bytes;
      rig.compare(expected);
    } else {
      ASSERT_NE(text, "") << bytes;
      truncated += text.find("truncated_stream") != std::string::npos;
    }
    // Semaphores keep what the part has left in them: a reset takes it away.
    bench().writeRegister(host::control::offset, bit(host::control::reset));
    bench().idle(200);
  }
  EXPECT_GT(truncated, 0u);
  expectWhole(rig, rig.expected());
}

TEST(RtlRun, FlippedBitsGiveTheRightBytesOrAnError) {
  RtlRig rig(GRAPH_BUNDLE, 12);
  RtlRig::Expected whole = rig.expected();
  Random random(2026);
  unsigned done = 0, refused = 0, silent = 0;
  for (unsigned round = 0; round < 400; ++round) {
    Bytes stream = rig.stream();
    uint64_t at = random.upTo(stream.size() * 8 - 1);
    stream[at / 8] ^= uint8_t(1U << (at % 8));
    SCOPED_TRACE("bit " + std::to_string(at % 8) + " of byte " + std::to_string(at / 8));
    RtlRig::Expected expected = rig.expected(stream);
    std::string text = rig.run(stream);
    ASSERT_THAT(text,
                testing::Not(testing::AnyOf(HasSubstr("stands still"), HasSubstr("the design is wrong"))));
    if (!expected.finding) {
      ASSERT_EQ(text, "");
      rig.compare(expected);
      ++done;
    } else if (!text.empty()) {
      ++refused;
    } else {
      // Only what no chip can see may go unseen: bytes and registers that nobody wrote, order that nobody
      // asked for, operands that lie in what the command writes, numbers that the description has no result
      // for (bytes that are no shifts, read as shifts: the datapath does not look at them).
      bool unseen =
          *expected.finding == spec::Finding::Kind::UndefinedRead ||
          *expected.finding == spec::Finding::Kind::Race ||
          expected.text.find("which no command before it has set") != std::string::npos ||
          expected.text.find("have bytes of") != std::string::npos ||
          expected.text.find("has no result, the shift is not below the width") != std::string::npos;
      EXPECT_TRUE(unseen) << expected.text;
      ++silent;
    }
    bench().writeRegister(host::control::offset, bit(host::control::reset));
    bench().idle(200);
    if (round % 50 == 0)
      expectWhole(rig, whole);
  }
  std::printf("of 400 streams %u are done and right, %u refused, %u read or race what the chip cannot see\n",
              done, refused, silent);
  EXPECT_GT(done, 20u);
  EXPECT_GT(refused, 100u);
  expectWhole(rig, whole);
}

} // namespace
