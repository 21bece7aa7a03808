// What the interpreter's interface promises, case by case: buffers, order, sequential loops, reads of the
// destination, run-time errors.
#include "core/reference/Interpreter.h"
#include "core/reference/RowPlan.h"
#include "core/support/Error.h"
#include "tests/ir/NestBuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;
using nest::Constant;
using nest::Opcode;
using nest::ScalarType;
using nest::Update;
using reference::BufferView;
using reference::interpret;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

template <class Element>
BufferView view(ScalarType type, llvm::SmallVector<int64_t> shape, std::vector<Element> &data) {
  return {type, shape, data.data(), data.size() * sizeof(Element)};
}

std::string message(llvm::Error error) { return error ? llvm::toString(std::move(error)) : "no error"; }

TEST(Interpreter, PaddingIsARead) {
  NestBuilder b;
  unsigned i = b.loop("i", 4), r = b.loop("r", 3);
  unsigned x = b.operand("x", i8, {4}), y = b.operand("y", i32, {4});
  b.statement({i, r}, b.access(y, {b.at(i)}), Update::Add, Constant::ofInteger(0));
  b.node(Opcode::ExtSI, i32, {b.read(b.access(x, {b.at(i) + b.at(r) - 1}, Constant::ofInteger(100)))});
  std::vector<int8_t> in{1, 2, 3, 4};
  std::vector<int32_t> out(4, -7);
  EXPECT_EQ(message(interpret(b.nest, {view(i8, {4}, in), view(i32, {4}, out)})), "no error");
  EXPECT_THAT(out, ElementsAre(103, 6, 9, 107));
}

/// 2^24 + 1 + 1 in f32 is 2^24 if the large one comes first and 2^24 + 2 if it comes last.
TEST(Interpreter, FloatsAreSummedInTheOrderOfTheLoops) {
  for (bool largeFirst : {true, false})
    for (int64_t rowLength : {1, 2, 3, 5, 1024}) {
      NestBuilder b;
      unsigned k = b.loop("k", 3), m = b.loop("m", 2), j = b.loop("j", 2);
      unsigned x = b.operand("x", f32, {3, 2}), y = b.operand("y", f32, {2});
      b.statement({k, m, j}, b.access(y, {b.at(m)}), Update::Add, Constant::ofReal(0));
      b.read(b.access(x, {b.at(k), b.at(j)}));
      std::vector<float> in = largeFirst ? std::vector<float>{16777216, 1, 0, 1, 0, 0}
                                         : std::vector<float>{0, 1, 0, 1, 16777216, 0};
      std::vector<float> out(2);
      ASSERT_EQ(message(interpret(b.nest, {view(f32, {3, 2}, in), view(f32, {2}, out)}, {rowLength})),
                "no error");
      float expected = largeFirst ? 16777216 : 16777218;
      EXPECT_THAT(out, ElementsAre(expected, expected)) << rowLength;
    }
}

TEST(Interpreter, RunningSumReadsItsOwnDestination) {
  for (int64_t rowLength : {1, 4, 1024}) {
    NestBuilder b;
    unsigned n = b.loop("n", 2), i = b.loop("i", 4);
    unsigned y = b.operand("y", i32, {2, 4});
    b.statement({n, i}, b.access(y, {b.at(n), b.at(i)}), Update::Add);
    b.read(b.access(y, {b.at(n), b.at(i) - 1}, Constant::ofInteger(0)));
    std::vector<int32_t> data{1, 1, 1, 1, 1, 2, 3, 4};
    ASSERT_EQ(message(interpret(b.nest, {view(i32, {2, 4}, data)}, {rowLength})), "no error");
    EXPECT_THAT(data, ElementsAre(1, 2, 3, 4, 1, 3, 6, 10));
  }
}

