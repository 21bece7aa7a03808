// What Passes.td declares: a constructor and a struct of options for each pass, and their registration.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace tenon::graph {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "core/graph/Passes.h.inc"

} // namespace tenon::graph
