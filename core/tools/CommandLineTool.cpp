// The frame of a small tool's main().
#include "core/tools/CommandLineTool.h"

#include "core/driver/FileOutput.h"

#include "llvm/Support/ErrorHandling.h"

#include <cctype>
#include <csignal>
#include <cstdio>
#include <new>
#include <unistd.h>

namespace tenon::tools {

namespace {

/// LLVM's allocations that fail end here: there is no memory for anything but a line.
void outOfMemory(void *, const char *, bool) {
  constexpr char line[] = "error: the system has no more memory\n";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
  _exit(static_cast<int>(ExitCode::SystemFailed));
}

int fail(llvm::Error error) { return static_cast<int>(driver::reportFailure({}, std::move(error))); }

int parseAndRun(CLI::App &app, int argc, char **argv, llvm::function_ref<llvm::Error()> run) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &wrong) {
    if (wrong.get_exit_code() == 0)
      return app.exit(wrong); // prints the help
    Diagnostic diagnostic;
    diagnostic.message = wrong.what();
    if (diagnostic.message.size() > 1 && std::islower(static_cast<unsigned char>(diagnostic.message[1])))
      diagnostic.message[0] =
          static_cast<char>(std::tolower(static_cast<unsigned char>(diagnostic.message[0])));
    diagnostic.repair = app.get_name() + " --help lists the options";
    return fail(failure(ExitCode::WrongUse, std::move(diagnostic)));
  }
  llvm::Error error = run();
  return error ? fail(std::move(error)) : static_cast<int>(ExitCode::Done);
}

} // namespace

int runTool(CLI::App &app, int argc, char **argv, llvm::function_ref<llvm::Error()> run) {
  std::signal(SIGPIPE, SIG_IGN); // a failed write is an error with its exit code
  std::signal(SIGXFSZ, SIG_IGN);
  llvm::install_bad_alloc_error_handler(outOfMemory);
  try {
    return parseAndRun(app, argc, argv, run);
  } catch (const std::bad_alloc &) {
    outOfMemory(nullptr, "", false);
    return static_cast<int>(ExitCode::SystemFailed);
  }
}

llvm::Error writeOutput(const std::string &path, llvm::StringRef content) {
  if (path != "-")
    return driver::writeFile(path, content);
  const bool written = std::fwrite(content.data(), 1, content.size(), stdout) == content.size();
  if (std::fflush(stdout) != 0 || !written)
    return failure(ExitCode::SystemFailed, "cannot write to standard output");
  return llvm::Error::success();
}

} // namespace tenon::tools
