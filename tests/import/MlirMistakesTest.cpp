// Texts of MLIR that are wrong: what the parser, the verifier and the bounds say, with file, line and column.
#include "tests/import/ModelSpec.h"

#include <gtest/gtest.h>

namespace tenon::test {
namespace {

FailureReport reportOf(const std::string &text, const import::ImportLimits &limits = {}) {
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, text, "model.mlir", limits);
  return module ? FailureReport{} : report(module.takeError());
}

void expectText(const std::string &text, const std::string &part, unsigned line = 1) {
  FailureReport found = reportOf(text);
  ASSERT_EQ(found.code, ExitCode::WrongInput) << text.substr(0, 200);
  EXPECT_EQ(found.diagnostics.front().file, "model.mlir");
  EXPECT_EQ(found.diagnostics.front().line, line);
  EXPECT_NE(toString(found.diagnostics.front()).find(part), std::string::npos)
      << toString(found.diagnostics.front());
}

const char *const good = R"(func.func @main(%a: tensor<4xi8>, %b: tensor<4xi8>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.add ins(%a, %b : tensor<4xi8>, tensor<4xi8>) outs(%e : tensor<4xi8>) -> tensor<4xi8>
  return %r : tensor<4xi8>
})";

TEST(MlirText, Good) { EXPECT_EQ(reportOf(good).code, ExitCode::Done); }

TEST(MlirText, NotMlir) { expectText("hello world\n", "custom op 'hello' is unknown"); }
TEST(MlirText, WithoutVerifying) {
  expectText("func.func @main(%a: tensor<4xi8>) -> tensor<5xi8> {\n  return %a : tensor<4xi8>\n}",
             "doesn't match function result", 2);
}
TEST(MlirText, DialectUnknown) {
  expectText("\n\"stablehlo.add\"() : () -> ()",
             "of a dialect that is not read; lower it to linalg on tensors", 2);
}

TEST(MlirText, CutShortAtEveryLength) {
  std::string whole = good;
  unsigned refused = 0;
  for (size_t length = 0; length < whole.size(); ++length) {
    FailureReport found = reportOf(whole.substr(0, length));
    EXPECT_TRUE(found.code == ExitCode::WrongInput || found.code == ExitCode::Done) << length;
    refused += found.code == ExitCode::WrongInput;
  }
  EXPECT_GT(refused, whole.size() - 10);
}

TEST(MlirText, TensorOf4TB) {
  expectText("func.func @main(%a: tensor<1048576x1048576x4xi8>) {\n  return\n}",
             "a tensor of shape [1048576, 1048576, 4] has too many elements");
}

TEST(MlirText, DimensionsOverflow) {
  expectText("func.func @main(%a: tensor<4611686018427387904x4xi8>) {\n  return\n}", "has too many elements");
}

TEST(MlirText, DimensionZero) {
  expectText("func.func @main(%a: tensor<0x4xi8>) {\n  return\n}", "[0, 4] has no elements");
}

TEST(MlirText, RankAboveTheLimit) {
  expectText("func.func @main(%a: tensor<1x1x1x1x1x1x1x1x1xi8>) {\n  return\n}", "rank 9, at most 8");
}

TEST(MlirText, SplatTooLarge) {
  expectText("func.func @main() {\n  %c = arith.constant dense<1> : tensor<1000000000000xi32>\n  return\n}",
             "[1000000000000] has too many elements", 2);
}

TEST(MlirText, SlicePastItsSource) {
  expectText(R"(func.func @main(%a: tensor<4xi8>) -> tensor<3xi8> {
  %r = tensor.extract_slice %a[2] [3] [1] : tensor<4xi8> to tensor<3xi8>
  return %r : tensor<3xi8>
})",
             "takes 3 elements from 2 with stride 1 of dimension 0, which has 4", 2);
}

TEST(MlirText, LoopsHaveTooManyPoints) {
  expectText(R"(#a = affine_map<(a, b, c) -> (a)>
#b = affine_map<(a, b, c) -> (b)>
#c = affine_map<(a, b, c) -> (c)>
#r = affine_map<(a, b, c) -> (0)>
func.func @main(%a: tensor<2147483647xi8>, %e: tensor<1xi8>) -> tensor<1xi8> {
  %r = linalg.generic {indexing_maps = [#a, #b, #c, #r], iterator_types = ["reduction", "reduction", "reduction"]}
      ins(%a, %a, %a : tensor<2147483647xi8>, tensor<2147483647xi8>, tensor<2147483647xi8>) outs(%e : tensor<1xi8>) {
    ^bb0(%x: i8, %y: i8, %z: i8, %s: i8):
      linalg.yield %x : i8
  } -> tensor<1xi8>
  return %r : tensor<1xi8>
})",
             "has loops over [2147483647, 2147483647, 2147483647]", 6);
}

TEST(MlirText, BracketsNestedDeeply) {
  for (const char *bracket : {"[", "(", "{", "tuple<"}) {
    std::string text = "func.func @main() attributes {a = ";
    for (int i = 0; i < 1'000'000; ++i)
      text += bracket;
    expectText(text, "has brackets nested deeper than 256");
  }
}

TEST(MlirText, BracketsInStringsAndArrowsAreNoNesting) {
  std::string text = "// " + std::string(1000, '[') + "\nmodule {\n  func.func private @f() loc(\"" +
                     std::string(1000, '(') + "\\\"" + std::string(1000, '<') + "\")\n";
  for (int i = 0; i < 1000; ++i)
    text += "  func.func private @f" + std::to_string(i) + "() -> i8\n";
  text += good;
  text += "\n}";
  FailureReport found = reportOf(text);
  EXPECT_EQ(found.code, ExitCode::Done) << toString(found.diagnostics.front());
}

TEST(MlirText, FileTooLarge) {
  import::ImportLimits limits;
  limits.fileBytes = 10;
  FailureReport found = reportOf(good, limits);
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_NE(found.diagnostics.front().message.find("at most 10 are supported"), std::string::npos);
}

TEST(MlirText, GlobalThatIsRead) {
  expectText(R"(ml_program.global private mutable @seed(dense<0> : tensor<i64>) : tensor<i64>
func.func @main(%a: tensor<4xi8>) -> tensor<4xi8> {
  %x = ml_program.global_load @seed : tensor<i64>
  return %a : tensor<4xi8>
})",
             "global 'seed' is used, a model here is a function of its inputs alone");
}

std::string withResource(const std::string &type, const std::string &bytes) {
  return "func.func @main() -> " + type + " {\n  %c = arith.constant dense_resource<w> : " + type +
         "\n  return %c : " + type + "\n}\n" +
         (bytes.empty() ? ""
                        : "{-#\n  dialect_resources: {builtin: {w: \"0x04000000" + bytes + "\"}}\n#-}\n");
}

TEST(MlirText, ResourceOfElements) {
  EXPECT_EQ(reportOf(withResource("tensor<2xi16>", "01000200")).code, ExitCode::Done);
}
TEST(MlirText, ResourceLeftOut) {
  expectText(withResource("tensor<2xi16>", ""), "the resource 'w' has no elements", 2);
}
TEST(MlirText, ResourceTooShort) {
  expectText(withResource("tensor<2xi16>", "010002"), "the resource 'w' has 3 bytes, its type needs 4", 2);
}
TEST(MlirText, ResourceOfBits) {
  expectText(withResource("tensor<2xi1>", "0100"), "has elements of type i1, only those of whole bytes", 2);
}

} // namespace
} // namespace tenon::test
