// The child imports and writes its growth into a pipe.
#include "tests/import/MeasuredImport.h"

#include "core/import/ModelFile.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

namespace tenon::test {

namespace {

/// A line of the process's own statistics, in bytes.
uint64_t statusBytes(const std::string &name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t amount = 0;
  while (status >> word)
    if (word == name + ":" && status >> amount)
      return amount * kibibyte;
  return 0;
}

ExitCode import(const std::string &bytes) {
  mlir::DialectRegistry registry;
  import::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, bytes, "model");
  return module ? ExitCode::Done : report(module.takeError()).code;
}

[[noreturn]] void importInChild(const std::string &bytes, const std::string &first, int pipe) {
  import(first);
  malloc_trim(0); // what would be taken again without being seen
  uint64_t before = statusBytes("VmRSS");
  ExitCode code = import(bytes);
  uint64_t growth = statusBytes("VmHWM") - before;
  bool isWritten = write(pipe, &growth, sizeof(growth)) == sizeof(growth);
  _exit(static_cast<int>(isWritten ? code : ExitCode::OwnFault));
}

} // namespace

uint64_t allowedGrowth(uint64_t bound) {
  constexpr uint64_t program = 48 * mebibyte; // context, allocator, and code that is touched first
  return isInstrumented ? 4 * bound + 1024 * mebibyte : bound + program;
}

Measure measureImport(const std::string &bytes, const std::string &first) {
  auto begin = std::chrono::steady_clock::now();
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  malloc_trim(0); // the child's peak begins with what this process holds
  pid_t child = fork();
  if (child == 0)
    importInChild(bytes, first, ends[1]);
  Measure measure;
  EXPECT_EQ(read(ends[0], &measure.bytes, sizeof(measure.bytes)),
            static_cast<ssize_t>(sizeof(measure.bytes)));
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  close(ends[0]);
  close(ends[1]);
  EXPECT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  measure.code = static_cast<ExitCode>(WEXITSTATUS(status));
  measure.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return measure;
}

} // namespace tenon::test
