// A joined loop m that indices take apart again (m floordiv 7, m mod 7) is often still one step in memory:
// c * d * (e floordiv d) + c * (e mod d) = c * e. Found on a sum of terms, so that vectors along m stay
// vectors.
#include "core/native/ir/AccessText.h"

using namespace mlir;

namespace tenon::native {
namespace {

using Term = FlatTerm;

class Sum {
public:
  explicit Sum(MLIRContext *context) : context(context) {}

  void add(AffineExpr expression, int64_t factor) {
    if (auto number = dyn_cast<AffineConstantExpr>(expression)) {
      constant += factor * number.getValue();
      return;
    }
    if (auto binary = dyn_cast<AffineBinaryOpExpr>(expression)) {
      if (binary.getKind() == AffineExprKind::Add) {
        add(binary.getLHS(), factor);
        return add(binary.getRHS(), factor);
      }
      auto number = dyn_cast<AffineConstantExpr>(binary.getRHS());
      if (binary.getKind() == AffineExprKind::Mul && number)
        return add(binary.getLHS(), factor * number.getValue());
    }
    for (Term &term : terms)
      if (term.atom == expression) {
        term.factor += factor;
        return;
      }
    terms.push_back({expression, factor});
  }

  void join() {
    while (joinOne())
      ;
  }

  AffineExpr expression() const {
    AffineExpr result = getAffineConstantExpr(constant, context);
    for (const Term &term : terms)
      if (term.factor != 0)
        result = result + term.atom * term.factor;
    return result;
  }

  llvm::SmallVector<Term> terms;

private:
  /// The remainder's argument may itself be cut down by a multiple of the divisor: (e mod kd) floordiv d goes
  /// with e mod d.
  static bool agree(AffineExpr divided, AffineExpr reduced, int64_t divisor) {
    if (divided == reduced)
      return true;
    auto outer = dyn_cast<AffineBinaryOpExpr>(divided);
    if (!outer || outer.getKind() != AffineExprKind::Mod || outer.getLHS() != reduced)
      return false;
    auto modulus = dyn_cast<AffineConstantExpr>(outer.getRHS());
    return modulus && modulus.getValue() % divisor == 0;
  }

  bool joinOne() {
    for (size_t i = 0; i < terms.size(); ++i)
      for (size_t k = 0; k < terms.size(); ++k) {
        auto quotient = dyn_cast<AffineBinaryOpExpr>(terms[i].atom);
        auto rest = dyn_cast<AffineBinaryOpExpr>(terms[k].atom);
        if (!quotient || !rest || quotient.getKind() != AffineExprKind::FloorDiv ||
            rest.getKind() != AffineExprKind::Mod || quotient.getRHS() != rest.getRHS())
          continue;
        auto divisor = dyn_cast<AffineConstantExpr>(rest.getRHS());
        if (!divisor || divisor.getValue() <= 0 || terms[k].factor == 0 ||
            terms[i].factor != terms[k].factor * divisor.getValue() ||
            !agree(quotient.getLHS(), rest.getLHS(), divisor.getValue()))
          continue;
        AffineExpr whole = quotient.getLHS();
        int64_t factor = terms[k].factor;
        terms.erase(terms.begin() + ptrdiff_t(std::max(i, k)));
        terms.erase(terms.begin() + ptrdiff_t(std::min(i, k)));
        add(whole, factor);
        return true;
      }
    return false;
  }

  MLIRContext *context;
  int64_t constant = 0;
};

} // namespace

static Sum flatSum(const nest::Nest &nest, const nest::Access &access) {
  const nest::Operand &operand = nest.operands[access.operand];
  Sum sum(access.indices.getContext());
  int64_t stride = 1;
  for (unsigned i = operand.shape.size(); i-- > 0;) {
    if (operand.shape[i] > 1) // inside, the index of a single place is 0
      sum.add(access.indices.getResult(i), stride);
    stride *= operand.shape[i];
  }
  sum.join();
  return sum;
}

AffineExpr flatIndex(const nest::Nest &nest, const nest::Access &access) {
  return flatSum(nest, access).expression();
}

llvm::SmallVector<FlatTerm> flatTerms(const nest::Nest &nest, const nest::Access &access) {
  return flatSum(nest, access).terms;
}

} // namespace tenon::native
