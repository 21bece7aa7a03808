// The passes on a model's graph, in the order of the pipeline: one pass, one file, named as here. What a user reads
// of them (tenon-opt --help, the reference) comes from this table.
#ifndef TENON_GRAPH_PASSES
#define TENON_GRAPH_PASSES

include "mlir/Pass/PassBase.td"

/// Tensors that the model names are what --dump-tensors writes: whoever wants them all asks that none is lost.
defvar KeepTensors = Option<"keepTensors", "keep-tensors", "bool", /*default=*/"false",
                            "keep every tensor that the model names as a value of the function">;

def FoldConstants : Pass<"tenon-fold-constants", "mlir::func::FuncOp"> {
  let summary = "compute what follows from constants alone";
  let description = [{
    An operation whose operands are constants (or starts of a fill) becomes a constant, computed by the reference. All
    folds of a function together may add `most-growth` bytes to its constants; what dies with a fold counts against what
    it adds. What the function returns, and a fill, stay operations.
  }];
  let options = [KeepTensors,
    Option<"mostGrowth", "most-growth", "int64_t", /*default=*/"1 << 20",
           "bytes by which all constants of a function together may grow">];
  let dependentDialects = ["mlir::arith::ArithDialect"];
}

def EliminateDeadCode : Pass<"tenon-eliminate-dead-code", "mlir::func::FuncOp"> {
  let summary = "erase operations that no result needs";
  let description = [{
    An operation is erased where nothing uses what it makes. A tensor that the model names and nobody reads is dead too,
    unless `keep-tensors` says otherwise.
  }];
  let options = [KeepTensors];
}

#endif // TENON_GRAPH_PASSES
