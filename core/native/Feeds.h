// How an operand of a use gets into its registers: the declared move that fills them, and the memory that the
// move reads: the operand's tensor where it lies, if the elements of a use stand side by side there as the
// move needs them, or else a packed copy.
#pragma once

#include "core/native/GatheredUse.h"
#include "core/native/Kernel.h"
#include "core/native/RegisterProblem.h"

namespace tenon::native {

/// A row that copies from memory to registers in the operand's layout.
struct FillMove {
  unsigned intrinsic = 0;
  unsigned source = 0, destination = 0; ///< its operands
  llvm::SmallVector<int64_t, 4> sizes;
  int64_t registers = 1; ///< that it fills
  double cycles = 1;     ///< that it keeps its busiest unit
};

/// The cheapest one. Errors: there is none; ExitCode::TargetCannot, with the layout that is needed.
llvm::Expected<FillMove> fillMove(const isa::Description &description, const GatheredUse &use,
                                  const UseOperand &operand);

/// Where the elements of a use begin: start + group * groupBytes + block * blockBytes + depth * depthBytes +
/// within * withinBytes, all counted in uses.
struct Feed {
  FillMove move;
  KernelArgument argument;
  bool packed = false;
  int64_t start = 0, groupBytes = 0, blockBytes = 0, depthBytes = 0, withinBytes = 0;
};

struct FeedRequest {
  const isa::Description &description;
  const match::Computation &computation;
  const GatheredUse &use;
  const UseOperand &operand;
  LoopClass side;     ///< Row for the left operand, Column for the right one
  int64_t within = 1; ///< uses of a block along the side
  int64_t reuse = 1;  ///< how often a block of the operand is read
  std::string name;   ///< prefix of kernels that are made
};

/// Adds what has to run before (packing) to the layer's code.
llvm::Expected<Feed> feedOf(const FeedRequest &request, FillMove move, LayerCode &code);

} // namespace tenon::native
