// Files written aside and renamed.
#include "core/driver/FileOutput.h"

#include "core/support/Error.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

namespace tenon::driver {

namespace {

llvm::Error cannotWrite(llvm::StringRef path, std::error_code code) {
  Diagnostic diagnostic;
  diagnostic.message = "cannot be written: " + code.message();
  diagnostic.file = path.str();
  return failure(ExitCode::SystemFailed, std::move(diagnostic));
}

std::error_code writeStream(llvm::raw_fd_ostream &stream, llvm::StringRef content) {
  stream << content;
  stream.close();
  std::error_code code = stream.error();
  stream.clear_error();
  return code;
}

} // namespace

bool isSpecial(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  return !llvm::sys::fs::status(path, status) && llvm::sys::fs::exists(status) &&
         !llvm::sys::fs::is_regular_file(status) && !llvm::sys::fs::is_directory(status);
}

llvm::Error writeFile(llvm::StringRef path, llvm::StringRef content) {
  std::error_code code;
  if (isSpecial(path)) {
    llvm::raw_fd_ostream stream(path, code);
    if (!code)
      code = writeStream(stream, content);
    return code ? cannotWrite(path, code) : llvm::Error::success();
  }
  int descriptor = -1;
  llvm::SmallString<128> aside;
  code = llvm::sys::fs::createUniqueFile(path + ".%%%%%%%%.part", descriptor, aside, llvm::sys::fs::OF_None,
                                         llvm::sys::fs::all_read | llvm::sys::fs::owner_write);
  if (code)
    return cannotWrite(path, code);
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  code = writeStream(stream, content);
  if (!code)
    code = llvm::sys::fs::rename(aside, path);
  if (!code)
    return llvm::Error::success();
  (void)llvm::sys::fs::remove(aside); // the first failure is the one to report
  return cannotWrite(path, code);
}

llvm::Error prepareFolder(llvm::StringRef path) {
  if (std::error_code code = llvm::sys::fs::create_directories(path))
    return cannotWrite(path, code);
  if (!llvm::sys::fs::is_directory(path))
    return cannotWrite(path, std::make_error_code(std::errc::not_a_directory));
  llvm::SmallString<128> probe(path);
  llvm::sys::path::append(probe, "probe");
  return checkWritable(probe);
}

llvm::Error checkWritable(llvm::StringRef path) {
  if (isSpecial(path))
    return llvm::Error::success();
  if (llvm::sys::fs::is_directory(path))
    return cannotWrite(path, std::make_error_code(std::errc::is_a_directory));
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  if (folder.empty())
    folder = ".";
  if (!llvm::sys::fs::exists(folder))
    return cannotWrite(path, std::make_error_code(std::errc::no_such_file_or_directory));
  int descriptor = -1;
  llvm::SmallString<128> probe;
  if (std::error_code code =
          llvm::sys::fs::createUniqueFile(path + ".%%%%%%%%.part", descriptor, probe, llvm::sys::fs::OF_None))
    return cannotWrite(path, code);
  llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true).close();
  (void)llvm::sys::fs::remove(probe); // an empty file; that the folder takes one is known
  return llvm::Error::success();
}

} // namespace tenon::driver
