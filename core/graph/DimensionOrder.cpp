// Orders of dimensions under reshapes: both shapes are split into common factors, which have one order.
#include "core/graph/DimensionOrder.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

namespace tenon::graph {

DimensionOrder identityOrder(unsigned rank) {
  DimensionOrder order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

bool isIdentity(llvm::ArrayRef<unsigned> order) { return llvm::is_sorted(order); }

llvm::SmallVector<int64_t> inOrder(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<unsigned> order) {
  llvm::SmallVector<int64_t> result;
  for (unsigned dimension : order)
    result.push_back(shape[dimension]);
  return result;
}

bool samePlaces(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<unsigned> a, llvm::ArrayRef<unsigned> b) {
  auto isLong = [&](unsigned dimension) { return shape[dimension] != 1; };
  return llvm::equal(llvm::make_filter_range(a, isLong), llvm::make_filter_range(b, isLong));
}

DimensionOrder completed(llvm::ArrayRef<unsigned> order, unsigned rank) {
  DimensionOrder result(order);
  for (unsigned dimension = 0; dimension < rank; ++dimension) {
    if (llvm::is_contained(result, dimension))
      continue;
    auto before = dimension ? llvm::find(result, dimension - 1) : result.end();
    result.insert(before == result.end() ? result.begin() : before + 1, dimension);
  }
  return result;
}

namespace {

/// A factor of one dimension of both shapes.
struct Factor {
  int64_t extent = 1;
  unsigned from = 0, to = 0; ///< dimensions
};

/// The factors in row-major order; nothing where the shapes have no common ones ([2, 3] and [3, 2]).
std::optional<std::vector<Factor>> commonFactors(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to) {
  std::vector<Factor> factors;
  size_t i = from.size(), j = to.size();
  int64_t left = 1, right = 1; // what is left of dimensions i and j
  while (true) {
    while (left == 1 && i > 0)
      left = from[--i];
    while (right == 1 && j > 0)
      right = to[--j];
    if (left == 1 || right == 1)
      return left == right ? std::optional(std::vector<Factor>(factors.rbegin(), factors.rend()))
                           : std::nullopt;
    int64_t common = std::min(left, right);
    if (common == 0 || left % common != 0 || right % common != 0)
      return std::nullopt;
    factors.push_back({common, unsigned(i), unsigned(j)});
    left /= common;
    right /= common;
  }
}

/// The numbers of the factors as they lie in memory.
std::vector<unsigned> factorsInMemory(llvm::ArrayRef<Factor> factors, llvm::ArrayRef<unsigned> order) {
  std::vector<unsigned> result;
  for (unsigned dimension : order)
    for (unsigned number = 0; number < factors.size(); ++number)
      if (factors[number].from == dimension)
        result.push_back(number);
  return result;
}

/// Which index of a dimension lies at each of its places, where its factors lie in the given order.
std::vector<int64_t> indicesInMemory(llvm::ArrayRef<Factor> factors, llvm::ArrayRef<unsigned> numbers) {
  std::vector<int64_t> indices = {0};
  for (unsigned number : numbers) {
    int64_t step = 1; // between neighbours along the factor: the product of the later ones
    for (unsigned other : numbers)
      step *= other > number ? factors[other].extent : 1;
    std::vector<int64_t> finer;
    for (int64_t index : indices)
      for (int64_t i = 0; i < factors[number].extent; ++i)
        finer.push_back(index + i * step);
    indices = std::move(finer);
  }
  return indices;
}

} // namespace

std::optional<MemoryLayout> reshapedLayout(llvm::ArrayRef<int64_t> from, const MemoryLayout &layout,
                                           llvm::ArrayRef<int64_t> to, bool mayShuffle) {
  if (from == to)
    return layout; // also for where dimensions of extent 1 stand
  std::optional<std::vector<Factor>> factors = commonFactors(from, to);
  if (!factors)
    return std::nullopt;
  std::map<unsigned, std::vector<unsigned>> ofDimension; // of `to`: its factors as they lie in memory
  MemoryLayout result;
  for (unsigned number : factorsInMemory(*factors, layout.order)) {
    const Factor &factor = (*factors)[number];
    bool fresh = ofDimension.find(factor.to) == ofDimension.end();
    if (!fresh && result.order.back() != factor.to)
      return std::nullopt;
    if (fresh)
      result.order.push_back(factor.to);
    ofDimension[factor.to].push_back(number);
    auto shuffled = layout.shuffled.find(factor.from);
    if (shuffled == layout.shuffled.end())
      continue;
    if (from[factor.from] != factor.extent || to[factor.to] != factor.extent)
      return std::nullopt;
    result.shuffled[factor.to] = shuffled->second;
  }
  for (const auto &[dimension, numbers] : ofDimension) {
    if (llvm::is_sorted(numbers))
      continue;
    if (!mayShuffle)
      return std::nullopt;
    result.shuffled[dimension] = indicesInMemory(*factors, numbers);
  }
  result.order = completed(result.order, to.size());
  return result;
}

std::optional<DimensionOrder> reshapedOrder(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<unsigned> order,
                                            llvm::ArrayRef<int64_t> to) {
  std::optional<MemoryLayout> layout = reshapedLayout(from, {DimensionOrder(order), {}}, to);
  return layout ? std::optional(layout->order) : std::nullopt;
}

} // namespace tenon::graph
