// Offsets of a row's lanes: prepared once for linear accesses, computed for each row otherwise.
#include "core/reference/RowAccess.h"

#include <algorithm>
#include <cstring>

using namespace mlir;

namespace tenon::reference {
namespace {

/// Below this many lanes in a run each lane has its own offset.
constexpr int64_t shortestRun = 4;

using Coefficients = SmallVector<SmallVector<int64_t>>;

SmallVector<int64_t> laneCoefficients(const nest::LinearForm &form, ArrayRef<RowLoop> lanes) {
  SmallVector<int64_t> result;
  for (const RowLoop &lane : lanes)
    result.push_back(form.coefficients[lane.loop]);
  return result;
}

/// The value of a linear function at the start of each run, relative to the row's first point. Sums wrap: an
/// address of a point outside is never used.
std::vector<int64_t> runStarts(ArrayRef<RowLoop> lanes, unsigned outerLoops, ArrayRef<int64_t> coefficients) {
  std::vector<int64_t> result{0};
  for (unsigned i = 0; i < outerLoops; ++i) {
    std::vector<int64_t> next;
    next.reserve(result.size() * size_t(lanes[i].extent));
    for (int64_t start : result)
      for (int64_t x = 0; x < lanes[i].extent; ++x)
        next.push_back(int64_t(uint64_t(start) + uint64_t(coefficients[i]) * uint64_t(x)));
    result = std::move(next);
  }
  return result;
}

int64_t floorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

RunShape laneByLane(ArrayRef<RowLoop> lanes, size_t functions) {
  RunShape shape;
  shape.slopes.assign(functions, 0);
  shape.outerLoops = lanes.size();
  return shape;
}

} // namespace

RowAccess::RowAccess(const nest::Nest &nest, const nest::Access &access, ArrayRef<RowLoop> lanes,
                     const LaneCoordinates &coordinates, char *buffer)
    : nest(nest), access(access), operand(nest.operands[access.operand]), coordinates(coordinates),
      buffer(buffer), kernels(selectMemoryKernels(operand.type)), elementBytes(operand.type.storageBytes()),
      bytesPerLane(laneBytes(laneKind(operand.type))),
      fillsStorage(operand.type.width == operand.type.storageBytes() * 8), indexLanes(coordinates) {
  if (access.outside) {
    outsideRow.resize(size_t(coordinates.lanes()) * bytesPerLane);
    fillLanes(outsideRow.data(), operand.type, *access.outside, coordinates.lanes());
  }
  if (std::optional<nest::LinearForm> address = addressForm(nest, access))
    makeLinear(*address, lanes);
}

RowAccess::Sum RowAccess::makeSum(const nest::LinearForm &form) {
  Sum sum;
  sum.constant = form.constant;
  for (auto [loop, coefficient] : llvm::enumerate(form.coefficients))
    if (coefficient != 0)
      sum.terms.emplace_back(unsigned(loop), coefficient);
  return sum;
}

int64_t RowAccess::Sum::at(ArrayRef<int64_t> point) const {
  uint64_t result = uint64_t(constant);
  for (auto [loop, coefficient] : terms)
    result += uint64_t(coefficient) * uint64_t(point[loop]);
  return int64_t(result);
}

void RowAccess::makeLinear(const nest::LinearForm &address, ArrayRef<RowLoop> lanes) {
  linear = true;
  nest::LinearForm bytes = address;
  for (int64_t &coefficient : bytes.coefficients)
    coefficient = int64_t(uint64_t(coefficient) * uint64_t(elementBytes));
  bytes.constant = int64_t(uint64_t(bytes.constant) * uint64_t(elementBytes));
  base = makeSum(bytes);

  Coefficients functions{laneCoefficients(bytes, lanes)};
  RunShape shape = runShape(lanes, functions);
  if (shape.length < std::min(shortestRun, coordinates.lanes()))
    shape = laneByLane(lanes, 1);
  runs = {shape.length, shape.slopes[0], runStarts(lanes, shape.outerLoops, functions[0])};
  if (access.outside)
    makeGuards(lanes);
  if (guards.empty())
    return;
  for (const Guard &guard : guards) {
    functions.emplace_back(lanes.size(), 0);
    for (auto [i, lane] : llvm::enumerate(lanes))
      for (auto [loop, coefficient] : guard.index.terms)
        if (loop == lane.loop)
          functions.back()[i] = coefficient;
  }
  shape = runShape(lanes, functions);
  if (shape.length < std::min(shortestRun, coordinates.lanes()))
    shape = laneByLane(lanes, functions.size());
  guardedRuns = {shape.length, shape.slopes[0], runStarts(lanes, shape.outerLoops, functions[0])};
  for (auto [i, guard] : llvm::enumerate(guards)) {
    guard.slope = shape.slopes[i + 1];
    guard.offsets = runStarts(lanes, shape.outerLoops, functions[i + 1]);
  }
}

/// A guard for each index that can leave its dimension at some point of the nest.
void RowAccess::makeGuards(ArrayRef<RowLoop> lanes) {
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    std::optional<nest::Interval> range = nest::indexRange(index, nest.loops);
    assert(range && "verified");
    if (range->low >= 0 && range->high < operand.shape[i])
      continue;
    std::optional<nest::LinearForm> form = nest::linearForm(index, nest.loops.size());
    assert(form && "an index that is not linear has no guards");
    Guard guard;
    guard.index = makeSum(*form);
    guard.extent = operand.shape[i];
    for (const RowLoop &lane : lanes) {
      int64_t end = form->coefficients[lane.loop] * (lane.extent - 1);
      (end < 0 ? guard.rowLow : guard.rowHigh) += end;
    }
    guards.push_back(std::move(guard));
  }
}

