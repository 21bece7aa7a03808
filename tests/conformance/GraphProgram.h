// A graph's text as a program with inputs: what tests of random graphs begin with.
#pragma once

#include "core/reference/Program.h"

#include <memory>

namespace tenon::test {

struct GraphProgram {
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  reference::Program program;
};

/// Errors: what the importer says of the text.
llvm::Expected<GraphProgram> graphProgram(llvm::StringRef text);

/// Random inputs: any integers, floats between -2 and 2.
std::vector<reference::Tensor> graphInputs(const reference::Program &program, uint64_t seed);

/// Where `got` lies farther from `want` than its bound (none: any other bits): "element 3: 1.5, the reference
/// has 1.25, the bound is 0.01"; empty where nowhere.
std::string beyondBound(const reference::Tensor &got, const reference::Tensor &want,
                        llvm::ArrayRef<double> bounds);

/// An element as a double.
double realAt(const reference::Tensor &tensor, size_t element);

} // namespace tenon::test
