// LLJIT around a layer's text.
#include "tests/native/LayerRunner.h"

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

struct LayerModule::State {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

LayerModule::LayerModule() : state(std::make_unique<State>()) {}
LayerModule::~LayerModule() = default;

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

llvm::Expected<std::unique_ptr<LayerModule>>
LayerModule::create(const std::string &text, const std::map<std::string, void *> &functions) {
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
  llvm::orc::SymbolMap symbols;
  for (const auto &[symbol, address] : functions)
    symbols[(*jit)->mangleAndIntern(symbol)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                                                llvm::JITSymbolFlags::Exported};
  if (llvm::Error error = dylib.define(llvm::orc::absoluteSymbols(std::move(symbols))))
    return std::move(error);
  if (llvm::Error error =
          (*jit)->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))))
    return std::move(error);
  std::unique_ptr<LayerModule> result(new LayerModule());
  result->state->jit = std::move(*jit);
  return result;
}

llvm::Expected<void *> LayerModule::function(llvm::StringRef name) {
  auto address = state->jit->lookup(name);
  if (!address)
    return address.takeError();
  return address->toPtr<void *>();
}

namespace {

// Code made at run time carries no type before its first byte, which the sanitizer of calls would read there.
template <size_t... numbers>
__attribute__((no_sanitize("function"))) void callWith(void *function, llvm::ArrayRef<void *> arguments,
                                                       int32_t *status, int64_t begin, int64_t end,
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
                                 const RunOptions &options) {
  auto module = LayerModule::create(moduleText(description, code), options.functions);
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
