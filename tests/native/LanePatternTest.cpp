// Accesses whose lanes are neither side by side nor apart at random: packed panels, strides, halves, reversed
// runs, windows; against the interpreter, and as to whether they are shared out and done in vectors.
#include "core/native/Portable.h"
#include "core/native/StatementLoops.h"
#include "core/reference/Interpreter.h"
#include "tests/ir/NestBuilder.h"
#include "tests/native/NestRunner.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

using namespace tenon;
using namespace tenon::test;
using nest::Opcode;

namespace {

int64_t elementCount(const nest::Operand &operand) {
  int64_t count = 1;
  for (int64_t extent : operand.shape)
    count *= extent;
  return count;
}

/// Runs the nest both ways on random bytes; gives the kernels.
std::vector<native::Kernel> compare(const nest::Nest &nest, int64_t vectorBytes) {
  isa::Description machine = plainProcessor(vectorBytes);
  llvm::Expected<native::PortableCode> code = native::portableKernels(machine, nest, "f");
  EXPECT_TRUE(bool(code)) << llvm::toString(code.takeError());
  llvm::Expected<std::unique_ptr<NestRunner>> runner = NestRunner::make(machine, code->kernels);
  EXPECT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  std::mt19937_64 random(17);
  std::vector<std::vector<char>> expected;
  std::vector<FencedMemory> found;
  std::vector<reference::BufferView> views;
  std::vector<void *> data;
  for (const nest::Operand &operand : nest.operands) {
    expected.emplace_back(size_t(elementCount(operand)) * operand.type.storageBytes());
    for (char &byte : expected.back())
      byte = char(random());
    found.emplace_back(expected.back().size());
    std::memcpy(found.back().data(), expected.back().data(), expected.back().size());
    data.push_back(found.back().data());
  }
  for (size_t i = 0; i < expected.size(); ++i)
    views.push_back({nest.operands[i].type, nest.operands[i].shape, expected[i].data(), expected[i].size()});
  llvm::Error error = reference::interpret(nest, views);
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
  EXPECT_EQ(runKernels(**runner, code->kernels, code->scratchBytes, data), 0);
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(std::memcmp(expected[i].data(), found[i].data(), expected[i].size()), 0)
        << nest.operands[i].name << " differs: " << code->kernels.back().what << "\n"
        << code->kernels.back().text;
  return code->kernels;
}

bool inLanes(const std::vector<native::Kernel> &kernels) {
  return kernels.back().what.find(" lanes along ") != std::string::npos;
}

/// packed[m / rows, k / piece, m % rows, k % piece] = widened source[m, k].
void packed(NestBuilder &b, int64_t m, int64_t k, int64_t rows, int64_t piece, nest::ScalarType from,
            nest::ScalarType to) {
  unsigned row = b.loop("m", m), column = b.loop("k", k);
  unsigned source = b.operand("source", from, {m, k});
  unsigned panel = b.operand("panel", to, {(m + rows - 1) / rows, (k + piece - 1) / piece, rows, piece});
  b.statement({row, column}, b.access(panel, {b.at(row).floorDiv(rows), b.at(column).floorDiv(piece),
                                              b.at(row) % rows, b.at(column) % piece}));
  unsigned value = b.read(b.access(source, {b.at(row), b.at(column)}));
  if (from != to)
    b.node(Opcode::ExtSI, to, {value});
}

TEST(LanePattern, PackedPanels) {
  const nest::ScalarType i16 = nest::ScalarType::integer(16);
  for (int64_t rows : {2, 3, 8, 14})
    for (int64_t piece : {1, 2, 4, 16})
      for (auto [m, k] : {std::pair<int64_t, int64_t>{31, 64}, {14, 27}, {5, 9}}) {
        SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(k) + " in " + std::to_string(rows) + " x " +
                     std::to_string(piece));
        NestBuilder b;
        packed(b, m, k, rows, piece, i8, i16);
        std::vector<bool> parallel = native::parallelLoops(b.nest, b.nest.statements[0]);
        EXPECT_TRUE(parallel[0] && parallel[1]) << "no two points write one element";
        for (int64_t vectorBytes : {16, 32})
          EXPECT_TRUE(inLanes(compare(b.nest, vectorBytes)) || k < 16);
      }
}

