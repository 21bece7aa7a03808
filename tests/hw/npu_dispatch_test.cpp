// npu_dispatch with streams of legal words and with one mistake: the queues get every command before the
// mistake, in order and numbered, and none after it. What a command's bits may be stands here once more, by
// hand.
#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include "Vnpu_dispatch.h"

#include <array>
#include <bitset>
#include <deque>
#include <optional>

namespace tenon::hw {
namespace {

constexpr unsigned load = 0, execute = 1, store = 2, queues = 3;
constexpr unsigned illegalCommand = 1, truncatedStream = 2;

struct Range {
  unsigned high, low;
};

/// Bits that an opcode leaves to the programmer; all others are 0.
struct Form {
  unsigned opcode;
  unsigned queue;
  std::vector<Range> free;
  unsigned words = 1;
  bool isKicked = true; // bits 8 to 25 say how to wait and to signal
};

const Range nb = {31, 26}, top = {43, 32}, input = {63, 48}, weights = {79, 64}, bias = {95, 80},
            multiplier = {111, 96}, shift = {127, 112}, out = {143, 128}, residual = {159, 144},
            sums = {175, 160};

const std::vector<Form> &forms() {
  static const std::vector<Form> all = {
      {0x10, load, {{127, 8}}, 1, false},
      {0x11, store, {{127, 8}}, 1, false},
      {0x12, execute, {{119, 8}}, 1, false},
      {0x13, execute, {{115, 8}}, 1, false},
      {0x14, execute, {{95, 64}, {37, 8}}, 1, false},
      {0x15, execute, {{127, 96}, {81, 8}}, 1, false},
      {0x16, execute, {{127, 64}, {37, 8}}, 1, false},
      {0x20, load, {{113, 26}}},
      {0x21, load, {{97, 26}}},
      {0x22, load, {{97, 26}}},
      {0x28, store, {{113, 26}}},
      {0x30, execute, {nb, top, input, weights, bias, multiplier, shift, out}, 2},
      {0x31, execute, {nb, top, input, weights, bias, out}, 2},
      {0x32, execute, {nb, top, input, weights, bias, out}, 2},
      {0x33, execute, {nb, top, input, weights, bias, multiplier, shift, out, residual}, 2},
      {0x34, execute, {nb, top, input, weights, bias, multiplier, shift, out}, 2},
      {0x38, execute, {nb, top, input, weights, bias, multiplier, shift, out}, 2},
      {0x39, execute, {nb, top, input, weights, bias, out}, 2},
      {0x3a, execute, {nb, top, input, weights, bias, sums}, 2},
      {0x3b, execute, {nb, top, input, weights, sums}, 2},
      {0x3c, execute, {nb, multiplier, shift, out, sums}, 2},
      {0x3d, execute, {nb, out, sums}, 2},
      {0x3e, execute, {nb, out, sums}, 2},
      {0x3f, execute, {nb, input, residual, out}, 2},
      {0x40, execute, {nb, top, input, out}, 2},
      {0x41, execute, {nb, top, input, weights, bias, multiplier, shift, out}, 2},
      {0x42, execute, {nb, top, input, weights, bias, multiplier, shift, out, residual}, 2},
      {0x43, execute, {nb, top, input, weights, bias, multiplier, shift, out}, 2},
      {0x44, execute, {nb, top, input, weights, bias, multiplier, shift, out}, 2},
      {0x45, execute, {nb, multiplier, shift, out, sums}, 2},
      {0x46, execute, {nb, input, residual, out}, 2},
      {0x47, execute, {nb, top, input, weights, bias, multiplier, shift, out, residual}, 2},
      {0x48, execute, {nb, top, input, weights, bias, multiplier, shift, out, residual}, 2},
      {0x49, execute, {nb, input, out}, 2},
  };
  return all;
}
constexpr unsigned opcodeOfWait = 0x60, opcodeOfSignal = 0x61;

using Bits = std::bitset<256>;

void setField(Bits &bits, unsigned high, unsigned low, uint64_t value) {
  for (unsigned i = low; i <= high; ++i)
    bits[i] = value >> (i - low) & 1;
}

struct Command {
  Bits bits;
  unsigned words = 1;
  unsigned queue = 0;
  const Form *form = nullptr; // none for a wait or a signal of its own
};

struct Word {
  std::array<uint32_t, 4> parts;
  uint32_t address;
  bool isLast;
};

struct ExpectedError {
  unsigned code;
  uint32_t address;
  unsigned index;
};

class DispatchTest : public testing::Test {
protected:
  uint64_t number(unsigned bits) { return uint64_t(random.between(0, (int64_t(1) << bits) - 1)); }

