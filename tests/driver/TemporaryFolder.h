// A folder for a test's files, gone when the test ends.
#pragma once

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tenon::test {

class TemporaryFolder : public testing::Test {
protected:
  void SetUp() override {
    llvm::SmallString<128> made;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tenon-test", made));
    folder = made.str().str();
  }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(folder); }

  std::string path(const std::string &name) const { return folder + "/" + name; }

  std::string write(const std::string &name, const std::string &content = "") const {
    (void)llvm::sys::fs::create_directories(llvm::sys::path::parent_path(path(name)));
    std::error_code code;
    llvm::raw_fd_ostream(path(name), code) << content;
    EXPECT_FALSE(code) << path(name);
    return path(name);
  }

  std::string read(const std::string &name) const {
    auto file = llvm::MemoryBuffer::getFile(path(name));
    EXPECT_TRUE(bool(file)) << path(name);
    return file ? (*file)->getBuffer().str() : std::string();
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator file(folder, code), end; file != end && !code;
         file.increment(code))
      found.insert(llvm::sys::path::filename(file->path()).str());
    return found;
  }

  std::string folder;
};

} // namespace tenon::test
