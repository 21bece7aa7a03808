// Payloads: what goes in comes out; what is cut or has something left over is refused.
#include "core/runtime/Message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon::runtime;
using testing::HasSubstr;

namespace {

TEST(Message, GivesBackWhatWasPut) {
  Message message(MessageKind::Open);
  message.number(7).text("a b").bytes({1, 2, 3}).text("");
  MessageReader reader(message);
  EXPECT_EQ(reader.number(), 7u);
  EXPECT_EQ(reader.text(), "a b");
  EXPECT_EQ(reader.bytes().vec(), (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(bool(reader.finish()));
}

TEST(Message, EveryCutIsFound) {
  Message whole(MessageKind::CopyIn);
  whole.number(7).bytes({1, 2, 3});
  for (size_t size = 0; size < whole.payload.size(); ++size) {
    Message cut = whole;
    cut.payload.resize(size);
    MessageReader reader(cut);
    reader.number();
    (void)reader.bytes();
    EXPECT_THAT(llvm::toString(reader.finish()),
                HasSubstr("a message of copy in has " + std::to_string(size)));
  }
}

TEST(Message, WhatIsLeftOverIsFound) {
  Message message(MessageKind::Wait);
  message.number(7);
  EXPECT_THAT(llvm::toString(MessageReader(message).finish()), HasSubstr("its content has fewer"));
}

TEST(Message, ACountPastTheEndReadsNothing) {
  Message message(MessageKind::CopyIn);
  message.number(~uint64_t(0));
  MessageReader reader(message);
  EXPECT_TRUE(reader.bytes().empty());
  EXPECT_THAT(llvm::toString(reader.finish()), HasSubstr("its content has more"));
}

} // namespace
