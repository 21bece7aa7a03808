// LLVM's own steps. The context's diagnostics are kept: its default handler would end the process.
#include "Generate.h"

#include "RowsAlone.h"
#include "TextOfRows.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Triple.h"

namespace tenon::codegen {
namespace {

using Machine = std::unique_ptr<llvm::TargetMachine>;

void refuse(Outcome &outcome, Finding finding, Outcome::End end = Outcome::End::Refused) {
  if (outcome.end == Outcome::End::Done)
    outcome.end = end;
  outcome.mistakes.push_back(std::move(finding));
}

/// Refuses names that LLVM would only warn of, and then leave out.
void checkNames(Outcome &outcome, const Order &order, const llvm::MCSubtargetInfo &subtarget) {
  auto unknown = [&](const std::string &what, const std::string &name) {
    refuse(outcome, {"LLVM knows no " + what + " '" + name + "' of " + order.triple, 0, ""},
           Outcome::End::UnknownMachine);
  };
  if (!order.processor.empty() && !subtarget.isCPUStringValid(order.processor))
    unknown("processor", order.processor);
  for (const std::string &feature : order.features)
    if (llvm::none_of(subtarget.getAllProcessorFeatures(),
                      [&](const llvm::SubtargetFeatureKV &known) { return feature == known.Key; }))
      unknown("feature", feature);
}

std::string featureText(const Order &order) {
  std::string text;
  for (const std::string &feature : order.features)
    text += (text.empty() ? "+" : ",+") + feature;
  return text;
}

Machine findMachine(Outcome &outcome, const Order &order) {
  std::string why;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(order.triple, why);
  if (!target) {
    refuse(outcome, {"LLVM knows no machine '" + order.triple + "'", 0, ""}, Outcome::End::UnknownMachine);
    return nullptr;
  }
  std::unique_ptr<llvm::MCSubtargetInfo> plain(target->createMCSubtargetInfo(order.triple, "", ""));
  if (plain)
    checkNames(outcome, order, *plain);
  if (outcome.end != Outcome::End::Done)
    return nullptr;
  llvm::TargetOptions options;
  // What two roundings are in the source stays two: no machine may fuse a product and a sum on its own.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  auto level =
      order.rows.empty() ? llvm::CodeGenOptLevel(order.optimisation) : llvm::CodeGenOptLevel::Default;
  Machine machine(target->createTargetMachine(order.triple, order.processor, featureText(order), options,
                                              llvm::Reloc::PIC_, std::nullopt, level));
  if (!machine)
    refuse(outcome, {"LLVM generates no code for '" + order.triple + "'", 0, ""},
           Outcome::End::UnknownMachine);
  return machine;
}

std::unique_ptr<llvm::Module> parse(Outcome &outcome, const std::string &text, llvm::LLVMContext &context,
                                    const llvm::TargetMachine &machine) {
  std::string layout = machine.createDataLayout().getStringRepresentation();
  auto layoutOf = [&](llvm::StringRef, llvm::StringRef) { return std::optional<std::string>(layout); };
  std::string marked = withRowNumbers(text);
  llvm::SMDiagnostic mistake;
  auto module =
      llvm::parseAssembly(llvm::MemoryBufferRef(marked, "module"), mistake, context, nullptr, layoutOf);
  if (!module)
    refuse(outcome, {mistake.getMessage().str(), unsigned(std::max(mistake.getLineNo(), 0)), ""},
           Outcome::End::NotParsed);
  return module;
}

/// The first lines of what LLVM prints, on one.
std::string oneLine(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string joined;
  for (llvm::StringRef line : llvm::ArrayRef(lines).take_front(4))
    joined += (joined.empty() ? "" : ": ") + line.trim().take_front(400).str();
  return joined;
}

unsigned lineThatCalls(const llvm::Function &called) {
  for (const llvm::User *user : called.users())
    if (auto *instruction = llvm::dyn_cast<llvm::Instruction>(user))
      if (unsigned line = rowLine(*instruction))
        return line;
  return 0;
}

/// LLVM takes a function of its own name space that it does not know for an external one.
void checkIntrinsics(Outcome &outcome, const llvm::Module &module) {
  for (const llvm::Function &function : module)
    if (function.getName().starts_with("llvm.") &&
        function.getIntrinsicID() == llvm::Intrinsic::not_intrinsic)
      refuse(outcome, {"LLVM knows no intrinsic " + function.getName().str(), lineThatCalls(function), ""});
}

void verify(Outcome &outcome, const llvm::Module &module) {
  std::string said;
  llvm::raw_string_ostream stream(said);
  for (const llvm::Function &function : module) {
    if (llvm::verifyFunction(function, &stream))
      refuse(outcome, {oneLine(said), 0, function.getName().str()});
    said.clear();
  }
  if (outcome.end == Outcome::End::Done && llvm::verifyModule(module, &stream))
    refuse(outcome, {oneLine(said), 0, ""});
}

void optimise(llvm::Module &module, llvm::TargetMachine &machine, unsigned level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopInterleaving = level >= 2;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  static const llvm::OptimizationLevel levels[] = {llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1,
                                                   llvm::OptimizationLevel::O2, llvm::OptimizationLevel::O3};
  auto pipeline = level == 0 ? builder.buildO0DefaultPipeline(levels[0])
                             : builder.buildPerModuleDefaultPipeline(levels[std::min(level, 3u)]);
  pipeline.run(module, modules);
}

void emit(Outcome &outcome, llvm::Module &module, llvm::TargetMachine &machine, bool assembly) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  auto kind = assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, kind)) {
    refuse(outcome,
           {std::string("LLVM writes no ") + (assembly ? "assembly" : "object") + " for '" +
                module.getTargetTriple() + "'",
            0, ""},
           Outcome::End::UnknownMachine);
    return;
  }
  passes.run(module);
  outcome.result.assign(bytes.begin(), bytes.end());
}

