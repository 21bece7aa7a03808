// The sample description.
#include "tests/isa/loader/Sample.h"

namespace tenon::test {

namespace {

constexpr llvm::StringLiteral sampleText = R"yaml(tenon: 1
target: sample-chip
doc: One of everything.
parameters: {DIM: 16, ROWS: 64*DIM}
memories:
  dram: {kind: global, bytes: 64 MiB, align: 16}
  spad: {kind: scratchpad, bytes: ROWS*DIM, row: [DIM, i8], banks: 4}
  acc:  {kind: scratchpad, bytes: 64 KiB, row: [DIM, i32], base: 0x8000}
  wgt:  {kind: rotating, bytes: DIM*DIM, row: [DIM, i8], copies: 2}
  lut:  {kind: table, bytes: 256, row: [1, i8]}
  zmm:  {kind: registers, count: 32, row: [64, i8]}
  raw:  {kind: scratchpad, bytes: 1 KiB, row: [16, i8], unit: byte}
queues: {load: {depth: 16}, execute: {depth: 8}, store: {}}
sync:
  hw: {kind: interlock, between: [load, store]}
  sem:
    kind: semaphore
    count: 16
    max: 255
    wait: {word: sy, op: 8, id: id, n: count, queue: queue}
    signal: {word: sy, op: 9, id: id, on: store}
  l2e: {kind: tokens, from: load, to: execute, max: 512}
words:
  cfg: {bits: 64, op: 7..0 = 1, which: 8, stride: 63..32}
  cfg3: {bits: 128, op: 7..0 = 5, slot: 15..8, stride: 63..32, scale: 95..64}
  mv: {bits: 128, op: 7..0, slot: 9..8, last: 10, src: 63..32, dst: 95..64, rows: 111..96, cols: 127..112}
  mm: {bits: 256, op: 7..0, m: 23..8, n: 39..24, k: 55..40, a: 87..56, c: 119..88, step: 151..120, jump: 183..152, zero: 191..184, pop: 192}
  sy: {bits: 32, op: 7..0, id: 15..8, n: 23..16, queue: 31..24}
registers:
  ld: {stride: u32}
  ld3[3]: {stride: u32, scale: u32 = 1}
intrinsics:
  config_ld:
    queue: load
    sets: ld
    command: {word: cfg, which: 0, stride: stride}
    timing: {latency: 1, busy: {load: 1}}
  config_ld3:
    queue: load
    sets: ld3[s]
    command: {word: cfg3, slot: s, stride: stride, scale: scale}
    timing: {latency: 1, busy: {load: 1}}
  mvin:
    doc: Rows from memory.
    queue: load
    sizes: {r: 1..256, c: 1..DIM}
    operands:
      src: {type: "i8[r, c]", memory: dram, stride: {r: any by 16}}
      dst: {type: "i8[r, c]", memory: spad, access: write, outside: 0}
    semantics: dst[r, c] = src[r, c]
    needs:
      ld3[s].stride: src.stride.r
      ld3[s].scale: 1
    where: [r % 2 == 0 or r < 32, src.addr % 16 == 0]
    prefer: dst.bank != 0
    command: {word: mv, op: 2, slot: s, src: src.addr, dst: dst.addr, rows: r, cols: c, last: l2e.signal}
    timing: {latency: 40, busy: {load: r, dram: r * c / 16}, extra: if r > 8 then 1.5 else 0}
  mvout:
    like: mvin
    queue: store
    sizes: {r: none, rows: "4..64 by 4"}
    operands:
      src: {type: "i8[rows, c]", memory: spad}
      dst: {type: "i8[rows, c]", memory: dram, access: write}
    semantics: dst[rows, c] = src[rows, c]
    needs: none
    where: none
    prefer: none
    command: {word: mv, op: 3, src: src.addr, dst: dst.addr, rows: rows, cols: c}
    timing: {busy: {store: rows}, extra: none}
  fill:
    queue: load
    sizes: {k: DIM, n: DIM}
    operands:
      src: {type: "i8[k, n]", memory: dram}
      dst: {type: "i8[k, n]", memory: wgt, access: write}
    semantics: dst[k, n] = src[k, n]
    command: {word: mv, op: 4, src: src.addr}
    timing: {latency: 40, busy: {load: k}}
  matmul:
    for: {update: ["=", "+="], rounding: {two: half_away, one: half_up}}
    queue: execute
    sizes: {m: 1..1024, n: [8, 16], k: 1..DIM}
    values: {zero: i8}
    operands:
      a: {type: "i8[m, k]", memory: spad, stride: {m: any}}
      w: {type: "i8[k, n]", memory: wgt}
      c: {type: "i32[m, n]", memory: acc, access: update, outside: keep, stride: {m: any}}
    advances: wgt
    semantics:
      - t[m, n] = 0
      - t[m, n] += (i32(a[m, k]) - zero) * i32(w[k, n])
      - c[m, n] {update} round_shift_{rounding.code}(t[m, n], 1)
    command: {word: mm, op: 16 + 2*rounding + update, m: m, n: n, k: k, a: a.addr, c: c.addr, step: a.stride.m, jump: c.stride.m, zero: zero, pop: l2e.wait}
    timing: {latency: 2*DIM, busy: {execute: "max(m, DIM)", spad.read: m}}
  window:
    queue: execute
    sizes: {o: 1..DIM, f: 3}
    values: {pad: 0..2}
    operands:
      x: {type: "i8[i]", memory: spad, extent: {i: o + 2 - 2*pad}, outside: 0}
      y: {type: "i32[o]", memory: acc, access: update, outside: undefined}
    semantics:
      - y[o] = 0
      - y[o] += i32(x[o + f - pad])
    command: {word: mm, op: 32, m: o, a: x.addr, c: y.addr, zero: pad}
    timing: {latency: o, busy: {execute: o}}
  look_up:
    queue: execute
    sizes: {e: 1..DIM}
    operands:
      x: {type: "i8[e]", memory: [spad, raw]}
      lut: {type: "i8[256]", memory: lut}
      y: {type: "i8[e]", memory: spad, access: write, outside: keep}
    semantics: y[e] = lut[i32(x[e]) + 128]
    command: {word: mm, op: 33, m: e, a: x.addr, c: y.addr, n: x.memory, k: lut.addr}
    timing: {latency: 2, busy: {execute: 1}}
  dot:
    sizes: {j: 16, k: 4}
    operands:
      a: {type: "u8[k]", memory: zmm, holds: "dword l, byte t = a[t]"}
      b: {type: "i8[j, k]", memory: zmm, holds: "dword l, byte t = b[l, t]"}
      c: {type: "i32[j]", memory: zmm, access: update, holds: "dword l = c[l]"}
    semantics: c[j] += i32(a[k]) * i32(b[j, k])
    llvm: llvm.x86.avx512.vpdpbusd.512(c, a, b)
    timing: {latency: 5, busy: {p0: 1}}
host:
  window: 1 KiB
  registers:
    status: {offset: 0x00c, access: read, doc: What it does, busy: 0, cause: 11..8 of cause}
    control: {offset: 0, access: write, start: 0}
    limit: {offset: 0x010, access: read_write}
    cycles: {offset: 2*DIM, access: read, count: 16, other_cause: 3..0 of cause}
  codes:
    cause: {idle: 0, wait: 2}
    error: [none, illegal, bus, watchdog, start]
)yaml";

constexpr llvm::StringLiteral nativeText = R"yaml(tenon: 1
target: native-chip
code: {triple: x86_64-unknown-linux-gnu, processor: x86-64, features: [avx2, fma], vector: 32, barrier: "call void @wait()", kernel: own_kernel}
libraries: [libgemm.so]
levels:
  grid: {kind: grid, most: 65535, index: "call i32 @block()"}
  warp: {kind: group, most: 8, index: "call i32 @warp()"}
  lane: {kind: lanes, count: 32, index: "call i32 @lane()"}
memories:
  mem:  {kind: global, bytes: 64 GiB, space: 1}
  ymm:  {kind: registers, count: 16, row: [32, i8]}
  l1:   {kind: cache, bytes: 32 KiB, line: 128}
  smem: {kind: scratchpad, bytes: 48 KiB, space: 3, swizzle: "p ^ (p >> 3 & 0x70)"}
intrinsics:
  multiply_add:
    requires: [fma]
    numerics: {fused: yes, order: any}
    sizes: {j: 8, k: 1}
    operands:
      a: {type: "f32[k]", memory: ymm, holds: "dword l = a[0]"}
      b: {type: "f32[j]", memory: ymm, holds: "dword l = b[l]"}
      c: {type: "f32[j]", memory: ymm, access: update, holds: "dword l = c[l]"}
    semantics: c[j] += a[k] * b[j]
    llvm: |
      %product = fmul <8 x float> a, b
      c = fadd <8 x float> c, %product
  load:
    sizes: {j: 8}
    operands:
      src: {type: "f32[j]", memory: mem}
      dst: {type: "f32[j]", memory: ymm, access: write, holds: "dword l = dst[l]"}
    semantics: dst[j] = src[j]
    asm: vmovups dst, [src]
  product:
    sizes: {m: 1..64, n: 1..64, k: 1..64}
    operands:
      a: {type: "f32[m, k]", memory: mem, stride: {m: any}}
      b: {type: "f32[k, n]", memory: mem}
      c: {type: "f32[m, n]", memory: mem, access: update}
    semantics: c[m, n] += a[m, k] * b[k, n]
    call: gemm(a.addr, b.addr, c.addr, m, n, k, a.stride.m / 4)
)yaml";

} // namespace

