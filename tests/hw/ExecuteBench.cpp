// Words of the execute queue, its semaphores, and the scratchpad behind the ports.
#include "tests/hw/ExecuteBench.h"

#include "Vnpu_execute_bench___024root.h"

#include <cstring>

namespace tenon::hw {
namespace {

void put(Word &word, unsigned high, unsigned low, int64_t value) {
  setBits(word, low, high - low + 1, uint64_t(value) & ((uint64_t(1) << (high - low + 1)) - 1));
}

Word inputWord(const Command &command) {
  Word word{};
  put(word, 7, 0, int64_t(Op::SetInput));
  put(word, 23, 8, command.in.plane);
  put(word, 39, 24, command.in.pitch);
  put(word, 55, 40, command.in.step);
  put(word, 67, 56, command.height);
  put(word, 81, 68, command.width);
  put(word, 89, 82, command.left);
  put(word, 92, 90, command.sy);
  put(word, 95, 93, command.sx);
  put(word, 99, 96, command.dilY);
  put(word, 103, 100, command.dilX);
  put(word, 111, 104, command.outside);
  put(word, 119, 112, command.byteStep);
  return word;
}

Word kernelWord(const Command &command) {
  Word word{};
  put(word, 7, 0, int64_t(Op::SetKernel));
  put(word, 13, 8, command.rows);
  put(word, 25, 14, command.columns);
  put(word, 33, 26, command.blocks);
  put(word, 39, 34, command.c);
  put(word, 45, 40, command.n);
  put(word, 56, 46, command.y);
  put(word, 67, 57, command.x);
  put(word, 83, 68, command.out.plane);
  put(word, 99, 84, command.out.pitch);
  put(word, 115, 100, command.out.step);
  return word;
}

Word resultWord(const DrainSettings &drain) {
  Word word{};
  put(word, 7, 0, int64_t(Op::SetResult));
  put(word, 15, 8, drain.zero);
  put(word, 23, 16, drain.low);
  put(word, 31, 24, drain.high);
  put(word, 37, 32, drain.shift);
  put(word, 95, 64, drain.multiplier);
  return word;
}

Word residualWord(const Command &command) {
  Word word{};
  put(word, 7, 0, int64_t(Op::SetResidual));
  put(word, 23, 8, command.residual.plane);
  put(word, 39, 24, command.residual.pitch);
  put(word, 55, 40, command.residual.step);
  put(word, 63, 56, command.drain.z1);
  put(word, 71, 64, command.drain.z2);
  put(word, 76, 72, command.drain.s1);
  put(word, 81, 77, command.drain.s2);
  put(word, 127, 96, command.drain.m1);
  return word;
}

Word totalWord(const DrainSettings &drain) {
  Word word{};
  put(word, 7, 0, int64_t(Op::SetTotal));
  put(word, 15, 8, drain.z3);
  put(word, 23, 16, drain.low3);
  put(word, 31, 24, drain.high3);
  put(word, 37, 32, drain.s3);
  put(word, 95, 64, drain.m2);
  put(word, 127, 96, drain.m3);
  return word;
}

Word kickWord(const Command &command) {
  Word word{};
  put(word, 7, 0, int64_t(command.op));
  put(word, 8, 8, command.waits);
  put(word, 12, 9, command.waits ? command.waitId : 0);
  put(word, 20, 13, command.waits ? command.waitCount : 0);
  put(word, 21, 21, command.signals);
  put(word, 25, 22, command.signals ? command.signalId : 0);
  put(word, 31, 26, command.nb - 1);
  bool hasWindow = !command.isDrain() && !command.isAdd();
  put(word, 43, 32, hasWindow ? command.top : 0);
  put(word, 63, 48, command.inputAt);
  put(word, 79, 64, command.weightsAt);
  put(word, 95, 80, command.biasAt);
  put(word, 111, 96, command.multiplierAt);
  put(word, 127, 112, command.shiftAt);
  put(word, 143, 128, command.outAt);
  put(word, 159, 144, command.residualAt);
  put(word, 175, 160, command.sumsAt);
  return word;
}

/// A row behind the ports: each bank is a member of its own.
unsigned char *rowOf(Vnpu_execute_bench &model, int64_t row) {
  int64_t group = row / (spadRows / 4);
  size_t at = size_t((row / 4) % (spadRows / 16));
  switch (group * 4 + row % 4) {
#define TENON_BANK(number)                                                                                   \
  case number:                                                                                               \
    return reinterpret_cast<unsigned char *>(                                                                \
        &model.rootp->npu_execute_bench__DOT__u_spad__DOT__gen_banks__BRA__##number##__KET____DOT__mem[at]);
    TENON_BANK(0)
    TENON_BANK(1)
    TENON_BANK(2)
    TENON_BANK(3)
    TENON_BANK(4)
    TENON_BANK(5)
    TENON_BANK(6)
    TENON_BANK(7)
    TENON_BANK(8)
    TENON_BANK(9)
    TENON_BANK(10)
    TENON_BANK(11)
    TENON_BANK(12)
    TENON_BANK(13)
    TENON_BANK(14)
    TENON_BANK(15)
#undef TENON_BANK
  default:
    return nullptr;
  }
}

} // namespace

std::vector<Word> encode(const Command &command) {
  std::vector<Word> words;
  if (!command.isDrain())
    words.push_back(inputWord(command));
  words.push_back(kernelWord(command));
  words.push_back(resultWord(command.drain));
  if (command.hasResidual()) {
    words.push_back(residualWord(command));
    words.push_back(totalWord(command.drain));
  }
  words.push_back(kickWord(command));
  return words;
}

Word encodeSync(Op op, int64_t id, int64_t count) {
  Word word{};
  put(word, 7, 0, int64_t(op));
  put(word, 11, 8, id);
  put(word, 23, 16, op == Op::Wait ? count : 0);
  put(word, 25, 24, 1);
  return word;
}

void ExecuteBench::load(const Memories &memories) {
  for (int64_t row = 0; row < spadRows; ++row)
    std::memcpy(rowOf(*bench, row), &memories.bytes[size_t(row * dim)], dim);
}

std::vector<int8_t> ExecuteBench::bytes() {
  std::vector<int8_t> all(TENON_SPAD_BYTES);
  for (int64_t row = 0; row < spadRows; ++row)
    std::memcpy(&all[size_t(row * dim)], rowOf(*bench, row), dim);
  return all;
}

void ExecuteBench::loadSums(const Memories &memories) {
  auto &rows =
      bench->rootp->npu_execute_bench__DOT__u_execute__DOT__u_datapath__DOT__u_accumulate__DOT__memory_q;
  for (size_t row = 0; row < size_t(ownSums); ++row)
    std::memcpy(&rows[row], memories.sums[row].data(), sizeof(memories.sums[row]));
}

void ExecuteBench::give() {
  bench->command_valid_i = !queue.empty();
  if (!queue.empty())
    std::memcpy(&bench->command_word_i, queue.front().data(), sizeof(Word));
  bench->command_index_i = uint16_t(index);
  bench->deny_i = 0;
  for (unsigned port = 0; denials && port < 7; ++port)
    bench->deny_i |= uint8_t(denials->oneIn(denied)) << port;
  bench->wait_grant_i = 0;
  bench->signal_grant_i = 0;
  bench.settle();
  bool isSlow = denials && denials->oneIn(2);
  bench->wait_grant_i =
      bench->wait_valid_o && !isSlow && semaphores.at(bench->wait_id_o) >= bench->wait_count_o;
  bench->signal_grant_i = bench->signal_valid_o && !isSlow;
  bench.settle();
}

void ExecuteBench::step() {
  give();
  if (bench->wait_grant_i)
    semaphores.at(bench->wait_id_o) -= bench->wait_count_o;
  if (bench->signal_grant_i)
    ++semaphores.at(bench->signal_id_o);
  ++cycles[bench->cause_o];
  ++cyclesOf[bench->cause_index_o][bench->cause_o];
  if (bench->cause_o == CauseBusy) {
    auto place = pixelsOf.try_emplace(bench->cause_index_o, bench.cycle, bench.cycle).first;
    place->second.second = bench.cycle;
  }
  signalled = bench->signal_grant_i ? bench->cause_index_o : -1;
  if (bench->error_valid_o && !error) {
    error = bench->error_code_o;
    errorAddress = bench->error_address_o;
    errorIndex = bench->error_index_o;
  }
  if (bench->command_ready_o) {
    queue.pop_front();
    ++index;
  }
  bench.tick();
  isBusy = bench->busy_o;
}

void ExecuteBench::reset() {
  bench->rst_ni = 0;
  bench.tick();
  bench->rst_ni = 1;
  bench->halt_i = 0;
  queue.clear();
  cycles.clear();
  cyclesOf.clear();
  pixelsOf.clear();
  semaphores = {};
  index = error = errorIndex = 0;
  errorAddress = 0;
  isBusy = false;
}

bool ExecuteBench::run(int64_t limit) {
  while (limit-- > 0) {
    step();
    if (error || isIdle())
      return true;
  }
  return false;
}

std::string difference(ExecuteBench &bench, const Memories &memories) {
  std::vector<int8_t> bytes = bench.bytes();
  for (size_t i = 0; i < bytes.size(); ++i)
    if (!memories.isUndefined[i] && bytes[i] != memories.bytes[i])
      return "row " + std::to_string(i / dim) + " byte " + std::to_string(i % dim) + " is " +
             std::to_string(bytes[i]) + ", the formulas give " + std::to_string(memories.bytes[i]);
  return "";
}

} // namespace tenon::hw