/// for t: {h = h + 1; y[t] = h * h}, after h = 5.
TEST(Interpreter, SequentialLoopWrapsItsStatements) {
  NestBuilder b;
  unsigned t = b.loop("t", 3, /*sequential=*/true);
  unsigned y = b.operand("y", i32, {3}), h = b.operand("h", i32, {}, /*local=*/true);
  b.statement({}, b.access(h, {}));
  b.integer(i32, 5);
  b.statement({t}, b.access(h, {}), Update::Add);
  b.integer(i32, 1);
  b.statement({t}, b.access(y, {b.at(t)}));
  unsigned value = b.read(b.access(h, {}));
  b.node(Opcode::MulI, i32, {value, value});
  std::vector<int32_t> out(3);
  EXPECT_EQ(message(interpret(b.nest, {view(i32, {3}, out)})), "no error");
  EXPECT_THAT(out, ElementsAre(36, 49, 64));
}

TEST(Interpreter, StartComesOnceInASequentialLoop) {
  NestBuilder b;
  unsigned t = b.loop("t", 3, /*sequential=*/true), i = b.loop("i", 2);
  unsigned sum = b.operand("sum", i32, {2}), each = b.operand("each", i32, {3, 2});
  b.statement({t, i}, b.access(sum, {b.at(i)}), Update::Add, Constant::ofInteger(10));
  b.integer(i32, 1);
  b.statement({t, i}, b.access(each, {b.at(t), b.at(i)}));
  b.read(b.access(sum, {b.at(i)}));
  std::vector<int32_t> sums(2, -1), all(6);
  EXPECT_EQ(message(interpret(b.nest, {view(i32, {2}, sums), view(i32, {3, 2}, all)})), "no error");
  EXPECT_THAT(all, ElementsAre(11, 11, 12, 12, 13, 13));
}

TEST(Interpreter, ScatteredSumsMeet) {
  NestBuilder b;
  unsigned i = b.loop("i", 3), r = b.loop("r", 3);
  unsigned y = b.operand("y", i32, {7});
  b.statement({i, r}, b.access(y, {b.at(i) * 2 + b.at(r)}), Update::Add, Constant::ofInteger(0));
  b.integer(i32, 1);
  std::vector<int32_t> out(7, 9);
  EXPECT_EQ(message(interpret(b.nest, {view(i32, {7}, out)})), "no error");
  EXPECT_THAT(out, ElementsAre(1, 1, 2, 1, 2, 1, 1));
}

/// The product is accumulated and divides: both see it.
TEST(Interpreter, ProductThatIsUsedTwice) {
  NestBuilder b;
  unsigned i = b.loop("i", 3), x = b.operand("x", i32, {3}), y = b.operand("y", i32, {});
  b.statement({i}, b.access(y, {}), Update::Add, Constant::ofInteger(0));
  unsigned value = b.read(b.access(x, {b.at(i)}));
  unsigned square = b.node(Opcode::MulI, i32, {value, value});
  b.node(Opcode::DivSI, i32, {b.integer(i32, 7), square});
  b.nest.statements[0].value = square;
  std::vector<int32_t> in{1, 2, 3}, out(1);
  auto run = [&] { return message(interpret(b.nest, {view(i32, {3}, in), view(i32, {}, out)})); };
  EXPECT_EQ(run(), "no error");
  EXPECT_THAT(out, ElementsAre(14));
  in[1] = 0;
  EXPECT_EQ(run(), "divsi(7, 0) has no result, division by zero, in statement 0 at i = 1");
}

/// An i4 takes the low four bits of its byte, whatever the others are, wherever it is read.
TEST(Interpreter, BitsAboveTheWidthAreIgnored) {
  ScalarType i4 = ScalarType::integer(4);
  NestBuilder b;
  unsigned i = b.loop("i", 2), x = b.operand("x", i4, {2}), table = b.operand("table", i4, {2});
  unsigned y = b.operand("y", i4, {2}), z = b.operand("z", i4, {2});
  b.statement({i}, b.access(y, {b.at(i)}));
  b.read(b.access(x, {b.at(i)}));
  b.statement({i}, b.access(z, {b.at(i)}));
  b.lookup(table, b.index(i));
  std::vector<uint8_t> in{0x1f, 0xf7}, entries{0x28, 0x81};
  std::vector<int8_t> out(2), looked(2);
  EXPECT_EQ(message(interpret(b.nest, {view(i4, {2}, in), view(i4, {2}, entries), view(i4, {2}, out),
                                       view(i4, {2}, looked)})),
            "no error");
  EXPECT_THAT(out, ElementsAre(-1, 7));
  EXPECT_THAT(looked, ElementsAre(-8, 1));
}

