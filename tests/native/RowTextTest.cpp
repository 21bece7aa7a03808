// Rows' texts in a function: casts between types of one width, locals, registers of fragments, memory, inline
// assembly, the place at the end of each line; and what is refused, by its place.
#include "core/native/ir/RowText.h"
#include "core/isa/Description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::native;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const char *const processor = R"YAML(tenon: 1
target: small
doc: A processor with registers of 16 bytes.
code: {triple: x86_64-unknown-linux-gnu, features: [sse2], vector: 16}
memories:
  mem: {kind: global, bytes: 1 GiB}
  xmm: {kind: registers, count: 16, row: [16, i8]}
intrinsics:
  products:
    sizes: {j: 4, k: 4}
    operands:
      a: {type: "i8[k]", memory: xmm, holds: "dword l, byte t = a[t]"}
      b: {type: "i8[j, k]", memory: xmm, holds: "dword l, byte t = b[l, t]"}
      c: {type: "i32[j]", memory: xmm, access: update, holds: "dword l = c[l]"}
    semantics: c[j] += i32(a[k]) * i32(b[j, k])
    llvm: |
      %wide = call <4 x i32> @llvm.test.products(<4 x i32> a, <16 x i8> b)
      c = add <4 x i32> c, %wide
  load:
    sizes: {j: 4, k: 1}
    operands:
      src: {type: "f32[j, k]", memory: mem}
      dst: {type: "f32[j, k]", memory: xmm, access: write, holds: "dword l = dst[l, 0]"}
    semantics: dst[j, k] = src[j, k]
    llvm: |
      %words = load <4 x i32>, ptr src, align 1
      dst = bitcast <4 x i32> %words to <4 x float>
)YAML";

isa::Description parsed(const std::string &text) {
  llvm::Expected<isa::Description> description = isa::parseDescription(text, "small.yaml");
  if (!description) {
    ADD_FAILURE() << llvm::toString(description.takeError());
    return {};
  }
  return std::move(*description);
}

const isa::Intrinsic &row(const isa::Description &description, llvm::StringRef name) {
  for (const isa::Intrinsic &one : description.intrinsics)
    if (one.name == name)
      return one;
  ADD_FAILURE() << "no row " << name.str();
  return description.intrinsics.front();
}

TEST(RowText, OperandsAreCastToWhatALineWants) {
  isa::Description description = parsed(processor);
  IrFunction f;
  auto results = emitRow(f, description, row(description, "products"), {{{"%a"}}, {{"%b"}}, {{"%c"}}});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  std::string text = f.text();
  EXPECT_THAT(text, HasSubstr("bitcast <16 x i8> %a to <4 x i32>"));
  EXPECT_THAT(text, HasSubstr("<16 x i8> %b)"));
  EXPECT_THAT(text, HasSubstr("add <4 x i32> %c, %wide"));
  EXPECT_THAT(text, HasSubstr(" ; row small.yaml:17:"));
  EXPECT_THAT(f.declarations(), ElementsAre("declare <4 x i32> @llvm.test.products(<4 x i32>, <16 x i8>)"));
  EXPECT_EQ(results->size(), 1u);
  EXPECT_EQ((*results)[2].size(), 1u);
}

TEST(RowText, LocalsAreRenamedApart) {
  isa::Description description = parsed(processor);
  IrFunction f;
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(bool(emitRow(f, description, row(description, "products"), {{{"%a"}}, {{"%b"}}, {{"%c"}}})));
  std::string text = f.text(), first = text.substr(text.find("%wide"));
  first = first.substr(0, first.find(' '));
  EXPECT_NE(text.find("%wide", text.find(first + " = ") + 1), std::string::npos);
  EXPECT_EQ(text.find(first + " = ", text.find(first + " = ") + 1), std::string::npos) << "assigned twice";
}

