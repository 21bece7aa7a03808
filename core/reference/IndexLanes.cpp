// Evaluates indices at points and over rows. verify() has shown that no part of an index overflows.
#include "core/reference/IndexLanes.h"

#include <algorithm>

using namespace mlir;

namespace tenon::reference {
namespace {

int64_t floorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

int64_t ceilDivide(int64_t value, int64_t divisor) { return value / divisor + (value % divisor > 0 ? 1 : 0); }

int64_t apply(AffineExprKind kind, int64_t left, int64_t right) {
  switch (kind) {
  case AffineExprKind::Add:
    return left + right;
  case AffineExprKind::Mul:
    return left * right;
  case AffineExprKind::Mod:
    return left - floorDivide(left, right) * right;
  case AffineExprKind::FloorDiv:
    return floorDivide(left, right);
  default:
    return ceilDivide(left, right);
  }
}

template <class Operation> void transform(int64_t *values, int64_t count, Operation operation) {
  for (int64_t i = 0; i < count; ++i)
    values[i] = operation(values[i]);
}

void applyConstant(AffineExprKind kind, int64_t *values, int64_t count, int64_t right) {
  switch (kind) {
  case AffineExprKind::Add:
    return transform(values, count, [=](int64_t value) { return value + right; });
  case AffineExprKind::Mul:
    return transform(values, count, [=](int64_t value) { return value * right; });
  case AffineExprKind::Mod:
    return transform(values, count, [=](int64_t value) {
      int64_t rest = value % right;
      return rest < 0 ? rest + right : rest;
    });
  case AffineExprKind::FloorDiv:
    return transform(values, count, [=](int64_t value) { return floorDivide(value, right); });
  default:
    return transform(values, count, [=](int64_t value) { return ceilDivide(value, right); });
  }
}

} // namespace

LaneCoordinates::LaneCoordinates(ArrayRef<RowLoop> lanes, unsigned loopCount)
    : count(laneCount(lanes)), distances(loopCount) {
  int64_t inner = 1;
  for (const RowLoop &lane : llvm::reverse(lanes)) {
    std::vector<int64_t> &along = distances[lane.loop];
    along.resize(count);
    for (int64_t i = 0; i < count; ++i)
      along[i] = i / inner % lane.extent;
    inner *= lane.extent;
  }
}

void IndexLanes::evaluate(AffineExpr index, ArrayRef<int64_t> point, int64_t count, int64_t *result,
                          unsigned depth) {
  if (auto constant = dyn_cast<AffineConstantExpr>(index)) {
    std::fill_n(result, count, constant.getValue());
    return;
  }
  if (auto loop = dyn_cast<AffineDimExpr>(index)) {
    std::fill_n(result, count, point[loop.getPosition()]);
    if (const int64_t *along = coordinates.along(loop.getPosition()))
      std::transform(result, result + count, along, result, std::plus<int64_t>());
    return;
  }
  auto binary = cast<AffineBinaryOpExpr>(index);
  evaluate(binary.getLHS(), point, count, result, depth);
  if (auto right = dyn_cast<AffineConstantExpr>(binary.getRHS())) {
    applyConstant(binary.getKind(), result, count, right.getValue());
    return;
  }
  if (scratch.size() <= depth)
    scratch.resize(depth + 1);
  if (scratch[depth].empty())
    scratch[depth].resize(coordinates.lanes());
  evaluate(binary.getRHS(), point, count, scratch[depth].data(), depth + 1);
  const int64_t *right = scratch[depth].data(); // fetched after the recursion, which may move the list
  for (int64_t i = 0; i < count; ++i)
    result[i] = apply(binary.getKind(), result[i], right[i]);
}

int64_t evaluateIndex(AffineExpr index, ArrayRef<int64_t> point) {
  if (auto constant = dyn_cast<AffineConstantExpr>(index))
    return constant.getValue();
  if (auto loop = dyn_cast<AffineDimExpr>(index))
    return point[loop.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(index);
  return apply(binary.getKind(), evaluateIndex(binary.getLHS(), point),
               evaluateIndex(binary.getRHS(), point));
}

} // namespace tenon::reference
