// Listing a folder.
#include "core/driver/FolderContents.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace tenon::driver {

std::vector<WrittenFile> filesIn(const std::string &folder) {
  std::vector<WrittenFile> files;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end; file != end && !code;
       file.increment(code)) {
    uint64_t bytes = 0;
    if (!llvm::sys::fs::file_size(file->path(), bytes))
      files.push_back({llvm::sys::path::filename(file->path()).str(), bytes});
  }
  llvm::sort(files, [](const WrittenFile &a, const WrittenFile &b) { return a.name < b.name; });
  return files;
}

std::string filesText(const std::vector<WrittenFile> &files) {
  std::vector<std::vector<std::string>> rows = {{"file", "bytes"}};
  for (const WrittenFile &file : files)
    rows.push_back({file.name, grouped(file.bytes)});
  return table(rows, "lr");
}

} // namespace tenon::driver
