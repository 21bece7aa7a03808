// Loads the chip and moves numbers in and out.
#include "tests/spec/SpecBench.h"

#include "core/isa/encoding/Assembly.h"

#include <cstring>

namespace tenon::spec::test {

const char *const benchChip = R"(
tenon: 1
target: bench
parameters: {DIM: 4}
memories:
  dram: {kind: global, bytes: 64 KiB}
  spad: {kind: scratchpad, bytes: 1 KiB, row: [DIM, i8]}
  acc: {kind: scratchpad, bytes: 1 KiB, row: [DIM, i32]}
  wgt: {kind: rotating, bytes: DIM*DIM, row: [DIM, i8], copies: 2}
  lut: {kind: table, bytes: 256, row: [1, i8]}
queues: {load: {depth: 4}, execute: {depth: 4}, store: {depth: 4}}
sync:
  sem: {kind: semaphore, count: 4, max: 3}
  l2x: {kind: tokens, from: load, to: execute, max: 2}
intrinsics:
  mvin:
    queue: load
    sizes: {r: 1..64, c: 1..DIM}
    operands:
      src: {type: "i8[r, c]", memory: dram, stride: {r: any, c: any}}
      dst: {type: "i8[r, c]", memory: spad, access: write, stride: {r: any}, outside: keep}
    semantics: dst[r, c] = src[r, c]
  mvin_zero:
    like: mvin
    operands:
      dst: {type: "i8[r, c]", memory: spad, access: write, stride: {r: any}, outside: -7}
  mvin_undefined:
    like: mvin
    operands:
      dst: {type: "i8[r, c]", memory: spad, access: write, stride: {r: any}, outside: undefined}
  mvin_wgt:
    queue: load
    sizes: {r: 1..DIM, c: 1..DIM}
    operands:
      src: {type: "i8[r, c]", memory: dram, stride: {r: any}}
      dst: {type: "i8[r, c]", memory: wgt, access: write}
    semantics: dst[r, c] = src[r, c]
  mvin_lut:
    queue: load
    sizes: {e: 1..256}
    operands:
      src: {type: "i8[e, one]", memory: dram, extent: {one: 1}}
      dst: {type: "i8[e, one]", memory: lut, access: write, extent: {one: 1}}
    semantics: dst[e, 0] = src[e, 0]
  mvout:
    queue: store
    sizes: {r: 1..64, c: 1..DIM}
    operands:
      src: {type: "i8[r, c]", memory: spad, stride: {r: any}}
      dst: {type: "i8[r, c]", memory: dram, access: write, stride: {r: any}}
    semantics: dst[r, c] = src[r, c]
  mvout_acc:
    queue: store
    sizes: {r: 1..64, c: 1..DIM}
    operands:
      src: {type: "i32[r, c]", memory: acc, stride: {r: any}}
      dst: {type: "i32[r, c]", memory: dram, access: write, stride: {r: any}}
    semantics: dst[r, c] = src[r, c]
  matmul:
    for: {update: ["=", "+="]}
    queue: execute
    sizes: {m: 1..64, n: 1..DIM, k: 1..DIM}
    operands:
      a: {type: "i8[m, k]", memory: spad, stride: {m: any}}
      b: {type: "i8[k, n]", memory: spad, stride: {k: any}}
      c: {type: "i32[m, n]", memory: acc, access: update, stride: {m: any}, outside: keep}
    semantics:
      - t[m, n] = 0
      - t[m, n] += i32(a[m, k]) * i32(b[k, n])
      - c[m, n] {update} t[m, n]
  stationary:
    queue: execute
    sizes: {m: 1..64, n: 1..DIM, k: 1..DIM}
    operands:
      a: {type: "i8[m, k]", memory: spad}
      w: {type: "i8[k, n]", memory: wgt}
      c: {type: "i32[m, n]", memory: acc, access: write, outside: keep}
    advances: [wgt]
    semantics:
      - t[m, n] = 0
      - t[m, n] += i32(a[m, k]) * i32(w[k, n])
      - c[m, n] = t[m, n]
  stationary_again:
    like: stationary
    advances: []
  window:
    queue: execute
    sizes: {x: 1..16, s: 1..3}
    values: {pad: 0..2}
    operands:
      a: {type: "i8[i]", memory: spad, extent: {i: x + s - 1 - 2*pad}, outside: 0}
      c: {type: "i32[x]", memory: acc, access: write}
    semantics:
      - t[x] = 0
      - t[x] += i32(a[x + s - pad])
      - c[x] = t[x]
  lookup:
    queue: execute
    sizes: {r: 1..64, c: 1..DIM}
    operands:
      x: {type: "i8[r, c]", memory: spad, stride: {r: any}}
      t: {type: "i8[256]", memory: lut}
      y: {type: "i8[r, c]", memory: spad, access: write, stride: {r: any}}
    semantics: y[r, c] = t[i32(x[r, c]) + 128]
  shift_up:
    queue: execute
    sizes: {r: 1..64, c: 1..DIM}
    operands:
      x: {type: "i8[r, c]", memory: [spad, dram], stride: {r: any}}
      y: {type: "i8[r, c]", memory: spad, access: write, stride: {r: any}}
    semantics: y[r, c] = wrap_i8(i32(x[r, c]) + 1)
  scan:
    queue: execute
    sizes: {e: 1..15}
    operands:
      x: {type: "i8[e]", memory: spad}
      y: {type: "i32[i]", memory: acc, access: update, extent: {i: e + 1}}
    semantics: y[e + 1] = y[e] + i32(x[e])
  spread:
    queue: execute
    sizes: {e: 1..16}
    operands:
      x: {type: "i8[e]", memory: spad}
      y: {type: "i8[i]", memory: spad, access: write, extent: {i: 2*e}}
    semantics: y[2*e] = x[e]
  divide:
    queue: execute
    sizes: {r: 1..64, c: 1..DIM}
    operands:
      x: {type: "i8[r, c]", memory: spad}
      y: {type: "i32[r, c]", memory: acc, access: write}
    semantics: y[r, c] = floor_div(100, i32(x[r, c]))
)";

