// Compiles in a temporary folder, has the worker load the library, and removes the folder again.
#include "core/runtime/HostLibrary.h"

#include "core/runtime/FileFailure.h"
#include "core/support/Error.h"
#include "core/support/ScratchFile.h"
#include "core/support/Text.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <algorithm>
#include <cstring>

namespace tenon::runtime {
namespace {

/// The first lines of what a compiler said.
std::string firstLines(llvm::StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return "";
  llvm::SmallVector<llvm::StringRef> lines;
  (*file)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string text;
  for (llvm::StringRef line : llvm::ArrayRef(lines).take_front(5))
    text += (text.empty() ? ": " : " | ") + line.trim().take_front(300).str();
  return printable(text);
}

llvm::Error compile(llvm::StringRef folder, llvm::StringRef library, llvm::StringRef source,
                    const HostLibraryOptions &options) {
  llvm::Expected<std::string> compiler = findCompiler(options);
  if (!compiler)
    return compiler.takeError();
  std::string sourcePath = (folder + "/host.c").str(), logPath = (folder + "/log").str();
  if (llvm::Error error = writeScratchFile(sourcePath, source))
    return error;
  std::vector<llvm::StringRef> arguments = {*compiler, "-std=c11", "-O2",      "-fwrapv", "-ffp-contract=off",
                                            "-shared", "-fPIC",    sourcePath, "-o",      library};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  arguments.push_back("-lm");
  std::optional<llvm::StringRef> streams[] = {llvm::StringRef(""), llvm::StringRef(logPath),
                                              llvm::StringRef(logPath)};
  std::string message;
  int code = llvm::sys::ExecuteAndWait(*compiler, arguments, std::nullopt, streams, options.compileSeconds,
                                       /*MemoryLimit=*/0, &message);
  if (code == 0)
    return llvm::Error::success();
  if (code < 0)
    return failureAt(ExitCode::SystemFailed, *compiler, "the C compiler did not finish: " + message);
  return failureAt(ExitCode::SystemFailed, *compiler,
                   "the C compiler refuses the host's functions" + firstLines(logPath),
                   "name another C compiler");
}

} // namespace

llvm::Expected<std::string> findCompiler(const HostLibraryOptions &options) {
  if (!options.compiler.empty()) {
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(options.compiler))
      return *found;
    return failure(ExitCode::WrongUse, "the C compiler " + options.compiler +
                                           " is neither a program's path nor a name that PATH has");
  }
  for (const char *name : {"cc", "clang-19", "clang", "gcc"})
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
      return *found;
  return failureAt(ExitCode::SystemFailed, "",
                   "the host's part of the model needs a C compiler, PATH has none of cc, "
                   "clang-19, clang and gcc",
                   "install one or name its path");
}

llvm::Expected<HostLibrary> HostLibrary::load(llvm::StringRef source, llvm::ArrayRef<std::string> functions,
                                              const HostLibraryOptions &options) {
  llvm::SmallString<128> folder;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("tenon-host", folder))
    return failure(ExitCode::SystemFailed, "no temporary folder can be made: " + code.message());
  auto remove = llvm::make_scope_exit([&] { (void)llvm::sys::fs::remove_directories(folder); });
  std::string library = (folder + "/host.so").str();
  if (llvm::Error error = compile(folder, library, source, options))
    return std::move(error);
  llvm::Expected<std::unique_ptr<WorkerProcess>> worker =
      WorkerProcess::start(options.worker, "the host's part");
  if (!worker)
    return worker.takeError();
  Message request(MessageKind::HostLoad);
  request.text(library).number(functions.size());
  for (const std::string &name : functions)
    request.text(name);
  llvm::Expected<Message> answer = (*worker)->ask(request);
  if (!answer)
    return answer.takeError();
  if (llvm::Error error = MessageReader(*answer).finish())
    return std::move(error);
  return HostLibrary(std::move(*worker));
}

llvm::Expected<unsigned> HostLibrary::allocate(uint64_t bytes) {
  llvm::Expected<Message> answer = worker->ask(Message(MessageKind::HostBuffer).number(bytes));
  if (!answer)
    return answer.takeError();
  MessageReader reader(*answer);
  uint64_t number = reader.number();
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return unsigned(number);
}

llvm::Error HostLibrary::write(unsigned buffer, llvm::ArrayRef<uint8_t> data) {
  for (uint64_t offset = 0; offset < data.size(); offset += mostPartBytes) {
    Message request(MessageKind::HostWrite);
    request.number(buffer).number(offset).bytes(data.drop_front(offset).take_front(mostPartBytes));
    llvm::Expected<Message> answer = worker->ask(request);
    if (!answer)
      return answer.takeError();
    if (llvm::Error error = MessageReader(*answer).finish())
      return error;
  }
  return llvm::Error::success();
}

llvm::Error HostLibrary::read(unsigned buffer, llvm::MutableArrayRef<uint8_t> data) {
  for (uint64_t offset = 0; offset < data.size(); offset += mostPartBytes) {
    uint64_t count = std::min<uint64_t>(data.size() - offset, mostPartBytes);
    llvm::Expected<Message> answer =
        worker->ask(Message(MessageKind::HostRead).number(buffer).number(offset).number(count));
    if (!answer)
      return answer.takeError();
    MessageReader reader(*answer);
    llvm::ArrayRef<uint8_t> part = reader.bytes();
    if (llvm::Error error = reader.finish())
      return error;
    if (part.size() != count)
      return failure(ExitCode::DeviceFailed, "the host's part gave " + std::to_string(part.size()) +
                                                 " bytes, " + std::to_string(count) + " were asked for");
    std::memcpy(data.data() + offset, part.data(), count);
  }
  return llvm::Error::success();
}

llvm::Expected<int32_t> HostLibrary::call(unsigned function, llvm::ArrayRef<unsigned> buffers) {
  Message request(MessageKind::HostCall);
  request.number(function).number(buffers.size());
  for (unsigned buffer : buffers)
    request.number(buffer);
  llvm::Expected<Message> answer = worker->ask(request, WorkerProcess::Limit::Run);
  if (!answer)
    return answer.takeError();
  MessageReader reader(*answer);
  uint64_t status = reader.number();
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return int32_t(uint32_t(status));
}

} // namespace tenon::runtime
