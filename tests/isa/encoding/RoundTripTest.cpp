// What is encoded is what is decoded, over random descriptions and instructions. TENON_ENCODING_SEED=N
// repeats one.
#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Check.h"
#include "core/isa/encoding/Decode.h"
#include "tests/isa/encoding/RandomDescription.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

constexpr unsigned descriptions = 300, commandsEach = 40;

std::string listing(const Description &description, llvm::ArrayRef<Instruction> stream) {
  std::string text;
  for (const Instruction &instruction : stream)
    text += print(description, instruction) + "\n";
  return text;
}

class RoundTrip : public ::testing::Test {
protected:
  /// Runs `body` on every seed's description and stream.
  template <typename Body> void each(Body body) {
    size_t commands = 0, computations = 0;
    for (uint64_t seed : seeds(descriptions)) {
      SCOPED_TRACE("TENON_ENCODING_SEED=" + std::to_string(seed));
      Description description = randomDescription(seed);
      auto set = CommandSet::create(description);
      if (!set) {
        ADD_FAILURE() << llvm::toString(set.takeError());
        return;
      }
      Draw draw(seed + 1);
      std::vector<Instruction> stream = randomStream(description, draw, commandsEach);
      commands += stream.size();
      for (const Instruction &instruction : stream)
        computations += instruction.operands.size() > 1;
      body(*set, stream, draw);
      if (HasFailure())
        return;
    }
    EXPECT_GT(commands, seeds(descriptions).size() * commandsEach / 2) << "streams are empty";
    if (seeds(descriptions).size() > 1) {
      EXPECT_GT(computations, descriptions) << "hardly any command has operands";
    }
  }
};

TEST_F(RoundTrip, RandomDescriptionsHaveNoMistakes) {
  each([](const CommandSet &set, llvm::ArrayRef<Instruction>, Draw &) {
    std::vector<Diagnostic> mistakes;
    checkEncoding(set.description(), mistakes);
    for (const Diagnostic &mistake : mistakes)
      ADD_FAILURE() << toString(mistake);
  });
}

TEST_F(RoundTrip, DecodingGivesBackWhatWasEncoded) {
  each([](const CommandSet &set, llvm::ArrayRef<Instruction> stream, Draw &) {
    std::vector<uint8_t> bytes;
    for (const Instruction &instruction : stream)
      if (llvm::Error error = encode(set, instruction, bytes))
        FAIL() << print(set.description(), instruction) << "\n" << llvm::toString(std::move(error));
    auto decoded = decodeAll(set, bytes);
    if (!decoded)
      FAIL() << llvm::toString(decoded.takeError());
    EXPECT_EQ(listing(set.description(), *decoded), listing(set.description(), stream));
    EXPECT_TRUE(llvm::ArrayRef(*decoded) == stream);
  });
}

TEST_F(RoundTrip, AssemblingGivesBackWhatWasPrinted) {
  each([](const CommandSet &set, llvm::ArrayRef<Instruction> stream, Draw &) {
    std::string text = listing(set.description(), stream);
    auto read = assemble(set.description(), text, "listing");
    if (!read)
      FAIL() << text << llvm::toString(read.takeError());
    EXPECT_TRUE(llvm::ArrayRef(*read) == stream) << text << listing(set.description(), *read);
  });
}

/// Damaged streams: an error, or instructions that encode to just these bytes.
TEST_F(RoundTrip, NoStreamHasTwoReadings) {
  size_t accepted = 0, refused = 0;
  each([&](const CommandSet &set, llvm::ArrayRef<Instruction> stream, Draw &draw) {
    std::vector<uint8_t> bytes;
    for (const Instruction &instruction : stream)
      llvm::cantFail(encode(set, instruction, bytes));
    if (bytes.empty())
      return;
    for (int attempt = 0; attempt < 20; ++attempt) {
      std::vector<uint8_t> damaged = bytes;
      damaged[static_cast<size_t>(draw.between(0, static_cast<int64_t>(damaged.size()) - 1))] ^=
          static_cast<uint8_t>(1 << draw.between(0, 7));
      if (draw.oneIn(4))
        damaged.resize(static_cast<size_t>(draw.between(0, static_cast<int64_t>(damaged.size()))));
      auto decoded = decodeAll(set, damaged);
      if (!decoded) {
        FailureReport found = report(decoded.takeError());
        EXPECT_EQ(found.code, ExitCode::WrongInput) << toString(found.diagnostics.front());
        EXPECT_NE(found.diagnostics.front().message.find("offset"), std::string::npos);
        ++refused;
        continue;
      }
      ++accepted;
      std::vector<uint8_t> again;
      for (const Instruction &instruction : *decoded)
        if (llvm::Error error = encode(set, instruction, again))
          FAIL() << print(set.description(), instruction) << "\n" << llvm::toString(std::move(error));
      EXPECT_EQ(llvm::toHex(again), llvm::toHex(damaged));
    }
  });
  EXPECT_GT(refused, 0U);
  EXPECT_GT(accepted, 0U);
}

TEST_F(RoundTrip, RandomBytesNeverCrash) {
  each([](const CommandSet &set, llvm::ArrayRef<Instruction>, Draw &draw) {
    for (int attempt = 0; attempt < 50; ++attempt) {
      std::vector<uint8_t> bytes(static_cast<size_t>(draw.between(0, 300)));
      for (uint8_t &byte : bytes)
        byte = static_cast<uint8_t>(draw.between(0, draw.oneIn(2) ? 255 : 12));
      auto decoded = decodeAll(set, bytes);
      if (!decoded)
        EXPECT_EQ(report(decoded.takeError()).code, ExitCode::WrongInput);
    }
  });
}

} // namespace

} // namespace tenon::isa::test
