// Which element of an operand each slot of its registers holds: what `holds` says, or the order of the axes
// where it says nothing. Two layouts are the same if the same slots hold the same elements, whatever the axes
// are called: that is how a move is found that fills an operand.
#pragma once

#include "core/isa/Instruction.h"

#include <vector>

namespace tenon::native {

struct RegisterLayout {
  int64_t registers = 1; ///< that one use takes
  int64_t slots = 1;     ///< elements that a register has room for
  /// For each slot, register after register: the element's position in C order of the axes; -1: none.
  std::vector<int64_t> elements;

  bool operator==(const RegisterLayout &) const = default;
};

/// The value that a size has in a use when a loop of `extent` runs along it: the largest that is allowed and
/// not larger than the loop, or the smallest one, which is then filled up.
int64_t sizeAlong(const isa::Size &size, int64_t extent);

/// The layout of an operand that is in registers. Errors: it is in another kind of memory, its element is no
/// whole number of bytes, or its layout leaves elements without a place; ExitCode::TargetCannot.
llvm::Expected<RegisterLayout> registerLayout(const isa::Description &description,
                                              const isa::Intrinsic &intrinsic, unsigned operand,
                                              llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values);

} // namespace tenon::native