/// r[i] = a[index(i)] and r[index(i)] = a[i].
void readAndWrite(int64_t extent, int64_t size, const char *name,
                  llvm::function_ref<mlir::AffineExpr(NestBuilder &, unsigned)> index, bool writes) {
  SCOPED_TRACE(name);
  for (nest::ScalarType type : {i8, nest::ScalarType::integer(16), i32, nest::ScalarType::integer(64)})
    for (int64_t vectorBytes : {16, 32}) {
      NestBuilder b;
      unsigned i = b.loop("i", extent), a = b.operand("a", type, {size}), r = b.operand("r", type, {extent});
      b.statement({i}, b.access(r, {b.at(i)}));
      b.read(b.access(a, {index(b, i)}));
      compare(b.nest, vectorBytes);
      if (!writes)
        continue;
      NestBuilder w;
      i = w.loop("i", extent), a = w.operand("a", type, {extent}), r = w.operand("r", type, {size});
      w.statement({i}, w.access(r, {index(w, i)}));
      w.read(w.access(a, {w.at(i)}));
      compare(w.nest, vectorBytes);
    }
}

TEST(LanePattern, StridesHalvesAndTurns) {
  readAndWrite(75, 75, "reversed", [](NestBuilder &b, unsigned i) { return b.number(74) - b.at(i); }, true);
  readAndWrite(75, 150, "every second", [](NestBuilder &b, unsigned i) { return b.at(i) * 2 + 1; }, true);
  readAndWrite(75, 375, "every fifth", [](NestBuilder &b, unsigned i) { return b.at(i) * 5; }, true);
  readAndWrite(75, 38, "halved", [](NestBuilder &b, unsigned i) { return b.at(i).floorDiv(2); }, false);
  readAndWrite(75, 5, "by sixteen", [](NestBuilder &b, unsigned i) { return b.at(i).floorDiv(16); }, false);
  readAndWrite(75, 8, "again and again", [](NestBuilder &b, unsigned i) { return b.at(i) % 8; }, false);
  readAndWrite(
      75, 7, "again and again, uneven", [](NestBuilder &b, unsigned i) { return b.at(i) % 7; }, false);
  readAndWrite(
      80, 80, "neighbours exchanged",
      [](NestBuilder &b, unsigned i) { return b.at(i).floorDiv(2) * 2 + (b.number(1) - b.at(i) % 2); }, true);
  readAndWrite(
      72, 400, "pieces of eight",
      [](NestBuilder &b, unsigned i) { return b.at(i).floorDiv(8) * 40 + b.at(i) % 8; }, true);
  readAndWrite(
      72, 400, "pieces of two",
      [](NestBuilder &b, unsigned i) {
        return (b.at(i).floorDiv(2) % 4) * 90 + b.at(i).floorDiv(8) * 2 + b.at(i) % 2;
      },
      true);
}

TEST(LanePattern, DestinationsThatMeetAreNotSharedOut) {
  NestBuilder b; // r[(i / 3) + (i % 3)]: several points write one element, the last one stays
  unsigned i = b.loop("i", 30), a = b.operand("a", i32, {30}), r = b.operand("r", i32, {12});
  b.statement({i}, b.access(r, {b.at(i).floorDiv(3) + b.at(i) % 3}));
  b.read(b.access(a, {b.at(i)}));
  EXPECT_FALSE(native::parallelLoops(b.nest, b.nest.statements[0])[0]);
  compare(b.nest, 32);
  NestBuilder c; // r[i % 7]
  i = c.loop("i", 30), a = c.operand("a", i32, {30}), r = c.operand("r", i32, {7});
  c.statement({i}, c.access(r, {c.at(i) % 7}));
  c.read(c.access(a, {c.at(i)}));
  EXPECT_FALSE(native::parallelLoops(c.nest, c.nest.statements[0])[0]);
  compare(c.nest, 32);
}

} // namespace
