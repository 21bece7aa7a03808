// ArgMax and ArgMin: the extreme along an axis, and then the first or last place that has it.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Reduction.h"

#include <limits>

namespace tenon::import::onnx {

namespace arith = mlir::arith;

namespace {

llvm::Error convertPlace(NodeConversion &c, bool isLargest) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong =
          c.requireType(0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16, Type::INT8, Type::UINT8,
                            Type::INT16, Type::UINT16, Type::INT32, Type::INT64}))
    return wrong;
  llvm::Expected<int64_t> axis = c.axisOf(c.integer("axis", 0), c.rank(0));
  if (!axis)
    return axis.takeError();
  bool keeps = c.integer("keepdims", 1) != 0, isLast = c.integer("select_last_index", 0) != 0;
  Remaining remaining = remainingOf(c, c.shape(0), {*axis});
  mlir::Value best = reduceExtreme(c, c.value(0), remaining, c.type(0), isLargest);
  Scalars scalars(c.builder, c.loc);
  int64_t none = isLast ? -1 : c.shape(0)[*axis];
  mlir::Value place = reduce(
      c, {c.value(0), best}, remaining, scalars.integer(none, 64), [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value isBest =
            isFloatType(c.type(0))
                ? s.builder.create<arith::CmpFOp>(s.loc, arith::CmpFPredicate::UEQ, in[0], in[1]).getResult()
                : s.builder.create<arith::CmpIOp>(s.loc, arith::CmpIPredicate::eq, in[0], in[1]).getResult();
        mlir::Value here = s.select(isBest, s.loopIndex(*axis, 64), s.integer(none, 64));
        return isLast ? s.maximum(in[2], here) : s.minimum(in[2], here);
      });
  return c.setOutput(keeps ? c.reshape(place, remaining.kept) : place, Type::INT64);
}

} // namespace

llvm::Error convertArgMax(NodeConversion &c) { return convertPlace(c, true); }
llvm::Error convertArgMin(NodeConversion &c) { return convertPlace(c, false); }

} // namespace tenon::import::onnx
