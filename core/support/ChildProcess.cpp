// Starting the child, and waiting for it no longer than agreed.
#include "core/support/ChildProcess.h"

#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/Text.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // what posix_spawn takes; POSIX declares it nowhere

namespace tenon {
namespace {

constexpr uint64_t mostLogBytes = uint64_t(16) << 20;
constexpr size_t keptLines = 12, keptOfLine = 300;

llvm::Error failureAt(llvm::StringRef file, std::string message, std::string repair = "") {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.file = file.str();
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::SystemFailed, std::move(diagnostic));
}

llvm::Expected<pid_t> spawn(const ChildRun &run) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, run.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<std::string> texts = run.arguments;
  std::vector<char *> arguments;
  for (std::string &text : texts)
    arguments.push_back(text.data());
  arguments.push_back(nullptr);
  pid_t process = -1;
  int code = ::posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return failureAt(texts[0], run.what + " cannot be started: " + std::strerror(code));
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
std::string printedText(llvm::StringRef log) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file = readFile(log, mostLogBytes);
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
      text += (text.empty() ? "" : " | ") + line.take_front(keptOfLine).str();
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

} // namespace

llvm::Expected<ChildEnd> runChildProcess(const ChildRun &run) {
  llvm::Expected<pid_t> process = spawn(run);
  if (!process)
    return process.takeError();
  ChildEnd end;
  std::optional<int> status = await(*process, run.seconds);
  end.tooLong = !status;
  if (status && WIFEXITED(*status))
    end.exitCode = WEXITSTATUS(*status);
  if (end.tooLong)
    end.story = "did not finish within " + numberText(run.seconds) + " seconds and was ended";
  else if (end.exitCode != 0)
    end.story = endText(*status);
  if (!end.story.empty())
    end.story += printedText(run.log);
  return end;
}

llvm::Expected<std::string> findProgramBeside(llvm::StringRef tool, llvm::StringRef name) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(tool));
  llvm::sys::path::append(path, name);
  if (llvm::sys::fs::can_execute(path))
    return path.str().str();
  return failureAt(path, "the program is not there or not executable",
                   "install " + name.str() + " next to " + llvm::sys::path::filename(tool).str());
}

} // namespace tenon
