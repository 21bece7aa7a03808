// What is checked before a native bundle is written, and its texts.
#include "core/support/Error.h"
#include "tests/runtime/native/TestBundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

using namespace tenon;
using namespace tenon::runtime;
using namespace tenon::test;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string refusal(const std::function<void(NativeBundle &)> &change) {
  NativeBundle bundle = nativeTestBundle({});
  change(bundle);
  llvm::Error error = checkNativeBundle(bundle);
  if (!error)
    return "it is good";
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, ExitCode::OwnFault);
  return found.diagnostics.front().message;
}

TEST(NativeBundle, IsGood) {
  EXPECT_EQ(refusal([](NativeBundle &) {}), "it is good");
}

TEST(NativeBundle, WrongOnesAreRefused) {
  EXPECT_THAT(refusal([](NativeBundle &b) { b.name = "2x"; }), HasSubstr("'2x' is no name of C"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.arenaBytes = 63; }), HasSubstr("the arena has 63 bytes"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.inputs[0].type = "i99"; }), HasSubstr("the type 'i99'"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.inputs[0].shape[0] = -1; }), HasSubstr("the shape [-1, 100]"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.inputs[0].offset = 0; }),
              HasSubstr("input 0 has 4000 bytes at 0"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.outputs[1].offset = 100; }),
              HasSubstr("output 1 has 1 bytes at 100"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.outputs[0].offset = 20480 - 64; }),
              HasSubstr("the arena 20480 bytes"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.outputs[0].shape = {INT64_MAX, INT64_MAX}; }),
              HasSubstr("output 0"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.tensors[0].second = 4; }), HasSubstr("after launch 4 of 3"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.launches[1].layer = 2; }), HasSubstr("layer 2, there are 2"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.launches[0].arguments[1].offset = 4001; }),
              HasSubstr("4000 bytes of weights"));
  EXPECT_THAT(refusal([](NativeBundle &b) { b.launches[0].items = -1; }), HasSubstr("-1 items"));
}

TEST(NativeBundle, NamesOfTensorsCannotEndCommentsOrTexts) {
  std::string header = cHeader(nativeTestBundle({})), example = cExample(nativeTestBundle({}));
  EXPECT_THAT(header, HasSubstr("input 1: \"b _/ _odd_\", f32 [7], 7 elements of type float"));
  EXPECT_THAT(header, HasSubstr("#define TEST_INPUT_1_BYTES 28"));
  EXPECT_THAT(header, Not(HasSubstr("*/ \"odd")));
  EXPECT_THAT(example, HasSubstr("test_run(weights, arena"));
}

} // namespace
