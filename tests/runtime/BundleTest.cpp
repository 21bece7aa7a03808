// What must hold of every bundle: one wrong thing at a time, and the message that says both sides.
#include "core/support/Error.h"
#include "tests/runtime/TestBundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

using namespace tenon;
using namespace tenon::runtime;
using namespace tenon::test;
using testing::AllOf;
using testing::HasSubstr;

namespace {

struct Mistake {
  const char *name;
  std::function<void(Bundle &)> make;
  std::vector<const char *> says;
};

std::vector<Mistake> mistakes() {
  return {
      {"hash",
       [](Bundle &b) { b.description += "#"; },
       {"the description has SHA-256 ", ", the bundle says "}},
      {"type", [](Bundle &b) { b.inputs[0].type = "i65"; }, {"input x has type 'i65'"}},
      {"extent",
       [](Bundle &b) { b.inputs[0].shape = {4, 0}; },
       {"input x has shape [4, 0], an extent is at least 1"}},
      {"bytes",
       [](Bundle &b) { b.outputs[0].shape = {5}; },
       {"output y has 4 bytes, its type i8 and shape [5] need 5"}},
      {"overflow",
       [](Bundle &b) { b.outputs[0].shape = {int64_t(1) << 32, int64_t(1) << 32, 16}; },
       {"need more than 2^64"}},
      {"address",
       [](Bundle &b) { b.inputs[0].location.address = 125; },
       {"input x has 4 bytes at 125, the memory dram has 128 bytes"}},
      {"addressOverflow",
       [](Bundle &b) { b.inputs[0].location.address = ~uint64_t(0); },
       {"4 bytes at 18446744073709551615"}},
      {"hostBuffer",
       [](Bundle &b) { b.inputs[0].location = {1, 0, 4}; },
       {"input x names host buffer 1, there are 1"}},
      {"hostBufferBytes",
       [](Bundle &b) { b.hostBuffers[0] = 8; },
       {"constant 1 has 4 bytes, host buffer 0 has 8"}},
      {"hostBufferAddress",
       [](Bundle &b) { b.inputs[0].location = {0, 2, 4}; },
       {"input x has address 2 in a host buffer, it must be 0"}},
      {"hostBuffers",
       [](Bundle &b) { b.hostBuffers = {1, ~uint64_t(0)}; },
       {"the host buffers need more than "}},
      {"watched",
       [](Bundle &b) { b.tensors[0].steps = 4; },
       {"tensor middle \"1\" is complete after 4 steps, there are 3"}},
      {"constantBytes",
       [](Bundle &b) { b.constants[0].content.pop_back(); },
       {"constant 0 has 3 bytes of content, its place has 4"}},
      {"constantsOverlap",
       [](Bundle &b) {
         b.constants.push_back(b.constants[0]);
         b.constants[2].location.address = 61;
       },
       {"constants 2 (4 bytes at 61) and 0 (4 bytes at 64) overlap"}},
      {"constantsInOneBuffer",
       [](Bundle &b) { b.constants.push_back(b.constants[1]); },
       {"constant 2 is in host buffer 0, where another constant is"}},
      {"stepOfNothing",
       [](Bundle &b) { b.steps.emplace_back(); },
       {"step 3 is neither the device's nor the host's"}},
      {"stepOfBoth",
       [](Bundle &b) { b.steps[0].host = b.steps[1].host; },
       {"step 0 is both the device's and the host's"}},
      {"commands",
       [](Bundle &b) { b.steps[2].device->offset = 33; },
       {"step 2 has 32 bytes at 33 of the commands, which have 64 bytes"}},
      {"noCommands", [](Bundle &b) { b.steps[2].device->bytes = 0; }, {"step 2 has 0 bytes at 32"}},
      {"ranges",
       [](Bundle &b) { b.steps[0].device->ranges[1].offset = 15; },
       {"step 0 has a range of 16 bytes at 15, it must lie between 16, where the one before it ends, and "
        "32"}},
      {"rangeEnd", [](Bundle &b) { b.steps[0].device->ranges[1].bytes = 17; }, {"a range of 17 bytes at 16"}},
      {"rangeLayer",
       [](Bundle &b) { b.steps[0].device->ranges[1].layer = 2; },
       {"step 0 names layer 2, there are 2"}},
      {"hostLayer", [](Bundle &b) { b.steps[1].host->layer = 9; }, {"step 1 names layer 9, there are 2"}},
      {"noSource",
       [](Bundle &b) { b.hostSource.clear(); },
       {"step 1 calls the host function 'doubleIt', the host's source has 0 bytes"}},
      {"noFunction",
       [](Bundle &b) { b.steps[1].host->function.clear(); },
       {"step 1 calls the host function ''"}},
      {"operandAddress",
       [](Bundle &b) { b.steps[1].host->operands[3].location.address = 126; },
       {"step 1, operand 3 has 4 bytes at 126"}},
      {"operandIdle",
       [](Bundle &b) { b.steps[1].host->operands[3].writes = false; },
       {"step 1, operand 3 is neither read nor written"}},
      {"operandsOverlap",
       [](Bundle &b) { b.steps[1].host->operands[3].location.address = 19; },
       {"step 1, operand 3 (4 bytes at 19) overlaps operand 0 (4 bytes at 16), and one of them is written"}},
  };
}

TEST(Bundle, TheTestBundleIsRight) { EXPECT_EQ(llvm::toString(checkBundle(testBundle())), ""); }

TEST(Bundle, EveryMistakeIsNamedWithBothSides) {
  for (const Mistake &mistake : mistakes()) {
    SCOPED_TRACE(mistake.name);
    Bundle bundle = testBundle();
    mistake.make(bundle);
    llvm::Error error = checkBundle(bundle);
    ASSERT_TRUE(bool(error));
    FailureReport found = report(std::move(error));
    EXPECT_EQ(found.code, ExitCode::WrongInput);
    for (const char *part : mistake.says)
      EXPECT_THAT(found.diagnostics.front().message, HasSubstr(part));
  }
}

TEST(Bundle, SizesAreBounded) {
  auto message = [](const BundleLimits &limits) { return llvm::toString(checkBundle(testBundle(), limits)); };
  EXPECT_THAT(message({.commandBytes = 63}), HasSubstr("the command stream has 64 bytes, the most is 63"));
  EXPECT_THAT(message({.weightBytes = 7}), HasSubstr("what the constants need has 8 bytes, the most is 7"));
  EXPECT_THAT(message({.descriptionBytes = 3}), HasSubstr("the description has 22 bytes, the most is 3"));
  EXPECT_THAT(message({.hostSourceBytes = 3}), HasSubstr("the host's source has "));
  EXPECT_THAT(message({.hostBufferBytes = 3}), HasSubstr("the host buffers need more than 3 bytes"));
}

TEST(Bundle, AnotherDescriptionIsRefusedWithBothHashes) {
  Bundle bundle = testBundle();
  EXPECT_FALSE(bool(checkDescription(bundle, bundle.descriptionHash)));
  std::string other = sha256(llvm::StringRef("other"));
  std::string message = llvm::toString(checkDescription(bundle, other));
  EXPECT_THAT(message, AllOf(HasSubstr(bundle.descriptionHash), HasSubstr(other),
                             HasSubstr("compile the model again")));
}

TEST(Bundle, ElementsHaveTheirStorage) {
  for (auto [type, bytes] : std::initializer_list<std::pair<const char *, unsigned>>{
           {"i1", 1}, {"i8", 1}, {"i9", 2}, {"i17", 4}, {"i33", 8}, {"i64", 8}, {"bf16", 2}, {"f64", 8}})
    EXPECT_EQ(elementBytes(type), bytes) << type;
  for (const char *type : {"", "i", "i0", "i65", "i08", "u8", "f8", "i8 ", "i-1", "i+8"})
    EXPECT_FALSE(elementBytes(type)) << type;
}

TEST(Bundle, TheHashIsSha256) {
  // FIPS 180-2, the one-block example.
  EXPECT_EQ(sha256(llvm::StringRef("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

} // namespace
