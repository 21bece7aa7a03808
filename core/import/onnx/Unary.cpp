// Elementwise operators of one operand, and activations.
#include "core/import/onnx/Conversions.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <numbers>

namespace tenon::import::onnx {

namespace math = mlir::math;

namespace {

template <typename Op> llvm::Error convertMath(NodeConversion &c) {
  return c.setFloats([](Scalars &s, mlir::Value x) { return s.builder.create<Op>(s.loc, x).getResult(); });
}

/// The same for floats and signed integers.
llvm::Error setSigned(NodeConversion &c, llvm::function_ref<mlir::Value(Scalars &, mlir::Value)> body) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = c.requireType(0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16,
                                            Type::INT8, Type::INT16, Type::INT32, Type::INT64}))
    return wrong;
  return c.setOutput(c.elementwise({c.value(0)}, c.shape(0), c.elementOf(c.type(0)),
                                   [&](Scalars &s, mlir::ValueRange in) { return body(s, in[0]); }),
                     c.type(0));
}

mlir::Value zeroOf(Scalars &s, mlir::Type type) {
  return mlir::isa<mlir::FloatType>(type) ? s.real(0, type) : s.integer(0, type.getIntOrFloatBitWidth());
}

} // namespace

llvm::Error convertExp(NodeConversion &c) { return convertMath<math::ExpOp>(c); }
llvm::Error convertLog(NodeConversion &c) { return convertMath<math::LogOp>(c); }
llvm::Error convertSqrt(NodeConversion &c) { return convertMath<math::SqrtOp>(c); }
llvm::Error convertErf(NodeConversion &c) { return convertMath<math::ErfOp>(c); }
llvm::Error convertTanh(NodeConversion &c) { return convertMath<math::TanhOp>(c); }
llvm::Error convertCeil(NodeConversion &c) { return convertMath<math::CeilOp>(c); }
llvm::Error convertFloor(NodeConversion &c) { return convertMath<math::FloorOp>(c); }
llvm::Error convertRound(NodeConversion &c) { return convertMath<math::RoundEvenOp>(c); }

llvm::Error convertReciprocal(NodeConversion &c) {
  return c.setFloats([](Scalars &s, mlir::Value x) { return s.divide(s.real(1, x.getType()), x); });
}

/// 0 of 0, and of what is not a number.
llvm::Error convertSign(NodeConversion &c) {
  return setSigned(c, [](Scalars &s, mlir::Value x) -> mlir::Value {
    mlir::Type type = x.getType();
    auto number = [&](int64_t value) {
      return mlir::isa<mlir::FloatType>(type) ? s.real(static_cast<double>(value), type)
                                              : s.integer(value, type.getIntOrFloatBitWidth());
    };
    mlir::Value zero = number(0);
    return s.select(s.less(zero, x), number(1), s.select(s.less(x, zero), number(-1), zero));
  });
}

llvm::Error convertAbs(NodeConversion &c) {
  if (c.has(0) && isUnsignedType(c.type(0)) && c.type(0) != Type::BOOL) {
    if (llvm::Error wrong = c.requireInputs(1, 1))
      return wrong;
    return c.setOutput(c.value(0), c.type(0));
  }
  return setSigned(c, [](Scalars &s, mlir::Value x) -> mlir::Value {
    if (mlir::isa<mlir::FloatType>(x.getType()))
      return s.builder.create<math::AbsFOp>(s.loc, x);
    return s.maximum(x, s.subtract(zeroOf(s, x.getType()), x));
  });
}

llvm::Error convertNeg(NodeConversion &c) {
  return setSigned(c, [](Scalars &s, mlir::Value x) -> mlir::Value {
    if (mlir::isa<mlir::FloatType>(x.getType()))
      return s.builder.create<mlir::arith::NegFOp>(s.loc, x);
    return s.subtract(zeroOf(s, x.getType()), x);
  });
}

llvm::Error convertRelu(NodeConversion &c) {
  return setSigned(c, [](Scalars &s, mlir::Value x) { return s.maximum(x, zeroOf(s, x.getType())); });
}

llvm::Error convertLeakyRelu(NodeConversion &c) {
  constexpr float usualSlope = 0.01F;
  double alpha = c.real("alpha", usualSlope);
  return c.setFloats([&](Scalars &s, mlir::Value x) {
    mlir::Value scaled = s.multiply(x, s.real(alpha, x.getType()));
    return s.select(s.less(x, s.real(0, x.getType())), scaled, x);
  });
}

