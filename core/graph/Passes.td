// The passes on a model's graph, in the order of the pipeline: one pass, one file, named as here. What a user reads
// of them (tenon-opt --help, the reference) comes from this table.
#ifndef TENON_GRAPH_PASSES
#define TENON_GRAPH_PASSES

include "mlir/Pass/PassBase.td"

/// Tensors that the model names are what --dump-tensors writes: whoever wants them all asks that none is lost.
defvar KeepTensors = Option<"keepTensors", "keep-tensors", "bool", /*default=*/"false",
                            "keep every tensor that the model names as a value of the function">;

def EliminateDeadCode : Pass<"tenon-eliminate-dead-code", "mlir::func::FuncOp"> {
  let summary = "erase operations that no result needs";
  let description = [{
    An operation is erased where nothing uses what it makes. A tensor that the model names and nobody reads is dead too,
    unless `keep-tensors` says otherwise.
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
