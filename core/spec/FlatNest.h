// Operands that share bytes become parts of one flat operand of a nest.
#pragma once

#include "core/ir/nest/Nest.h"

#include <optional>

namespace tenon::spec {

/// An operand as a part of a flat one. Numbers count elements.
struct FlatPart {
  unsigned group = 0; ///< operands of one group share a flat operand
  int64_t start = 0;
  llvm::SmallVector<int64_t, 4> strides;
};

/// One for each operand that is not local; nothing for one that stays as it is.
struct FlatLayout {
  std::vector<std::optional<FlatPart>> parts;
  llvm::SmallVector<int64_t> groupElements; ///< of each group
};

/// Rewrites the nest; gives the number of the buffer that each operand that is not local has become. Operands
/// of a group have one type. Refuses reads that may leave an operand and tables: neither has a meaning in
/// bytes that others write.
llvm::Expected<llvm::SmallVector<unsigned>> flatten(nest::Nest &nest, const FlatLayout &layout);

} // namespace tenon::spec
