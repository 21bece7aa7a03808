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

def FoldBatchNorm : Pass<"tenon-fold-batch-norm", "mlir::func::FuncOp"> {
  let summary = "fold an affine function of a sum's channels into its constant factors and a bias";
  let description = [{
    `a * (sum x * w) + b` becomes `(sum x * w') + b'` where w is a constant that the sum alone reads, a and b are constants
    along dimensions that w has, and nothing else reads what lies between. w' is a * w, rounded once; b' is what the chain
    makes of 0. Left as it is where a factor would become infinite, or lose digits to underflow. A function in which
    something was folded is marked `tenon.folds_into_sums`.
  }];
  let options = [KeepTensors];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::tensor::TensorDialect"];
}

def FuseElementwise : Pass<"tenon-fuse-elementwise", "mlir::func::FuncOp"> {
  let summary = "move elementwise operations into their only, elementwise users";
  let description = [{
    The tensor between two operations is never written where the first one is elementwise, its result has one use, and
    that is elementwise and reads each element once. It stays where a planner fuses better: an operation that reads a
    reduction's result, and one that makes a quantised tensor of the model. What comes of two operations has the
    locations of both.
  }];
  let options = [KeepTensors];
}

def ChooseLayout : Pass<"tenon-choose-layout", "mlir::func::FuncOp"> {
  let summary = "lay tensors out with the channels of products innermost";
  let description = [{
    A product of an activation with weights likes innermost what its sum runs over; where it sums nothing that both have,
    the loop that all three tensors share. Tensors around it follow. The function's inputs and outputs stay as they are:
    where they differ, or a reshape mixes dimensions, a transposition stands. Constants are permuted here, also those of
    a product behind a reshape that mixes dimensions. An operation whose result lies in another order than the model's
    tensor says so in `tenon.layout`. Whether all that pays on a machine is its planner's question, not asked here.
  }];
  let options = [KeepTensors];
}

#endif // TENON_GRAPH_PASSES
