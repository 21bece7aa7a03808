// Building the program, and the calls as bytes on a pipe.
#include "tests/conformance/Emulated.h"

#include "core/support/Error.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // what posix_spawn takes; POSIX declares it nowhere

namespace tenon::test {

namespace {

struct Machine {
  const char *architecture, *compilerName, *emulator;
};
constexpr Machine machines[] = {{"aarch64", "aarch64-linux-gnu", "qemu-aarch64"}};

llvm::Error systemFailed(std::string message) { return failure(ExitCode::SystemFailed, std::move(message)); }

std::string table(const std::vector<std::string> &entries) {
  std::string declared = "#include \"emulated_runner.h\"\n", listed;
  for (const std::string &entry : entries) {
    declared += fmt::format("Entry {};\n", entry);
    listed += fmt::format("{}, ", entry);
  }
  return declared + fmt::format("Entry *const entries[] = {{{}0}};\n", listed);
}

llvm::Error compile(const std::string &folder, const Machine &machine) {
  auto compiler = llvm::sys::findProgramByName("clang-19");
  if (!compiler)
    return systemFailed("PATH has no clang-19");
  std::string source = TENON_EMULATED_SOURCES;
  std::vector<std::string> words = {*compiler,
                                    fmt::format("--target={}", machine.compilerName),
                                    "-static",
                                    "-fuse-ld=lld",
                                    "-std=gnu11",
                                    "-O1",
                                    "-I" + source,
                                    source + "/emulated_runner.c",
                                    folder + "/table.c",
                                    folder + "/model.o",
                                    "-lm",
                                    "-lpthread",
                                    "-o",
                                    folder + "/program"};
  std::string log = folder + "/log";
  std::optional<llvm::StringRef> streams[] = {llvm::StringRef(""), llvm::StringRef(log),
                                              llvm::StringRef(log)};
  std::vector<llvm::StringRef> given(words.begin(), words.end());
  if (llvm::sys::ExecuteAndWait(*compiler, given, std::nullopt, streams, 300) == 0)
    return llvm::Error::success();
  std::ifstream file(log);
  std::string said((std::istreambuf_iterator<char>(file)), {});
  return systemFailed("clang-19 does not link the emulated program: " + said.substr(0, 2000));
}

} // namespace

bool isHostArchitecture(llvm::StringRef triple) {
  return llvm::Triple(triple).getArch() == llvm::Triple(llvm::sys::getProcessTriple()).getArch();
}

llvm::Expected<std::unique_ptr<EmulatedCode>> EmulatedCode::link(llvm::ArrayRef<char> object,
                                                                 const std::vector<std::string> &entries,
                                                                 llvm::StringRef triple) {
  std::string architecture = llvm::Triple(triple).getArchName().str();
  for (const Machine &machine : machines) {
    if (architecture != machine.architecture)
      continue;
    auto emulator = llvm::sys::findProgramByName(machine.emulator);
    if (!emulator)
      return systemFailed(fmt::format("PATH has no {}", machine.emulator));
    std::unique_ptr<EmulatedCode> code(new EmulatedCode());
    code->emulator = *emulator;
    llvm::SmallString<128> made;
    if (std::error_code failed = llvm::sys::fs::createUniqueDirectory("tenon-emulated", made))
      return systemFailed("no temporary folder can be made: " + failed.message());
    code->folder = made.str().str();
    std::ofstream(code->folder + "/model.o", std::ios::binary)
        .write(object.data(), std::streamsize(object.size()));
    std::ofstream(code->folder + "/table.c") << table(entries);
    if (llvm::Error error = compile(code->folder, machine))
      return std::move(error);
    return std::move(code);
  }
  return systemFailed("there is no emulator for " + architecture + ", only for aarch64");
}

EmulatedCode::~EmulatedCode() {
  if (to)
    std::fclose(to);
  if (from)
    std::fclose(from);
  if (process > 0) {
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }
  (void)llvm::sys::fs::remove_directories(folder);
}

/// Its standard input and output carry the calls.
llvm::Error EmulatedCode::start() {
  int requests[2], answers[2];
  if (::pipe2(requests, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0)
    return systemFailed("no pipe can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, requests[0], 0);
  posix_spawn_file_actions_adddup2(&actions, answers[1], 1);
  std::string program = folder + "/program", option = "-cpu", most = "max";
  char *arguments[] = {emulator.data(), option.data(), most.data(), program.data(), nullptr};
  int code = ::posix_spawn(&process, emulator.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(requests[0]);
  ::close(answers[1]);
  to = ::fdopen(requests[1], "wb");
  from = ::fdopen(answers[0], "rb");
  return code == 0 && to && from ? llvm::Error::success() : systemFailed("the emulator cannot be started");
}

llvm::Expected<int32_t> EmulatedCode::run(const Call &call) {
  if (process < 0)
    if (llvm::Error error = start())
      return std::move(error);
  std::vector<uint64_t> header = {call.entry,      call.threads,       call.weights.size(),
                                  call.arenaBytes, call.inputs.size(), call.outputs.size()};
  for (llvm::ArrayRef<char> input : call.inputs)
    header.push_back(input.size());
  for (llvm::MutableArrayRef<char> output : call.outputs)
    header.push_back(output.size());
  ::signal(SIGPIPE, SIG_IGN); // an emulator that has ended is an error below
  std::fwrite(header.data(), sizeof(uint64_t), header.size(), to);
  std::fwrite(call.weights.data(), 1, call.weights.size(), to);
  for (llvm::ArrayRef<char> input : call.inputs)
    std::fwrite(input.data(), 1, input.size(), to);
  std::fflush(to);
  int32_t status = 0;
  bool good = std::fread(&status, sizeof(status), 1, from) == 1;
  for (llvm::MutableArrayRef<char> output : call.outputs)
    good = good && std::fread(output.data(), 1, output.size(), from) == output.size();
  if (good)
    return status;
  return systemFailed("the emulator ended in the call");
}

} // namespace tenon::test
