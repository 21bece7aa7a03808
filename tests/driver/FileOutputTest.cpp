// Files are written whole or not at all, and what cannot be written is known before any work is done.
#include "core/driver/FileOutput.h"

#include "core/support/Error.h"
#include "tests/driver/TemporaryFolder.h"

#include <sys/resource.h>

#include <csignal>

namespace tenon::driver {
namespace {

class FileOutput : public test::TemporaryFolder {};

void expectSystemFailure(llvm::Error error, const std::string &path) {
  ASSERT_TRUE(bool(error));
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
  EXPECT_EQ(found.diagnostics.front().file, path);
  EXPECT_EQ(found.diagnostics.front().message.rfind("cannot be written: ", 0), 0U)
      << found.diagnostics.front().message;
}

TEST_F(FileOutput, IsWritten) {
  EXPECT_FALSE(bool(writeFile(path("a"), std::string("x\0y", 3))));
  EXPECT_EQ(read("a"), std::string("x\0y", 3));
  EXPECT_EQ(names(), (std::set<std::string>{"a"}));
}

TEST_F(FileOutput, ReplacesWhatIsThere) {
  write("a", "something longer");
  EXPECT_FALSE(bool(writeFile(path("a"), "new")));
  EXPECT_EQ(read("a"), "new");
}

TEST_F(FileOutput, IsReadableByOthers) {
  EXPECT_FALSE(bool(writeFile(path("a"), "x")));
  llvm::sys::fs::file_status status;
  ASSERT_FALSE(llvm::sys::fs::status(path("a"), status));
  EXPECT_TRUE(status.permissions() & llvm::sys::fs::owner_read);
  EXPECT_TRUE(status.permissions() & llvm::sys::fs::owner_write);
}

TEST_F(FileOutput, InAFolderThatIsNotThere) {
  expectSystemFailure(writeFile(path("no/a"), "x"), path("no/a"));
  expectSystemFailure(checkWritable(path("no/a")), path("no/a"));
}

TEST_F(FileOutput, UnderAFile) {
  write("file");
  expectSystemFailure(writeFile(path("file/a"), "x"), path("file/a"));
  expectSystemFailure(checkWritable(path("file/a")), path("file/a"));
  expectSystemFailure(prepareFolder(path("file/a")), path("file/a"));
  expectSystemFailure(prepareFolder(path("file")), path("file"));
}

TEST_F(FileOutput, OnAFolder) {
  write("folder/a", "kept");
  expectSystemFailure(writeFile(path("folder"), "x"), path("folder"));
  expectSystemFailure(checkWritable(path("folder")), path("folder"));
  EXPECT_EQ(read("folder/a"), "kept");
  EXPECT_EQ(names(), (std::set<std::string>{"folder"}));
}

TEST_F(FileOutput, OnAFullDevice) {
  expectSystemFailure(writeFile("/dev/full", "x"), "/dev/full");
  EXPECT_FALSE(bool(checkWritable("/dev/full"))); // it can be opened
}

TEST_F(FileOutput, OnAFullDisk) {
  write("old", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto *handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = {10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  llvm::Error fresh = writeFile(path("a"), std::string(100'000, 'x'));
  llvm::Error replaced = writeFile(path("old"), std::string(100'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  expectSystemFailure(std::move(fresh), path("a"));
  expectSystemFailure(std::move(replaced), path("old"));
  EXPECT_EQ(names(), (std::set<std::string>{"old"}));
  EXPECT_EQ(read("old"), "old");
}

TEST_F(FileOutput, CheckingLeavesNothing) {
  EXPECT_FALSE(bool(checkWritable(path("a"))));
  EXPECT_FALSE(bool(prepareFolder(path("new/deep"))));
  EXPECT_EQ(names(), (std::set<std::string>{"new"}));
  EXPECT_TRUE(llvm::sys::fs::is_directory(path("new/deep")));
}

TEST_F(FileOutput, CheckingKeepsWhatIsThere) {
  write("a", "kept");
  EXPECT_FALSE(bool(checkWritable(path("a"))));
  EXPECT_EQ(read("a"), "kept");
}

TEST_F(FileOutput, RelativePath) { EXPECT_FALSE(bool(checkWritable("a"))); }

} // namespace
} // namespace tenon::driver
