// A negative test for each rule of core/ir/nest/Verify.cpp, and what lies just inside the rules.
#include "tests/ir/NestBuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;
using nest::Constant;
using nest::Opcode;
using nest::ScalarType;
using nest::Update;
using testing::HasSubstr;

namespace {

/// for m < 4, n < 8: y[m, n] = x[m, n], to be broken in one place.
class NestVerify : public testing::Test {
protected:
  NestVerify() {
    m = b.loop("m", 4);
    n = b.loop("n", 8);
    x = b.operand("x", i8, {4, 8});
    y = b.operand("y", i8, {4, 8});
    b.statement({m, n}, b.access(y, {b.at(m), b.at(n)}));
    b.read(b.access(x, {b.at(m), b.at(n)}));
  }

  nest::Statement &statement() { return b.nest.statements.front(); }
  nest::Access &read() { return statement().body[0].access; }
  std::string message() {
    llvm::Error error = verify(b.nest);
    return error ? llvm::toString(std::move(error)) : "no error";
  }

  NestBuilder b;
  unsigned m, n, x, y;
};

TEST_F(NestVerify, AcceptsAWellFormedNest) { EXPECT_EQ(message(), "no error"); }

TEST_F(NestVerify, N1_LoopExtent) {
  b.nest.loops[m].extent = 0;
  EXPECT_THAT(message(), HasSubstr("loop m has extent 0, the least is 1"));
}

TEST_F(NestVerify, N2_OperandType) {
  b.nest.operands[x].type.width = 65;
  EXPECT_THAT(message(), HasSubstr("operand x has type i65, which does not exist"));
  b.nest.operands[x].type = {ScalarType::Kind::Float32, 16};
  EXPECT_THAT(message(), HasSubstr("operand x has type f16, which does not exist"));
  b.nest.operands[x].type.width = 0;
  EXPECT_THAT(message(), HasSubstr("does not exist"));
}

TEST_F(NestVerify, N2_NodeType) {
  statement().body[0].type.width = 0;
  EXPECT_THAT(message(), HasSubstr("statement 0, node 0 (read) has type i0, which does not exist"));
}

TEST_F(NestVerify, N3_OperandShape) {
  b.nest.operands[x].shape = {4, 0};
  EXPECT_THAT(message(), HasSubstr("operand x has extent 0, the least is 1"));
  b.nest.operands[x].shape = {int64_t(1) << 40, int64_t(1) << 40};
  EXPECT_THAT(message(), HasSubstr("operand x has more bytes than 2^63"));
}

TEST_F(NestVerify, N4_StatementLoops) {
  statement().loops = {n, m};
  EXPECT_THAT(message(), HasSubstr("names loop 0 after loop 1, the order is ascending"));
  statement().loops = {m, m};
  EXPECT_THAT(message(), HasSubstr("names loop 0 after loop 0"));
  statement().loops = {m, 2};
  EXPECT_THAT(message(), HasSubstr("statement 0 names loop 2, the nest has 2"));
}

TEST_F(NestVerify, N5_SequentialPrefix) {
  b.nest.loops[n].sequential = true;
  EXPECT_THAT(message(), HasSubstr("loop n is sequential and comes after loop m, which is not"));
  b.nest.loops[m].sequential = true;
  EXPECT_EQ(message(), "no error");
  statement().loops = {n};
  EXPECT_THAT(message(), HasSubstr("statement 0 names sequential loop 1 without loop 0 before it"));
}

TEST_F(NestVerify, N6_SequentialBlock) {
  b.nest.loops[m].sequential = true;
  nest::Statement inside = statement();
  nest::Statement outside = inside;
  outside.loops = {n};
  outside.destination.indices = outside.body[0].access.indices = b.access(x, {b.number(0), b.at(n)}).indices;
  b.nest.statements = {outside, inside, inside, outside};
  EXPECT_EQ(message(), "no error");
  b.nest.statements = {inside, outside, outside, inside};
  EXPECT_THAT(message(), HasSubstr("statement 3 names sequential loop m, statement 2 between it"));
}

TEST_F(NestVerify, N7_AccessLeavesOperand) {
  read() = b.access(x, {b.at(m), b.at(n) + 1});
  EXPECT_THAT(message(),
              HasSubstr("statement 0, node 0 (read), index 1 of x runs from 1 to 8, the extent is 8"));
  read() = b.access(x, {b.at(m), b.at(n) - 1});
  EXPECT_THAT(message(), HasSubstr("runs from -1 to 6"));
  read() = b.access(x, {b.at(m), b.number(7) - b.at(n)});
  EXPECT_EQ(message(), "no error");
  read() = b.access(x, {b.at(m) * 2, b.at(n)});
  EXPECT_THAT(message(), HasSubstr("runs from 0 to 6"));
  read() = b.access(x, {b.at(m) * 2, b.at(n)}, Constant::ofInteger(0));
  EXPECT_EQ(message(), "no error") << "a value for outside";
  statement().destination = b.access(y, {b.at(m), b.at(n) + 1});
  EXPECT_THAT(message(), HasSubstr("statement 0, destination, index 1 of y runs from 1 to 8"));
}

TEST_F(NestVerify, N7_QuasiAffine) {
  read() = b.access(x, {b.at(n).floorDiv(2), b.at(n) % 8});
  EXPECT_EQ(message(), "no error");
  read() = b.access(x, {b.at(m), b.at(n).floorDiv(8) + 8});
  EXPECT_THAT(message(), HasSubstr("index 1 of x runs from 8 to 8, the extent is 8"));
  // Intervals cannot tell: left to the interpreter.
  read() = b.access(x, {b.at(m), b.at(n) + b.at(n) % 2});
  EXPECT_EQ(message(), "no error");
}

TEST_F(NestVerify, N8_AccessMap) {
  read() = b.access(7, {b.at(m), b.at(n)});
  EXPECT_THAT(message(), HasSubstr("statement 0, node 0 (read) names operand 7, the nest has 2"));
  read() = b.access(x, {b.at(m)});
  EXPECT_THAT(message(), HasSubstr("has 1 indices, operand x has rank 2"));
  read().indices = mlir::AffineMap();
  EXPECT_THAT(message(), HasSubstr("has no indices"));
  read().indices = mlir::AffineMap::get(1, 0, {b.at(0), b.at(0)}, &b.context);
  EXPECT_THAT(message(), HasSubstr("has 1 dimensions and 0 symbols, the nest has 2 loops and no symbols"));
  read().indices = mlir::AffineMap::get(2, 1, {b.at(0), b.at(1)}, &b.context);
  EXPECT_THAT(message(), HasSubstr("has 2 dimensions and 1 symbols"));
  read() = b.access(x, {b.at(m), b.at(m) * b.at(n)}, Constant::ofInteger(0));
  EXPECT_THAT(message(), HasSubstr("index 1 of x is not a sum of loops, quotients and remainders"));
  read() = b.access(x, {b.at(m), b.at(n).floorDiv(b.at(m))}, Constant::ofInteger(0));
  EXPECT_THAT(message(), HasSubstr("is not a sum"));
  read() = b.access(x, {b.at(m), b.at(n).floorDiv(-2)}, Constant::ofInteger(0));
  EXPECT_THAT(message(), HasSubstr("is not a sum"));
}

TEST_F(NestVerify, N9_AccessLoops) {
  unsigned k = b.loop("k", 4);
  statement().destination = b.access(y, {b.at(m), b.at(n)});
  read() = b.access(x, {b.at(k), b.at(n)});
  EXPECT_THAT(message(), HasSubstr("statement 0, node 0 (read) uses loop k, which is not the statement's"));
}

TEST_F(NestVerify, N10_IndexRange) {
  read() = b.access(x, {b.at(m), b.at(n) * (int64_t(1) << 60)}, Constant::ofInteger(0));
  EXPECT_THAT(message(), HasSubstr("index 1 of x has a part that may reach 2^62"));
  read() = b.access(x, {b.at(m), (b.at(n) + INT64_MAX).floorDiv(4)}, Constant::ofInteger(0));
  EXPECT_THAT(message(), HasSubstr("has a part that may reach 2^62"));
  read() = b.access(x, {b.at(m), b.at(n) * (int64_t(1) << 58)}, Constant::ofInteger(0));
  EXPECT_EQ(message(), "no error");
}

TEST_F(NestVerify, N11_OutsideValue) {
  read().outside = Constant::ofInteger(128);
  EXPECT_THAT(message(), HasSubstr("has the value 128 for outside, which is not i8"));
  read().outside = std::nullopt;
  statement().destination.outside = Constant::ofInteger(0);
  EXPECT_THAT(message(), HasSubstr("statement 0 has a value for outside at its destination"));
}

TEST_F(NestVerify, N12_Arguments) {
  b.node(Opcode::AddI, i8, {0});
  EXPECT_THAT(message(), HasSubstr("node 1 (addi) has 1 arguments, the operation takes 2"));
  b.lastNode().arguments = {0, 1};
  EXPECT_THAT(message(), HasSubstr("node 1 (addi) uses node 1, which is not an earlier one"));
  b.lastNode().op = Opcode(200);
  EXPECT_THAT(message(), HasSubstr("node 1 has an opcode that does not exist"));
}

TEST_F(NestVerify, N13_ArgumentTypes) {
  unsigned wide = b.node(Opcode::ExtSI, i32, {0}), real = b.node(Opcode::SIToFP, f32, {0});
  unsigned half = b.node(Opcode::TruncF, ScalarType::f16(), {real}), flag = b.node(Opcode::CmpI, i1, {0, 0});
  struct Case {
    Opcode op;
    ScalarType type;
    llvm::SmallVector<unsigned, 3> arguments;
  };
  b.node(Opcode::AddI, i32, {wide, wide});
  for (const Case &wrong : std::vector<Case>{{Opcode::AddI, i32, {wide, 0}},
                                             {Opcode::AddI, i32, {wide, real}},
                                             {Opcode::AddF, f32, {real, wide}},
                                             {Opcode::AddF, f32, {real, half}},
                                             {Opcode::SqrtF, f32, {half}},
                                             {Opcode::CmpI, i1, {wide, 0}},
                                             {Opcode::CmpI, i1, {real, real}},
                                             {Opcode::CmpF, i1, {wide, wide}},
                                             {Opcode::ExtSI, i32, {wide}},
                                             {Opcode::ExtUI, i8, {wide}},
                                             {Opcode::ExtSI, i32, {real}},
                                             {Opcode::TruncI, i32, {0}},
                                             {Opcode::TruncI, i8, {0}},
                                             {Opcode::Saturate, i32, {0}},
                                             {Opcode::SIToFP, f32, {real}},
                                             {Opcode::FPToSI, i8, {0}},
                                             {Opcode::ExtF, f32, {real}},
                                             {Opcode::TruncF, ScalarType::bf16(), {half}},
                                             {Opcode::Bitcast, f32, {0}},
                                             {Opcode::RoundingShiftRight, i32, {wide, 0}},
                                             {Opcode::DoublingHighMultiply, i32, {wide, real}},
                                             {Opcode::Select, i32, {0, wide, wide}},
                                             {Opcode::Select, i32, {flag, wide, 0}},
                                             {Opcode::Select, i32, {flag, real, real}}}) {
    b.lastNode().op = wrong.op;
    b.lastNode().type = wrong.type;
    b.lastNode().arguments = wrong.arguments;
    EXPECT_THAT(message(), HasSubstr("which do not fit")) << nest::mnemonic(wrong.op).str();
  }
}

TEST_F(NestVerify, N14_ResultType) {
  unsigned real = b.node(Opcode::SIToFP, f32, {0});
  b.node(Opcode::CmpI, i8, {0, 0});
  EXPECT_THAT(message(), HasSubstr("node 2 (cmpi) has type i8, which the operation does not give"));
  struct Case {
    Opcode op;
    ScalarType type;
    llvm::SmallVector<unsigned, 3> arguments;
  };
  for (const Case &wrong : std::vector<Case>{{Opcode::AddI, f32, {real, real}},
                                             {Opcode::AddF, i8, {0, 0}},
                                             {Opcode::CmpF, f32, {real, real}},
                                             {Opcode::SIToFP, i32, {0}},
                                             {Opcode::FPToSI, f32, {real}},
                                             {Opcode::TruncF, i8, {real}},
                                             {Opcode::ExtSI, f32, {0}},
                                             {Opcode::LoopIndex, i32, {}},
                                             {Opcode::Saturate, f32, {real}},
                                             {Opcode::ExtF, i32, {real}}}) {
    b.lastNode().op = wrong.op;
    b.lastNode().type = wrong.type;
    b.lastNode().arguments = wrong.arguments;
    EXPECT_THAT(message(), HasSubstr("which the operation does not give")) << nest::mnemonic(wrong.op).str();
  }
}

TEST_F(NestVerify, N15_ConstantValue) {
  b.integer(i8, 200);
  EXPECT_THAT(message(), HasSubstr("node 1 (constant) is 200, which is not i8"));
  b.lastNode().constant.integer = -128;
  EXPECT_EQ(message(), "no error");
  b.constant(ScalarType::f16(), Constant::ofReal(0.1));
  EXPECT_THAT(message(), HasSubstr("which is not f16"));
  b.lastNode().constant.real = 1e9;
  EXPECT_THAT(message(), HasSubstr("which is not f16"));
}

TEST_F(NestVerify, N16_ReadType) {
  statement().body[0].type = i32;
  EXPECT_THAT(message(), HasSubstr("node 0 (read) is of type i32, operand x is of i8"));
}

TEST_F(NestVerify, N17_LoopIndex) {
  unsigned k = b.loop("k", 2);
  statement().destination = b.access(y, {b.at(m), b.at(n)});
  read() = b.access(x, {b.at(m), b.at(n)});
  b.index(k);
  EXPECT_THAT(message(), HasSubstr("node 1 (index) names loop 2, which is not the statement's"));
}

TEST_F(NestVerify, N18_Table) {
  unsigned table = b.operand("table", i8, {16});
  b.lookup(table, 0);
  EXPECT_EQ(message(), "no error");
  b.lastNode().table = 9;
  EXPECT_THAT(message(), HasSubstr("node 1 (lookup) names operand 9, the nest has 3"));
  b.lastNode().table = x;
  EXPECT_THAT(message(), HasSubstr("reads table x of rank 2, a table has rank 1"));
  b.lastNode().table = table;
  b.lastNode().type = i32;
  EXPECT_THAT(message(), HasSubstr("is of type i32, operand table is of i8"));
}

TEST_F(NestVerify, N19_Value) {
  statement().value = 1;
  EXPECT_THAT(message(), HasSubstr("statement 0 stores node 1, the body has 1"));
  b.node(Opcode::ExtSI, i32, {0});
  EXPECT_THAT(message(), HasSubstr("statement 0 stores a value of i32, the destination is of i8"));
}

TEST_F(NestVerify, N20_Start) {
  statement().start = Constant::ofInteger(0);
  EXPECT_THAT(message(), HasSubstr("statement 0 has a start value and no update"));
  statement().update = Update::Add;
  EXPECT_EQ(message(), "no error");
  statement().start = Constant::ofInteger(-129);
  EXPECT_THAT(message(), HasSubstr("statement 0 starts from -129, which is not i8"));
}

TEST_F(NestVerify, N21_LocalRead) {
  b.nest.operands[x].local = true;
  EXPECT_THAT(message(), HasSubstr("statement 0 reads local x, which no earlier statement writes"));
  b.nest.operands[x].local = false;
  b.nest.operands[y].local = true;
  statement().update = Update::Add;
  EXPECT_THAT(message(), HasSubstr("statement 0 reads local y"));
  statement().start = Constant::ofInteger(0);
  EXPECT_EQ(message(), "no error");
}

TEST_F(NestVerify, N21_LocalTable) {
  unsigned table = b.operand("table", i8, {16}, /*local=*/true);
  b.lookup(table, 0);
  EXPECT_THAT(message(), HasSubstr("statement 0 reads local table"));
}

TEST_F(NestVerify, N22_Points) {
  unsigned k = b.loop("k", int64_t(1) << 58);
  statement().destination = b.access(y, {b.at(m), b.at(n)});
  read() = b.access(x, {b.at(m), b.at(n)});
  EXPECT_EQ(message(), "no error");
  statement().loops = {m, n, k};
  EXPECT_THAT(message(), HasSubstr("statement 0 has more points than 2^62"));
}

TEST_F(NestVerify, ReportsAFaultOfOurOwn) {
  b.nest.loops[m].extent = 0;
  llvm::Error error = verify(b.nest);
  EXPECT_TRUE(error.isA<llvm::ErrorInfoBase>());
  llvm::consumeError(std::move(error));
}

} // namespace