TEST(RowText, MemoryIsAPointer) {
  isa::Description description = parsed(processor);
  IrFunction f;
  auto results = emitRow(f, description, row(description, "load"), {{{"%p"}}, {}});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_THAT(f.text(), HasSubstr("load <4 x i32>, ptr %p, align 1"));
  ASSERT_EQ((*results)[1].size(), 1u);
  IrFunction inSpace;
  ASSERT_TRUE(bool(emitRow(inSpace, description, row(description, "load"), {{{"addrspace(3) %p"}}, {}})));
  EXPECT_THAT(inSpace.text(), HasSubstr("ptr addrspace(3) %p"));
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string &text, const char *name, llvm::ArrayRef<RowOperand> operands) {
  isa::Description description = parsed(text);
  IrFunction f;
  auto results = emitRow(f, description, row(description, name), operands);
  return results ? "" : llvm::toString(results.takeError());
}

TEST(RowText, WrongTextsAreRefusedWithTheirPlace) {
  RowOperand a{{"%a"}}, b{{"%b"}}, c{{"%c"}};
  EXPECT_THAT(refusal(replaced(processor, "c = add", "d = add"), "products", {a, b, c}),
              testing::AllOf(HasSubstr("small.yaml:18:"), HasSubstr("'d' is no operand")));
  EXPECT_THAT(refusal(replaced(processor, "c = add", "a = add"), "products", {a, b, c}),
              HasSubstr("'a' is assigned, but it is no register that the row writes"));
  RowOperand two{{"%c0", "%c1"}};
  EXPECT_THAT(refusal(processor, "products", {a, b, two}), HasSubstr("'c' is 2 registers"));
}

const char *const lanes = R"YAML(tenon: 1
target: lanes
doc: A machine with 32 lanes.
code: {triple: nvptx64-nvidia-none, vector: 16}
memories:
  mem: {kind: global, bytes: 1 GiB, space: 1}
  reg: {kind: registers, count: 255, row: [32, i32]}
levels:
  grid: {kind: grid, most: 1000, index: "call i32 @block()"}
  lane: {kind: lanes, count: 32, index: "call i32 @lane()"}
intrinsics:
  tile:
    sizes: {m: 16, n: 8, k: 16}
    operands:
      a: {type: "f16[m, k]", memory: reg, holds: "reg q, lane l, word h = a[l/4 + 8*(q%2), 2*(l%4) + h + 8*(q/2)]"}
      b: {type: "f16[k, n]", memory: reg, holds: "reg q, lane l, word h = b[2*(l%4) + h + 8*q, l/4]"}
      c: {type: "f32[m, n]", memory: reg, access: update, holds: "reg q, lane l = c[l/4 + 8*(q/2), 2*(l%4) + q%2]"}
    semantics: c[m, n] += f32(a[m, k]) * f32(b[k, n])
    numerics: {order: any}
    asm: tile.op.f32 c, a, b, c;
)YAML";

TEST(RowText, AssemblyOfSeveralRegisters) {
  isa::Description description = parsed(lanes);
  IrFunction f;
  RowOperand a{{"%a0", "%a1", "%a2", "%a3"}}, b{{"%b0", "%b1"}}, c{{"%c0", "%c1", "%c2", "%c3"}};
  auto results = emitRow(f, description, row(description, "tile"), {a, b, c});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  std::string text = f.text();
  EXPECT_THAT(
      text,
      HasSubstr("call {float, float, float, float} asm \"tile.op.f32 {$0, $1, $2, $3}, {$4, $5, $6, $7}, "
                "{$8, $9}, {$0, $1, $2, $3};\", \"=f,=f,=f,=f,r,r,r,r,r,r,0,1,2,3\""));
  EXPECT_THAT(
      text,
      HasSubstr("(i32 %a0, i32 %a1, i32 %a2, i32 %a3, i32 %b0, i32 %b1, float %c0, float %c1, float %c2, "
                "float %c3) convergent \"tenon.row\"=\"tile\" ; row small.yaml:"));
  EXPECT_EQ((*results)[2].size(), 4u);
  EXPECT_THAT(text, HasSubstr("extractvalue {float, float, float, float}"));
}

} // namespace
