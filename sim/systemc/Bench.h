// The whole bench: the Verilated NPU, the bridge to a TLM memory, the register port, the account of its
// cycles and the watchdog, in one SystemC process that runs many cycles for each step of SystemC's time.
#pragma once

#include "sim/systemc/Account.h"
#include "sim/systemc/AxiBridge.h"
#include "sim/systemc/Memory.h"
#include "sim/systemc/NpuModel.h"
#include "sim/systemc/RegisterPort.h"
#include "sim/systemc/Watchdog.h"

#include <functional>

namespace tenon::sim {

struct WaveformOptions {
  std::string path; ///< empty: none; else the model's waveform is open
  /// Recorded are the cycles from the dispatch of the first to the end of the last of these commands.
  uint64_t firstCommand = 0, lastCommand = UINT64_MAX;
};

struct BenchOptions {
  MemoryOptions memory;
  BridgeOptions bridge;
  WaveformOptions waveform;
  bool random = false;     ///< of the register port
  bool assertions = false; ///< those of the design must hold
  uint64_t seed = 0;
  uint64_t watchdog = 100000; ///< cycles without progress
};

/// How a run ended.
struct RunResult {
  enum class End : uint8_t {
    Done,
    Error,   ///< the chip stopped with an error: `code`, `address`, `command`
    Refused, ///< an access to a register was answered with an error: `text`
    Hang,    ///< no progress, and not even an error: `text`
    Broken,  ///< a rule of AXI4, or an assertion of the design: `text`
  };
  End end = End::Done;
  uint32_t code = 0, address = 0, command = 0;
  std::string text;
  std::string units; ///< what each unit did last, a line for each
  uint64_t cycles = 0;
};

class Bench : public sc_core::sc_module {
public:
  Bench(const sc_core::sc_module_name &name, const BenchOptions &given, std::unique_ptr<NpuModel> design,
        CauseNames names);

  Memory &memory() { return target; }
  const Memory &memory() const { return target; }
  NpuModel &model() { return *npu; }
  const Account &account() const { return cycles; }
  uint64_t now() const { return cycle; } ///< cycles since the bench was made

  /// Runs a stream that lies in memory. After anything but Done the chip is reset: it can be used again.
  RunResult run(uint32_t address, uint32_t bytes);

  /// One access to a register each, from outside a run.
  AxiResponse readRegister(uint32_t offset, uint32_t &value);
  AxiResponse writeRegister(uint32_t offset, uint32_t value);
  /// Lets this many cycles go by.
  void idle(uint64_t count);
  /// Has this done in the bench's process; inside, `access...` may be used, outside what stands above.
  void perform(const std::function<void()> &job);

  AxiResponse accessRead(uint32_t offset, uint32_t &value);
  AxiResponse accessWrite(uint32_t offset, uint32_t value);
  void step();

private:
  void process();
  void synchronise();
  void startUp();
  void runStream(uint32_t address, uint32_t bytes, RunResult &result);
  bool start(uint32_t address, uint32_t bytes, RunResult &result);
  void finish(RunResult &result);
  bool softReset();
  bool waitForAccess();
  void recordAsNeeded();
  void record(bool on);

  BenchOptions options;
  std::unique_ptr<NpuModel> npu;
  AxiBridge bridge;
  Memory target;
  RegisterPort port;
  CauseNames causes;
  Account cycles;
  Watchdog watchdog;
  NpuInputs inputs;
  const NpuOutputs *outputs = nullptr; ///< of the last cycle
  uint64_t cycle = 0;
  bool running = false, hung = false, broken = false, recording = false;
  std::function<void()> job;
  sc_core::sc_event wake;
};

} // namespace tenon::sim
