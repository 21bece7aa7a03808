// Many programs in one module: planned each, generated once in tenon-codegen, linked and run in this process,
// or in an emulator where the code is for another architecture.
#pragma once

#include "core/codegen/Codegen.h"
#include "core/isa/Description.h"
#include "core/native/Plan.h"
#include "core/runtime/native/NativeBundle.h"

#include <memory>
#include <set>

namespace tenon::test {

class NativeBatch {
public:
  explicit NativeBatch(const isa::Description &description);
  ~NativeBatch();

  /// Plans one more program, which must outlive the batch, and gives its number.
  llvm::Expected<unsigned> add(const reference::Program &program);
  size_t size() const { return graphs.size(); }
  const native::NativePlan &plan(unsigned number) const { return graphs[number].plan; }

  /// Generates and links all of them.
  llvm::Error compile(const codegen::CodegenOptions &options);

  struct Result {
    int32_t status = 0;
    std::vector<reference::Tensor> outputs;
  };
  /// Calls the model's entry on an arena of rubbish, as so many threads would share its items.
  llvm::Expected<Result> run(unsigned number, llvm::ArrayRef<reference::Tensor> inputs, unsigned threads);

private:
  struct Graph {
    const reference::Program *program = nullptr;
    native::NativePlan plan;
    runtime::NativeBundle bundle;
  };
  void addText(llvm::StringRef module);
  llvm::Error linkHere(llvm::ArrayRef<char> bytes);
  llvm::Expected<int32_t> runHere(const Graph &graph, llvm::ArrayRef<reference::Tensor> inputs,
                                  unsigned threads, llvm::MutableArrayRef<reference::Tensor> outputs);
  llvm::Expected<int32_t> runEmulated(unsigned number, llvm::ArrayRef<reference::Tensor> inputs,
                                      unsigned threads, llvm::MutableArrayRef<reference::Tensor> outputs);

  const isa::Description &description;
  std::vector<Graph> graphs;
  std::set<std::string> declarations;
  std::string head, body, tail; ///< of the module: triple, functions, attributes
  struct Linked;
  std::unique_ptr<Linked> linked;
};

} // namespace tenon::test
