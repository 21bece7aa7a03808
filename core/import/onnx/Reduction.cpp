// ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, and those of squares, magnitudes and logarithms.
#include "core/import/onnx/Reduction.h"

#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Window.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

namespace tenon::import::onnx {

namespace arith = mlir::arith;

Remaining remainingOf(NodeConversion &c, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> axes) {
  Remaining remaining;
  for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i) {
    bool isReduced = llvm::is_contained(axes, i);
    remaining.kept.push_back(isReduced ? 1 : shape[i]);
    if (isReduced) {
      remaining.count *= shape[i];
      continue;
    }
    remaining.shape.push_back(shape[i]);
    remaining.map.push_back(c.loop(i));
  }
  return remaining;
}

mlir::Value reduce(NodeConversion &c, mlir::ValueRange sources, const Remaining &remaining, mlir::Value start,
                   ScalarBody body) {
  unsigned rank = remaining.kept.size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap some = c.map(rank, remaining.map);
  llvm::SmallVector<mlir::AffineMap> maps;
  for (mlir::Value source : sources)
    maps.push_back(shapeOf(source).size() == rank ? all : some);
  maps.push_back(some);
  return c.generic(sources, maps, c.filled(remaining.shape, start), body);
}

mlir::Value reduceSum(NodeConversion &c, mlir::Value source, const Remaining &remaining) {
  mlir::Value zero = c.builder.create<arith::ConstantOp>(c.loc, numberAttribute(elementTypeOf(source), 0));
  return reduce(c, {source}, remaining, zero,
                [](Scalars &s, mlir::ValueRange in) { return s.add(in[1], in[0]); });
}

mlir::Value reduceExtreme(NodeConversion &c, mlir::Value source, const Remaining &remaining, int type,
                          bool isLargest) {
  mlir::Type element = elementTypeOf(source);
  bool isFloating = isFloatType(type), isUnsigned = isUnsignedType(type);
  mlir::TypedAttr start;
  if (isFloating) {
    double infinity = std::numeric_limits<double>::infinity();
    start = numberAttribute(element, isLargest ? -infinity : infinity);
  } else {
    unsigned bits = element.getIntOrFloatBitWidth();
    llvm::APInt least = isUnsigned ? llvm::APInt::getMinValue(bits) : llvm::APInt::getSignedMinValue(bits);
    llvm::APInt most = isUnsigned ? llvm::APInt::getMaxValue(bits) : llvm::APInt::getSignedMaxValue(bits);
    start = mlir::IntegerAttr::get(element, isLargest ? least : most);
  }
  mlir::Value initial = c.builder.create<arith::ConstantOp>(c.loc, start);
  return reduce(c, {source}, remaining, initial, [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
    mlir::Value a = in[1], b = in[0];
    if (isFloating)
      return isLargest ? s.builder.create<arith::MaximumFOp>(s.loc, a, b).getResult()
                       : s.builder.create<arith::MinimumFOp>(s.loc, a, b).getResult();
    if (isUnsigned)
      return isLargest ? s.builder.create<arith::MaxUIOp>(s.loc, a, b).getResult()
                       : s.builder.create<arith::MinUIOp>(s.loc, a, b).getResult();
    return isLargest ? s.maximum(a, b) : s.minimum(a, b);
  });
}

namespace {

/// The axes of the node's attribute, or from some operator set on of its second input.
llvm::Expected<Shape> reducedAxes(NodeConversion &c, int inputSince) {
  std::optional<Shape> axes;
  if (c.operatorSet() < inputSince) {
    axes = c.integers("axes");
  } else {
    if (c.has(1)) {
      llvm::Expected<Shape> numbers = c.integersOf(1);
      if (!numbers)
        return numbers;
      axes = *numbers;
    }
    if ((!axes || axes->empty()) && c.integer("noop_with_empty_axes", 0) != 0)
      return Shape();
    (void)c.integer("noop_with_empty_axes", 0);
  }
  if (axes && !axes->empty())
    return c.axesOf(*axes, c.rank(0));
  Shape all;
  for (int64_t i = 0; i < c.rank(0); ++i)
    all.push_back(i);
  return all;
}

llvm::Error convertReduction(NodeConversion &c, int inputSince, bool floatsOnly,
                             llvm::function_ref<mlir::Value(const Remaining &)> make) {
  if (llvm::Error wrong = c.requireInputs(1, c.operatorSet() < inputSince ? 1 : 2))
    return wrong;
  llvm::Error wrong =
      floatsOnly ? c.requireFloat(0)
                 : c.requireType(0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16, Type::INT8,
                                     Type::UINT8, Type::INT32, Type::UINT32, Type::INT64, Type::UINT64});
  if (wrong)
    return wrong;
  llvm::Expected<Shape> axes = reducedAxes(c, inputSince);
  if (!axes)
    return axes.takeError();
  bool keeps = c.integer("keepdims", 1) != 0;
  if (axes->empty())
    return c.setOutput(c.value(0), c.type(0));
  Remaining remaining = remainingOf(c, c.shape(0), *axes);
  mlir::Value result = make(remaining);
  return c.setOutput(keeps ? c.reshape(result, remaining.kept) : result, c.type(0));
}

constexpr int sumInputSince = 13, othersInputSince = 18;

} // namespace

