// Runs a layer's kernels in the test's own process, compiled by LLVM for this host, on guarded memory.
#pragma once

#include "core/isa/Description.h"
#include "core/match/Computation.h"
#include "core/native/Kernel.h"
#include "tests/native/GuardedBuffer.h"

#include <map>

namespace tenon::test {

/// Whether this host has all features that the description's code needs.
bool hostHas(const isa::Description &description);

struct RunOptions {
  GuardedBuffer::Edge edge = GuardedBuffer::Edge::Last;
  int64_t chunks = 1;                      ///< calls that share a kernel's items, as threads would
  std::map<std::string, void *> functions; ///< what kernels call besides the process' own libraries
};

/// Runs the kernels in order; `values` are the program's values, those that kernels write are replaced. Gives
/// the status.
llvm::Expected<int32_t> runLayer(const isa::Description &description, const native::LayerCode &code,
                                 std::map<unsigned, match::ConstantTensor> &values,
                                 const RunOptions &options = {});

/// The module's text, and a compiled one whose functions can be called by name.
std::string moduleText(const isa::Description &description, const native::LayerCode &code);
class LayerModule {
public:
  static llvm::Expected<std::unique_ptr<LayerModule>>
  create(const std::string &text, const std::map<std::string, void *> &functions = {});
  ~LayerModule();
  llvm::Expected<void *> function(llvm::StringRef name);

private:
  struct State;
  LayerModule();
  std::unique_ptr<State> state;
};

/// Calls a kernel: its pointers, the status, the items.
void callKernel(void *function, llvm::ArrayRef<void *> arguments, int32_t *status, int64_t begin,
                int64_t end);

} // namespace tenon::test
