// A folder for the child, its limits, and its answer.
#include "core/import/mlir/Bytecode.h"

#include "core/import/mlir/BytecodeFormat.h"
#include "core/import/mlir/Text.h"
#include "core/support/ChildProcess.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/JsonReader.h"
#include "core/support/ScratchFile.h"
#include "core/support/Text.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

namespace tenon::import {
namespace {

constexpr uint64_t mostAnswerBytes = uint64_t(16) << 20;
/// What a reader of no damaged file needs by far: of memory, of text and of time.
constexpr uint64_t leastMemory = uint64_t(2) << 30, memoryOfByte = 32;
constexpr uint64_t leastText = uint64_t(64) << 20, textOfByte = 8;
constexpr double leastSeconds = 30, bytesInSecond = double(1 << 20);

/// An error of MLIR's reader as ours.
Diagnostic translated(Diagnostic found) {
  found.message = printable(found.message);
  llvm::StringRef message = found.message;
  llvm::StringRef marker = "' is unknown";
  if (message.contains("dialect '") && message.contains(marker)) {
    llvm::StringRef name = message.substr(message.find("dialect '") + 9);
    found.message = "the bytecode uses the dialect '" +
                    name.take_until([](char c) { return c == '\''; }).str() + "', which is not read";
    found.repair = lowerToLinalg;
  } else if (message.contains("is newer than the current version")) {
    found.repair = "write it in version 6, as mlir-opt --emit-bytecode-version=6 does, or as text";
  }
  return found;
}

llvm::Error refusal(const std::string &folder) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      readFile(folder + "/" + answerFile, mostAnswerBytes);
  if (!file)
    return file.takeError();
  llvm::Expected<nlohmann::json> json = parseJson((*file)->getBuffer(), 8);
  if (!json)
    return json.takeError();
  std::vector<Diagnostic> list;
  std::string mistake;
  JsonReader(*json, "the answer of the reader of bytecode", mistake).each([&](const JsonReader &item) {
    Diagnostic found;
    found.message = item.key("message").text();
    found.file = printable(item.key("file").text());
    // A place in the bytecode itself leads nobody anywhere.
    bool isOwn = found.file == "bytecode";
    if (unsigned line = item.key("line").index(); line != 0 && !isOwn) {
      found.line = line;
      found.column = item.key("column").index();
    }
    if (isOwn)
      found.file.clear();
    list.push_back(translated(std::move(found)));
  });
  if (!mistake.empty() || list.empty())
    return failure(ExitCode::OwnFault, mistake.empty() ? "the reader of bytecode gave no reason" : mistake);
  return failure(ExitCode::WrongInput, std::move(list));
}

llvm::Expected<std::string> findReader(const ImportLimits &limits) {
  if (!limits.bytecodeReader.empty())
    return limits.bytecodeReader;
  static int here = 0;
  return findProgramBeside(llvm::sys::fs::getMainExecutable(nullptr, &here), "tenon-read-bytecode");
}

} // namespace

bool isMlirBytecode(llvm::StringRef bytes) { return bytes.starts_with("ML\xefR"); }

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> textOfBytecode(llvm::StringRef bytes,
                                                                   const ImportLimits &limits) {
  llvm::Expected<std::string> program = findReader(limits);
  if (!program)
    return program.takeError();
  llvm::SmallString<128> made;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("tenon-read-bytecode", made))
    return failure(ExitCode::SystemFailed, "no temporary folder can be made: " + code.message());
  auto remove = llvm::make_scope_exit([&] { (void)llvm::sys::fs::remove_directories(made); });
  std::string folder = made.str().str();
  if (llvm::Error error = writeScratchFile(folder + "/" + bytecodeFile, bytes))
    return std::move(error);
  uint64_t memory = leastMemory + memoryOfByte * bytes.size();
  uint64_t text = std::min(leastText + textOfByte * bytes.size(), limits.fileBytes);
  ChildRun run;
  run.what = "the reader of bytecode";
  run.arguments = {*program, folder, std::to_string(memory), std::to_string(text)};
  run.log = folder + "/" + logFile;
  run.seconds = leastSeconds + double(bytes.size()) / bytesInSecond;
  llvm::Expected<ChildEnd> end = runChildProcess(run);
  if (!end)
    return end.takeError();
  if (end->exitCode == refusedCode)
    return refusal(folder);
  if (end->exitCode == 0)
    return readFile(folder + "/" + textFile, limits.fileBytes);
  Diagnostic diagnostic;
  diagnostic.message = "the bytecode is damaged: its reader " + end->story;
  diagnostic.repair = "write it again, or give the text that mlir-opt prints of it";
  return failure(ExitCode::WrongInput, std::move(diagnostic));
}

} // namespace tenon::import
