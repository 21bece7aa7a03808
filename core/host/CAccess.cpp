// A linear address becomes one sum over the loops, so that compilers see its strides; any other one is built
// from its indices.
#include "core/host/CAccess.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::host {

using nest::Access;
using nest::Interval;
using nest::LinearForm;
using nest::Nest;

namespace {

__extension__ typedef __int128 Wide;

/// A sum of constant times loop, in the order of the loops.
std::string sumText(ArrayRef<int64_t> factors, int64_t constant) {
  std::string text;
  for (auto [loop, factor] : llvm::enumerate(factors)) {
    if (factor == 0)
      continue;
    bool negative = factor < 0 && factor != INT64_MIN;
    if (!text.empty() || negative)
      text += text.empty() ? "-" : negative ? " - " : " + ";
    int64_t magnitude = negative ? -factor : factor;
    text += loopVariable(loop);
    if (magnitude != 1)
      text += " * " + integerLiteral(magnitude);
  }
  if (text.empty())
    return integerLiteral(constant);
  if (constant < 0 && constant != INT64_MIN)
    return text + " - " + integerLiteral(-constant);
  return constant ? text + " + " + integerLiteral(constant) : text;
}

std::string indexText(const Nest &nest, AffineExpr index, CHelpers &helpers);

std::string quotientText(const Nest &nest, AffineBinaryOpExpr division, CHelpers &helpers) {
  AffineExpr numerator = division.getLHS();
  int64_t divisor = cast<AffineConstantExpr>(division.getRHS()).getValue();
  std::string text = "(" + indexText(nest, numerator, helpers) + ")";
  std::string divisorText = integerLiteral(divisor);
  std::optional<Interval> range = nest::indexRange(numerator, nest.loops);
  bool natural = range && range->low >= 0;
  auto floor = [&] { return helpers.use("IndexFloor"); };
  switch (division.getKind()) {
  case AffineExprKind::FloorDiv:
    return natural ? text + " / " + divisorText : floor() + "(" + text + ", " + divisorText + ")";
  case AffineExprKind::CeilDiv:
    return "-" + floor() + "(-" + text + ", " + divisorText + ")";
  default:
    return natural ? text + " % " + divisorText
                   : text + " - " + floor() + "(" + text + ", " + divisorText + ") * " + divisorText;
  }
}

std::string indexText(const Nest &nest, AffineExpr index, CHelpers &helpers) {
  if (std::optional<LinearForm> form = nest::linearForm(index, nest.loops.size())) {
    for (auto [loop, factor] : llvm::enumerate(form->coefficients))
      if (nest.loops[loop].extent == 1)
        factor = 0;
    return sumText(form->coefficients, form->constant);
  }
  auto binary = cast<AffineBinaryOpExpr>(index);
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return "(" + indexText(nest, binary.getLHS(), helpers) + ") + (" +
           indexText(nest, binary.getRHS(), helpers) + ")";
  case AffineExprKind::Mul:
    return "(" + indexText(nest, binary.getLHS(), helpers) + ") * (" +
           indexText(nest, binary.getRHS(), helpers) + ")";
  default:
    return quotientText(nest, binary, helpers);
  }
}

/// The address as one linear form, where no partial sum of it can overflow.
std::optional<std::string> linearOffset(const Nest &nest, const Access &access) {
  SmallVector<Wide> factors(nest.loops.size() + 1, 0);
  auto isSmall = [](Wide value) { return value > -Wide(nest::indexLimit) && value < Wide(nest::indexLimit); };
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    std::optional<LinearForm> form = nest::linearForm(index, nest.loops.size());
    if (!form)
      return std::nullopt;
    int64_t extent = nest.operands[access.operand].shape[i];
    for (size_t k = 0; k < factors.size(); ++k) {
      int64_t own = k == nest.loops.size() ? form->constant : form->coefficients[k];
      factors[k] = factors[k] * extent + (k < nest.loops.size() && nest.loops[k].extent == 1 ? 0 : own);
      if (!isSmall(factors[k]))
        return std::nullopt;
    }
  }
  Wide reach = 0;
  SmallVector<int64_t> narrow;
  for (auto [k, factor] : llvm::enumerate(factors)) {
    int64_t most = k == nest.loops.size() ? 1 : nest.loops[k].extent - 1;
    reach += (factor < 0 ? -factor : factor) * most;
    if (!isSmall(reach))
      return std::nullopt;
    narrow.push_back(int64_t(factor));
  }
  return sumText(ArrayRef(narrow).drop_back(), narrow.back());
}

std::string offsetText(const Nest &nest, const Access &access, CHelpers &helpers) {
  if (std::optional<std::string> linear = linearOffset(nest, access))
    return *linear;
  std::string text;
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    int64_t extent = nest.operands[access.operand].shape[i];
    if (extent == 1) // inside, it is 0
      continue;
    std::string own = "(" + indexText(nest, index, helpers) + ")";
    text = text.empty() ? own : "(" + text + " * " + integerLiteral(extent) + " + " + own + ")";
  }
  return text;
}

} // namespace

std::string loopVariable(unsigned loop) { return "i" + std::to_string(loop); }

std::string loopHead(unsigned loop, int64_t extent) {
  std::string name = loopVariable(loop), head = "for (int64_t ";
  head.append(name).append(" = 0; ").append(name).append(" < ").append(integerLiteral(extent));
  return head.append("; ++").append(name).append(")");
}

SmallVector<unsigned> loopsOf(const Nest &nest, AffineExpr index) {
  SmallVector<unsigned> result;
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    if (nest.loops[loop].extent > 1 && index.isFunctionOfDim(loop))
      result.push_back(loop);
  return result;
}

SmallVector<unsigned> loopsOf(const Nest &nest, AffineMap indices) {
  SmallVector<unsigned> result;
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    if (nest.loops[loop].extent > 1 && indices.isFunctionOfDim(loop))
      result.push_back(loop);
  return result;
}

CAccess emitAccess(const Nest &nest, const Access &access, CHelpers &helpers) {
  CAccess result;
  const nest::Operand &operand = nest.operands[access.operand];
  result.offset = offsetText(nest, access, helpers);
  if (result.offset.empty())
    result.offset = "0";
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    std::optional<Interval> range = nest::indexRange(index, nest.loops);
    bool low = !range || range->low < 0, high = !range || range->high >= operand.shape[i];
    if (low || high)
      result.guards.push_back(
          {indexText(nest, index, helpers), operand.shape[i], low, high, loopsOf(nest, index)});
  }
  return result;
}

} // namespace tenon::host