TEST(Interpreter, UnalignedBuffers) {
  NestBuilder b;
  unsigned i = b.loop("i", 3), x = b.operand("x", f32, {3}), y = b.operand("y", f32, {3});
  b.statement({i}, b.access(y, {b.at(i)}));
  b.node(Opcode::NegF, f32, {b.read(b.access(x, {b.at(i)}))});
  std::vector<char> in(13), out(13);
  const float values[] = {1, 2, 3};
  std::memcpy(in.data() + 1, values, 12);
  EXPECT_EQ(message(interpret(b.nest, {{f32, {3}, in.data() + 1, 12}, {f32, {3}, out.data() + 1, 12}})),
            "no error");
  float found[3];
  std::memcpy(found, out.data() + 1, 12);
  EXPECT_THAT(found, ElementsAre(-1, -2, -3));
}

class InterpreterErrors : public testing::Test {
protected:
  InterpreterErrors() {
    i = b.loop("i", 2), j = b.loop("j", 3);
    x = b.operand("x", i8, {2, 3}), y = b.operand("y", i8, {2, 3});
    b.statement({i, j}, b.access(y, {b.at(i), b.at(j)}));
    b.read(b.access(x, {b.at(i), b.at(j)}));
  }
  std::string run(int64_t rowLength = 1024) {
    return message(interpret(b.nest, {view(i8, {2, 3}, in), view(i8, {2, 3}, out)}, {rowLength}));
  }

  NestBuilder b;
  unsigned i, j, x, y;
  std::vector<int8_t> in{1, 2, 3, 4, 0, 6}, out = std::vector<int8_t>(6);
};

TEST_F(InterpreterErrors, NameOperationValuesAndPoint) {
  b.node(Opcode::RemSI, i8, {b.integer(i8, 7), 0});
  for (int64_t rowLength : {1, 2, 1024})
    EXPECT_EQ(run(rowLength), "remsi(7, 0) has no result, division by zero, in statement 0 at i = 1, j = 1");
}

TEST_F(InterpreterErrors, AreTheInputsFault) {
  b.node(Opcode::RemSI, i8, {b.integer(i8, 7), 0});
  FailureReport found = report(interpret(b.nest, {view(i8, {2, 3}, in), view(i8, {2, 3}, out)}));
  EXPECT_EQ(found.code, ExitCode::WrongInput);
}

TEST_F(InterpreterErrors, Shift) {
  in[3] = 8;
  b.node(Opcode::ShLI, i8, {b.integer(i8, 1), 0});
  EXPECT_EQ(run(),
            "shli(1, 8) has no result, the shift is not below the width 8, in statement 0 at i = 1, j = 0");
}

TEST_F(InterpreterErrors, FloatOutsideTheInteger) {
  unsigned real = b.node(Opcode::SIToFP, f32, {0});
  unsigned scaled = b.node(Opcode::MulF, f32, {real, b.constant(f32, Constant::ofReal(25.5))});
  b.node(Opcode::FPToSI, i8, {scaled});
  EXPECT_EQ(run(),
            "fptosi(153) has no result, the value is outside signed i8, in statement 0 at i = 1, j = 2");
  in[5] = 0;
  EXPECT_EQ(run(), "no error");
}

TEST_F(InterpreterErrors, TableIndex) {
  unsigned table = b.operand("table", i8, {6});
  b.lookup(table, 0);
  std::vector<int8_t> entries{10, 11, 12, 13, 14, 15};
  auto lookUp = [&] {
    return message(interpret(b.nest, {view(i8, {2, 3}, in), view(i8, {2, 3}, out), view(i8, {6}, entries)}));
  };
  EXPECT_EQ(lookUp(),
            "lookup(table, 6) has no result, the table has 6 entries, in statement 0 at i = 1, j = 2");
  in[5] = -1;
  EXPECT_THAT(lookUp(), HasSubstr("lookup(table, -1) has no result"));
  in[5] = 5;
  EXPECT_EQ(lookUp(), "no error");
  EXPECT_THAT(out, ElementsAre(11, 12, 13, 14, 10, 15));
}

