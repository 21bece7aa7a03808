// Reading files: regular ones are mapped, others are read piece by piece up to the bound.
#include "core/support/FileInput.h"

#include "core/support/Error.h"

#include "llvm/Support/FileSystem.h"

namespace tenon {

namespace {

/// What names no file is the caller's mistake, the rest the system's.
llvm::Error cannotRead(std::error_code code) {
  bool namesNoFile = code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory ||
                     code == std::errc::is_a_directory;
  return failure(namesNoFile ? ExitCode::WrongUse : ExitCode::SystemFailed,
                 "cannot be read: " + code.message());
}

llvm::Error tooLarge(const std::string &size, uint64_t mostBytes) {
  return wrongInput("the file has " + size + " bytes, at most " + std::to_string(mostBytes) +
                    " are supported");
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readStream(llvm::sys::fs::file_t file,
                                                               uint64_t mostBytes) {
  constexpr size_t piece = size_t(1) << 16;
  llvm::SmallString<0> bytes;
  while (bytes.size() <= mostBytes) {
    size_t before = bytes.size();
    bytes.resize_for_overwrite(before + piece);
    llvm::Expected<size_t> count = llvm::sys::fs::readNativeFile(file, {bytes.data() + before, piece});
    if (!count)
      return cannotRead(llvm::errorToErrorCode(count.takeError()));
    bytes.truncate(before + *count);
    if (*count == 0)
      return llvm::MemoryBuffer::getMemBufferCopy(bytes);
  }
  return tooLarge("more than " + std::to_string(mostBytes), mostBytes);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readOpen(llvm::sys::fs::file_t file, llvm::StringRef path,
                                                             uint64_t mostBytes) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(file, status))
    return cannotRead(code);
  if (llvm::sys::fs::is_directory(status))
    return cannotRead(std::make_error_code(std::errc::is_a_directory));
  if (!llvm::sys::fs::is_regular_file(status))
    return readStream(file, mostBytes);
  if (status.getSize() > mostBytes)
    return tooLarge(std::to_string(status.getSize()), mostBytes);
  if (status.getSize() == 0) // also what /proc says of files that have content
    return readStream(file, mostBytes);
  auto buffer =
      llvm::MemoryBuffer::getOpenFile(file, path, status.getSize(), /*RequiresNullTerminator=*/false);
  if (!buffer)
    return cannotRead(buffer.getError());
  return std::move(*buffer);
}

} // namespace

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(llvm::StringRef path, uint64_t mostBytes) {
  llvm::Expected<llvm::sys::fs::file_t> file = llvm::sys::fs::openNativeFileForRead(path);
  if (!file)
    return withPlace(cannotRead(llvm::errorToErrorCode(file.takeError())), path);
  auto buffer = readOpen(*file, path, mostBytes);
  if (std::error_code code = llvm::sys::fs::closeFile(*file); code && buffer)
    return withPlace(cannotRead(code), path);
  if (!buffer)
    return withPlace(buffer.takeError(), path);
  return buffer;
}

} // namespace tenon