bool RowAccess::isRowInside(ArrayRef<int64_t> point) const {
  return llvm::all_of(guards, [&](const Guard &guard) {
    int64_t first = guard.index.at(point);
    return first + guard.rowLow >= 0 && first + guard.rowHigh < guard.extent;
  });
}

int64_t RowAccess::load(void *lanes, ArrayRef<int64_t> point, int64_t count) {
  auto *result = static_cast<char *>(lanes);
  if (!linear) {
    int64_t left = computeOffsets(point, count);
    if (access.outside)
      std::memcpy(result, outsideRow.data(), size_t(count) * bytesPerLane);
    else if (left >= 0)
      return left;
    kernels.gather(result, buffer, laneOffsets.data(), access.outside ? inside.data() : nullptr, count);
  } else if (!guards.empty() && !isRowInside(point)) {
    loadGuarded(result, point, count);
  } else if (runs.length == 1 && count > 1) {
    kernels.gather(result, buffer + base.at(point), runs.offsets.data(), nullptr, count);
  } else {
    char *first = buffer + base.at(point);
    size_t run = 0;
    for (int64_t done = 0; done < count; done += runs.length)
      kernels.load(result + done * bytesPerLane, first + runs.offsets[run++], runs.stride,
                   std::min(runs.length, count - done));
  }
  if (!fillsStorage)
    wrapLanes(lanes, operand.type, count);
  return -1;
}

void RowAccess::loadGuarded(char *lanes, ArrayRef<int64_t> point, int64_t count) {
  SmallVector<int64_t, 4> firstIndices;
  for (const Guard &guard : guards)
    firstIndices.push_back(guard.index.at(point));
  int64_t rowBase = base.at(point);
  if (guardedRuns.length == 1) {
    gatherGuarded(lanes, firstIndices, rowBase, count);
    return;
  }
  size_t run = 0;
  for (int64_t done = 0; done < count; done += guardedRuns.length)
    loadRunGuarded(lanes + done * bytesPerLane, firstIndices, rowBase, run++,
                   std::min(guardedRuns.length, count - done));
}

