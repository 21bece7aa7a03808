// A level's text is one call, or a computation on one: then the call is taken for the thread's number in its
// block, and the text is evaluated for every thread to see that it gives the level's index.
#include "core/lanes/LaneMachine.h"

#include "core/support/Error.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"

#include <regex>

namespace tenon::lanes {
namespace {

using isa::Level;

/// The text as a function; its last line gives the result.
struct TextFunction {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;

  llvm::BasicBlock &body() { return module->getFunction("text")->getEntryBlock(); }
};

llvm::Error wrong(const isa::Description &description, const isa::Place &place, const llvm::Twine &message) {
  Diagnostic diagnostic;
  diagnostic.message = (message + " (" + description.locate(place) + ")").str();
  diagnostic.file = description.path;
  return failure(ExitCode::WrongInput, std::move(diagnostic));
}

/// Declares what the text calls: "call i32 @name()" says all of it.
std::string declarations(const std::string &text) {
  static const std::regex call(R"(call\s+([\w<> ]+?)\s+@([\w.]+)\(([^)]*)\))");
  std::string result;
  llvm::StringSet<> seen;
  for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at) {
    std::string arguments;
    llvm::SmallVector<llvm::StringRef> parts;
    std::string list = (*at)[3];
    llvm::StringRef(list).split(parts, ',', -1, false);
    for (llvm::StringRef part : parts)
      arguments += (arguments.empty() ? "" : ", ") + part.trim().split(' ').first.str();
    if (seen.insert((*at)[2].str()).second)
      result += "declare " + (*at)[1].str() + " @" + (*at)[2].str() + "(" + arguments + ")\n";
  }
  return result;
}

llvm::Expected<std::unique_ptr<TextFunction>> parse(const std::string &text, bool hasResult,
                                                    std::string *said) {
  std::string body;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n', -1, false);
  for (auto [number, line] : llvm::enumerate(lines)) {
    bool last = number + 1 == lines.size();
    body += (last && hasResult ? "  %result. = " : "  ") + line.trim().str() + "\n";
  }
  auto function = std::make_unique<TextFunction>();
  llvm::SMDiagnostic diagnostic;
  function->module = llvm::parseAssemblyString(
      declarations(text) + "define " + (hasResult ? "i32" : "void") + " @text() {\n" + body +
          (hasResult ? "  ret i32 %result.\n}\n" : "  ret void\n}\n"),
      diagnostic, function->context);
  if (!function->module) {
    *said = diagnostic.getMessage().str();
    return nullptr;
  }
  return function;
}

/// The only call of the text; null if there is none or several.
llvm::CallInst *onlyCall(llvm::BasicBlock &block) {
  llvm::CallInst *found = nullptr;
  for (llvm::Instruction &instruction : block)
    if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction)) {
      if (found)
        return nullptr;
      found = call;
    }
  return found;
}

/// The text's result where its call gives `thread`.
std::optional<int64_t> evaluate(llvm::BasicBlock &block, const llvm::CallInst *call, int64_t thread) {
  const llvm::DataLayout &layout = block.getModule()->getDataLayout();
  llvm::DenseMap<const llvm::Value *, llvm::Constant *> values;
  values[call] = llvm::ConstantInt::get(call->getType(), uint64_t(thread));
  for (llvm::Instruction &instruction : block) {
    if (&instruction == call)
      continue;
    llvm::SmallVector<llvm::Constant *> operands;
    for (llvm::Value *operand : instruction.operands()) {
      auto *constant = llvm::dyn_cast<llvm::Constant>(operand);
      operands.push_back(constant ? constant : values.lookup(operand));
      if (!operands.back())
        return std::nullopt;
    }
    if (llvm::isa<llvm::ReturnInst>(instruction)) {
      auto *result = llvm::dyn_cast<llvm::ConstantInt>(operands[0]);
      return result ? std::optional(result->getSExtValue()) : std::nullopt;
    }
    values[&instruction] = llvm::ConstantFoldInstOperands(&instruction, operands, layout);
  }
  return std::nullopt;
}