namespace {

/// Parsed once for all machines of a chip.
const isa::Description &parsed(const std::string &chip) {
  static std::map<std::string, isa::Description> kept;
  auto found = kept.find(chip);
  if (found != kept.end())
    return found->second;
  llvm::Expected<isa::Description> description = isa::parseDescription(chip, "bench.yaml");
  if (description)
    return kept.emplace(chip, std::move(*description)).first->second;
  ADD_FAILURE() << llvm::toString(description.takeError());
  return kept[chip];
}

} // namespace

SpecBench::SpecBench(const std::string &chip, const MachineOptions &options) {
  llvm::Expected<std::unique_ptr<Machine>> made = Machine::create(parsed(chip), options);
  if (made)
    machine = std::move(*made);
  else
    ADD_FAILURE() << llvm::toString(made.takeError());
}

std::vector<isa::Instruction> SpecBench::assemble(const std::string &lines) const {
  auto instructions = isa::assemble(machine->description(), lines, "commands");
  if (instructions)
    return std::move(*instructions);
  ADD_FAILURE() << llvm::toString(instructions.takeError());
  return {};
}

void SpecBench::expectRun(const std::string &lines) {
  if (llvm::Error error = run(lines))
    ADD_FAILURE() << llvm::toString(std::move(error));
}

std::string SpecBench::expectFinding(Finding::Kind kind, const std::string &lines) {
  llvm::Error error = run(lines);
  if (!error) {
    ADD_FAILURE() << "the run succeeds";
    return "";
  }
  FailureReport report = tenon::report(std::move(error));
  EXPECT_EQ(report.code, ExitCode::DeviceFailed);
  std::string text = report.diagnostics.empty() ? "" : toString(report.diagnostics.front());
  if (!machine->finding())
    ADD_FAILURE() << "no finding: " << text;
  else
    EXPECT_EQ(int(machine->finding()->kind), int(kind)) << text;
  return text;
}

unsigned SpecBench::memory(const std::string &name) const {
  for (unsigned i = 0; i < machine->description().memories.size(); ++i)
    if (machine->description().memories[i].name == name)
      return i;
  ADD_FAILURE() << "no memory " << name;
  return 0;
}

void SpecBench::write(const std::string &name, uint64_t byteAddress, llvm::ArrayRef<int> values) {
  std::vector<uint8_t> bytes(values.begin(), values.end());
  if (llvm::Error error = machine->write(memory(name), byteAddress, bytes))
    ADD_FAILURE() << llvm::toString(std::move(error));
}

std::vector<int> SpecBench::read(const std::string &name, uint64_t byteAddress, size_t count) const {
  std::vector<uint8_t> bytes(count);
  if (llvm::Error error = machine->read(memory(name), byteAddress, bytes))
    ADD_FAILURE() << llvm::toString(std::move(error));
  std::vector<int> values;
  for (uint8_t byte : bytes)
    values.push_back(int8_t(byte));
  return values;
}

std::vector<int> SpecBench::readWords(const std::string &name, uint64_t byteAddress, size_t count) const {
  std::vector<uint8_t> bytes(4 * count);
  if (llvm::Error error = machine->read(memory(name), byteAddress, bytes))
    ADD_FAILURE() << llvm::toString(std::move(error));
  std::vector<int> values(count);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<int> sequence(int first, size_t count, int step) {
  std::vector<int> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(first + int(i) * step);
  return values;
}

} // namespace tenon::spec::test
