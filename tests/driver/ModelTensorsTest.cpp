// Which file is which tensor's: by name, by position, and with '=' in names and paths.
#include "core/driver/ModelTensors.h"

#include "core/support/Error.h"

#include <gtest/gtest.h>

namespace tenon::driver {
namespace {

using Assigned = std::vector<std::pair<unsigned, std::string>>;

std::vector<ModelTensor> tensors(const std::vector<std::string> &names) {
  std::vector<ModelTensor> made;
  for (const std::string &name : names)
    made.push_back({name, nest::ScalarType::integer(8), {1, 4}, 0, 0});
  return made;
}

void expectAssigned(const std::vector<std::string> &names, const std::vector<std::string> &arguments,
                    const Assigned &want) {
  auto got = assignFiles(arguments, tensors(names), "input");
  ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
  EXPECT_EQ(*got, want);
}

void expectRefused(const std::vector<std::string> &names, const std::vector<std::string> &arguments,
                   const std::string &message) {
  auto got = assignFiles(arguments, tensors(names), "input");
  ASSERT_FALSE(bool(got));
  FailureReport found = report(got.takeError());
  EXPECT_EQ(found.code, ExitCode::WrongUse);
  EXPECT_EQ(found.diagnostics.front().message, message);
  EXPECT_NE(found.diagnostics.front().repair.find("the model's inputs are"), std::string::npos);
}

TEST(AssignFiles, None) { expectAssigned({"a"}, {}, {}); }
TEST(AssignFiles, ByPosition) { expectAssigned({"a", "b"}, {"x", "y"}, {{0, "x"}, {1, "y"}}); }
TEST(AssignFiles, ByName) { expectAssigned({"a", "b"}, {"b=x", "a=y"}, {{1, "x"}, {0, "y"}}); }
TEST(AssignFiles, NamesTakeNoPosition) { expectAssigned({"a", "b"}, {"b=x", "y"}, {{1, "x"}, {0, "y"}}); }
TEST(AssignFiles, EqualsSignInThePath) { expectAssigned({"a"}, {"dir=1/x=2.npy"}, {{0, "dir=1/x=2.npy"}}); }
TEST(AssignFiles, EqualsSignInTheNamedPath) { expectAssigned({"a"}, {"a=dir=1/x"}, {{0, "dir=1/x"}}); }
TEST(AssignFiles, EqualsSignInTheName) { expectAssigned({"a=b"}, {"a=b=x"}, {{0, "x"}}); }

TEST(AssignFiles, LastEqualsSignThatNamesOne) {
  expectAssigned({"a", "a=b"}, {"a=b=x"}, {{1, "x"}}); // not "b=x" for a
  expectAssigned({"a", "a=b"}, {"a=c=x", "a=b=y=z"}, {{0, "c=x"}, {1, "y=z"}});
}

TEST(AssignFiles, EmptyPath) { expectAssigned({"a"}, {"a="}, {{0, ""}}); }
TEST(AssignFiles, NothingBeforeTheSign) { expectAssigned({"a"}, {"=x"}, {{0, "=x"}}); }
TEST(AssignFiles, NameAlone) { expectAssigned({"a"}, {"a"}, {{0, "a"}}); } // a file called a

TEST(AssignFiles, Twice) {
  expectRefused({"a", "b"}, {"a=x", "a=y"}, "--input gives a twice");
  expectRefused({"a", "b"}, {"a=x", "y"}, "--input gives a twice");
}

TEST(AssignFiles, PastTheLast) {
  expectRefused({"a"}, {"x", "y"}, "--input y is number 2 by position, the model has 1");
  expectRefused({}, {"x"}, "--input x is number 1 by position, the model has 0");
}

TEST(ModelTensor, Text) {
  EXPECT_EQ(tensors({"a"}).front().text(), "a: i8[1, 4]");
  EXPECT_EQ(tensors({"a"}).front().bytes(), 4U);
}

} // namespace
} // namespace tenon::driver
