// Building scalar bodies and tensor-level operations.
#include "core/import/LinalgBuilder.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

namespace tenon::import {

namespace arith = mlir::arith;

llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

mlir::Type elementTypeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}

namespace {
bool isFloat(mlir::Value value) { return mlir::isa<mlir::FloatType>(value.getType()); }
} // namespace

mlir::Value Scalars::integer(int64_t value, unsigned bits) {
  return builder.create<arith::ConstantOp>(loc, builder.getIntegerAttr(builder.getIntegerType(bits), value));
}

mlir::Value Scalars::real(double value, mlir::Type type) {
  return builder.create<arith::ConstantOp>(loc, builder.getFloatAttr(type, value));
}

mlir::Value Scalars::add(mlir::Value a, mlir::Value b) {
  return isFloat(a) ? builder.create<arith::AddFOp>(loc, a, b).getResult()
                    : builder.create<arith::AddIOp>(loc, a, b).getResult();
}

mlir::Value Scalars::subtract(mlir::Value a, mlir::Value b) {
  return isFloat(a) ? builder.create<arith::SubFOp>(loc, a, b).getResult()
                    : builder.create<arith::SubIOp>(loc, a, b).getResult();
}

mlir::Value Scalars::multiply(mlir::Value a, mlir::Value b) {
  return isFloat(a) ? builder.create<arith::MulFOp>(loc, a, b).getResult()
                    : builder.create<arith::MulIOp>(loc, a, b).getResult();
}

mlir::Value Scalars::divide(mlir::Value a, mlir::Value b) {
  return isFloat(a) ? builder.create<arith::DivFOp>(loc, a, b).getResult()
                    : builder.create<arith::DivSIOp>(loc, a, b).getResult();
}

mlir::Value Scalars::less(mlir::Value a, mlir::Value b) {
  if (isFloat(a))
    return builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OLT, a, b);
  return builder.create<arith::CmpIOp>(loc, arith::CmpIPredicate::slt, a, b);
}

mlir::Value Scalars::select(mlir::Value condition, mlir::Value a, mlir::Value b) {
  return builder.create<arith::SelectOp>(loc, condition, a, b);
}

mlir::Value Scalars::maximum(mlir::Value a, mlir::Value b) {
  return isFloat(a) ? select(less(a, b), b, a) : builder.create<arith::MaxSIOp>(loc, a, b).getResult();
}

mlir::Value Scalars::minimum(mlir::Value a, mlir::Value b) {
  return isFloat(a) ? select(less(b, a), b, a) : builder.create<arith::MinSIOp>(loc, a, b).getResult();
}

mlir::Value Scalars::clamp(mlir::Value x, int64_t lowest, int64_t highest) {
  unsigned bits = x.getType().getIntOrFloatBitWidth();
  return minimum(maximum(x, integer(lowest, bits)), integer(highest, bits));
}

mlir::Value Scalars::extend(mlir::Value x, unsigned bits) {
  if (x.getType().getIntOrFloatBitWidth() == bits)
    return x;
  return builder.create<arith::ExtSIOp>(loc, builder.getIntegerType(bits), x);
}

mlir::Value Scalars::truncate(mlir::Value x, unsigned bits) {
  if (x.getType().getIntOrFloatBitWidth() == bits)
    return x;
  return builder.create<arith::TruncIOp>(loc, builder.getIntegerType(bits), x);
}

mlir::Value Scalars::saturate(mlir::Value x, unsigned bits) {
  return builder.create<ir::SaturateOp>(loc, builder.getIntegerType(bits), x, ir::Signedness::Signed);
}

mlir::Value Scalars::shiftLeft(mlir::Value x, mlir::Value amount) {
  return builder.create<arith::ShLIOp>(loc, x, amount);
}

mlir::Value Scalars::roundingShiftRight(ir::Rounding rounding, mlir::Value x, mlir::Value amount) {
  return builder.create<ir::RoundingShiftRightOp>(loc, x.getType(), x, amount, rounding);
}

mlir::Value Scalars::doublingHighMultiply(mlir::Value a, mlir::Value b) {
  return builder.create<ir::DoublingHighMultiplyOp>(loc, a.getType(), a, b);
}

mlir::Value Scalars::lookup(mlir::Value table, mlir::Value index) {
  return builder.create<ir::LookupOp>(loc, elementTypeOf(table), table, index);
}

mlir::Value Scalars::loopIndex(unsigned loop, unsigned bits) {
  mlir::Value index = builder.create<mlir::linalg::IndexOp>(loc, loop);
  return builder.create<arith::IndexCastOp>(loc, builder.getIntegerType(bits), index);
}

mlir::Value LinalgBuilder::constant(mlir::DenseElementsAttr value) {
  return builder.create<arith::ConstantOp>(loc, value);
}

