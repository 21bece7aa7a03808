// Starting the child, waiting for it no longer than agreed, and reading its answer.
#include "core/codegen/Child.h"

#include "core/codegen/ChildFormat.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/JsonReader.h"
#include "core/support/Text.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // what posix_spawn takes; POSIX declares it nowhere

namespace tenon::codegen {
namespace {

constexpr uint64_t mostAnswerBytes = uint64_t(16) << 20;
constexpr uint64_t mostResultBytes = uint64_t(2) << 30;
constexpr size_t keptLines = 12;

llvm::Error failureAt(llvm::StringRef file, std::string message, std::string repair = "") {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.file = file.str();
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::SystemFailed, std::move(diagnostic));
}

llvm::Error writeText(llvm::StringRef path, llvm::StringRef text) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code);
  if (!code) {
    stream << text;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (code)
    return failureAt(path, "cannot be written: " + code.message());
  return llvm::Error::success();
}

std::string requestText(const CodegenRequest &request, llvm::ArrayRef<unsigned> rows,
                        const CodegenOptions &options) {
  nlohmann::json json = {{"triple", request.triple},
                         {"processor", request.processor},
                         {"features", request.features},
                         {"optimisation", request.optimisation},
                         {"assembly", request.output == CodegenRequest::Output::Assembly},
                         {"rows", std::vector<unsigned>(rows.begin(), rows.end())},
                         {"memoryBytes", options.memoryBytes}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Starts the program with the folder as its argument; what it prints goes into the folder.
llvm::Expected<pid_t> spawn(std::string program, std::string folder) {
  std::string log = folder + "/" + logFile;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  char *arguments[] = {program.data(), folder.data(), nullptr};
  pid_t process = -1;
  int code = ::posix_spawn(&process, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return failureAt(program, std::string("the code generator cannot be started: ") + std::strerror(code));
  return process;
}

/// Its status as waitpid gives it; nothing if it took too long and was ended.
std::optional<int> await(pid_t process, double seconds) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  useconds_t pause = 500;
  for (;;) {
    int status = 0;
    pid_t found = ::waitpid(process, &status, WNOHANG);
    if (found == process)
      return status;
    if (found < 0 && errno != EINTR)
      return std::nullopt;
    if (seconds > 0 && std::chrono::duration<double>(Clock::now() - start).count() > seconds) {
      ::kill(process, SIGKILL);
      while (::waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
      return std::nullopt;
    }
    ::usleep(pause);
    pause = std::min<useconds_t>(pause * 2, 10000);
  }
}

/// "; it printed: a | b", without the stack traces that LLVM prints.
std::string printedText(llvm::StringRef folder) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      readFile((folder + "/" + logFile).str(), mostAnswerBytes);
  if (!file) {
    llvm::consumeError(file.takeError()); // it printed nothing, or far too much to show
    return "";
  }
  llvm::SmallVector<llvm::StringRef> lines;
  (*file)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string text;
  size_t kept = 0;
  for (llvm::StringRef line : lines) {
    line = line.trim();
    bool isTrace = line.starts_with("#") || line.starts_with("Stack dump") ||
                   line.starts_with("PLEASE submit") || line.empty();
    if (!isTrace && kept++ < keptLines)
      text += (text.empty() ? "" : " | ") + line.take_front(300).str();
  }
  return text.empty() ? "" : "; it printed: " + printable(text);
}

std::string endText(int status) {
  if (!WIFSIGNALED(status))
    return "exited with " + std::to_string(WEXITSTATUS(status)) + " and gave no answer";
  const char *name = sigabbrev_np(WTERMSIG(status));
  return "was ended by signal " + std::to_string(WTERMSIG(status)) +
         (name ? std::string(" (SIG") + name + ")" : std::string());
}

llvm::Error readAnswer(llvm::StringRef folder, ChildAnswer &answer) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      readFile((folder + "/" + answerFile).str(), mostAnswerBytes);
  if (!file)
    return file.takeError();
  llvm::Expected<nlohmann::json> json = parseJson((*file)->getBuffer(), 8);
  if (!json)
    return json.takeError();
  std::string mistake;
  JsonReader reader(*json, "the code generator's answer", mistake);
  reader.only({"end", "mistakes", "warnings"});
  std::string end = reader.key("end").text();
  answer.end = end == "done"         ? ChildAnswer::End::Done
               : end == "not parsed" ? ChildAnswer::End::NotParsed
               : end == "refused"    ? ChildAnswer::End::Refused
                                     : ChildAnswer::End::UnknownMachine;
  reader.key("mistakes").each([&](const JsonReader &item) {
    Mistake found;
    found.message = printable(item.key("message").text());
    found.function = item.key("function").text();
    if (unsigned line = item.key("line").index())
      found.line = line;
    answer.mistakes.push_back(std::move(found));
  });
  reader.key("warnings").each([&](const JsonReader &item) {
    answer.warnings.push_back(printable(item.text()));
  });
  if (!mistake.empty())
    return failure(ExitCode::OwnFault, mistake);
  return llvm::Error::success();
}

llvm::Error readResult(llvm::StringRef folder, ChildAnswer &answer) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      readFile((folder + "/" + resultFile).str(), mostResultBytes);
  if (!file)
    return file.takeError();
  llvm::StringRef content = (*file)->getBuffer();
  answer.bytes.assign(content.begin(), content.end());
  return llvm::Error::success();
}

} // namespace

llvm::Expected<std::string> findCodegen(llvm::StringRef tool) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(tool));
  llvm::sys::path::append(path, "tenon-codegen");
  if (llvm::sys::fs::can_execute(path))
    return path.str().str();
  return failureAt(path, "the program that generates code is not there or not executable",
                   "install tenon-codegen next to " + llvm::sys::path::filename(tool).str());
}

llvm::Expected<ChildAnswer> runChild(const CodegenRequest &request, llvm::ArrayRef<unsigned> rows,
                                     const CodegenOptions &options) {
  llvm::SmallString<128> made;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("tenon-codegen", made))
    return failure(ExitCode::SystemFailed, "no temporary folder can be made: " + code.message());
  auto remove = llvm::make_scope_exit([&] { (void)llvm::sys::fs::remove_directories(made); });
  std::string folder = made.str().str();
  if (llvm::Error error = writeText(folder + "/" + moduleFile, request.module))
    return std::move(error);
  if (llvm::Error error = writeText(folder + "/" + requestFile, requestText(request, rows, options)))
    return std::move(error);
  llvm::Expected<pid_t> process = spawn(options.program, folder);
  if (!process)
    return process.takeError();
  ChildAnswer answer;
  std::optional<int> status = await(*process, options.seconds);
  if (!status) {
    answer.end = ChildAnswer::End::TooLong;
    answer.story = "did not finish within " + numberText(options.seconds) + " seconds and was ended" +
                   printedText(folder);
    return answer;
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    answer.story = endText(*status) + printedText(folder);
    return answer;
  }
  if (llvm::Error error = readAnswer(folder, answer))
    return std::move(error);
  if (answer.end == ChildAnswer::End::Done)
    if (llvm::Error error = readResult(folder, answer))
      return std::move(error);
  return answer;
}

} // namespace tenon::codegen
