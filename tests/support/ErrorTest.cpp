// What a failure carries, how it is written, and what becomes of errors that are none of ours.
#include "core/support/Error.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Diagnostic, TextOfAll) {
  EXPECT_EQ(toString({"k is 3", "a.yaml", 4, 5, "CONV_2D #0 (x)", "make it 4"}),
            "a.yaml:4:5: CONV_2D #0 (x): k is 3; make it 4");
}

TEST(Diagnostic, TextOfTheMessageAlone) { EXPECT_EQ(toString({"k is 3", "", {}, {}, "", ""}), "k is 3"); }

TEST(Diagnostic, ColumnNeedsALine) { EXPECT_EQ(toString({"k", "a.yaml", {}, 5, "", ""}), "a.yaml: k"); }

TEST(Failure, CarriesCodeAndDiagnostics) {
  Diagnostic first, second;
  first.message = "one";
  second.message = "two";
  FailureReport found = report(failure(ExitCode::TargetCannot, {first, second}));
  EXPECT_EQ(found.code, ExitCode::TargetCannot);
  ASSERT_EQ(found.diagnostics.size(), 2U);
  EXPECT_EQ(found.diagnostics[1].message, "two");
}

TEST(Failure, TextHasALineForEach) {
  Diagnostic first, second;
  first.message = "one";
  second.message = "two";
  EXPECT_EQ(llvm::toString(failure(ExitCode::WrongInput, {first, second})), "one\ntwo");
}

TEST(Failure, AnErrorOfAnotherKindIsAFaultOfOurOwn) {
  FailureReport found = report(llvm::createStringError(std::errc::invalid_argument, "odd"));
  EXPECT_EQ(found.code, ExitCode::OwnFault);
  EXPECT_EQ(found.diagnostics.front().message, "odd");
}

TEST(Failure, JoinedErrorsKeepTheirDiagnostics) {
  FailureReport found = report(llvm::joinErrors(wrongInput("one"), wrongInput("two")));
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_EQ(found.diagnostics.size(), 2U);
}

TEST(Failure, SuccessIsDone) {
  FailureReport found = report(llvm::Error::success());
  EXPECT_EQ(found.code, ExitCode::Done);
  EXPECT_TRUE(found.diagnostics.empty());
}

TEST(WithPlace, FillsInWhatIsUnknown) {
  Diagnostic placed;
  placed.message = "one";
  placed.file = "own.yaml";
  Diagnostic open;
  open.message = "two";
  FailureReport found = report(withPlace(failure(ExitCode::WrongInput, {placed, open}), "file", "node"));
  EXPECT_EQ(found.diagnostics[0].file, "own.yaml");
  EXPECT_EQ(found.diagnostics[0].node, "node");
  EXPECT_EQ(found.diagnostics[1].file, "file");
}

TEST(WithPlace, KeepsTheExitCode) {
  EXPECT_EQ(report(withPlace(failure(ExitCode::DeviceFailed, "x"), "f")).code, ExitCode::DeviceFailed);
}

TEST(WithPlace, SuccessStaysSuccess) { EXPECT_FALSE(bool(withPlace(llvm::Error::success(), "file"))); }

} // namespace
} // namespace tenon
