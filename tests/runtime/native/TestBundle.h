// A small native bundle for tests: two float inputs; r = exp(a + w) over many items, and n = how many of b
// exceed 0.5, as i8. The status is 1 where the first element of b is 99.
#pragma once

#include "core/runtime/native/NativeBundle.h"

namespace tenon::test {

struct NativeTestOptions {
  std::string triple = "x86_64-unknown-linux-gnu";
  std::vector<std::string> features;
  std::string library;       ///< of which the function test_scale(float) is called in place of exp
  std::string missingSymbol; ///< is called too
  std::string codegen;       ///< path of tenon-codegen
};

/// All but the code.
runtime::NativeBundle nativeTestBundle(const NativeTestOptions &options);
/// Its kernels' LLVM IR.
std::string nativeTestKernels(const NativeTestOptions &options);
/// With the code.
llvm::Expected<runtime::NativeBundle> compiledTestBundle(const NativeTestOptions &options);

} // namespace tenon::test
