// Many programs in one module: planned each, generated once in tenon-codegen, linked and run in this process.
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
  llvm::Expected<Result> runLanes(const Graph &graph, llvm::ArrayRef<reference::Tensor> inputs);
  void addText(llvm::StringRef module);

  const isa::Description &description;
  std::vector<Graph> graphs;
  std::set<std::string> declarations;
  std::string head, body, tail; ///< of the module: triple, functions, attributes
  struct Linked;
  std::unique_ptr<Linked> linked;
};

} // namespace tenon::test