mlir::Value LinalgBuilder::vector(llvm::ArrayRef<int32_t> values) {
  auto type = mlir::RankedTensorType::get({static_cast<int64_t>(values.size())}, builder.getI32Type());
  return constant(mlir::DenseElementsAttr::get(type, values));
}

mlir::Value LinalgBuilder::empty(llvm::ArrayRef<int64_t> shape, mlir::Type elementType) {
  return builder.create<mlir::tensor::EmptyOp>(loc, shape, elementType);
}

mlir::Value LinalgBuilder::filled(llvm::ArrayRef<int64_t> shape, mlir::Value scalar) {
  return builder.create<mlir::linalg::FillOp>(loc, scalar, empty(shape, scalar.getType())).getResult(0);
}

mlir::Value LinalgBuilder::generic(mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
                                   mlir::Value initial, ScalarBody body) {
  mlir::AffineMap output = maps.back();
  llvm::SmallVector<mlir::utils::IteratorType> iterators;
  for (unsigned i = 0; i < output.getNumDims(); ++i)
    iterators.push_back(output.isFunctionOfDim(i) ? mlir::utils::IteratorType::parallel
                                                  : mlir::utils::IteratorType::reduction);
  auto write = [&](mlir::OpBuilder &inner, mlir::Location place, mlir::ValueRange elements) {
    Scalars scalars(inner, place);
    mlir::Value result = body(scalars, elements);
    inner.create<mlir::linalg::YieldOp>(place, result);
  };
  auto op = builder.create<mlir::linalg::GenericOp>(loc, mlir::TypeRange{initial.getType()}, inputs,
                                                    mlir::ValueRange{initial}, maps, iterators, write);
  return op.getResult(0);
}

mlir::Value LinalgBuilder::elementwise(mlir::ValueRange inputs, llvm::ArrayRef<int64_t> shape,
                                       mlir::Type elementType, ScalarBody body) {
  unsigned rank = shape.size();
  llvm::SmallVector<mlir::AffineMap> maps;
  for (mlir::Value input : inputs) {
    llvm::ArrayRef<int64_t> from = shapeOf(input);
    llvm::SmallVector<mlir::AffineExpr> indices;
    for (unsigned i = 0; i < from.size(); ++i) {
      unsigned aligned = rank - from.size() + i;
      bool repeats = from[i] == 1 && shape[aligned] != 1;
      indices.push_back(repeats ? mlir::getAffineConstantExpr(0, context()) : loop(aligned));
    }
    maps.push_back(map(rank, indices));
  }
  maps.push_back(mlir::AffineMap::getMultiDimIdentityMap(rank, context()));
  return generic(inputs, maps, empty(shape, elementType), body);
}

mlir::Value LinalgBuilder::pad(mlir::Value source, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                               mlir::TypedAttr value) {
  auto isZero = [](int64_t n) { return n == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return source;
  llvm::SmallVector<int64_t> shape(shapeOf(source));
  llvm::SmallVector<mlir::OpFoldResult> lows, highs;
  for (unsigned i = 0; i < shape.size(); ++i) {
    shape[i] += low[i] + high[i];
    lows.push_back(builder.getIndexAttr(low[i]));
    highs.push_back(builder.getIndexAttr(high[i]));
  }
  auto type = mlir::RankedTensorType::get(shape, elementTypeOf(source));
  mlir::Value scalar = builder.create<arith::ConstantOp>(loc, value);
  return builder.create<mlir::tensor::PadOp>(loc, type, source, lows, highs, scalar);
}

mlir::Value LinalgBuilder::reshape(mlir::Value source, llvm::ArrayRef<int64_t> shape) {
  if (shapeOf(source) == shape)
    return source;
  mlir::Type elementType = elementTypeOf(source);
  mlir::DenseElementsAttr elements;
  if (mlir::matchPattern(source, mlir::m_Constant(&elements)))
    return constant(elements.reshape(mlir::RankedTensorType::get(shape, elementType)));
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  auto all = [](unsigned rank) {
    llvm::SmallVector<mlir::ReassociationIndices> group(rank ? 1 : 0);
    for (unsigned i = 0; i < rank; ++i)
      group[0].push_back(i);
    return group;
  };
  if (shapeOf(source).size() != 1) {
    auto flat = mlir::RankedTensorType::get({count}, elementType);
    unsigned rank = shapeOf(source).size();
    source = rank == 0
                 ? builder.create<mlir::tensor::ExpandShapeOp>(loc, flat, source, all(0)).getResult()
                 : builder.create<mlir::tensor::CollapseShapeOp>(loc, flat, source, all(rank)).getResult();
  }
  if (shape.size() == 1)
    return source;
  auto type = mlir::RankedTensorType::get(shape, elementType);
  if (shape.empty())
    return builder.create<mlir::tensor::CollapseShapeOp>(loc, type, source, all(0));
  return builder.create<mlir::tensor::ExpandShapeOp>(loc, type, source, all(shape.size()));
}

} // namespace tenon::import