/// Loads the lanes [low, high) of a run that are inside by every guard, and fills those around them.
void RowAccess::loadRunGuarded(char *lanes, ArrayRef<int64_t> firstIndices, int64_t rowBase, size_t run,
                               int64_t count) {
  int64_t low = 0, high = count;
  for (auto [i, guard] : llvm::enumerate(guards)) {
    int64_t first = firstIndices[i] + guard.offsets[run];
    int64_t last = guard.extent - 1 - first; // inside: -first <= slope * lane <= last
    if (guard.slope == 0) {
      high = first >= 0 && last >= 0 ? high : 0;
    } else if (guard.slope > 0) {
      low = std::max(low, -floorDivide(first, guard.slope));
      high = std::min(high, floorDivide(last, guard.slope) + 1);
    } else {
      low = std::max(low, -floorDivide(last, -guard.slope));
      high = std::min(high, floorDivide(first, -guard.slope) + 1);
    }
  }
  low = std::min(low, count);
  high = std::max(high, low);
  std::memcpy(lanes, outsideRow.data(), size_t(low) * bytesPerLane);
  if (low < high) {
    uint64_t offset =
        uint64_t(rowBase) + uint64_t(guardedRuns.offsets[run]) + uint64_t(low) * uint64_t(guardedRuns.stride);
    kernels.load(lanes + low * bytesPerLane, buffer + int64_t(offset), guardedRuns.stride, high - low);
  }
  std::memcpy(lanes + high * bytesPerLane, outsideRow.data(), size_t(count - high) * bytesPerLane);
}

void RowAccess::gatherGuarded(char *lanes, ArrayRef<int64_t> firstIndices, int64_t rowBase, int64_t count) {
  inside.assign(size_t(count), 1);
  laneOffsets.resize(size_t(count));
  for (auto [i, guard] : llvm::enumerate(guards))
    for (int64_t lane = 0; lane < count; ++lane)
      inside[lane] &= uint64_t(firstIndices[i] + guard.offsets[lane]) < uint64_t(guard.extent);
  for (int64_t lane = 0; lane < count; ++lane)
    laneOffsets[lane] = int64_t(uint64_t(rowBase) + uint64_t(guardedRuns.offsets[lane]));
  std::memcpy(lanes, outsideRow.data(), size_t(count) * bytesPerLane);
  kernels.gather(lanes, buffer, laneOffsets.data(), inside.data(), count);
}

/// Fills laneOffsets and inside; gives the first lane that is outside, or -1.
int64_t RowAccess::computeOffsets(ArrayRef<int64_t> point, int64_t count) {
  laneOffsets.assign(size_t(count), 0);
  laneIndices.resize(size_t(count));
  inside.assign(size_t(count), 1);
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    indexLanes.evaluate(index, point, count, laneIndices.data());
    uint64_t extent = uint64_t(operand.shape[i]);
    for (int64_t lane = 0; lane < count; ++lane) {
      inside[lane] &= uint64_t(laneIndices[lane]) < extent;
      laneOffsets[lane] = int64_t(uint64_t(laneOffsets[lane]) * extent + uint64_t(laneIndices[lane]));
    }
  }
  for (int64_t &offset : laneOffsets)
    offset = int64_t(uint64_t(offset) * uint64_t(elementBytes));
  auto out = std::find(inside.begin(), inside.end(), 0);
  return out == inside.end() ? -1 : out - inside.begin();
}

void RowAccess::store(const void *lanes, ArrayRef<int64_t> point, int64_t count) {
  assert(linear && guards.empty() && "a destination of these rows is linear and inside");
  auto *values = static_cast<const char *>(lanes);
  char *first = buffer + base.at(point);
  if (runs.length == 1 && count > 1) {
    kernels.scatter(values, first, runs.offsets.data(), count);
    return;
  }
  size_t run = 0;
  for (int64_t done = 0; done < count; done += runs.length)
    kernels.store(values + done * bytesPerLane, first + runs.offsets[run++], runs.stride,
                  std::min(runs.length, count - done));
}

int64_t RowAccess::offsets(ArrayRef<int64_t> point, int64_t count, int64_t *result) {
  int64_t left = computeOffsets(point, count);
  std::copy_n(laneOffsets.begin(), count, result);
  return left;
}

} // namespace tenon::reference
