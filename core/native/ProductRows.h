// The rows of a description that a gathered sum of products can be given to.
#pragma once

#include "core/isa/Description.h"

namespace tenon::native {

/// A row that adds products of two operands' elements to a third.
struct ProductRow {
  unsigned intrinsic = 0;
  isa::ElementType first, second; ///< of the factors
  nest::ScalarType sum;
  int64_t multiple = 1;     ///< least number that its sums along k are cut in
  bool accumulates = false; ///< adds to what is there; else it starts from a number
  bool isWhole = false;     ///< does what the sum starts from and what follows it, too
};

/// A row of a description, or why native code has no use for it.
struct RowUse {
  std::optional<ProductRow> product;
  std::string reason, repair;
};

/// One for each intrinsic, in order.
std::vector<RowUse> productRows(const isa::Description &description, mlir::MLIRContext &context);

} // namespace tenon::native