llvm::Error addIndex(const Level &level, LaneMachine &machine) {
  const isa::Description &description = *machine.description;
  std::string said;
  auto function = parse(level.index, true, &said);
  if (!function)
    return function.takeError();
  if (!*function)
    return wrong(description, level.place, "the index of level " + level.name + " is no LLVM text: " + said);
  llvm::BasicBlock &body = (*function)->body();
  llvm::CallInst *call = onlyCall(body);
  if (!call || !call->getCalledFunction() || call->arg_size() != 0)
    return wrong(description, level.place,
                 "the index of level " + level.name +
                     " must come from one call of a function without arguments");
  Index whole = level.kind == Level::Kind::Grid    ? Index::Block
                : level.kind == Level::Kind::Group ? Index::Group
                                                   : Index::Lane;
  bool direct = body.size() == 2;
  Index meaning = direct ? whole : Index::Thread;
  llvm::StringRef name = call->getCalledFunction()->getName();
  auto [place, added] = machine.indices.try_emplace(name, meaning);
  if (!added && place->second != meaning)
    return wrong(description, level.place,
                 "the index of level " + level.name + " comes from " + name +
                     ", which another level takes for its own");
  if (direct)
    return llvm::Error::success();
  if (level.kind == Level::Kind::Grid)
    return wrong(description, level.place, "the index of level " + level.name + " must be a call alone");
  for (int64_t thread = 0; thread < machine.mostGroups * machine.lanes; ++thread) {
    int64_t expected = level.kind == Level::Kind::Group ? thread / machine.lanes : thread % machine.lanes;
    std::optional<int64_t> found = evaluate(body, call, thread);
    if (!found || *found != expected)
      return wrong(description, level.place,
                   "the index of level " + level.name + " is " +
                       (found ? llvm::Twine(*found).str() : "unknown") + " for thread " +
                       llvm::Twine(thread) + " of a block, and it must be " + llvm::Twine(expected));
  }
  return llvm::Error::success();
}

llvm::Error addBarrier(LaneMachine &machine) {
  const isa::Code &code = *machine.description->code;
  if (code.barrier.empty())
    return llvm::Error::success();
  std::string said;
  auto function = parse(code.barrier, false, &said);
  if (!function)
    return function.takeError();
  if (!*function)
    return wrong(*machine.description, code.place, "the barrier is no LLVM text: " + said);
  llvm::CallInst *call = onlyCall((*function)->body());
  if (!call || (*function)->body().size() != 2)
    return wrong(*machine.description, code.place, "the barrier must be one call");
  if (auto *text = llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()))
    machine.barrier = text->getAsmString();
  else
    machine.barrier = call->getCalledFunction()->getName().str();
  return llvm::Error::success();
}

} // namespace

llvm::Expected<LaneMachine> laneMachine(const isa::Description &description) {
  LaneMachine machine;
  machine.description = &description;
  const Level *lanes = description.level(Level::Kind::Lanes);
  if (!description.code || !lanes)
    return failure(ExitCode::TargetCannot,
                   description.path + " has no level of lanes: its code is not for a parallel machine");
  machine.lanes = lanes->most;
  if (const Level *groups = description.level(Level::Kind::Group))
    machine.mostGroups = groups->most;
  if (const Level *grid = description.level(Level::Kind::Grid))
    machine.mostBlocks = grid->most;
  for (const Level &level : description.levels)
    if (level.kind != Level::Kind::Threads)
      if (llvm::Error error = addIndex(level, machine))
        return std::move(error);
  if (llvm::Error error = addBarrier(machine))
    return std::move(error);
  for (const isa::Memory &memory : description.memories)
    if (memory.kind == isa::Memory::Kind::Scratchpad) {
      machine.scratchSpace = memory.space;
      machine.scratchBytes = memory.bytes;
    }
  return machine;
}

} // namespace tenon::lanes
