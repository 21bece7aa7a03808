// A module from its text, and what is asked of it later.
#include "core/lanes/Decoder.h"

#include "core/support/Error.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"

namespace tenon::lanes {

std::string textOf(const llvm::Instruction &instruction) {
  std::string text;
  llvm::raw_string_ostream(text) << instruction;
  return llvm::StringRef(text).trim().str();
}

llvm::Expected<std::unique_ptr<Code>> Code::create(const LaneMachine &machine, llvm::StringRef text,
                                                   DeviceMemory &memory) {
  auto code = std::make_unique<Code>();
  llvm::SMDiagnostic diagnostic;
  code->module = llvm::parseAssemblyString(text, diagnostic, code->context);
  if (!code->module)
    return failure(ExitCode::OwnFault, "a kernel's text is no LLVM IR: line " +
                                           std::to_string(diagnostic.getLineNo()) + ": " +
                                           diagnostic.getMessage().str() + " in \"" +
                                           diagnostic.getLineContents().trim().str() + "\"");
  std::string said;
  llvm::raw_string_ostream stream(said);
  if (llvm::verifyModule(*code->module, &stream))
    return failure(ExitCode::OwnFault, "a kernel's text is malformed: " + llvm::StringRef(said).trim().str());
  if (llvm::Error error = Decoder(machine, *code, memory).run())
    return std::move(error);
  return code;
}

const Function *Code::find(llvm::StringRef name) const {
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second.get();
}

std::vector<SharedVariable> Code::sharedOf(const Function &function) const {
  std::vector<const Function *> todo{&function}, seen;
  std::map<unsigned, SharedVariable> found;
  while (!todo.empty()) {
    const Function *next = todo.back();
    todo.pop_back();
    if (llvm::is_contained(seen, next))
      continue;
    seen.push_back(next);
    for (unsigned number : next->shared)
      found.emplace(number, shared[number]);
    for (const Block &block : next->blocks)
      for (const Step &step : block.steps)
        if (step.callee)
          todo.push_back(step.callee);
  }
  std::vector<SharedVariable> result;
  result.reserve(found.size());
  for (auto &entry : found)
    result.push_back(std::move(entry.second));
  return result;
}

} // namespace tenon::lanes