  Command sync() {
    Command command;
    const bool isWait = random.oneIn(2);
    setField(command.bits, 7, 0, isWait ? opcodeOfWait : opcodeOfSignal);
    setField(command.bits, 11, 8, number(4));
    if (isWait)
      setField(command.bits, 23, 16, uint64_t(random.between(1, 255)));
    command.queue = unsigned(random.between(0, queues - 1));
    setField(command.bits, 25, 24, command.queue);
    return command;
  }

  Command legal() {
    if (random.oneIn(8))
      return sync();
    const Form &form = forms()[size_t(random.between(0, int64_t(forms().size()) - 1))];
    Command command{{}, form.words, form.queue, &form};
    for (const Range &range : form.free)
      for (unsigned i = range.low; i <= range.high; ++i)
        command.bits[i] = random.oneIn(2);
    setField(command.bits, 7, 0, form.opcode);
    if (form.isKicked && random.oneIn(2)) {
      command.bits[8] = true;
      setField(command.bits, 12, 9, number(4));
      setField(command.bits, 20, 13, uint64_t(random.between(1, 255)));
    }
    if (form.isKicked && random.oneIn(2)) {
      command.bits[21] = true;
      setField(command.bits, 25, 22, number(4));
    }
    return command;
  }

  bool isFree(const Command &command, unsigned bit) const {
    for (const Range &range : command.form->free)
      if (bit >= range.low && bit <= range.high)
        return true;
    return false;
  }

  /// A bit that must be 0 is 1.
  Command withAWrongBit() {
    Command command = legal();
    while (!command.form)
      command = legal();
    std::vector<unsigned> fixed;
    for (unsigned bit = command.form->isKicked ? 26 : 8; bit < 128 * command.words; ++bit)
      if (!isFree(command, bit))
        fixed.push_back(bit);
    if (fixed.empty())
      return withAWrongBit();
    command.bits[fixed[size_t(random.between(0, int64_t(fixed.size()) - 1))]] = true;
    return command;
  }

  Command withAWrongSync() {
    Command command = sync();
    const bool isWait = (command.bits & Bits(0xff)) == Bits(opcodeOfWait);
    switch (random.between(0, 3)) {
    case 0:
      setField(command.bits, 25, 24, 3); // no such queue
      return command;
    case 1:
      setField(command.bits, 23, 16, isWait ? 0 : 1); // waits for nothing; a signal has no count
      return command;
    case 2:
      command.bits[size_t(random.between(26, 127))] = true;
      return command;
    default:
      break;
    }
    do
      command = legal();
    while (!command.form || !command.form->isKicked);
    switch (random.between(0, 2)) {
    case 0:
      setField(command.bits, 20, 8, 1); // waits for nothing
      break;
    case 1:
      setField(command.bits, 20, 8, uint64_t(random.between(1, 4095)) << 1); // no wait, but how
      break;
    default:
      setField(command.bits, 25, 21, uint64_t(random.between(1, 15)) << 1); // no signal, but where
    }
    return command;
  }

  Command unknown() {
    while (true) {
      const unsigned opcode = unsigned(number(8));
      bool isKnown = opcode == opcodeOfWait || opcode == opcodeOfSignal;
      for (const Form &form : forms())
        isKnown = isKnown || form.opcode == opcode;
      if (isKnown)
        continue;
      Command command;
      if (random.oneIn(2))
        for (unsigned i = 8; i < 128; ++i)
          command.bits[i] = random.oneIn(2);
      setField(command.bits, 7, 0, opcode);
      return command;
    }
  }

  Command illegal() {
    switch (random.between(0, 2)) {
    case 0:
      return withAWrongBit();
    case 1:
      return withAWrongSync();
    default:
      return unknown();
    }
  }

  void append(const Command &command, unsigned words) {
    for (unsigned word = 0; word < words; ++word) {
      Word next{{}, address, false};
      for (unsigned bit = 0; bit < 128; ++bit)
        next.parts[bit / 32] |= uint32_t(command.bits[128 * word + bit]) << (bit % 32);
      stream.push_back(next);
      address += 16;
    }
  }

  void appendLegal(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const Command command = legal();
      append(command, command.words);
      expected[command.queue].push_back({command, index++});
      ++commands;
    }
  }

  void begin() {
    address = uint32_t(random.between(0, 1 << 20)) * 16;
    index = 0;
    commands = 0;
    stream.clear();
    for (auto &queue : expected)
      queue.clear();
    bench->halt_i = 0;
    bench->word_valid_i = 0;
    bench->command_ready_i = 0;
    bench->start_i = 1;
    bench.tick();
    bench->start_i = 0;
  }

  void reset() {
    bench->rst_ni = 0;
    bench.tick();
    bench->rst_ni = 1;
  }

