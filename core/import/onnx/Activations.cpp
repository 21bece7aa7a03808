// Activations of one float: the exponential and the piecewise linear ones.
#include "core/import/onnx/Conversions.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace math = mlir::math;
namespace arith = mlir::arith;

namespace {

mlir::Value exponential(Scalars &s, mlir::Value x) { return s.builder.create<math::ExpOp>(s.loc, x); }
mlir::Value absolute(Scalars &s, mlir::Value x) { return s.builder.create<math::AbsFOp>(s.loc, x); }

/// log(1 + e^x), without overflow: max(x, 0) + log(1 + e^-|x|).
mlir::Value softplus(Scalars &s, mlir::Value x) {
  mlir::Type type = x.getType();
  mlir::Value e = exponential(s, s.builder.create<arith::NegFOp>(s.loc, absolute(s, x)));
  mlir::Value rest = s.builder.create<math::LogOp>(s.loc, s.add(s.real(1, type), e));
  return s.add(s.maximum(x, s.real(0, type)), rest);
}

/// x above 0, factor * (e^(x / width) - 1) below.
mlir::Value exponentialUnit(Scalars &s, mlir::Value x, double factor, double width) {
  mlir::Type type = x.getType();
  mlir::Value scaled = width == 1 ? x : s.divide(x, s.real(width, type));
  // Above 0 the exponential is not used; it must not become infinite there.
  mlir::Value below = s.minimum(scaled, s.real(0, type));
  mlir::Value curve = s.multiply(s.real(factor, type), s.subtract(exponential(s, below), s.real(1, type)));
  return s.select(s.less(x, s.real(0, type)), curve, x);
}

} // namespace

llvm::Error convertElu(NodeConversion &c) {
  double alpha = c.real("alpha", 1);
  return c.setFloats([&](Scalars &s, mlir::Value x) { return exponentialUnit(s, x, alpha, 1); });
}

llvm::Error convertCelu(NodeConversion &c) {
  double alpha = c.real("alpha", 1);
  return c.setFloats([&](Scalars &s, mlir::Value x) { return exponentialUnit(s, x, alpha, alpha); });
}

llvm::Error convertSelu(NodeConversion &c) {
  constexpr float usualAlpha = 1.67326319217681884765625F, usualGamma = 1.05070102214813232421875F;
  double alpha = c.real("alpha", usualAlpha), gamma = c.real("gamma", usualGamma);
  return c.setFloats([&](Scalars &s, mlir::Value x) {
    return s.multiply(s.real(gamma, x.getType()), exponentialUnit(s, x, alpha, 1));
  });
}

llvm::Error convertHardSigmoid(NodeConversion &c) {
  constexpr float usualAlpha = 0.2F, usualBeta = 0.5F;
  double alpha = c.real("alpha", usualAlpha), beta = c.real("beta", usualBeta);
  return c.setFloats([&](Scalars &s, mlir::Value x) {
    mlir::Type type = x.getType();
    mlir::Value line = s.add(s.multiply(x, s.real(alpha, type)), s.real(beta, type));
    return s.maximum(s.minimum(line, s.real(1, type)), s.real(0, type));
  });
}

llvm::Error convertSoftplus(NodeConversion &c) { return c.setFloats(softplus); }

llvm::Error convertSoftsign(NodeConversion &c) {
  return c.setFloats(
      [](Scalars &s, mlir::Value x) { return s.divide(x, s.add(s.real(1, x.getType()), absolute(s, x))); });
}

llvm::Error convertMish(NodeConversion &c) {
  return c.setFloats([](Scalars &s, mlir::Value x) {
    return s.multiply(x, s.builder.create<math::TanhOp>(s.loc, softplus(s, x)));
  });
}

llvm::Error convertThresholdedRelu(NodeConversion &c) {
  double alpha = c.real("alpha", 1);
  return c.setFloats([&](Scalars &s, mlir::Value x) {
    return s.select(s.less(s.real(alpha, x.getType()), x), x, s.real(0, x.getType()));
  });
}

} // namespace tenon::import::onnx
