// Reading files, pipes and devices: all of what is there, or an error with the path, and never more than the
// bound.
#include "core/support/FileInput.h"

#include "core/support/Error.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

namespace tenon {
namespace {

class FileInput : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tenon-input", folder)); }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(folder); }

  std::string file(const std::string &name, const std::string &content) {
    std::string path = (folder + "/" + name).str();
    std::error_code code;
    llvm::raw_fd_ostream(path, code) << content;
    EXPECT_FALSE(code);
    return path;
  }

  llvm::SmallString<128> folder;
};

void expectContent(const std::string &path, uint64_t most, const std::string &content) {
  auto read = readFile(path, most);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ((*read)->getBuffer(), content);
}

void expectFailure(const std::string &path, uint64_t most, ExitCode code, const std::string &message) {
  auto read = readFile(path, most);
  ASSERT_FALSE(bool(read));
  FailureReport found = report(read.takeError());
  EXPECT_EQ(found.code, code);
  EXPECT_EQ(found.diagnostics.front().message, message);
  EXPECT_EQ(found.diagnostics.front().file, path);
}

TEST_F(FileInput, Whole) { expectContent(file("a", "content"), 100, "content"); }
TEST_F(FileInput, Empty) { expectContent(file("a", ""), 100, ""); }
TEST_F(FileInput, AsLargeAsTheBound) { expectContent(file("a", "content"), 7, "content"); }

TEST_F(FileInput, PastTheBound) {
  expectFailure(file("a", "content"), 6, ExitCode::WrongInput,
                "the file has 7 bytes, at most 6 are supported");
}

TEST_F(FileInput, NotThere) {
  expectFailure((folder + "/no").str(), 100, ExitCode::WrongUse, "cannot be read: No such file or directory");
}

TEST_F(FileInput, AFolder) {
  expectFailure(folder.str().str(), 100, ExitCode::WrongUse, "cannot be read: Is a directory");
}

TEST_F(FileInput, UnderAFile) {
  expectFailure(file("a", "x") + "/b", 100, ExitCode::WrongUse, "cannot be read: Not a directory");
}

TEST_F(FileInput, ADeviceThatNeverEnds) {
  expectFailure("/dev/zero", 1000, ExitCode::WrongInput,
                "the file has more than 1000 bytes, at most 1000 are supported");
}

TEST_F(FileInput, ADeviceThatIsEmpty) { expectContent("/dev/null", 100, ""); }

TEST_F(FileInput, OfProc) { // its size is said to be 0
  auto read = readFile("/proc/self/cmdline", 1 << 20);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_TRUE((*read)->getBuffer().contains("support_test"));
}

class PipeInput : public FileInput, public testing::WithParamInterface<size_t> {};

TEST_P(PipeInput, IsReadToItsEnd) {
  std::string path = (folder + "/pipe").str(), content(GetParam(), 'p');
  ASSERT_EQ(mkfifo(path.c_str(), S_IRUSR | S_IWUSR), 0);
  std::thread writer([&] { file("pipe", content); });
  expectContent(path, 1 << 20, content);
  writer.join();
}

INSTANTIATE_TEST_SUITE_P(Sizes, PipeInput, testing::Values(0, 1, 65535, 65536, 65537, 1000000, 1 << 20));

} // namespace
} // namespace tenon