  void offer(bool isOffered) {
    bench->word_valid_i = isOffered;
    for (unsigned part = 0; part < 4; ++part)
      bench->word_i[part] = isOffered ? stream.front().parts[part] : uint32_t(number(32));
    bench->word_address_i = isOffered ? stream.front().address : 0;
    bench->word_last_i = isOffered && stream.front().isLast;
  }

  void compareCommand(unsigned queue) {
    ASSERT_FALSE(expected[queue].empty()) << "a command too many for queue " << queue;
    const auto [command, number] = expected[queue].front();
    ASSERT_EQ(getBits(bench->command_o, 256, 16), number);
    for (unsigned low = 0; low < 256; low += 64)
      ASSERT_EQ(getBits(bench->command_o, low, 64), (command.bits >> low & Bits(~uint64_t(0))).to_ullong())
          << "bits from " << low << " of command " << number;
    expected[queue].pop_front();
  }

  /// Runs until the stream is at its end or an error comes, which halts as it would in the chip.
  std::optional<ExpectedError> run() {
    if (!stream.empty())
      stream.back().isLast = true;
    const int64_t speed = random.between(1, 4);
    bool isOffered = false;
    for (unsigned cycle = 0; cycle < 20000; ++cycle) {
      isOffered = !stream.empty() && (isOffered || random.between(1, 4) <= speed);
      offer(isOffered);
      bench->command_ready_i = CData(random.between(0, 7));
      bench.settle();
      Members error(bench->error_o, 57);
      if (error.next(1)) {
        ExpectedError seen{};
        seen.code = unsigned(error.next(8));
        seen.address = uint32_t(error.next(32));
        seen.index = unsigned(error.next(16));
        EXPECT_EQ(bench->command_valid_o, 0) << "an error and a command at once";
        bench->halt_i = 1;
        bench.tick();
        EXPECT_EQ(bench->word_ready_o, 0);
        EXPECT_EQ(bench->command_valid_o, 0);
        return seen;
      }
      for (unsigned queue = 0; queue < queues; ++queue)
        if (getBits(bench->command_valid_o, queue, 1) && getBits(bench->command_ready_i, queue, 1)) {
          compareCommand(queue);
          if (HasFatalFailure())
            return std::nullopt;
        }
      const bool isTaken = isOffered && bench->word_ready_o;
      bench.tick();
      if (isTaken) {
        stream.pop_front();
        isOffered = false;
      }
      bench.settle();
      if (stream.empty() && !bench->busy_o)
        return std::nullopt;
    }
    ADD_FAILURE() << "the stream does not end: " << stream.size() << " words are left";
    return std::nullopt;
  }

  void expectAllDispatched() {
    EXPECT_EQ(bench->index_o, commands);
    for (const auto &queue : expected)
      EXPECT_TRUE(queue.empty());
  }

  Random random;
  Bench<Vnpu_dispatch> bench;
  std::deque<Word> stream;
  std::array<std::deque<std::pair<Command, unsigned>>, queues> expected;
  uint32_t address = 0;
  unsigned index = 0, commands = 0;
};

TEST_F(DispatchTest, LegalStreams) {
  SCOPED_TRACE(random.text());
  for (unsigned i = 0; i < 60; ++i) {
    begin();
    appendLegal(unsigned(random.between(1, 100)));
    EXPECT_FALSE(run());
    expectAllDispatched();
    if (HasFailure())
      return;
  }
}

TEST_F(DispatchTest, OneIllegalCommand) {
  SCOPED_TRACE(random.text());
  for (unsigned i = 0; i < 600; ++i) {
    begin();
    appendLegal(unsigned(random.between(0, 10)));
    const uint32_t place = address;
    const Command wrong = illegal();
    append(wrong, wrong.words);
    append(legal(), 1);
    std::optional<ExpectedError> error = run();
    ASSERT_TRUE(error) << wrong.bits;
    EXPECT_EQ(error->code, illegalCommand) << wrong.bits;
    EXPECT_EQ(error->address, place);
    EXPECT_EQ(error->index, commands);
    expectAllDispatched();
    if (HasFailure())
      return;
    reset();
  }
}

TEST_F(DispatchTest, TruncatedStream) {
  SCOPED_TRACE(random.text());
  for (unsigned i = 0; i < 100; ++i) {
    begin();
    appendLegal(unsigned(random.between(0, 10)));
    const uint32_t place = address;
    Command last = legal();
    while (last.words == 1)
      last = legal();
    append(last, 1);
    std::optional<ExpectedError> error = run();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, truncatedStream);
    EXPECT_EQ(error->address, place);
    EXPECT_EQ(error->index, commands);
    expectAllDispatched();
    if (HasFailure())
      return;
    reset();
  }
}

} // namespace
} // namespace tenon::hw
