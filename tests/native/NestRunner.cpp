// LLVM's own compiler in the process. What it refuses is a failure of the test, not of the product.
#include "tests/native/NestRunner.h"

#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <cstring>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

namespace tenon::test {

isa::Description plainProcessor(int64_t vectorBytes, bool hostFeatures) {
  isa::Description result;
  result.name = "plain";
  result.code.emplace();
  result.code->triple = llvm::sys::getDefaultTargetTriple();
  result.code->vectorBytes = vectorBytes;
  if (hostFeatures)
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      if (feature.second)
        result.code->features.push_back(feature.first().str());
  return result;
}

namespace {

void initialise() {
  static bool done = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
    return true;
  }();
  (void)done;
}

/// Takes the pointers out of an array: all kernels have one type then.
std::string entryText(const native::Kernel &kernel) {
  std::string text =
      "define void @entry_" + kernel.name + "(ptr %list, ptr %status, i64 %begin, i64 %end) {\n";
  std::string arguments;
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    std::string number = std::to_string(i);
    text += "  %p" + number + " = getelementptr ptr, ptr %list, i64 " + number + "\n  %a" + number +
            " = load ptr, ptr %p" + number + "\n";
    arguments += "ptr %a" + number + ", ";
  }
  return text + "  call void @" + kernel.name + "(" + arguments +
         "ptr %status, i64 %begin, i64 %end)\n  ret void\n}\n";
}

std::string moduleText(const isa::Description &description, llvm::ArrayRef<native::Kernel> kernels,
                       bool entries) {
  native::IrModule module(description);
  for (const native::Kernel &kernel : kernels) {
    module.add(kernel);
    if (entries)
      module.add(entryText(kernel));
  }
  return module.text();
}

llvm::Expected<std::unique_ptr<llvm::Module>> parse(const std::string &text, llvm::LLVMContext &context) {
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(text, diagnostic, context);
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (!module) {
    diagnostic.print("kernels", stream);
    return failure(ExitCode::OwnFault, message + "\n" + text);
  }
  if (llvm::verifyModule(*module, &stream))
    return failure(ExitCode::OwnFault, message + "\n" + text);
  return module;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machineOf(const isa::Description &description,
                                                               bool optimise) {
  initialise();
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(description.code->triple, message);
  if (!target)
    return failure(ExitCode::OwnFault, message);
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      description.code->triple, description.code->processor, "", {}, llvm::Reloc::PIC_, std::nullopt,
      optimise ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None));
}

void optimiseModule(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

} // namespace

struct NestRunner::Parts {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

NestRunner::NestRunner(std::unique_ptr<Parts> made) : parts(std::move(made)) {}
NestRunner::~NestRunner() = default;

llvm::Expected<std::unique_ptr<NestRunner>>
NestRunner::make(const isa::Description &description, llvm::ArrayRef<native::Kernel> kernels, bool optimise) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = machineOf(description, optimise);
  if (!machine)
    return machine.takeError();
  auto context = std::make_unique<llvm::LLVMContext>();
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      parse(moduleText(description, kernels, /*entries=*/true), *context);
  if (!module)
    return module.takeError();
  (*module)->setDataLayout((*machine)->createDataLayout());
  if (optimise)
    optimiseModule(**module, **machine);
  llvm::orc::JITTargetMachineBuilder builder{llvm::Triple(description.code->triple)};
  builder.setCodeGenOptLevel(optimise ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None);
  auto parts = std::make_unique<Parts>();
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit =
      llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(builder).create();
  if (!jit)
    return jit.takeError();
  parts->jit = std::move(*jit);
  if (llvm::Error error =
          parts->jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(*module), std::move(context))))
    return std::move(error);
  return std::unique_ptr<NestRunner>(new NestRunner(std::move(parts)));
}

int32_t NestRunner::call(const native::Kernel &kernel, llvm::ArrayRef<void *> arguments, int64_t begin,
                         int64_t end) {
  using Entry = void (*)(void *const *, int32_t *, int64_t, int64_t);
  Entry entry = llvm::cantFail(parts->jit->lookup("entry_" + kernel.name)).toPtr<Entry>();
  int32_t status = 0;
  entry(arguments.data(), &status, begin, end);
  return status;
}

llvm::Expected<std::string> assemblyOf(const isa::Description &description,
                                       llvm::ArrayRef<native::Kernel> kernels) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = machineOf(description, true);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      parse(moduleText(description, kernels, /*entries=*/false), context);
  if (!module)
    return module.takeError();
  (*module)->setDataLayout((*machine)->createDataLayout());
  optimiseModule(**module, **machine);
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return failure(ExitCode::OwnFault, "no assembly for the target");
  passes.run(**module);
  return std::string(text);
}

FencedMemory::FencedMemory(size_t size) : bytes(size) {
  size_t page = size_t(sysconf(_SC_PAGESIZE));
  mapped = (size + page - 1) / page * page + page;
  mapping = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *fence = static_cast<char *>(mapping) + mapped - page;
  mprotect(fence, page, PROT_NONE);
  start = fence - size;
}

FencedMemory::FencedMemory(FencedMemory &&other) noexcept
    : mapping(std::exchange(other.mapping, nullptr)), mapped(other.mapped), bytes(other.bytes),
      start(other.start) {}

FencedMemory::~FencedMemory() {
  if (mapping)
    munmap(mapping, mapped);
}

int32_t runKernels(NestRunner &runner, llvm::ArrayRef<native::Kernel> kernels,
                   llvm::ArrayRef<uint64_t> scratchBytes, const std::vector<void *> &operandData) {
  std::vector<FencedMemory> scratch;
  for (uint64_t bytes : scratchBytes) {
    scratch.emplace_back(bytes);
    std::memset(scratch.back().data(), 0x5a, bytes);
  }
  int32_t status = 0;
  for (const native::Kernel &kernel : kernels) {
    std::vector<void *> arguments;
    for (const native::KernelArgument &argument : kernel.arguments)
      arguments.push_back(argument.kind == native::KernelArgument::Kind::Scratch
                              ? scratch[argument.scratch].data()
                              : operandData[argument.value]);
    int64_t piece = std::max<int64_t>(1, kernel.items / 3);
    for (int64_t end = kernel.items; end > 0; end -= piece) {
      int32_t found = runner.call(kernel, arguments, std::max<int64_t>(0, end - piece), end);
      status = status ? status : found;
    }
  }
  return status;
}

} // namespace tenon::test
