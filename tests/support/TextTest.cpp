// Text of numbers, shapes, and of what comes from a model.
#include "core/support/Text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tenon {
namespace {

TEST(Text, Shapes) {
  EXPECT_EQ(shapeText({}), "[]");
  EXPECT_EQ(shapeText({1, 32, 3}), "[1, 32, 3]");
}

TEST(Text, NumbersReadBackAsThemselves) {
  for (double value : {0.1, 1.0 / 3, -2.5e-300, 1e22, 1e-300})
    EXPECT_EQ(std::stod(numberText(value)), value);
  EXPECT_EQ(numberText(0.1), "0.1");
  EXPECT_EQ(numberText(NAN), "nan");
}

TEST(Text, ControlCharactersAreNotPrinted) {
  EXPECT_EQ(printable("a\x1b[31mb\r\t\x7f\nc"), "a?[31mb???\nc");
  EXPECT_EQ(printable("h\xc3\xa9"), "h\xc3\xa9"); // UTF-8 stays
}

} // namespace
} // namespace tenon
