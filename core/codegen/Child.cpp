// What the child is given, and its answer.
#include "core/codegen/Child.h"

#include "core/codegen/ChildFormat.h"
#include "core/support/ChildProcess.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/JsonReader.h"
#include "core/support/ScratchFile.h"
#include "core/support/Text.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

namespace tenon::codegen {
namespace {

constexpr uint64_t mostAnswerBytes = uint64_t(16) << 20;
constexpr uint64_t mostResultBytes = uint64_t(2) << 30;

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
  return findProgramBeside(tool, "tenon-codegen");
}

llvm::Expected<ChildAnswer> runChild(const CodegenRequest &request, llvm::ArrayRef<unsigned> rows,
                                     const CodegenOptions &options) {
  llvm::SmallString<128> made;
  if (std::error_code code = llvm::sys::fs::createUniqueDirectory("tenon-codegen", made))
    return failure(ExitCode::SystemFailed, "no temporary folder can be made: " + code.message());
  auto remove = llvm::make_scope_exit([&] { (void)llvm::sys::fs::remove_directories(made); });
  std::string folder = made.str().str();
  if (llvm::Error error = writeScratchFile(folder + "/" + moduleFile, request.module))
    return std::move(error);
  if (llvm::Error error = writeScratchFile(folder + "/" + requestFile, requestText(request, rows, options)))
    return std::move(error);
  llvm::Expected<ChildEnd> end = runChildProcess(
      {"the code generator", {options.program, folder}, folder + "/" + logFile, options.seconds});
  if (!end)
    return end.takeError();
  ChildAnswer answer;
  if (end->exitCode != 0) {
    answer.end = end->tooLong ? ChildAnswer::End::TooLong : ChildAnswer::End::Crashed;
    answer.story = end->story;
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
