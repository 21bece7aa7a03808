// What makes or takes truth values: comparisons, And, Or, Xor, Not, IsNaN, IsInf.
#include "core/import/onnx/Conversions.h"

#include <limits>

namespace tenon::import::onnx {

namespace arith = mlir::arith;

namespace {

struct Comparison {
  arith::CmpFPredicate ofFloats;
  arith::CmpIPredicate ofSigned, ofUnsigned;
};

llvm::Error convertComparison(NodeConversion &c, Comparison comparison) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  int type = c.type(0);
  auto result = c.pointwise(
      {c.value(0), c.value(1)}, c.elementOf(Type::BOOL), [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
        if (isFloatType(type))
          return s.builder.create<arith::CmpFOp>(s.loc, comparison.ofFloats, in[0], in[1]);
        auto predicate = isUnsignedType(type) ? comparison.ofUnsigned : comparison.ofSigned;
        return s.builder.create<arith::CmpIOp>(s.loc, predicate, in[0], in[1]);
      });
  return result ? c.setOutput(*result, Type::BOOL) : result.takeError();
}

template <typename Op> llvm::Error convertLogic(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  for (unsigned i : {0U, 1U})
    if (llvm::Error wrong = c.requireType(i, {Type::BOOL}))
      return wrong;
  auto result =
      c.pointwise({c.value(0), c.value(1)}, c.elementOf(Type::BOOL), [](Scalars &s, mlir::ValueRange in) {
        return s.builder.create<Op>(s.loc, in[0], in[1]).getResult();
      });
  return result ? c.setOutput(*result, Type::BOOL) : result.takeError();
}

llvm::Error convertTest(NodeConversion &c, llvm::function_ref<mlir::Value(Scalars &, mlir::Value)> test) {
  return c.setOutput(c.elementwise({c.value(0)}, c.shape(0), c.elementOf(Type::BOOL),
                                   [&](Scalars &s, mlir::ValueRange in) { return test(s, in[0]); }),
                     Type::BOOL);
}

} // namespace

llvm::Error convertEqual(NodeConversion &c) {
  return convertComparison(c,
                           {arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, arith::CmpIPredicate::eq});
}

llvm::Error convertLess(NodeConversion &c) {
  return convertComparison(c,
                           {arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, arith::CmpIPredicate::ult});
}

llvm::Error convertLessOrEqual(NodeConversion &c) {
  return convertComparison(c,
                           {arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, arith::CmpIPredicate::ule});
}

llvm::Error convertGreater(NodeConversion &c) {
  return convertComparison(c,
                           {arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, arith::CmpIPredicate::ugt});
}

llvm::Error convertGreaterOrEqual(NodeConversion &c) {
  return convertComparison(c,
                           {arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge, arith::CmpIPredicate::uge});
}

llvm::Error convertAnd(NodeConversion &c) { return convertLogic<arith::AndIOp>(c); }
llvm::Error convertOr(NodeConversion &c) { return convertLogic<arith::OrIOp>(c); }
llvm::Error convertXor(NodeConversion &c) { return convertLogic<arith::XOrIOp>(c); }

llvm::Error convertNot(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = c.requireType(0, {Type::BOOL}))
    return wrong;
  return convertTest(c, [](Scalars &s, mlir::Value x) {
    return s.builder.create<arith::XOrIOp>(s.loc, x, s.integer(1, 1)).getResult();
  });
}

llvm::Error convertIsNaN(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  return convertTest(c, [](Scalars &s, mlir::Value x) {
    return s.builder.create<arith::CmpFOp>(s.loc, arith::CmpFPredicate::UNO, x, x).getResult();
  });
}

llvm::Error convertIsInf(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  bool positive = c.integer("detect_positive", 1) != 0, negative = c.integer("detect_negative", 1) != 0;
  return convertTest(c, [&](Scalars &s, mlir::Value x) {
    mlir::Value result = s.integer(0, 1);
    double infinity = std::numeric_limits<double>::infinity();
    for (auto [wanted, value] : {std::pair(positive, infinity), std::pair(negative, -infinity)})
      if (wanted) {
        mlir::Value is =
            s.builder.create<arith::CmpFOp>(s.loc, arith::CmpFPredicate::OEQ, x, s.real(value, x.getType()));
        result = s.builder.create<arith::OrIOp>(s.loc, result, is);
      }
    return result;
  });
}

} // namespace tenon::import::onnx
