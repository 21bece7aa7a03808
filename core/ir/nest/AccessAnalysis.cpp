// Linear forms and ranges of indices, in 128-bit arithmetic with every part checked against indexLimit.
#include "core/ir/nest/AccessAnalysis.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace tenon::nest {
namespace {

__extension__ typedef __int128 Wide;

bool withinLimit(Wide value) { return value > -Wide(indexLimit) && value < Wide(indexLimit); }

Wide floorDivide(Wide value, Wide divisor) {
  Wide quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}

/// sum of coefficients * loops, plus anything from low to high.
struct Form {
  SmallVector<Wide> coefficients;
  Wide low = 0;
  Wide high = 0;

  bool withinLimits() const {
    for (Wide coefficient : coefficients)
      if (!withinLimit(coefficient))
        return false;
    return withinLimit(low) && withinLimit(high);
  }
};

struct WideInterval {
  Wide low;
  Wide high;
};

/// Without loops (only linear forms are wanted) a division ends the analysis.
class Analysis {
public:
  Analysis(unsigned count, std::optional<ArrayRef<Loop>> box) : count(count), box(box) {}

  std::optional<Form> form(AffineExpr index) const {
    std::optional<Form> result = unchecked(index);
    if (!result || !result->withinLimits())
      return std::nullopt;
    if (box) {
      WideInterval found = range(*result);
      if (!withinLimit(found.low) || !withinLimit(found.high))
        return std::nullopt;
    }
    return result;
  }

  WideInterval range(const Form &form) const {
    assert(box && "a range is of a form over a box");
    WideInterval result{form.low, form.high};
    for (unsigned i = 0; i < count; ++i) {
      Wide end = form.coefficients[i] * Wide((*box)[i].extent - 1);
      (end < 0 ? result.low : result.high) += end;
    }
    return result;
  }

private:
  std::optional<Form> unchecked(AffineExpr index) const {
    Form result;
    result.coefficients.assign(count, 0);
    if (auto constant = dyn_cast<AffineConstantExpr>(index)) {
      result.low = result.high = constant.getValue();
      return result;
    }
    if (auto loop = dyn_cast<AffineDimExpr>(index)) {
      if (loop.getPosition() >= count)
        return std::nullopt;
      result.coefficients[loop.getPosition()] = 1;
      return result;
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(index);
    if (!binary)
      return std::nullopt;
    std::optional<Form> left = form(binary.getLHS());
    std::optional<Form> right = form(binary.getRHS());
    if (!left || !right)
      return std::nullopt;
    if (binary.getKind() == AffineExprKind::Add)
      return sum(*left, *right);
    if (binary.getKind() == AffineExprKind::Mul) {
      auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
      if (factor)
        return product(*left, factor.getValue());
      factor = dyn_cast<AffineConstantExpr>(binary.getLHS());
      return factor ? std::optional(product(*right, factor.getValue())) : std::nullopt;
    }
    auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (!box || !divisor || divisor.getValue() <= 0)
      return std::nullopt;
    return division(binary.getKind(), range(*left), divisor.getValue());
  }

  Form sum(const Form &left, const Form &right) const {
    Form result = left;
    for (unsigned i = 0; i < count; ++i)
      result.coefficients[i] += right.coefficients[i];
    result.low += right.low;
    result.high += right.high;
    return result;
  }

  Form product(const Form &form, Wide factor) const {
    Form result = form;
    for (Wide &coefficient : result.coefficients)
      coefficient *= factor;
    result.low = (factor < 0 ? form.high : form.low) * factor;
    result.high = (factor < 0 ? form.low : form.high) * factor;
    return result;
  }

  Form division(AffineExprKind kind, WideInterval value, Wide divisor) const {
    Form result;
    result.coefficients.assign(count, 0);
    Wide low = floorDivide(value.low, divisor);
    Wide high = floorDivide(value.high, divisor);
    if (kind == AffineExprKind::Mod) {
      bool wraps = low != high;
      result.low = wraps ? 0 : value.low - low * divisor;
      result.high = wraps ? divisor - 1 : value.high - high * divisor;
      return result;
    }
    bool up = kind == AffineExprKind::CeilDiv;
    result.low = up ? -floorDivide(-value.low, divisor) : low;
    result.high = up ? -floorDivide(-value.high, divisor) : high;
    return result;
  }

  unsigned count;
  std::optional<ArrayRef<Loop>> box;
};

} // namespace

std::optional<LinearForm> linearForm(AffineExpr index, unsigned loopCount) {
  std::optional<Form> form = Analysis(loopCount, std::nullopt).form(index);
  if (!form)
    return std::nullopt;
  LinearForm result;
  for (Wide coefficient : form->coefficients)
    result.coefficients.push_back(int64_t(coefficient));
  result.constant = int64_t(form->low);
  return result;
}

std::optional<Interval> indexRange(AffineExpr index, ArrayRef<Loop> loops) {
  Analysis analysis(loops.size(), loops);
  std::optional<Form> form = analysis.form(index);
  if (!form)
    return std::nullopt;
  WideInterval found = analysis.range(*form);
  return Interval{int64_t(found.low), int64_t(found.high)};
}

bool isQuasiAffine(AffineExpr index) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(index);
  if (!binary)
    return isa<AffineConstantExpr, AffineDimExpr>(index);
  if (!isQuasiAffine(binary.getLHS()) || !isQuasiAffine(binary.getRHS()))
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return true;
  auto right = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Mul)
    return right || isa<AffineConstantExpr>(binary.getLHS());
  return right && right.getValue() > 0;
}

SmallVector<unsigned> usedLoops(AffineMap indices) {
  SmallVector<unsigned> result;
  for (unsigned loop = 0; loop < indices.getNumDims(); ++loop)
    if (indices.isFunctionOfDim(loop))
      result.push_back(loop);
  return result;
}

bool holds(const ScalarType &type, const Constant &constant) {
  if (type.isInteger())
    return llvm::isIntN(type.width, constant.integer);
  if (std::isnan(constant.real) || type.kind == ScalarType::Kind::Float64)
    return true;
  llvm::APFloat value(constant.real);
  bool losesInformation = false;
  const llvm::fltSemantics &semantics = type.kind == ScalarType::Kind::Float16 ? llvm::APFloat::IEEEhalf()
                                        : type.kind == ScalarType::Kind::BFloat16
                                            ? llvm::APFloat::BFloat()
                                            : llvm::APFloat::IEEEsingle();
  value.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInformation);
  return !losesInformation;
}

} // namespace tenon::nest
