// In which order the dimensions of a tensor lie in memory, and what becomes of that order where the tensor is
// given another shape.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace tenon::graph {

/// Dimensions, outermost first: place i of memory's shape is dimension order[i] of the tensor.
using DimensionOrder = llvm::SmallVector<unsigned>;

/// Where an order tells too little: indices of a dimension that do not lie in ascending order. Place i along
/// the dimension holds index numbers[i].
using ShuffledDimensions = std::map<unsigned, std::vector<int64_t>>;

struct MemoryLayout {
  DimensionOrder order;
  ShuffledDimensions shuffled;
};

DimensionOrder identityOrder(unsigned rank);
bool isIdentity(llvm::ArrayRef<unsigned> order);

/// The shape that memory has.
llvm::SmallVector<int64_t> inOrder(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<unsigned> order);

/// Whether both orders put every element in the same place: dimensions of extent 1 may stand anywhere.
bool samePlaces(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<unsigned> a, llvm::ArrayRef<unsigned> b);

/// The order of a tensor of the shape `to` whose row-major elements are those of a tensor of the shape
/// `from`, such that no element moves. Nothing where there is none: dimensions of `to` would be torn apart,
/// or, unless `mayShuffle`, their indices would not ascend.
std::optional<MemoryLayout> reshapedLayout(llvm::ArrayRef<int64_t> from, const MemoryLayout &layout,
                                           llvm::ArrayRef<int64_t> to, bool mayShuffle = false);

/// The same for an order alone.
std::optional<DimensionOrder> reshapedOrder(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<unsigned> order,
                                            llvm::ArrayRef<int64_t> to);

/// Dimensions that have no place of their own come behind the one before them; `order` holds the others.
DimensionOrder completed(llvm::ArrayRef<unsigned> order, unsigned rank);

} // namespace tenon::graph
