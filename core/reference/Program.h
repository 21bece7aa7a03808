// A function on tensors as a list of nests over buffers: what the oracle runs, and what reports count.
#pragma once

#include "core/ir/TenonDialect.h"
#include "core/ir/nest/FromLinalg.h"
#include "core/reference/Interpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tenon::reference {

/// A tensor's bytes, in C order, elements of ScalarType::storageBytes().
struct Tensor {
  nest::ScalarType type;
  llvm::SmallVector<int64_t> shape;
  std::vector<char> bytes;

  static uint64_t byteCount(nest::ScalarType type, llvm::ArrayRef<int64_t> shape);
};

/// Writes a constant's elements as a buffer holds them: Tensor::byteCount() bytes.
void writeConstant(mlir::DenseElementsAttr constant, nest::ScalarType type, char *bytes);

/// One memory block: several values may be views of it.
struct Buffer {
  nest::ScalarType type;
  uint64_t bytes = 0;
  mlir::DenseElementsAttr constant; ///< null: computed, or an input
  int firstStep = -1;               ///< the step that fills it; -1: there before the first step
  int lastStep =
      -1; ///< the last step that touches it; -1: none; the number of steps: still needed at the end
};

/// A value: a buffer under a shape.
struct Value {
  unsigned buffer = 0;
  nest::ScalarType type;
  llvm::SmallVector<int64_t> shape;
};

/// One operation that is needed, in order. A view has no nest.
struct Step {
  mlir::Operation *operation = nullptr;
  std::optional<nest::Nest> nest;
  llvm::SmallVector<unsigned> operands; ///< value numbers, one for each operand of the nest that is not local
  llvm::SmallVector<unsigned> results;  ///< value numbers
  ir::TensorAttr tensor;                ///< the model's tensor that results[0] is; null if it is none
  ir::NodeAttr node;                    ///< the model's node it came from; null if unknown
  llvm::SmallVector<ir::NodeAttr, 1>
      nodes; ///< all of them, where a pass made one step of several; `node` first
};

/// Refers to operations and constants of the module, which must outlive it.
struct Program {
  std::vector<Buffer> buffers;
  std::vector<Value> values;
  std::vector<Step> steps;
  llvm::SmallVector<unsigned> inputs, outputs; ///< value numbers, in the function's order

  /// Most bytes of buffers that are alive at once: inputs, outputs, constants and what is computed.
  uint64_t peakBytes() const;
  /// Points of all statements' loops: how often a body runs, which is what a run costs. Saturates.
  uint64_t points() const;
};

/// Takes the function apart; operations that nothing needs (nor any named tensor) are left out. Errors name
/// the node.
llvm::Expected<Program> programOf(mlir::func::FuncOp function);

struct RunOptions {
  uint64_t memoryBytes = uint64_t(8) << 30; ///< most bytes of buffers at once
  InterpreterOptions interpreter;
  /// Called after each step, with its number and its seconds; may stop the run with an error.
  std::function<llvm::Error(const Step &, unsigned number, double seconds)> afterStep;
  /// Called with the buffers of a step's nest, in the order of its operands without locals, right after it
  /// ran.
  std::function<llvm::Error(const Step &, unsigned number, llvm::ArrayRef<BufferView>)> onNest;
  /// Called with every named tensor of the model as soon as it is computed.
  std::function<llvm::Error(ir::TensorAttr, const BufferView &)> onTensor;
};

/// Runs the program. Inputs must have the types and shapes of program.inputs (ExitCode::WrongUse otherwise).
/// Errors: ExitCode::SystemFailed where more memory is needed than allowed or there is, and what interpret()
/// says, with the node's name.
llvm::Expected<std::vector<Tensor>> run(const Program &program, llvm::ArrayRef<Tensor> inputs,
                                        const RunOptions &options = {});

} // namespace tenon::reference