mlir::Value reduceMax(NodeConversion &c, mlir::Value source, const Remaining &remaining, int type) {
  return reduceExtreme(c, source, remaining, type, true);
}

llvm::Error convertReduceSum(NodeConversion &c) {
  return convertReduction(c, sumInputSince, false,
                          [&](const Remaining &remaining) { return reduceSum(c, c.value(0), remaining); });
}

llvm::Error convertReduceMean(NodeConversion &c) {
  return convertReduction(c, othersInputSince, true, [&](const Remaining &remaining) {
    mlir::Value sum = reduceSum(c, c.value(0), remaining);
    return c.elementwise({sum}, remaining.shape, elementTypeOf(sum), [&](Scalars &s, mlir::ValueRange in) {
      return s.divide(in[0], s.real(static_cast<double>(remaining.count), elementTypeOf(sum)));
    });
  });
}

llvm::Error convertReduceMax(NodeConversion &c) {
  return convertReduction(c, othersInputSince, false, [&](const Remaining &remaining) {
    return reduceExtreme(c, c.value(0), remaining, c.type(0), true);
  });
}

llvm::Error convertReduceMin(NodeConversion &c) {
  return convertReduction(c, othersInputSince, false, [&](const Remaining &remaining) {
    return reduceExtreme(c, c.value(0), remaining, c.type(0), false);
  });
}

namespace {

using Scalar = llvm::function_ref<mlir::Value(Scalars &, mlir::Value)>;

/// The sum of what `each` makes of the elements, and what `last` makes of it.
mlir::Value sumOf(NodeConversion &c, const Remaining &remaining, Scalar each, Scalar last = nullptr) {
  mlir::Type type = c.elementOf(c.type(0));
  mlir::Value zero = c.builder.create<arith::ConstantOp>(c.loc, numberAttribute(type, 0));
  mlir::Value sum = reduce(c, {c.value(0)}, remaining, zero,
                           [&](Scalars &s, mlir::ValueRange in) { return s.add(in[1], each(s, in[0])); });
  if (!last)
    return sum;
  return c.elementwise({sum}, remaining.shape, type,
                       [&](Scalars &s, mlir::ValueRange in) { return last(s, in[0]); });
}

mlir::Value itself(Scalars &, mlir::Value x) { return x; }
mlir::Value square(Scalars &s, mlir::Value x) { return s.multiply(x, x); }
mlir::Value logarithm(Scalars &s, mlir::Value x) { return s.builder.create<mlir::math::LogOp>(s.loc, x); }

mlir::Value magnitude(Scalars &s, mlir::Value x) {
  if (mlir::isa<mlir::FloatType>(x.getType()))
    return s.builder.create<mlir::math::AbsFOp>(s.loc, x);
  return s.maximum(x, s.subtract(s.integer(0, x.getType().getIntOrFloatBitWidth()), x));
}

} // namespace

llvm::Error convertReduceProd(NodeConversion &c) {
  return convertReduction(c, othersInputSince, false, [&](const Remaining &remaining) {
    mlir::Type type = c.elementOf(c.type(0));
    mlir::Value one = c.builder.create<arith::ConstantOp>(c.loc, numberAttribute(type, 1));
    return reduce(c, {c.value(0)}, remaining, one,
                  [](Scalars &s, mlir::ValueRange in) { return s.multiply(in[1], in[0]); });
  });
}

llvm::Error convertReduceSumSquare(NodeConversion &c) {
  return convertReduction(c, othersInputSince, false,
                          [&](const Remaining &remaining) { return sumOf(c, remaining, square); });
}

llvm::Error convertReduceL1(NodeConversion &c) {
  return convertReduction(c, othersInputSince, false, [&](const Remaining &remaining) {
    return sumOf(c, remaining, isUnsignedType(c.type(0)) ? itself : magnitude);
  });
}

llvm::Error convertReduceL2(NodeConversion &c) {
  return convertReduction(c, othersInputSince, true, [&](const Remaining &remaining) {
    return sumOf(c, remaining, square, [](Scalars &s, mlir::Value x) {
      return s.builder.create<mlir::math::SqrtOp>(s.loc, x).getResult();
    });
  });
}

llvm::Error convertReduceLogSum(NodeConversion &c) {
  return convertReduction(c, othersInputSince, true,
                          [&](const Remaining &remaining) { return sumOf(c, remaining, itself, logarithm); });
}

/// Without overflow: the largest element comes out of the exponentials.
llvm::Error convertReduceLogSumExp(NodeConversion &c) {
  return convertReduction(c, othersInputSince, true, [&](const Remaining &remaining) {
    mlir::Type type = c.elementOf(c.type(0));
    mlir::Value largest = reduceMax(c, c.value(0), remaining, c.type(0));
    mlir::Value zero = c.builder.create<arith::ConstantOp>(c.loc, numberAttribute(type, 0));
    mlir::Value sum = reduce(c, {c.value(0), largest}, remaining, zero, [](Scalars &s, mlir::ValueRange in) {
      mlir::Value e = s.builder.create<mlir::math::ExpOp>(s.loc, s.subtract(in[0], in[1]));
      return s.add(in[2], e);
    });
    return c.elementwise({sum, largest}, remaining.shape, type,
                         [](Scalars &s, mlir::ValueRange in) { return s.add(logarithm(s, in[0]), in[1]); });
  });
}

} // namespace tenon::import::onnx
