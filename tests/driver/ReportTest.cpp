// Tables and numbers for people, and JSON into files.
#include "core/driver/Report.h"

#include "tests/driver/TemporaryFolder.h"

namespace tenon::driver {
namespace {

TEST(Table, ColumnsAreAligned) {
  EXPECT_EQ(table({{"op", "macs", "name"}, {"CONV_2D", "7", "a"}, {"ADD", "1,234", ""}}, "lrl"),
            "op        macs  name\n"
            "CONV_2D      7  a\n"
            "ADD      1,234\n");
}

TEST(Table, TextThatIsNotUtf8) { EXPECT_EQ(table({{"\xff\xfe", "b"}}, "ll"), "\xff\xfe  b\n"); }

TEST(Grouped, ByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

class JsonReport : public test::TemporaryFolder {
protected:
  ReportOptions options() {
    ReportOptions made;
    made.json = path("out.json");
    made.quiet = true;
    return made;
  }
};

TEST_F(JsonReport, Value) {
  EXPECT_FALSE(bool(writeJson(options(), {{"b", 1}, {"a", nullptr}})));
  EXPECT_EQ(read("out.json"), "{\n  \"b\": 1,\n  \"a\": null\n}\n"); // keys in the order given
}

TEST_F(JsonReport, TextThatIsNotUtf8) {
  EXPECT_FALSE(bool(writeJson(options(), {{"name", "a\xff"}})));
  EXPECT_EQ(Json::parse(read("out.json"))["name"], "a\xef\xbf\xbd");
}

TEST_F(JsonReport, NoneIsAskedFor) {
  EXPECT_FALSE(bool(writeJson(ReportOptions{}, Json::object())));
  EXPECT_TRUE(names().empty());
}

TEST_F(JsonReport, OfAFailure) {
  testing::internal::CaptureStderr();
  Diagnostic diagnostic{"k is 3", "a.yaml", 4, {}, "CONV_2D #0 (x)", ""};
  EXPECT_EQ(reportFailure(options(), failure(ExitCode::TargetCannot, diagnostic)), ExitCode::TargetCannot);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: a.yaml:4: CONV_2D #0 (x): k is 3\n");
  Json want = {{"schema", "tenon.error/1"},
               {"exit", 4},
               {"errors", Json::array({{{"message", "k is 3"},
                                        {"file", "a.yaml"},
                                        {"line", 4},
                                        {"column", nullptr},
                                        {"node", "CONV_2D #0 (x)"},
                                        {"repair", nullptr}}})}};
  EXPECT_EQ(Json::parse(read("out.json")), want);
}

TEST_F(JsonReport, OfManyMistakes) {
  testing::internal::CaptureStderr();
  Diagnostic diagnostic;
  diagnostic.message = "wrong";
  EXPECT_EQ(reportFailure(options(), failure(ExitCode::WrongInput, std::vector(60, diagnostic))),
            ExitCode::WrongInput);
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 51);
  EXPECT_NE(text.find("error: and 10 more; --json has all of them\n"), std::string::npos);
  EXPECT_EQ(Json::parse(read("out.json"))["errors"].size(), 60U);
}

TEST_F(JsonReport, OfAFaultOfOurOwn) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(reportFailure(options(), llvm::createStringError(std::errc::invalid_argument, "odd")),
            ExitCode::OwnFault);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("a fault of tenon's own"), std::string::npos);
}

} // namespace
} // namespace tenon::driver
