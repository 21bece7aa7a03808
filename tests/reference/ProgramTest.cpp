// Programs: what is needed and what is not, views, constants of every type, lifetimes, and limits.
#include "core/reference/Program.h"
#include "core/import/ModelFile.h"
#include "core/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace tenon::reference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ProgramTest : public testing::Test {
protected:
  ProgramTest() {
    mlir::DialectRegistry dialects;
    import::registerDialects(dialects);
    context.appendDialectRegistry(dialects);
  }

  /// The program of a module's only function; a failed expectation and an empty program where there is none.
  Program programOfText(llvm::StringRef text) {
    auto read = import::importModelFromMemory(context, text, "test.mlir");
    if (!read) {
      ADD_FAILURE() << llvm::toString(read.takeError());
      return {};
    }
    module = std::move(*read);
    llvm::Expected<Program> program = programOf(*module->getOps<mlir::func::FuncOp>().begin());
    if (!program) {
      ADD_FAILURE() << llvm::toString(program.takeError());
      return {};
    }
    return std::move(*program);
  }

  template <typename T> static Tensor tensor(nest::ScalarType type, std::vector<T> values) {
    Tensor result{type, {static_cast<int64_t>(values.size())}, {}};
    result.bytes.resize(values.size() * sizeof(T));
    std::memcpy(result.bytes.data(), values.data(), result.bytes.size());
    return result;
  }

  template <typename T> static std::vector<T> elements(const Tensor &tensor) {
    std::vector<T> values(tensor.bytes.size() / sizeof(T));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    return values;
  }

  std::vector<Tensor> runAll(const Program &program, const std::vector<Tensor> &inputs,
                             const RunOptions &options = {}) {
    llvm::Expected<std::vector<Tensor>> outputs = run(program, inputs, options);
    if (!outputs) {
      ADD_FAILURE() << llvm::toString(outputs.takeError());
      return std::vector<Tensor>(program.outputs.size());
    }
    return std::move(*outputs);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

constexpr const char *negate = R"(
#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<4xi8>, %unused: tensor<9xf64>) -> (tensor<4xi8>, tensor<2x2xi8>, tensor<4xi8>) {
  %empty = tensor.empty() : tensor<4xi8>
  %dead = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi8>) outs(%empty : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  } -> tensor<4xi8>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi8>) outs(%empty : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %zero = arith.constant 0 : i8
    %b = arith.subi %zero, %a : i8
    linalg.yield %b : i8
  } -> tensor<4xi8>
  %square = tensor.expand_shape %y [[0, 1]] output_shape [2, 2] : tensor<4xi8> into tensor<2x2xi8>
  return %y, %square, %x : tensor<4xi8>, tensor<2x2xi8>, tensor<4xi8>
}
)";

TEST_F(ProgramTest, LeavesOutWhatNothingNeeds) {
  Program program = programOfText(negate);
  ASSERT_EQ(program.steps.size(), 2u); // the dead copy is gone, the view has no nest
  EXPECT_TRUE(program.steps[0].nest.has_value());
  EXPECT_FALSE(program.steps[1].nest.has_value());
  EXPECT_EQ(program.inputs.size(), 2u);
}

TEST_F(ProgramTest, AViewSharesItsBufferAndAnInputMayBeAnOutput) {
  Program program = programOfText(negate);
  std::vector<Tensor> outputs =
      runAll(program, {tensor<int8_t>(nest::ScalarType::integer(8), {1, -128, 127, 0}),
                       tensor<double>(nest::ScalarType::f64(), std::vector<double>(9))});
  EXPECT_THAT(elements<int8_t>(outputs[0]), ElementsAre(-1, -128, -127, 0)); // -(-128) wraps
  EXPECT_EQ(outputs[1].bytes, outputs[0].bytes);
  EXPECT_THAT(outputs[1].shape, ElementsAre(2, 2));
  EXPECT_THAT(elements<int8_t>(outputs[2]), ElementsAre(1, -128, 127, 0));
}

TEST_F(ProgramTest, PeakCountsWhatIsAliveAtOnce) {
  Program program = programOfText(negate);
  EXPECT_EQ(program.peakBytes(), 4u + 72u + 4u);
}

TEST_F(ProgramTest, MoreMemoryThanAllowedIsRefusedBeforeAnythingRuns) {
  Program program = programOfText(negate);
  RunOptions options;
  options.memoryBytes = 79;
  bool ran = false;
  options.afterStep = [&](const Step &, unsigned, double) {
    ran = true;
    return llvm::Error::success();
  };
  llvm::Expected<std::vector<Tensor>> outputs = run(program, {}, options);
  ASSERT_FALSE(outputs);
  FailureReport found = report(outputs.takeError());
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
  EXPECT_THAT(found.diagnostics[0].message, HasSubstr("needs 80 bytes of memory at once, the limit is 79"));
  EXPECT_FALSE(ran);
}