std::string sample() { return sampleText.str(); }

std::string nativeSample() { return nativeText.str(); }

std::string changed(std::string text, llvm::StringRef before, llvm::StringRef after) {
  size_t at = text.find(before);
  EXPECT_NE(at, std::string::npos) << "the sample has no " << before.str();
  EXPECT_EQ(text.find(before, at + 1), std::string::npos) << "the sample has several " << before.str();
  return at == std::string::npos ? text : text.replace(at, before.size(), after);
}

std::string sampleWith(llvm::StringRef before, llvm::StringRef after) {
  return changed(sample(), before, after);
}

std::string sampleWithIntrinsic(llvm::StringRef lines) {
  return sampleWith("host:\n", (lines + "host:\n").str());
}

isa::Description loaded(const std::string &text, const isa::LoadOptions &options) {
  llvm::Expected<isa::Description> description = isa::parseDescription(text, "sample.yaml", options);
  if (description)
    return std::move(*description);
  throw std::runtime_error(llvm::toString(description.takeError())); // a failure of the test
}

std::vector<Diagnostic> mistakesOf(const std::string &text) {
  llvm::Expected<isa::Description> description = isa::parseDescription(text, "sample.yaml");
  if (description) {
    ADD_FAILURE() << "the description loads";
    return {};
  }
  FailureReport found = report(description.takeError());
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  for (const Diagnostic &diagnostic : found.diagnostics) {
    EXPECT_EQ(diagnostic.file, "sample.yaml");
    EXPECT_TRUE(diagnostic.line && diagnostic.column) << toString(diagnostic);
    EXPECT_FALSE(llvm::StringRef(diagnostic.message).ends_with(".")) << toString(diagnostic);
  }
  return found.diagnostics;
}

