// A register access that is not answered, a broken bus and a run without progress all end in a hard reset,
// since then nothing is sure; an error that the chip reports ends in its own soft reset.
#include "sim/systemc/Bench.h"

#include "sim/systemc/DesignStop.h"
#include "sim/systemc/Time.h"
#include "sim/systemc/npu_sim.h"

namespace tenon::sim {
namespace {

namespace host = npu_sim::host;
constexpr unsigned cyclesAhead = 4096;  ///< how far the bench runs before SystemC's time follows
constexpr unsigned accessLimit = 10000; ///< cycles in which a register access must be answered
constexpr unsigned resetLimit = 100000; ///< cycles in which a soft reset must be over
constexpr unsigned tailCycles = 200;

constexpr uint32_t bit(npu_sim::Field field) { return uint32_t(1) << field.low; }
uint32_t part(npu_sim::Field field, uint32_t value) {
  return value >> field.low & uint32_t((uint64_t(1) << field.width) - 1);
}

} // namespace

Bench::Bench(const sc_core::sc_module_name &name, const BenchOptions &given, std::unique_ptr<NpuModel> design,
             CauseNames names)
    : sc_module(name), options(given), npu(std::move(design)), bridge("bridge", given.bridge),
      target("memory", given.memory), port(given.random, given.seed ^ 0x706f7274), causes(std::move(names)),
      cycles(causes), watchdog(causes, 4 * given.watchdog), wake("wake") {
  bridge.socket.bind(target.socket);
  sc_core::sc_spawn_options spawn;
  spawn.set_stack_size(4 << 20); // the whole design is evaluated on it
  sc_core::sc_spawn([this] { process(); }, "process", &spawn);
}

void Bench::process() {
  startUp();
  for (;;) {
    sc_core::wait(wake);
    job();
    synchronise();
  }
}

/// SystemC's time follows the bench's.
void Bench::synchronise() {
  sc_core::sc_time time = timeOf(cycle);
  if (time > sc_core::sc_time_stamp())
    sc_core::wait(time - sc_core::sc_time_stamp());
}

void Bench::startUp() {
  running = broken = hung = false;
  port.reset();
  inputs = {};
  for (int i = 0; i < 8; ++i)
    step();
  bridge.reset();
  clearDesignStop();
  inputs.resetN = true;
  for (int i = 0; i < 2; ++i)
    step();
}

void Bench::perform(const std::function<void()> &given) {
  if (cycle == 0)
    sc_core::sc_start(sc_core::SC_ZERO_TIME); // elaboration, and the process up to its first wait
  job = given;
  wake.notify(sc_core::SC_ZERO_TIME);
  sc_core::sc_start(); // until nothing is left to be done
}

void Bench::step() {
  inputs.memory = bridge.pins();
  inputs.host = port.pins();
  outputs = &npu->step(inputs);
  if (inputs.resetN) {
    bridge.cycle(outputs->memory, cycle);
    broken |= !bridge.violation().empty() || !designStop().empty();
    port.cycle(outputs->host);
  }
  if (running) {
    cycles.cycle(*outputs);
    hung |= watchdog.observe(*outputs, bridge.hasMoved());
    if (!options.waveform.path.empty())
      recordAsNeeded();
  }
  if (++cycle % cyclesAhead == 0)
    synchronise();
}

/// Recorded is from the dispatch of the first command on until no unit is at one of them any more.
void Bench::recordAsNeeded() {
  auto isAt = [&](const Activity &unit) {
    return unit.cause() != causes.idle && unit.index() <= options.waveform.lastCommand;
  };
  uint64_t dispatched = cycles.dispatched();
  bool wanted = dispatched >= options.waveform.firstCommand &&
                (dispatched <= options.waveform.lastCommand || isAt(outputs->load) ||
                 isAt(outputs->execute) || isAt(outputs->store));
  record(wanted);
}

void Bench::record(bool on) {
  if (on == recording)
    return;
  recording = on;
  npu->setRecording(on);
}

bool Bench::waitForAccess() {
  for (unsigned i = 0; i < accessLimit && !port.isIdle() && !broken; ++i)
    step();
  return port.isIdle();
}

AxiResponse Bench::accessRead(uint32_t offset, uint32_t &value) {
  port.startRead(offset);
  if (!waitForAccess()) {
    broken = true;
    return AxiResponse::DecodeError;
  }
  value = port.value();
  return port.response();
}

AxiResponse Bench::accessWrite(uint32_t offset, uint32_t value) {
  port.startWrite(offset, value);
  if (!waitForAccess()) {
    broken = true;
    return AxiResponse::DecodeError;
  }
  return port.response();
}

AxiResponse Bench::readRegister(uint32_t offset, uint32_t &value) {
  AxiResponse response = AxiResponse::Okay;
  perform([&] { response = accessRead(offset, value); });
  return response;
}

AxiResponse Bench::writeRegister(uint32_t offset, uint32_t value) {
  AxiResponse response = AxiResponse::Okay;
  perform([&] { response = accessWrite(offset, value); });
  return response;
}

void Bench::idle(uint64_t count) {
  perform([&] {
    for (uint64_t i = 0; i < count; ++i)
      step();
  });
}

RunResult Bench::run(uint32_t address, uint32_t bytes) {
  RunResult result;
  perform([&] { runStream(address, bytes, result); });
  return result;
}

/// Writes the registers up to the start; false if one was refused.
bool Bench::start(uint32_t address, uint32_t bytes, RunResult &result) {
  const std::pair<uint64_t, uint32_t> writes[] = {
      {host::commands_address::offset, address},
      {host::commands_bytes::offset, bytes},
      {host::watchdog::offset, uint32_t(std::min<uint64_t>(options.watchdog, UINT32_MAX))},
      {host::interrupt::offset, bit(host::interrupt::enable) | bit(host::interrupt::pending)},
  };
  for (const auto &[offset, value] : writes)
    if (AxiResponse response = accessWrite(uint32_t(offset), value); response != AxiResponse::Okay) {
      result.end = RunResult::End::Refused;
      result.text = "the register at offset " + std::to_string(offset) + " refused " + std::to_string(value) +
                    " with response " + std::to_string(unsigned(response));
      return false;
    }
  port.startWrite(uint32_t(host::control::offset), bit(host::control::start));
  for (unsigned i = 0; i < accessLimit && !port.hasWritten() && !broken; ++i)
    step();
  return true;
}

void Bench::runStream(uint32_t address, uint32_t bytes, RunResult &result) {
  uint16_t shown = outputs->dispatched;
  uint64_t before = cycles.cycles();
  if (start(address, bytes, result)) {
    watchdog.begin();
    cycles.begin(shown);
    running = true;
    bool refused = false;
    while (!outputs->interrupt && !hung && !broken && !refused) {
      step();
      refused = port.isIdle() && port.response() != AxiResponse::Okay;
    }
    cycles.end();
    running = false;
    record(false);
    if (refused) {
      result.end = RunResult::End::Refused;
      result.text = "the chip refused to start, with response " + std::to_string(unsigned(port.response()));
    }
    waitForAccess();
  }
  result.cycles = cycles.cycles() - before;
  result.units = watchdog.report();
  finish(result);
}

/// Reads how it ended, and makes the chip ready for the next run.
void Bench::finish(RunResult &result) {
  uint32_t status = 0, command = 0;
  if (!hung && !broken) {
    accessRead(uint32_t(host::status::offset), status);
    if (result.end == RunResult::End::Done && part(host::status::error, status)) {
      result.end = RunResult::End::Error;
      accessRead(uint32_t(host::error_code::offset), result.code);
      accessRead(uint32_t(host::error_address::offset), result.address);
      accessRead(uint32_t(host::error_command::offset), command);
      result.command = part(host::error_command::index, command);
      result.code = part(host::error_code::code, result.code);
    } else if (result.end == RunResult::End::Done && !part(host::status::done, status)) {
      result.end = RunResult::End::Hang;
      result.text =
          "the chip interrupts, and is neither done nor has it an error: status " + std::to_string(status);
    }
  }
  if (broken) {
    result.end = RunResult::End::Broken;
    result.text = !bridge.violation().empty() ? bridge.violation()
                  : !designStop().empty()     ? designStop()
                                              : "a register access was not answered";
  } else if (hung) {
    result.end = RunResult::End::Hang;
    result.text = "nothing has moved for " + std::to_string(watchdog.stillCycles()) + " cycles";
    record(!options.waveform.path.empty());
    for (unsigned i = 0; i < tailCycles; ++i) // what stands still is seen as well now as before
      step();
    record(false);
  }
  bool isReady = !hung && !broken;
  if (isReady && result.end != RunResult::End::Done)
    isReady = softReset();
  if (isReady)
    accessWrite(uint32_t(host::interrupt::offset),
                bit(host::interrupt::enable) | bit(host::interrupt::pending));
  else
    startUp();
}

bool Bench::softReset() {
  accessWrite(uint32_t(host::control::offset), bit(host::control::reset));
  uint32_t status = bit(host::status::resetting);
  for (uint64_t end = cycle + resetLimit; cycle < end && !broken;) {
    if (accessRead(uint32_t(host::status::offset), status) != AxiResponse::Okay)
      return false;
    if (!part(host::status::resetting, status))
      return true;
  }
  return false;
}

} // namespace tenon::sim