TEST_F(ProgramTest, InputsOfAnotherTypeOrNumberAreRefused) {
  Program program = programOfText(negate);
  auto refused = [&](std::vector<Tensor> inputs, const char *message) {
    llvm::Expected<std::vector<Tensor>> outputs = run(program, inputs);
    ASSERT_FALSE(outputs);
    FailureReport found = report(outputs.takeError());
    EXPECT_EQ(found.code, ExitCode::WrongUse);
    EXPECT_THAT(found.diagnostics[0].message, HasSubstr(message));
  };
  Tensor bytes = tensor<int8_t>(nest::ScalarType::integer(8), {1, 2, 3, 4});
  refused({bytes}, "1 inputs are given, the model has 2");
  refused({bytes, bytes}, "input 1 does not have the type and shape");
}

TEST_F(ProgramTest, AnErrorFromACallbackStopsTheRun) {
  Program program = programOfText(negate);
  RunOptions options;
  unsigned steps = 0;
  options.afterStep = [&](const Step &, unsigned, double) {
    ++steps;
    return wrongInput("enough");
  };
  llvm::Expected<std::vector<Tensor>> outputs =
      run(program,
          {tensor<int8_t>(nest::ScalarType::integer(8), {1, 2, 3, 4}),
           tensor<double>(nest::ScalarType::f64(), std::vector<double>(9))},
          options);
  ASSERT_FALSE(outputs);
  EXPECT_EQ(llvm::toString(outputs.takeError()), "enough");
  EXPECT_EQ(steps, 1u);
}

struct ConstantCase {
  const char *type;
  const char *values;
  std::vector<unsigned char> bytes;
};

TEST_F(ProgramTest, ConstantsOfEveryTypeHaveTheirBytes) {
  std::vector<ConstantCase> cases = {
      {"2xi1", "[true, false]", {0xff, 0}}, // sign-extended
      {"3xi4", "[-8, 7, -1]", {0xf8, 7, 0xff}},
      {"2xi8", "[-128, 127]", {0x80, 0x7f}},
      {"2xi12", "[-2048, 2047]", {0x00, 0xf8, 0xff, 0x07}},
      {"1xi16", "[-2]", {0xfe, 0xff}},
      {"1xi32", "[-2]", {0xfe, 0xff, 0xff, 0xff}},
      {"1xi64", "[-2]", {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {"2xf16", "[1.0, -2.0]", {0x00, 0x3c, 0x00, 0xc0}},
      {"2xbf16", "[1.0, -2.0]", {0x80, 0x3f, 0x00, 0xc0}},
      {"1xf32", "[-2.0]", {0, 0, 0, 0xc0}},
      {"1xf64", "[-2.0]", {0, 0, 0, 0, 0, 0, 0, 0xc0}},
      {"3xi8", "5", {5, 5, 5}}, // a splat
      {"2xf32", "1.0", {0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f}},
  };
  for (const ConstantCase &c : cases) {
    std::string type = std::string("tensor<") + c.type + ">";
    Program program = programOfText("func.func @main() -> " + type + " {\n  %x = arith.constant dense<" +
                                    c.values + "> : " + type + "\n  return %x : " + type + "\n}");
    std::vector<Tensor> outputs = runAll(program, {});
    std::vector<unsigned char> bytes(outputs[0].bytes.begin(), outputs[0].bytes.end());
    EXPECT_EQ(bytes, c.bytes) << c.type;
  }
}

TEST_F(ProgramTest, ATensorThatIsReadBeforeItIsWrittenIsRefused) {
  auto read = import::importModelFromMemory(context, R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main() -> tensor<4xi8> {
      %x = tensor.empty() : tensor<4xi8>
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%x : tensor<4xi8>) outs(%x : tensor<4xi8>) {
      ^bb0(%a: i8, %o: i8):
        linalg.yield %a : i8
      } -> tensor<4xi8>
      return %y : tensor<4xi8>
    })",
                                            "test.mlir");
  ASSERT_TRUE(bool(read));
  llvm::Expected<Program> program = programOf(*(*read)->getOps<mlir::func::FuncOp>().begin());
  ASSERT_FALSE(program);
  EXPECT_THAT(llvm::toString(program.takeError()), HasSubstr("a tensor.empty is read before it is written"));
}

TEST_F(ProgramTest, WhatABodyCannotComputeNamesThePoint) {
  Program program = programOfText(R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
      %empty = tensor.empty() : tensor<4xi32>
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%x : tensor<4xi32>) outs(%empty : tensor<4xi32>) {
      ^bb0(%a: i32, %o: i32):
        %seven = arith.constant 7 : i32
        %b = arith.divsi %seven, %a : i32
        linalg.yield %b : i32
      } -> tensor<4xi32>
      return %y : tensor<4xi32>
    })");
  llvm::Expected<std::vector<Tensor>> outputs =
      run(program, {tensor<int32_t>(nest::ScalarType::integer(32), {1, 7, 0, 2})});
  ASSERT_FALSE(outputs);
  std::string message = llvm::toString(outputs.takeError());
  EXPECT_THAT(message, HasSubstr("divsi"));
  EXPECT_THAT(message, HasSubstr("d0 = 2"));
}

} // namespace
} // namespace tenon::reference
