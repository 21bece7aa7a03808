// The comments of rows are read back, and lines that only rename values count once.
#include "core/codegen/RowPlaces.h"

#include <gtest/gtest.h>

namespace tenon::codegen {
namespace {

TEST(RowPlaces, ReadsThePlaceAtALinesEnd) {
  std::optional<RowPlace> place = rowPlace("  %c = add i32 %a, %b ; row chips/mine: 1.yaml:41:12");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->file, "chips/mine: 1.yaml");
  EXPECT_EQ(place->line, 41u);
  EXPECT_EQ(place->column, 12u);
}

TEST(RowPlaces, OtherCommentsAreNone) {
  EXPECT_FALSE(rowPlace("  %c = add i32 %a, %b"));
  EXPECT_FALSE(rowPlace("  %c = add i32 %a, %b ; row"));
  EXPECT_FALSE(rowPlace("  %c = add i32 %a, %b ; row chips/mine.yaml"));
  EXPECT_FALSE(rowPlace("  %c = add i32 %a, %b ; row mine.yaml:4:x"));
  EXPECT_FALSE(rowPlace("  %c = add i32 %a, %b ; row :4:2"));
}

TEST(RowPlaces, TheSameRowWithOtherNamesCountsOnce) {
  RowLines rows = rowLines("%a = add i32 %b, 1 ; row m.yaml:1:1\n"
                           "%a.1 = add i32 %b.7, 1 ; row m.yaml:1:1\n"
                           "%c = add i32 %b, 2 ; row m.yaml:1:1\n"
                           "%d = add i32 %b, 2\n");
  EXPECT_EQ(rows.places.size(), 3u);
  EXPECT_EQ(rows.distinct, (std::vector<unsigned>{1, 3}));
}

} // namespace
} // namespace tenon::codegen
