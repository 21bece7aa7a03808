// Placing blocks by their lifetimes.
#include "core/native/Arena.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <map>
#include <numeric>

namespace tenon::native {

namespace {

std::string text(const ArenaBlock &block) {
  return "the block '" + block.name + "' of " + std::to_string(block.bytes) + " bytes, launches " +
         std::to_string(block.first) + " to " + std::to_string(block.last);
}

llvm::Error ownFault(std::string message) { return failure(ExitCode::OwnFault, std::move(message)); }

/// The lowest offset at which a block lies beside all those that are placed and alive with it.
uint64_t lowestGap(const ArenaProblem &problem, unsigned number, llvm::ArrayRef<unsigned> placed,
                   llvm::ArrayRef<uint64_t> offsets) {
  const ArenaBlock &block = problem.blocks[number];
  std::vector<std::pair<uint64_t, uint64_t>> taken; // begin, end
  for (unsigned other : placed)
    if (problem.blocks[other].meets(block))
      taken.emplace_back(offsets[other], offsets[other] + problem.blocks[other].bytes);
  llvm::sort(taken);
  uint64_t offset = llvm::alignTo(problem.reserved, problem.align);
  for (auto [begin, end] : taken) {
    if (begin >= offset + block.bytes)
      break;
    offset = std::max(offset, llvm::alignTo(end, problem.align));
  }
  return offset;
}

} // namespace

llvm::Error check(const ArenaProblem &problem) {
  if (!llvm::isPowerOf2_64(problem.align))
    return ownFault("an arena's alignment is " + std::to_string(problem.align) +
                    ", it must be a power of two");
  for (const ArenaBlock &block : problem.blocks) {
    if (block.last < block.first)
      return ownFault(text(block) + " ends before it begins");
    if (block.bytes > uint64_t(1) << 48)
      return failure(ExitCode::TargetCannot, text(block) + " is larger than any memory");
  }
  return llvm::Error::success();
}

llvm::Expected<ArenaPlacement> placeBlocks(const ArenaProblem &problem) {
  if (llvm::Error wrong = check(problem))
    return std::move(wrong);
  std::vector<unsigned> order(problem.blocks.size()), placed;
  std::iota(order.begin(), order.end(), 0U);
  llvm::sort(order, [&](unsigned left, unsigned right) {
    uint64_t here = problem.blocks[left].bytes, there = problem.blocks[right].bytes;
    return here != there ? here > there : left < right;
  });
  ArenaPlacement placement;
  placement.offsets.assign(problem.blocks.size(), 0);
  placement.bytes = problem.reserved;
  for (unsigned number : order) {
    placement.offsets[number] = lowestGap(problem, number, placed, placement.offsets);
    placement.bytes = std::max(placement.bytes, placement.offsets[number] + problem.blocks[number].bytes);
    placed.push_back(number);
  }
  placement.bytes = llvm::alignTo(placement.bytes, problem.align);
  return placement;
}

llvm::Error verify(const ArenaProblem &problem, const ArenaPlacement &placement) {
  if (placement.offsets.size() != problem.blocks.size())
    return ownFault("the arena has " + std::to_string(problem.blocks.size()) + " blocks, " +
                    std::to_string(placement.offsets.size()) + " are placed");
  for (unsigned left = 0; left < problem.blocks.size(); ++left) {
    const ArenaBlock &block = problem.blocks[left];
    uint64_t begin = placement.offsets[left], end = begin + block.bytes;
    if (begin % problem.align != 0 || begin < problem.reserved || end > placement.bytes)
      return ownFault(text(block) + " lies at " + std::to_string(begin) + ": the arena has " +
                      std::to_string(placement.bytes) + " bytes, the first " +
                      std::to_string(problem.reserved) + " reserved, aligned to " +
                      std::to_string(problem.align));
    for (unsigned right = 0; right < left; ++right) {
      const ArenaBlock &other = problem.blocks[right];
      uint64_t otherBegin = placement.offsets[right];
      if (block.meets(other) && begin < otherBegin + other.bytes && otherBegin < end)
        return ownFault(text(block) + " lies on " + text(other));
    }
  }
  return llvm::Error::success();
}

uint64_t leastBytes(const ArenaProblem &problem) {
  std::map<int, int64_t> change;
  for (const ArenaBlock &block : problem.blocks) {
    change[block.first] += int64_t(block.bytes);
    change[block.last + 1] -= int64_t(block.bytes);
  }
  int64_t alive = 0, most = 0;
  for (auto [launch, bytes] : change)
    most = std::max(most, alive += bytes);
  return uint64_t(most) + problem.reserved;
}

} // namespace tenon::native