TEST_F(InterpreterErrors, QuasiAffineIndexThatLeaves) {
  b.nest.statements[0].body[0].access = b.access(x, {b.at(i), b.at(j) + b.at(j) % 2});
  EXPECT_EQ(run(), "no error") << "at most 2";
  b.nest.statements[0].body[0].access = b.access(x, {b.at(i), b.at(j) + b.at(j).floorDiv(2)});
  EXPECT_EQ(run(), "read of x: index 1 is 3, the extent is 3, in statement 0 at i = 0, j = 2");
  b.nest.statements[0].body[0].access = b.access(x, {b.at(i), b.at(j)});
  b.nest.statements[0].destination = b.access(y, {b.at(i), b.at(j) + b.at(j).floorDiv(2)});
  EXPECT_EQ(run(), "write of y: index 1 is 3, the extent is 3, in statement 0 at i = 0, j = 2");
}

TEST_F(InterpreterErrors, MalformedNest) {
  b.nest.loops[i].extent = 0;
  EXPECT_EQ(run(), "loop i has extent 0, the least is 1");
}

TEST_F(InterpreterErrors, Buffers) {
  BufferView first = view(i8, {2, 3}, in), second = view(i8, {2, 3}, out);
  EXPECT_EQ(message(interpret(b.nest, {first})), "operand y has no buffer, 1 are given");
  EXPECT_EQ(message(interpret(b.nest, {first, second, second})),
            "3 buffers are given, the nest has 2 operands that are not local");
  BufferView wrong = second;
  wrong.type = i32;
  EXPECT_EQ(message(interpret(b.nest, {first, wrong})),
            "the buffer of y is i32[2, 3], the operand is i8[2, 3]");
  wrong = second;
  wrong.shape = {3, 2};
  EXPECT_EQ(message(interpret(b.nest, {first, wrong})),
            "the buffer of y is i8[3, 2], the operand is i8[2, 3]");
  wrong = second;
  wrong.bytes = 5;
  EXPECT_EQ(message(interpret(b.nest, {first, wrong})), "the buffer of y has 5 bytes, the operand has 6");
  wrong.data = nullptr;
  EXPECT_EQ(message(interpret(b.nest, {first, wrong})), "the buffer of y has 0 bytes, the operand has 6");
  EXPECT_EQ(message(interpret(b.nest, {second, second})), "the buffers of y and x overlap");
  EXPECT_EQ(message(interpret(b.nest, {first, second}, {0})), "the row length is 0, the least is 1");
}

/// The plan decides the speed: reductions over contiguous memory run inside, floats over contiguous outputs
/// outside.
TEST(RowPlan, ChoosesContiguousRows) {
  NestBuilder b;
  unsigned m = b.loop("m", 64), n = b.loop("n", 64), k = b.loop("k", 64);
  unsigned a = b.operand("a", f32, {64, 64}), w = b.operand("w", f32, {64, 64}),
           c = b.operand("c", f32, {64, 64});
  b.statement({m, n, k}, b.access(c, {b.at(m), b.at(n)}), Update::Add, Constant::ofReal(0));
  b.read(b.access(a, {b.at(m), b.at(k)}));
  b.read(b.access(w, {b.at(k), b.at(n)}));
  b.node(Opcode::MulF, f32, {0, 1});
  reference::RowPlan plan = reference::planRows(b.nest, b.nest.statements[0], 1024);
  EXPECT_EQ(plan.order, reference::RowOrder::StepsOutside);
  EXPECT_EQ(plan.lanes.back().loop, n);
  EXPECT_LE(plan.rowLanes(), 1024);

  unsigned x = b.operand("x", i8, {64, 64}), v = b.operand("v", i8, {64, 64}),
           y = b.operand("y", i8, {64, 64});
  b.statement({m, n, k}, b.access(y, {b.at(m), b.at(n)}), Update::Add, Constant::ofInteger(0));
  b.read(b.access(x, {b.at(m), b.at(k)}));
  b.read(b.access(v, {b.at(n), b.at(k)}));
  b.node(Opcode::MulI, i8, {0, 1});
  plan = reference::planRows(b.nest, b.nest.statements[1], 1024);
  EXPECT_EQ(plan.order, reference::RowOrder::StepsInside);
  EXPECT_EQ(plan.lanes.back().loop, k);
}

} // namespace
