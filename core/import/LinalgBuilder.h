// How readers write an operator down: linalg.generic with a body of scalar operations, padding, and reshapes.
#pragma once

#include "core/ir/TenonDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tenon::import {

/// Scalar operations at one location; the names are the operations', the types those of the operands.
class Scalars {
public:
  Scalars(mlir::OpBuilder &opBuilder, mlir::Location location) : builder(opBuilder), loc(location) {}

  mlir::Value integer(int64_t value, unsigned bits = 32);
  mlir::Value real(double value, mlir::Type type);

  mlir::Value add(mlir::Value a, mlir::Value b); ///< integers or floats, as are the next five
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value divide(mlir::Value a, mlir::Value b);  ///< integers: signed, towards zero
  mlir::Value maximum(mlir::Value a, mlir::Value b); ///< integers: signed; floats: b where a < b, else a
  mlir::Value minimum(mlir::Value a, mlir::Value b); ///< floats: b where b < a, else a
  mlir::Value clamp(mlir::Value x, int64_t lowest, int64_t highest); ///< integers

  mlir::Value extend(mlir::Value x, unsigned bits); ///< signed; x itself if it has the width
  mlir::Value truncate(mlir::Value x, unsigned bits);
  mlir::Value saturate(mlir::Value x, unsigned bits); ///< to the signed range
  mlir::Value shiftLeft(mlir::Value x, mlir::Value amount);
  mlir::Value roundingShiftRight(ir::Rounding rounding, mlir::Value x, mlir::Value amount);
  mlir::Value doublingHighMultiply(mlir::Value a, mlir::Value b);
  mlir::Value lookup(mlir::Value table, mlir::Value index);
  mlir::Value less(mlir::Value a, mlir::Value b); ///< signed or ordered
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value loopIndex(unsigned loop, unsigned bits = 32);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

using ScalarBody = llvm::function_ref<mlir::Value(Scalars &, mlir::ValueRange)>;

/// Tensor-level operations at one location.
class LinalgBuilder {
public:
  LinalgBuilder(mlir::OpBuilder &opBuilder, mlir::Location location) : builder(opBuilder), loc(location) {}

  mlir::Value constant(mlir::DenseElementsAttr value);
  mlir::Value vector(llvm::ArrayRef<int32_t> values); ///< tensor<n x i32>
  mlir::Value empty(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);
  mlir::Value filled(llvm::ArrayRef<int64_t> shape, mlir::Value scalar);

  /// One linalg.generic. `maps` has an indexing map for each input and a last one for the result; loops that
  /// the last one does not mention are reductions. The body gets an element of each input and of the result
  /// as it is so far.
  mlir::Value generic(mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps, mlir::Value initial,
                      ScalarBody body);

  /// Inputs broadcast to `shape` by the rule of numpy: dimensions aligned at the right, 1 repeats. The shapes
  /// must fit.
  mlir::Value elementwise(mlir::ValueRange inputs, llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                          ScalarBody body);

  /// `low` and `high` extra elements in each dimension; the operand itself where there are none.
  mlir::Value pad(mlir::Value source, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                  mlir::TypedAttr value);

  /// The same elements in row-major order under another shape of as many elements.
  mlir::Value reshape(mlir::Value source, llvm::ArrayRef<int64_t> shape);

  mlir::MLIRContext *context() { return builder.getContext(); }
  /// The loop number `loop` as an affine expression.
  mlir::AffineExpr loop(unsigned number) { return mlir::getAffineDimExpr(number, context()); }
  mlir::AffineMap map(unsigned loops, llvm::ArrayRef<mlir::AffineExpr> results) {
    return mlir::AffineMap::get(loops, 0, results, context());
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The shape of a ranked tensor value.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
mlir::Type elementTypeOf(mlir::Value value);

} // namespace tenon::import
