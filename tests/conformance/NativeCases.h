// Graphs with their inputs on the oracle and as native code, many in one module, each run in a child that may
// crash: what differs, where, and how.
#pragma once

#include "tests/conformance/GraphProgram.h"
#include "tests/conformance/NativeBatch.h"

namespace tenon::test {

struct NativeCase {
  std::string name; ///< for messages
  const reference::Program *program = nullptr;
  std::vector<std::vector<reference::Tensor>> inferences;
};

struct CaseOutcome {
  std::string wrong;                                   ///< what is wrong; empty: nothing
  std::vector<std::vector<reference::Tensor>> outputs; ///< of each inference, with the last number of threads
  size_t compared = 0;                                 ///< outputs
  size_t exact = 0;                                    ///< those that are the reference's bit for bit
  int64_t macs = 0, portableMacs = 0;
};

struct CaseOptions {
  std::vector<unsigned> threads = {1, 2};
  codegen::CodegenOptions codegen;
  unsigned seconds = 60; ///< for running all
};

/// One for each case. An error is of all of them: code generation.
llvm::Expected<std::vector<CaseOutcome>>
runCases(const isa::Description &description, llvm::ArrayRef<NativeCase> cases, const CaseOptions &options);

} // namespace tenon::test