/// Keeps what LLVM's passes and assemblers say.
void keepDiagnostics(llvm::LLVMContext &context, Outcome &outcome) {
  context.setDiagnosticHandlerCallBack(
      [](const llvm::DiagnosticInfo *info, void *kept) {
        auto &into = *static_cast<Outcome *>(kept);
        std::string text;
        llvm::raw_string_ostream stream(text);
        llvm::DiagnosticPrinterRawOStream printer(stream);
        info->print(printer);
        Finding finding{oneLine(text), 0, ""};
        if (auto *assembler = llvm::dyn_cast<llvm::DiagnosticInfoSrcMgr>(info))
          finding.line = unsigned(assembler->getLocCookie());
        if (auto *assembler = llvm::dyn_cast<llvm::DiagnosticInfoInlineAsm>(info))
          finding.line = unsigned(assembler->getLocCookie());
        if (auto *unsupported = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(info))
          finding.function = unsupported->getFunction().getName().str();
        if (info->getSeverity() == llvm::DS_Error)
          refuse(into, std::move(finding));
        else if (info->getSeverity() == llvm::DS_Warning)
          into.warnings.push_back(finding.message);
      },
      &outcome);
}

} // namespace

Outcome generate(const std::string &text, const Order &order) {
  Outcome outcome;
  llvm::LLVMContext context;
  keepDiagnostics(context, outcome);
  Machine machine = findMachine(outcome, order);
  if (!machine)
    return outcome;
  std::unique_ptr<llvm::Module> module = parse(outcome, text, context, *machine);
  if (!module)
    return outcome;
  module->setTargetTriple(order.triple);
  module->setDataLayout(machine->createDataLayout());
  if (!order.rows.empty())
    module = rowsAlone(*module, order.rows);
  checkIntrinsics(outcome, *module);
  verify(outcome, *module);
  if (outcome.end != Outcome::End::Done)
    return outcome;
  if (order.rows.empty())
    optimise(*module, *machine, order.optimisation);
  emit(outcome, *module, *machine, order.assembly);
  return outcome;
}

} // namespace tenon::codegen
