// SOFTMAX along the last dimension: int8 in the reference's fixed point, float32 by the formula.
//
// Fixed point, after gemmlowp's fixedpoint.h and LiteRT's softmax.h: Qm.n is an i32 with m integer and n
// fractional bits. exp of a difference from the row's maximum has only 256 possible arguments, so it is a
// table in Q0.31, made here with the same integer steps; the sum of a row is Q12.19; its reciprocal comes
// from three Newton-Raphson steps.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/FixedPoint.h"
#include "core/import/tflite/FixedPointExp.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

namespace tenon::import::tflite {

namespace {

using ir::Rounding;

constexpr unsigned sumIntegerBits = 12;

/// Loops over the rows and the last dimension; a row's own numbers have no last dimension.
struct Rows {
  llvm::SmallVector<int64_t> shape, rowShape;
  mlir::AffineMap all, row;
};

Rows rowsOf(NodeConversion &c) {
  Rows rows;
  rows.shape.assign(c.input(0).shape.begin(), c.input(0).shape.end());
  rows.rowShape.assign(rows.shape.begin(), rows.shape.end() - 1);
  unsigned rank = rows.shape.size();
  rows.all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  rows.row = rows.all.dropResult(rank - 1);
  return rows;
}

mlir::Value reduceRows(NodeConversion &c, const Rows &rows, mlir::ValueRange inputs,
                       llvm::ArrayRef<mlir::AffineMap> inputMaps, mlir::Value start, ScalarBody body) {
  llvm::SmallVector<mlir::AffineMap> maps(inputMaps);
  maps.push_back(rows.row);
  return c.generic(inputs, maps, c.filled(rows.rowShape, start), body);
}

mlir::Value rowMaximum(NodeConversion &c, const Rows &rows, mlir::Value start) {
  return reduceRows(c, rows, {c.inputValue(0)}, {rows.all}, start, [](Scalars &s, mlir::ValueRange in) {
    return mlir::isa<mlir::FloatType>(in[0].getType())
               ? s.builder.create<mlir::arith::MaximumFOp>(s.loc, in[1], in[0]).getResult()
               : s.maximum(in[1], in[0]);
  });
}

/// exp(x - maximum) from the table, Q0.31.
mlir::Value exponential(Scalars &s, mlir::Value x, mlir::Value maximum, mlir::Value table) {
  return s.lookup(table, s.subtract(s.extend(maximum, 32), s.extend(x, 32)));
}

/// 1 / (1 + a) for a in [0, 1), Q0.31 both: Newton-Raphson on half the denominator, in Q2.29, from 48/17 -
/// 32/17 d.
mlir::Value reciprocalOfOnePlus(Scalars &s, mlir::Value a) {
  constexpr int64_t one = std::numeric_limits<int32_t>::max(); // 1 in Q0.31 saturates
  constexpr int64_t start = 1515870810, slope = -1010580540;   // 48/17 and -32/17 in Q2.29
  constexpr int64_t oneQ2 = int64_t(1) << 29;
  mlir::Value wide = s.add(s.extend(a, 64), s.integer(one, 64));
  mlir::Value half = s.truncate(s.roundingShiftRight(Rounding::HalfAwayFromZero, wide, s.integer(1, 64)), 32);
  mlir::Value x = s.add(s.integer(start), s.doublingHighMultiply(half, s.integer(slope)));
  for (int step = 0; step < 3; ++step) {
    mlir::Value rest = s.subtract(s.integer(oneQ2), s.doublingHighMultiply(half, x));
    mlir::Value correction = s.extend(s.doublingHighMultiply(x, rest), 64); // Q4.27, to Q2.29 by 2 bits
    x = s.add(x, s.saturate(s.shiftLeft(correction, s.integer(2, 64)), 32));
  }
  return s.saturate(s.shiftLeft(s.extend(x, 64), s.integer(1, 64)),
                    32); // half of Q2.29 is Q1.30; to Q0.31 by 1
}

/// The reciprocal of a row's sum as Q0.31, to be shifted right by 12 - (leading zeros of the sum).
mlir::Value reciprocalOfSum(Scalars &s, mlir::Value sum) {
  mlir::Value zeros = s.builder.create<mlir::math::CountLeadingZerosOp>(s.loc, sum);
  mlir::Value fraction = s.subtract(s.shiftLeft(sum, zeros), s.integer(std::numeric_limits<int32_t>::min()));
  return reciprocalOfOnePlus(s, fraction);
}

llvm::Error convertFixedPoint(NodeConversion &c, float beta) {
  const Tensor &input = c.input(0), &output = c.output();
  constexpr double outputScale = 1.0 / 256, tolerance = 1e-3 * outputScale; // the reference's own tolerance
  if (std::abs(scaleOf(output) - outputScale) > tolerance || zeroPointOf(output) != -128)
    return c.error("has an output with scale " + numberText(scaleOf(output)) + " and zero point " +
                   llvm::Twine(zeroPointOf(output)) + ", they must be 1/256 and -128");
  constexpr int64_t longestRow = (1 << sumIntegerBits) - 1;
  if (input.shape.back() > longestRow)
    return c.error("has rows of " + llvm::Twine(input.shape.back()) +
                   " elements, their sum in Q12.19 takes at most " + llvm::Twine(longestRow));
  llvm::Expected<llvm::SmallVector<int32_t>> entries = softmaxExponentials(c, beta, scaleOf(input));
  if (!entries)
    return entries.takeError();
  mlir::Value table = c.vector(*entries);
  Rows rows = rowsOf(c);
  Scalars scalars(c.builder, c.loc);
  mlir::Value maximum = rowMaximum(c, rows, scalars.integer(-128, 8));
  mlir::Value x = c.inputValue(0);
  mlir::Value sum = reduceRows(
      c, rows, {x, maximum}, {rows.all, rows.row}, scalars.integer(0), [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value e = exponential(s, in[0], in[1], table);
        return s.add(in[2], s.roundingShiftRight(Rounding::HalfAwayFromZero, e, s.integer(sumIntegerBits)));
      });
  mlir::AffineMap perRow = mlir::AffineMap::getMultiDimIdentityMap(rows.rowShape.size(), c.context());
  mlir::Value reciprocal =
      c.generic({sum}, {perRow, perRow}, c.empty(rows.rowShape, c.builder.getI32Type()),
                [](Scalars &s, mlir::ValueRange in) { return reciprocalOfSum(s, in[0]); });
  mlir::AffineMap maps[] = {rows.all, rows.row, rows.row, rows.row, rows.all};
  return c.setOutput(
      c.generic({x, maximum, sum, reciprocal}, maps, c.empty(rows.shape, c.builder.getI8Type()),
                [&](Scalars &s, mlir::ValueRange in) {
                  mlir::Value e = exponential(s, in[0], in[1], table);
                  mlir::Value share = s.extend(s.doublingHighMultiply(in[3], e), 64);
                  // 12 - zeros bits of the sum, and from 31 fractional bits to 8. In i64, as it may be 32 or
                  // more.
                  mlir::Value zeros = s.builder.create<mlir::math::CountLeadingZerosOp>(s.loc, in[2]);
                  mlir::Value amount = s.extend(s.subtract(s.integer(sumIntegerBits + 31 - 8), zeros), 64);
                  mlir::Value steps = s.roundingShiftRight(Rounding::HalfAwayFromZero, share, amount);
                  return addZeroPointAndClamp(s, steps, zeroPointOf(output), -128, 127);
                }));
}

llvm::Error convertReal(NodeConversion &c, float beta) {
  Rows rows = rowsOf(c);
  Scalars scalars(c.builder, c.loc);
  mlir::Type type = c.builder.getF32Type();
  mlir::Value x = c.inputValue(0);
  mlir::Value maximum = rowMaximum(c, rows, scalars.real(std::numeric_limits<float>::lowest(), type));
  mlir::AffineMap maps[] = {rows.all, rows.row, rows.all};
  mlir::Value e =
      c.generic({x, maximum}, maps, c.empty(rows.shape, type), [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value difference = s.multiply(s.subtract(in[0], in[1]), s.real(beta, type));
        return s.builder.create<mlir::math::ExpOp>(s.loc, difference).getResult();
      });
  mlir::Value sum = reduceRows(c, rows, {e}, {rows.all}, scalars.real(0, type),
                               [](Scalars &s, mlir::ValueRange in) { return s.add(in[1], in[0]); });
  return c.setOutput(c.generic({e, sum}, maps, c.empty(rows.shape, type),
                               [](Scalars &s, mlir::ValueRange in) { return s.divide(in[0], in[1]); }));
}

} // namespace

llvm::Error convertSoftmax(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  auto options = c.options<schema::SoftmaxOptions>();
  if (!options)
    return options.takeError();
  if (llvm::Error wrong = c.requireSameKind({&c.input(0), &c.output()}))
    return wrong;
  if (c.input(0).shape.empty())
    return c.error("has an input of rank 0, it takes rank 1 or more");
  return isFloat(c.input(0)) ? convertReal(c, (*options)->beta()) : convertFixedPoint(c, (*options)->beta());
}

} // namespace tenon::import::tflite
