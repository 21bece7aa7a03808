// LLVM's own compiler in the process. What it refuses is a failure of the test, not of the product.
#include "tests/native/JitRunner.h"

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
// LLJIT around a layer's text.
#include "tests/native/JitRunner.h"

#include "core/native/ir/IrModule.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

namespace tenon::test {

bool hostHas(const isa::Description &description) {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (!description.code || llvm::Triple(description.code->triple).getArch() !=
                               llvm::Triple(llvm::sys::getProcessTriple()).getArch())
    return false;
  return llvm::all_of(description.code->features,
                      [&](const std::string &feature) { return features.lookup(feature); });
}

std::string moduleText(const isa::Description &description, const native::LayerCode &code) {
  native::IrModule module(description);
  for (const native::Kernel &kernel : code.kernels)
    module.add(kernel);
  return module.text();
}

struct JitModule::State {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

JitModule::JitModule() : state(std::make_unique<State>()) {}
JitModule::~JitModule() = default;

namespace {

void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

} // namespace

struct JitRunner::Parts {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

JitRunner::JitRunner(std::unique_ptr<Parts> made) : parts(std::move(made)) {}
JitRunner::~JitRunner() = default;

llvm::Expected<std::unique_ptr<JitRunner>>
JitRunner::make(const isa::Description &description, llvm::ArrayRef<native::Kernel> kernels, bool optimise) {
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
  return std::unique_ptr<JitRunner>(new JitRunner(std::move(parts)));
}

int32_t JitRunner::call(const native::Kernel &kernel, llvm::ArrayRef<void *> arguments, int64_t begin,
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

int32_t runKernels(JitRunner &runner, llvm::ArrayRef<native::Kernel> kernels,
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
llvm::Expected<std::unique_ptr<JitModule>> JitModule::create(const std::string &text,
                                                             llvm::ArrayRef<std::string> libraries) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  auto context = std::make_unique<llvm::LLVMContext>();
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(text, diagnostic, *context);
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (!module) {
    diagnostic.print("module", stream);
    return llvm::createStringError(message + text);
  }
  if (llvm::verifyModule(*module, &stream))
    return llvm::createStringError(message + text);
  auto machineBuilder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!machineBuilder)
    return machineBuilder.takeError();
  machineBuilder->setCPU("");
  machineBuilder->getFeatures() = llvm::SubtargetFeatures();
  auto machine = machineBuilder->createTargetMachine();
  if (!machine)
    return machine.takeError();
  module->setDataLayout((*machine)->createDataLayout());
  optimise(*module, **machine);
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(*machineBuilder).create();
  if (!jit)
    return jit.takeError();
  char prefix = (*jit)->getDataLayout().getGlobalPrefix();
  llvm::orc::JITDylib &dylib = (*jit)->getMainJITDylib();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(prefix);
  if (!process)
    return process.takeError();
  dylib.addGenerator(std::move(*process));
  for (const std::string &library : libraries) {
    auto loaded = llvm::orc::DynamicLibrarySearchGenerator::Load(library.c_str(), prefix);
    if (!loaded)
      return loaded.takeError();
    dylib.addGenerator(std::move(*loaded));
  }
  if (llvm::Error error =
          (*jit)->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))))
    return std::move(error);
  std::unique_ptr<JitModule> result(new JitModule());
  result->state->jit = std::move(*jit);
  return result;
}

llvm::Expected<void *> JitModule::function(llvm::StringRef name) {
  auto address = state->jit->lookup(name);
  if (!address)
    return address.takeError();
  return address->toPtr<void *>();
}

namespace {

template <size_t... numbers>
void callWith(void *function, llvm::ArrayRef<void *> arguments, int32_t *status, int64_t begin, int64_t end,
              std::index_sequence<numbers...>) {
  using Pointer = void *;
  auto *typed =
      reinterpret_cast<void (*)(decltype((void)numbers, Pointer())..., int32_t *, int64_t, int64_t)>(
          function);
  typed(arguments[numbers]..., status, begin, end);
}

template <size_t count>
void callCounted(void *function, llvm::ArrayRef<void *> arguments, int32_t *status, int64_t begin,
                 int64_t end) {
  if (arguments.size() == count)
    return callWith(function, arguments, status, begin, end, std::make_index_sequence<count>());
  if constexpr (count < 12)
    callCounted<count + 1>(function, arguments, status, begin, end);
  else
    std::abort();
}

} // namespace

void callKernel(void *function, llvm::ArrayRef<void *> arguments, int32_t *status, int64_t begin,
                int64_t end) {
  callCounted<0>(function, arguments, status, begin, end);
}

llvm::Expected<int32_t> runLayer(const isa::Description &description, const native::LayerCode &code,
                                 std::map<unsigned, match::ConstantTensor> &values,
                                 const JitOptions &options) {
  auto module = JitModule::create(moduleText(description, code), options.libraries);
  if (!module)
    return module.takeError();
  std::map<std::pair<unsigned, unsigned>, std::unique_ptr<GuardedBuffer>> buffers;
  std::vector<std::unique_ptr<GuardedBuffer>> constants;
  auto buffer = [&](const native::KernelArgument &argument) -> void * {
    using Kind = native::KernelArgument::Kind;
    if (argument.kind == Kind::Constant) {
      const std::vector<char> &bytes = argument.constant->bytes;
      constants.push_back(std::make_unique<GuardedBuffer>(bytes.size(), options.edge));
      std::memcpy(constants.back()->data(), bytes.data(), bytes.size());
      return constants.back()->data();
    }
    bool isValue = argument.kind == Kind::Value;
    auto &made = buffers[{unsigned(isValue), isValue ? argument.value : argument.scratch}];
    if (!made) {
      size_t bytes = isValue ? values.at(argument.value).bytes.size() : code.scratchBytes[argument.scratch];
      made = std::make_unique<GuardedBuffer>(bytes, options.edge);
      if (isValue)
        std::memcpy(made->data(), values.at(argument.value).bytes.data(), bytes);
    }
    return made->data();
  };
  int32_t status = 0;
  for (const native::Kernel &kernel : code.kernels) {
    auto function = (*module)->function(kernel.name);
    if (!function)
      return function.takeError();
    std::vector<void *> arguments;
    for (const native::KernelArgument &argument : kernel.arguments)
      arguments.push_back(buffer(argument));
    int64_t each = (kernel.items + options.chunks - 1) / options.chunks;
    for (int64_t begin = 0; begin < kernel.items; begin += each)
      callKernel(*function, arguments, &status, begin, std::min(begin + each, kernel.items));
  }
  for (auto &[which, made] : buffers)
    if (which.first == 1)
      std::memcpy(values.at(which.second).bytes.data(), made->data(), values.at(which.second).bytes.size());
  return status;
}

} // namespace tenon::test