llvm::Error convertSigmoid(NodeConversion &c) {
  return c.setFloats([](Scalars &s, mlir::Value x) {
    mlir::Type type = x.getType();
    mlir::Value negative = s.builder.create<mlir::arith::NegFOp>(s.loc, x);
    mlir::Value e = s.builder.create<math::ExpOp>(s.loc, negative);
    return s.divide(s.real(1, type), s.add(s.real(1, type), e));
  });
}

llvm::Error convertHardSwish(NodeConversion &c) {
  return c.setFloats([](Scalars &s, mlir::Value x) {
    mlir::Type type = x.getType();
    mlir::Value line = s.add(s.divide(x, s.real(6, type)), s.real(0.5, type));
    return s.multiply(x, s.maximum(s.minimum(line, s.real(1, type)), s.real(0, type)));
  });
}

llvm::Error convertGelu(NodeConversion &c) {
  std::string approximation = c.text("approximate", "none");
  if (approximation != "none" && approximation != "tanh")
    return c.error("approximates by " + printable(approximation) + ", known: none, tanh");
  bool byTanh = approximation == "tanh";
  return c.setFloats([&](Scalars &s, mlir::Value x) {
    mlir::Type type = x.getType();
    mlir::Value inner;
    if (byTanh) {
      constexpr double cubic = 0.044715;
      mlir::Value cube = s.multiply(s.multiply(x, x), s.multiply(x, s.real(cubic, type)));
      mlir::Value scale = s.real(std::sqrt(2 * std::numbers::inv_pi), type);
      inner = s.builder.create<math::TanhOp>(s.loc, s.multiply(scale, s.add(x, cube)));
    } else {
      mlir::Value scaled = s.multiply(x, s.real(1 / std::numbers::sqrt2, type));
      inner = s.builder.create<math::ErfOp>(s.loc, scaled);
    }
    return s.multiply(s.multiply(x, s.real(0.5, type)), s.add(inner, s.real(1, type)));
  });
}

llvm::Error convertClip(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 3))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (c.type(0) == Type::BOOL)
    return c.error("has " + describe(c.input(0)) + " of type BOOL, it takes numbers");
  constexpr int inputsSince = 11; // before, both bounds are attributes
  llvm::SmallVector<mlir::Value> operands = {c.value(0)};
  std::optional<double> least, most;
  if (c.operatorSet() < inputsSince) {
    if (llvm::Error wrong = c.requireFloat(0))
      return wrong;
    if (c.hasAttribute("min"))
      least = c.real("min", 0);
    if (c.hasAttribute("max"))
      most = c.real("max", 0);
  }
  for (unsigned i : {1U, 2U})
    if (c.has(i)) {
      if (!c.shape(i).empty() && llvm::ArrayRef<int64_t>{1} != c.shape(i))
        return c.error("has a bound of shape " + shapeText(c.shape(i)) + ", it must be a scalar");
      operands.push_back(c.value(i));
    }
  bool isUnsigned = isUnsignedType(c.type(0));
  auto larger = [&](Scalars &s, mlir::Value a, mlir::Value b) -> mlir::Value {
    return isUnsigned ? s.builder.create<mlir::arith::MaxUIOp>(s.loc, a, b).getResult() : s.maximum(a, b);
  };
  auto smaller = [&](Scalars &s, mlir::Value a, mlir::Value b) -> mlir::Value {
    return isUnsigned ? s.builder.create<mlir::arith::MinUIOp>(s.loc, a, b).getResult() : s.minimum(a, b);
  };
  auto result = c.pointwise(operands, c.elementOf(c.type(0)), [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value x = in[0];
    unsigned next = 1;
    if (least)
      x = larger(s, x, s.real(*least, x.getType()));
    if (c.has(1))
      x = larger(s, x, in[next++]);
    if (most)
      x = smaller(s, x, s.real(*most, x.getType()));
    if (c.has(2))
      x = smaller(s, x, in[next++]);
    return x;
  });
  if (!result)
    return result.takeError();
  mlir::Value value = *result;
  if (shapeOf(value) != c.shape(0)) // a bound of shape [1] on a scalar
    value = c.reshape(value, c.shape(0));
  return c.setOutput(value, c.type(0));
}

} // namespace tenon::import::onnx
