// A gathered layer seen from the intrinsic that computes its sum: which class each loop is of, how far one
// use reaches along it, and what the use's operands are.
//
// sum[g, m, n] += left[g, m, k] * right[g, n, k]: a loop's class follows from the operands that depend on it.
#pragma once

#include "core/match/Match.h"
#include "core/native/RegisterLayout.h"

#include <array>

namespace tenon::native {

/// Group: both operands and the sum. Row: left and sum. Column: right and sum. Depth: the reduction.
enum class LoopClass : uint8_t { Group, Row, Column, Depth };
inline constexpr unsigned classCount = 4;

struct ClassLoop {
  int loop = -1;      ///< of the nest; -1: the layer has none of this class
  int64_t extent = 1; ///< of the loop
  int64_t step = 1;   ///< points of the loop in one use

  int64_t uses() const { return (extent + step - 1) / step; }
  bool isWhole() const { return extent % step == 0; }
};

struct UseOperand {
  unsigned operand = 0; ///< of the intrinsic
  unsigned tensor = 0;  ///< operand of the nest
  mlir::AffineMap access;
  RegisterLayout layout;
  llvm::SmallVector<int64_t, 4> extents;       ///< of its axes in a use
  llvm::SmallVector<int, 4> axisClass;         ///< the class of the loop along each axis; -1: none
  std::array<bool, classCount> dependsOn = {}; ///< whether the tensor depends on the class's loop

  int64_t elements() const;
  /// Whether the element is a filling: along an axis that no loop runs along only the first place counts.
  bool isFilling(int64_t element) const;
  /// The place along each class's loop, from the use's first point, of the element in C order.
  std::array<int64_t, classCount> placeOf(int64_t element) const;
};

struct GatheredUse {
  const isa::Intrinsic *intrinsic = nullptr;
  unsigned number = 0; ///< of the intrinsic
  std::array<ClassLoop, classCount> classes;
  UseOperand left, right, sum;
  llvm::SmallVector<int64_t, 8> sizes, values;

  const ClassLoop &of(LoopClass which) const { return classes[unsigned(which)]; }
};

/// Errors: a match that is not of this form; ExitCode::TargetCannot, with what is not.
llvm::Expected<GatheredUse> gatheredUse(const isa::Description &description,
                                        const match::Computation &computation, const match::Match &match);

/// The position in C order of a tensor's element, as a linear function of the classes' loops: elements.
struct TensorAddress {
  std::array<int64_t, classCount> strides = {};
  int64_t start = 0;
};

/// Nothing where the access is not linear or uses a loop of no class.
std::optional<TensorAddress> addressOf(const GatheredUse &use, mlir::AffineMap access,
                                       llvm::ArrayRef<int64_t> shape);

} // namespace tenon::native
