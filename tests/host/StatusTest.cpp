// What has no result returns the status that says why; names are checked; locals and starts behave at their
// edges.
#include "core/reference/Interpreter.h"
#include "core/support/Error.h"
#include "tests/host/HostRunner.h"
#include "tests/ir/NestBuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

using namespace tenon;
using namespace tenon::test;
using host::HostStatus;
using nest::Opcode;
using testing::HasSubstr;

namespace {

template <class Element> std::vector<char> bytesOf(std::vector<Element> elements) {
  std::vector<char> bytes(elements.size() * sizeof(Element));
  std::memcpy(bytes.data(), elements.data(), bytes.size());
  return bytes;
}

/// r[i] = op(a[i], b[i]) over two elements, or op(a[i]).
struct OperationCase {
  const char *name;
  Opcode op;
  nest::ScalarType from, to;
  std::vector<char> a, b;
  HostStatus status;
  const char *reason; ///< of the interpreter
};

void build(NestBuilder &b, const OperationCase &c, bool table) {
  unsigned i = b.loop("i", 2);
  unsigned a = b.operand("a", c.from, {2}), other = b.operand("b", table ? c.to : c.from, {2});
  unsigned r = b.operand("r", c.to, {2});
  b.statement({i}, b.access(r, {b.at(i)}));
  unsigned x = b.read(b.access(a, {b.at(i)}));
  if (table) {
    b.lookup(other, x);
    return;
  }
  if (nest::arity(c.op) == 1) {
    b.node(c.op, c.to, {x});
    return;
  }
  unsigned y = b.read(b.access(other, {b.at(i)}));
  b.node(c.op, c.to, {x, y});
}

TEST(HostStatus, SaysWhyThereIsNoResult) {
  const nest::ScalarType i64 = nest::ScalarType::integer(64), f64 = nest::ScalarType::f64();
  auto bytes = [](std::vector<int8_t> e) { return bytesOf(e); };
  auto words = [](std::vector<int32_t> e) { return bytesOf(e); };
  std::vector<OperationCase> cases = {
      {"fine", Opcode::DivSI, i32, i32, words({7, INT32_MIN}), words({-2, -1}), HostStatus::Done, ""},
      {"divsi", Opcode::DivSI, i32, i32, words({7, 7}), words({1, 0}), HostStatus::DivisionByZero,
       "division by zero"},
      {"divui", Opcode::DivUI, i8, i8, bytes({7, 7}), bytes({1, 0}), HostStatus::DivisionByZero,
       "division by zero"},
      {"remsi", Opcode::RemSI, i32, i32, words({7, 7}), words({1, 0}), HostStatus::DivisionByZero,
       "division by zero"},
      {"floordivsi", Opcode::FloorDivSI, i32, i32, words({7, 7}), words({0, 1}), HostStatus::DivisionByZero,
       "division by zero"},
      {"shli", Opcode::ShLI, i8, i8, bytes({1, 1}), bytes({7, 8}), HostStatus::ShiftNotBelowWidth,
       "below the width 8"},
      {"shrsi", Opcode::ShRSI, i32, i32, words({1, 1}), words({31, -1}), HostStatus::ShiftNotBelowWidth,
       "below the width 32"},
      {"rounding", Opcode::RoundingShiftRight, i32, i32, words({1, 1}), words({31, 32}),
       HostStatus::ShiftNotBelowWidth, "below the width 32"},
      {"fptosi", Opcode::FPToSI, f32, i8, bytesOf<float>({-128.9f, 128.0f}), bytesOf<float>({0, 0}),
       HostStatus::FloatOutsideInteger, "outside signed i8"},
      {"fptosiInside", Opcode::FPToSI, f32, i8, bytesOf<float>({-128.9f, 127.9f}), bytesOf<float>({0, 0}),
       HostStatus::Done, ""},
      {"fptosiNan", Opcode::FPToSI, f64, i64, bytesOf<double>({-0x1p63, NAN}), bytesOf<double>({0, 0}),
       HostStatus::FloatOutsideInteger, "outside signed i64"},
      {"fptoui", Opcode::FPToUI, f32, i8, bytesOf<float>({-0.9f, -1.0f}), bytesOf<float>({0, 0}),
       HostStatus::FloatOutsideInteger, "outside unsigned i8"},
      {"fptouiInside", Opcode::FPToUI, f64, i64, bytesOf<double>({-0.9, 0x1.fffffp63}),
       bytesOf<double>({0, 0}), HostStatus::Done, ""},
      {"lookup", Opcode::TableRead, i8, i32, bytes({1, 2}), words({5, 6}), HostStatus::TableIndexOutside,
       "2 entries"},
      {"lookupNegative", Opcode::TableRead, i8, i32, bytes({0, -1}), words({5, 6}),
       HostStatus::TableIndexOutside, "2 entries"},
  };
  std::vector<std::unique_ptr<NestBuilder>> nests;
  std::vector<host::HostFunction> functions;
  for (const OperationCase &c : cases) {
    nests.push_back(std::make_unique<NestBuilder>());
    build(*nests.back(), c, c.op == Opcode::TableRead);
    functions.push_back({c.name, nests.back()->nest});
  }
  llvm::Expected<HostRunner> runner = HostRunner::make(functions, hostOptions());
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  for (unsigned i = 0; i < cases.size(); ++i) {
    const OperationCase &c = cases[i];
    SCOPED_TRACE(c.name);
    std::vector<std::vector<char>> buffers = {c.a, c.b, std::vector<char>(2 * c.to.storageBytes())};
    std::vector<std::vector<char>> expected = buffers;
    llvm::Expected<int32_t> status = runner->call(i, buffers);
    ASSERT_TRUE(bool(status)) << llvm::toString(status.takeError());
    EXPECT_EQ(*status, int32_t(c.status));
    const std::vector<nest::Operand> &operands = functions[i].nest.operands;
    std::vector<reference::BufferView> views;
    for (unsigned k = 0; k < 3; ++k)
      views.push_back({operands[k].type, operands[k].shape, expected[k].data(), expected[k].size()});
    llvm::Error error = reference::interpret(functions[i].nest, views);
    EXPECT_EQ(bool(error), c.status != HostStatus::Done);
    EXPECT_THAT(llvm::toString(std::move(error)), HasSubstr(c.reason));
    if (c.status == HostStatus::Done)
      EXPECT_EQ(buffers, expected);
  }
}

TEST(HostStatus, AnIndexThatLeavesItsOperandIsCaught) {
  NestBuilder b; // r[i] = a[(i mod 3) * 2], of which verify cannot tell that it reaches 4
  unsigned i = b.loop("i", 3), a = b.operand("a", i8, {4}), r = b.operand("r", i8, {3});
  b.statement({i}, b.access(r, {b.at(i)}));
  b.read(b.access(a, {(b.at(i) % 3) * 2}));
  llvm::Expected<HostRunner> runner = HostRunner::make({{"f", b.nest}}, hostOptions());
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  std::vector<std::vector<char>> buffers = {{1, 2, 3, 4}, {0, 0, 0}};
  llvm::Expected<int32_t> status = runner->call(0, buffers);
  ASSERT_TRUE(bool(status));
  EXPECT_EQ(*status, int32_t(HostStatus::IndexOutsideOperand));
}

TEST(HostStatus, AnIdleNodeStillHasItsError) {
  NestBuilder b;
  unsigned i = b.loop("i", 2), a = b.operand("a", i32, {2}), r = b.operand("r", i32, {2});
  b.statement({i}, b.access(r, {b.at(i)}));
  unsigned x = b.read(b.access(a, {b.at(i)})), one = b.integer(i32, 1);
  b.node(Opcode::DivSI, i32, {one, x});
  b.nest.statements.back().value = x;
  llvm::Expected<HostRunner> runner = HostRunner::make({{"f", b.nest}}, hostOptions());
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  std::vector<std::vector<char>> buffers = {bytesOf<int32_t>({1, 0}), bytesOf<int32_t>({0, 0})};
  llvm::Expected<int32_t> status = runner->call(0, buffers);
  ASSERT_TRUE(bool(status));
  EXPECT_EQ(*status, int32_t(HostStatus::DivisionByZero));
}

TEST(EmitC, RefusesWrongNames) {
  NestBuilder b;
  unsigned i = b.loop("i", 2), r = b.operand("r", i32, {2});
  b.statement({i}, b.access(r, {b.at(i)}));
  b.integer(i32, 1);
  auto message = [&](std::vector<host::HostFunction> functions) {
    llvm::Expected<std::string> source = host::emitC(functions);
    return source ? "" : llvm::toString(source.takeError());
  };
  for (const char *name : {"", "a b", "1a", "_a", "tenonWrap32", "a;"})
    EXPECT_THAT(message({{name, b.nest}}), HasSubstr("is not a C identifier")) << name;
  EXPECT_THAT(message({{"f", b.nest}, {"f", b.nest}}), HasSubstr("two functions have the name 'f'"));
  nest::Nest wrong = b.nest;
  wrong.statements[0].value = 7;
  EXPECT_THAT(message({{"f", wrong}}), HasSubstr("stores node 7"));
}

TEST(EmitC, LoopsStayLoops) {
  NestBuilder b;
  unsigned i = b.loop("i", 1000), k = b.loop("k", 1000), a = b.operand("a", f32, {1000, 1000});
  unsigned r = b.operand("r", f32, {1000});
  b.statement({i, k}, b.access(r, {b.at(i)}), nest::Update::Add, nest::Constant::ofReal(0));
  b.read(b.access(a, {b.at(i), b.at(k)}));
  llvm::Expected<std::string> source = host::emitC({{"f", b.nest}});
  ASSERT_TRUE(bool(source));
  EXPECT_LT(source->size(), 3000u);
  EXPECT_THAT(*source, HasSubstr("for (int64_t i1 = 0; i1 < 1000; ++i1)"));
}

TEST(HostLibrary, AMissingCompilerIsSaid) {
  runtime::HostLibraryOptions options = hostOptions();
  options.compiler = "no-such-compiler";
  llvm::Expected<HostRunner> runner = HostRunner::make({}, options);
  ASSERT_FALSE(bool(runner));
  FailureReport found = report(runner.takeError());
  EXPECT_EQ(found.code, ExitCode::WrongUse);
  EXPECT_THAT(found.diagnostics[0].message, HasSubstr("no-such-compiler"));
}

TEST(HostLibrary, ACrashIsTheWorkers) {
  llvm::Expected<runtime::HostLibrary> library = runtime::HostLibrary::load(
      "#include <stdint.h>\n#include <stdlib.h>\nint32_t f(void *const *b) { (void)b; abort(); }\n", {"f"},
      hostOptions({"-Wno-error"}));
  ASSERT_TRUE(bool(library)) << llvm::toString(library.takeError());
  llvm::Expected<int32_t> status = library->call(0, {});
  ASSERT_FALSE(bool(status));
  FailureReport found = report(status.takeError());
  EXPECT_EQ(found.code, ExitCode::DeviceFailed);
  EXPECT_THAT(found.diagnostics[0].message,
              HasSubstr("the host's part's process was ended by signal 6 (SIGABRT)"));
}

TEST(HostLibrary, WhatTheCompilerRefusesIsSaid) {
  llvm::Expected<runtime::HostLibrary> library = runtime::HostLibrary::load("int f(", {"f"}, hostOptions());
  ASSERT_FALSE(bool(library));
  EXPECT_THAT(llvm::toString(library.takeError()), HasSubstr("the C compiler refuses the host's functions"));
  library = runtime::HostLibrary::load("int g(void) { return 0; }", {"f"}, hostOptions({"-Wno-error"}));
  ASSERT_FALSE(bool(library));
  EXPECT_THAT(llvm::toString(library.takeError()), HasSubstr("has no function f"));
}

} // namespace