namespace {

/// "line:column" of the first occurrence.
std::string placeText(llvm::StringRef text, llvm::StringRef where) {
  size_t at = text.find(where);
  if (at == llvm::StringRef::npos)
    return where.str() + " is not there";
  llvm::StringRef before = text.take_front(at);
  size_t column = at - (before.contains('\n') ? before.rfind('\n') + 1 : 0) + 1;
  return std::to_string(before.count('\n') + 1) + ":" + std::to_string(column);
}

} // namespace

void expectMistake(const std::string &text, llvm::StringRef where, llvm::StringRef message,
                   llvm::StringRef repair) {
  std::string wanted = placeText(text, where);
  std::string all;
  for (const Diagnostic &found : mistakesOf(text)) {
    std::string place =
        std::to_string(found.line.value_or(0)) + ":" + std::to_string(found.column.value_or(0));
    EXPECT_FALSE(found.repair.empty()) << toString(found);
    bool same = place == wanted && llvm::StringRef(found.message).contains(message) &&
                llvm::StringRef(found.repair).contains(repair);
    if (same)
      return;
    all += toString(found) + "\n";
  }
  ADD_FAILURE() << "no mistake at " << wanted << " says '" << message.str() << "' and '" << repair.str()
                << "':\n"
                << all;
}

const isa::Intrinsic &intrinsicOf(const isa::Description &description, llvm::StringRef name) {
  for (const isa::Intrinsic &intrinsic : description.intrinsics)
    if (intrinsic.name == name)
      return intrinsic;
  throw std::runtime_error("no intrinsic " + name.str());
}

} // namespace tenon::test
