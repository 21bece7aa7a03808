// A test bench as a hardware team might write it: the Verilated NPU, a memory behind its AXI4 port, and one
// layer's files as `tenon compile --vectors` writes them. It knows the chip (its ports, where its registers
// and its memories' rows are) and the files (README.txt), and has nothing of Tenon.
//   npu_testbench FOLDER      exit code 0: all as expected; 1: something differs; 2: it cannot be run
#include "Vnpu16.h"
#include "verilated.h"
#include "verilated_syms.h"

#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

// Verilator leaves printing and stopping to the user in this build of its library.
extern "C" int tenonDesignPrint(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int count = std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  return count;
}
void vl_stop(const char *file, int line, const char *) { // NOLINT(readability-identifier-naming)
  std::fprintf(stderr, "%s:%d: the design stopped\n", file, line);
  std::exit(2);
}

namespace {

constexpr unsigned rowBytes = 16, busBytes = 16, bankCount = 16, banksInGroup = 4;
constexpr uint32_t control = 0x8, status = 0xc, commandsAddress = 0x14, commandsBytes = 0x18,
                   errorCode = 0x20;
constexpr uint32_t statusDone = 2, statusError = 4;
constexpr unsigned longestRun = 2'000'000; // cycles

[[noreturn]] void giveUp(const std::string &why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

std::vector<uint8_t> bytesOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    giveUp(path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A line of regions.txt, with its bytes.
struct Region {
  std::string when, memory;
  uint64_t address = 0;
  std::vector<uint8_t> bytes;
};

std::vector<Region> readRegions(const std::string &folder) {
  std::ifstream lines(folder + "/regions.txt");
  if (!lines)
    giveUp(folder + "/regions.txt cannot be read");
  std::vector<Region> regions;
  Region region;
  for (uint64_t bytes, offset; lines >> region.when >> region.memory >> region.address >> bytes >> offset;) {
    std::vector<uint8_t> all = bytesOf(folder + "/" + region.when + "/" + region.memory + ".bin");
    if (offset + bytes > all.size())
      giveUp(region.when + "/" + region.memory + ".bin is too short");
    region.bytes.assign(all.begin() + ptrdiff_t(offset), all.begin() + ptrdiff_t(offset + bytes));
    regions.push_back(region);
  }
  return regions;
}

/// The memory behind the bus: everything at once, in order.
class Dram {
public:
  uint8_t &at(uint64_t address) { return bytes[address]; }

  /// What the slave drives in the next cycle.
  void drive(Vnpu16 &top) {
    top.m_axi_arready_i = top.m_axi_awready_i = top.m_axi_wready_i = 1;
    top.m_axi_rvalid_i = !reads.empty();
    top.m_axi_bvalid_i = !answers.empty();
    top.m_axi_rresp_i = top.m_axi_bresp_i = 0;
    if (!answers.empty())
      top.m_axi_bid_i = answers.front();
    if (reads.empty())
      return;
    Burst &burst = reads.front();
    top.m_axi_rid_i = burst.id;
    top.m_axi_rlast_i = burst.beats == 1;
    std::array<uint8_t, busBytes> word;
    for (unsigned i = 0; i < busBytes; ++i)
      word[i] = bytes[burst.address / busBytes * busBytes + i];
    std::memcpy(&top.m_axi_rdata_i, word.data(), busBytes);
  }

  /// What was transferred in the cycle that ends.
  void sample(const Vnpu16 &top) {
    if (top.m_axi_rvalid_i && top.m_axi_rready_o)
      advance(reads);
    if (top.m_axi_bvalid_i && top.m_axi_bready_o)
      answers.pop_front();
    if (top.m_axi_arvalid_o)
      reads.push_back({top.m_axi_arid_o, top.m_axi_araddr_o, unsigned(top.m_axi_arlen_o) + 1});
    if (top.m_axi_awvalid_o)
      writes.push_back({top.m_axi_awid_o, top.m_axi_awaddr_o, unsigned(top.m_axi_awlen_o) + 1});
    if (top.m_axi_wvalid_o) {
      Beat beat;
      std::memcpy(beat.data.data(), &top.m_axi_wdata_o, busBytes);
      beat.strobes = top.m_axi_wstrb_o;
      beats.push_back(beat);
    }
    while (!writes.empty() && !beats.empty())
      store();
  }

private:
  struct Burst {
    uint8_t id = 0;
    uint64_t address = 0;
    unsigned beats = 0;
  };
  struct Beat {
    std::array<uint8_t, busBytes> data;
    uint16_t strobes = 0;
  };

  static void advance(std::deque<Burst> &bursts) {
    Burst &burst = bursts.front();
    burst.address = burst.address / busBytes * busBytes + busBytes;
    if (--burst.beats == 0)
      bursts.pop_front();
  }

  void store() {
    Burst &burst = writes.front();
    for (unsigned i = 0; i < busBytes; ++i)
      if (beats.front().strobes >> i & 1)
        bytes[burst.address / busBytes * busBytes + i] = beats.front().data[i];
    beats.pop_front();
    if (burst.beats == 1)
      answers.push_back(burst.id);
    advance(writes);
  }

  std::map<uint64_t, uint8_t> bytes;
  std::deque<Burst> reads, writes;
  std::deque<Beat> beats;
  std::deque<uint8_t> answers;
};

class Bench {
public:
  Bench() {
    context.randReset(2); // registers and memories begin with noise, as on silicon
    context.randSeed(1);
    top = std::make_unique<Vnpu16>(&context);
    // Noise stands on the inputs too.
    top->s_axil_awvalid_i = top->s_axil_wvalid_i = top->s_axil_bready_i = 0;
    top->s_axil_arvalid_i = top->s_axil_rready_i = 0;
    top->m_axi_arready_i = top->m_axi_awready_i = top->m_axi_wready_i = 0;
    top->m_axi_rvalid_i = top->m_axi_bvalid_i = 0;
    top->rst_ni = 1;
    top->clk_i = 0;
    top->eval();
    top->rst_ni = 0;
    for (int i = 0; i < 8; ++i)
      cycle();
    top->rst_ni = 1;
    cycle();
  }
  ~Bench() { top->final(); }

  /// A byte of a memory of the description, where the design keeps it.
  uint8_t &byteOf(const std::string &memory, uint64_t address) {
    if (memory == "dram")
      return dram.at(address);
    if (memory == "acc")
      return array("npu_top.u_execute.u_datapath.u_accumulate", "memory_q")[address];
    if (memory != "spad")
      giveUp("this bench knows no memory " + memory);
    // npu_spad: the highest two bits of a row's number choose four banks, the lowest two the bank of these.
    uint64_t row = address / rowBytes, rows = uint64_t(rowsOfBank()) * bankCount;
    uint64_t bank = row / (rows / banksInGroup) * banksInGroup + row % banksInGroup;
    uint64_t entry = row / banksInGroup % rowsOfBank();
    return array("npu_top.u_spad.gen_banks[" + std::to_string(bank) + "]",
                 "mem")[entry * rowBytes + address % rowBytes];
  }

  void run(const std::vector<uint8_t> &commands, uint64_t address) {
    for (size_t i = 0; i < commands.size(); ++i)
      dram.at(address + i) = commands[i];
    write(commandsAddress, uint32_t(address));
    write(commandsBytes, uint32_t(commands.size()));
    write(control, 1);
    uint32_t found = 0;
    while (!((found = read(status)) & (statusDone | statusError)))
      if (cycles > longestRun)
        giveUp("the chip does not end");
    if (found & statusError)
      giveUp("the chip reports error " + std::to_string(read(errorCode)));
  }

  unsigned cycles = 0;

private:
  VerilatedVar &variable(const std::string &scope, const char *name) {
    const VerilatedScope *found = context.scopeFind(("TOP." + scope).c_str());
    VerilatedVar *variable = found ? found->varFind(name) : nullptr;
    if (!variable)
      giveUp("the design has no " + scope + "." + name);
    return *variable;
  }
  uint8_t *array(const std::string &scope, const char *name) {
    return static_cast<uint8_t *>(variable(scope, name).datap());
  }
  unsigned rowsOfBank() {
    return unsigned(variable("npu_top.u_spad.gen_banks[0]", "mem").unpacked().elements());
  }

  void cycle() {
    if (top->rst_ni)
      dram.drive(*top);
    top->clk_i = 0;
    top->eval();
    if (top->rst_ni)
      dram.sample(*top);
    seen = {bool(top->s_axil_awready_o), bool(top->s_axil_wready_o), bool(top->s_axil_bvalid_o),
            bool(top->s_axil_arready_o), bool(top->s_axil_rvalid_o)};
    data = top->s_axil_rdata_o;
    top->clk_i = 1;
    top->eval();
    context.timeInc(1);
    ++cycles;
  }

  void write(uint32_t offset, uint32_t value) {
    top->s_axil_awaddr_i = SData(offset);
    top->s_axil_wdata_i = value;
    top->s_axil_wstrb_i = 0xf;
    top->s_axil_awvalid_i = top->s_axil_wvalid_i = top->s_axil_bready_i = 1;
    for (bool answered = false; !answered;) {
      cycle();
      if (top->s_axil_awvalid_i && seen.awready)
        top->s_axil_awvalid_i = 0;
      if (top->s_axil_wvalid_i && seen.wready)
        top->s_axil_wvalid_i = 0;
      answered = seen.bvalid;
    }
    top->s_axil_bready_i = 0;
  }

  uint32_t read(uint32_t offset) {
    top->s_axil_araddr_i = SData(offset);
    top->s_axil_arvalid_i = top->s_axil_rready_i = 1;
    do {
      cycle();
      if (top->s_axil_arvalid_i && seen.arready)
        top->s_axil_arvalid_i = 0;
    } while (!seen.rvalid);
    top->s_axil_rready_i = 0;
    return data;
  }

  struct Seen {
    bool awready = false, wready = false, bvalid = false, arready = false, rvalid = false;
  };

  VerilatedContext context;
  std::unique_ptr<Vnpu16> top;
  Dram dram;
  Seen seen; ///< in the last cycle, on the registers' port
  uint32_t data = 0;
};

} // namespace

int main(int count, char **arguments) {
  if (count != 2)
    giveUp("usage: npu_testbench FOLDER-OF-A-LAYER");
  std::string folder = arguments[1];
  std::vector<Region> regions = readRegions(folder);
  std::vector<uint8_t> commands = bytesOf(folder + "/commands.bin");
  Bench bench;
  uint64_t free = 0; // the commands lie behind everything else
  for (const Region &region : regions) {
    if (region.memory == "dram")
      free = std::max(free, region.address + region.bytes.size());
    for (size_t i = 0; region.when == "before" && i < region.bytes.size(); ++i)
      bench.byteOf(region.memory, region.address + i) = region.bytes[i];
  }
  bench.run(commands, (free + 4095) / 4096 * 4096);
  uint64_t compared = 0;
  for (const Region &region : regions)
    for (size_t i = 0; region.when == "after" && i < region.bytes.size(); ++i, ++compared)
      if (uint8_t found = bench.byteOf(region.memory, region.address + i); found != region.bytes[i]) {
        std::printf("%s byte %llu is %u, expected %u\n", region.memory.c_str(),
                    static_cast<unsigned long long>(region.address + i), found, region.bytes[i]);
        return 1;
      }
  std::printf("%llu bytes as expected, %u cycles\n", static_cast<unsigned long long>(compared), bench.cycles);
  return 0;
}
