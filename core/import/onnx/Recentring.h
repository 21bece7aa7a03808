// UINT8 tensors inside a function are kept as INT8, every number less 128 and the zero point too: the same
// reals, so that all that comes behind sees INT8 alone. Where somebody sees the tensor itself, the sign bit
// is turned back.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

inline constexpr int64_t recentring = 128;

/// The numbers less 128; made where it is asked for first.
mlir::Value recentred(LinalgBuilder &b, Tensor &tensor);

/// The numbers as the file means them.
mlir::Value visible(LinalgBuilder &b, Tensor &tensor);

/// For the time of a node's conversion its UINT8 inputs are INT8.
class RecentredInputs {
public:
  explicit RecentredInputs(NodeConversion &conversion);
  ~RecentredInputs();
  RecentredInputs(const RecentredInputs &) = delete;
  RecentredInputs &operator=(const RecentredInputs &) = delete;

private:
  struct Saved {
    Tensor *tensor;
    mlir::Value value;
  };
  llvm::SmallVector<Saved> saved;
};

/// INT8 tensors that the node has made are UINT8 ones, recentred.
void recentreOutputs(NodeConversion &c);

/// Whether an operator does with numbers less 128 what it does with the numbers themselves: it moves them, or
/// keeps their order.
bool keepsRecentred(llvm::StringRef op);

/// Whether an input is there as numbers less 128 alone.
bool hasRecentredInput(NodeConversion &c);

} // namespace tenon::import::onnx
