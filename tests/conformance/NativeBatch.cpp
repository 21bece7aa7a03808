// Joining modules, linking the object, calling entries.
#include "tests/conformance/NativeBatch.h"

#include "core/driver/NativeModel.h"
#include "core/support/Error.h"
#include "tests/conformance/Emulated.h"
#include "tests/conformance/LaneRun.h"

#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <cstdlib>
#include <cstring>
#include <thread>

namespace tenon::test {

using reference::Tensor;

namespace {

struct Threads { // struct tenon_threads of every bundle's header
  void *context;
  void (*parallel)(void *context, void (*work)(void *arguments, int64_t begin, int64_t end), void *arguments,
                   int64_t items);
};
using Entry = int32_t (*)(const void *weights, void *arena, const void *const *inputs, void *const *outputs,
                          const Threads *threads);

/// Shares the items out unevenly, the last part first.
void shareItems(void *context, void (*work)(void *, int64_t, int64_t), void *arguments, int64_t items) {
  unsigned threads = *static_cast<unsigned *>(context);
  std::vector<std::thread> running;
  int64_t end = items;
  for (unsigned thread = threads; thread-- > 0;) {
    int64_t begin = thread == 0 ? 0 : end - (end + 2 * thread) / (2 * thread + 1);
    if (begin < end)
      running.emplace_back(work, arguments, begin, end);
    end = begin;
  }
  for (std::thread &one : running)
    one.join();
}

/// Memory aligned as an arena is.
class Block {
public:
  explicit Block(uint64_t bytes, char fill)
      : memory(static_cast<char *>(std::aligned_alloc(64, (bytes + 127) / 64 * 64)), std::free) {
    std::memset(memory.get(), fill, (bytes + 127) / 64 * 64);
  }
  char *data() { return memory.get(); }

private:
  std::unique_ptr<char, decltype(&std::free)> memory;
};

} // namespace

/// In this process, or in an emulator.
struct NativeBatch::Linked {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::unique_ptr<EmulatedCode> emulated;
};

NativeBatch::NativeBatch(const isa::Description &of) : description(of) {}
NativeBatch::~NativeBatch() = default;

llvm::Expected<unsigned> NativeBatch::add(const reference::Program &program) {
  native::NativeOptions options;
  options.name = "g" + std::to_string(graphs.size());
  auto plan = native::planNative(description, program, options);
  if (!plan)
    return plan.takeError();
  Graph graph{&program, std::move(*plan), {}};
  graph.bundle = driver::bundleOfPlan(program, graph.plan);
  graph.bundle.name = options.name;
  for (unsigned i = 0; i < graph.bundle.inputs.size(); ++i)
    graph.bundle.inputs[i].name = "input" + std::to_string(i);
  for (unsigned i = 0; i < graph.bundle.outputs.size(); ++i)
    graph.bundle.outputs[i].name = "output" + std::to_string(i);
  if (llvm::Error wrong = runtime::checkNativeBundle(graph.bundle))
    return std::move(wrong);
  if (!isParallel(description))
    addText(graph.plan.module + runtime::emitEntry(graph.bundle));
  graphs.push_back(std::move(graph));
  return unsigned(graphs.size() - 1);
}

/// Joins modules: what each says of the whole stands once.
void NativeBatch::addText(llvm::StringRef module) {
  llvm::SmallVector<llvm::StringRef> lines;
  module.split(lines, '\n');
  for (llvm::StringRef line : lines) {
    if (line.starts_with("target "))
      head = line.str() + "\n";
    else if (line.starts_with("attributes "))
      tail = line.str() + "\n";
    else if (line.starts_with("declare "))
      declarations.insert(line.str() + "\n");
    else
      body += line.str() + "\n";
  }
}

llvm::Error NativeBatch::compile(const codegen::CodegenOptions &options) {
  if (isParallel(description)) // executed from the text
    return llvm::Error::success();
  codegen::CodegenRequest request;
  request.module = head;
  for (const std::string &declaration : declarations)
    request.module += declaration;
  request.module += body + tail;
  request.triple = description.code->triple;
  request.processor = description.code->processor;
  request.features = description.code->features;
  auto code = codegen::generateCode(request, options);
  if (!code)
    return code.takeError();
  linked = std::make_unique<Linked>();
  if (isHostArchitecture(request.triple))
    return linkHere(code->bytes);
  std::vector<std::string> entries;
  for (const Graph &graph : graphs)
    entries.push_back(graph.bundle.name + "_run");
  auto emulated = EmulatedCode::link(code->bytes, entries, request.triple);
  if (!emulated)
    return emulated.takeError();
  linked->emulated = std::move(*emulated);
  return llvm::Error::success();
}

llvm::Error NativeBatch::linkHere(llvm::ArrayRef<char> bytes) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  auto object = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(bytes.data(), bytes.size()), "batch");
  if (llvm::Error wrong = (*jit)->addObjectFile(std::move(object)))
    return wrong;
  linked->jit = std::move(*jit);
  return llvm::Error::success();
}

llvm::Expected<NativeBatch::Result> NativeBatch::run(unsigned number, llvm::ArrayRef<Tensor> inputs,
                                                     unsigned threads) {
  Graph &graph = graphs[number];
  Result result;
  for (unsigned output : graph.program->outputs) {
    const reference::Value &value = graph.program->values[output];
    result.outputs.push_back(
        {value.type, value.shape, std::vector<char>(Tensor::byteCount(value.type, value.shape))});
  }
  auto status = isParallel(description)
                    ? runByLanes(description, graph.plan, graph.bundle.weights, inputs, result.outputs)
                : linked->emulated ? runEmulated(number, inputs, threads, result.outputs)
                                   : runHere(graph, inputs, threads, result.outputs);
  if (!status)
    return status.takeError();
  result.status = *status;
  return result;
}

llvm::Expected<int32_t> NativeBatch::runEmulated(unsigned number, llvm::ArrayRef<Tensor> inputs,
                                                 unsigned threads, llvm::MutableArrayRef<Tensor> outputs) {
  const runtime::NativeBundle &bundle = graphs[number].bundle;
  EmulatedCode::Call call{number, threads, bundle.weights, bundle.arenaBytes, {}, {}};
  for (const Tensor &input : inputs)
    call.inputs.emplace_back(input.bytes);
  for (Tensor &output : outputs)
    call.outputs.emplace_back(output.bytes);
  return linked->emulated->run(call);
}

llvm::Expected<int32_t> NativeBatch::runHere(const Graph &graph, llvm::ArrayRef<Tensor> inputs,
                                             unsigned threads, llvm::MutableArrayRef<Tensor> outputs) {
  auto symbol = linked->jit->lookup(graph.bundle.name + "_run");
  if (!symbol)
    return symbol.takeError();
  Block weights(graph.bundle.weights.size(), 0), arena(graph.bundle.arenaBytes, char(0xa5));
  std::memcpy(weights.data(), graph.bundle.weights.data(), graph.bundle.weights.size());
  std::vector<const void *> given;
  for (const Tensor &input : inputs)
    given.push_back(input.bytes.data());
  std::vector<void *> made;
  for (Tensor &output : outputs)
    made.push_back(output.bytes.data());
  Threads sharing{&threads, shareItems};
  return symbol->toPtr<Entry>()(weights.data(), arena.data(), given.data(), made.data(),
                                threads > 1 ? &sharing : nullptr);
}

} // namespace tenon::test
