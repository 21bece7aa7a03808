// CumSum: every sum on its own, over all places that come before.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Window.h"

namespace tenon::import::onnx {

llvm::Error convertCumSum(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireType(
          0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16, Type::INT32, Type::INT64}))
    return wrong;
  llvm::Expected<Shape> given = c.integersOf(1);
  if (!given)
    return given.takeError();
  if (given->size() != 1)
    return c.error("has " + llvm::Twine(given->size()) + " axes, it takes 1");
  llvm::Expected<int64_t> axis = c.axisOf(given->front(), c.rank(0));
  if (!axis)
    return axis.takeError();
  bool excludesItself = c.integer("exclusive", 0) != 0, isReversed = c.integer("reverse", 0) != 0;
  unsigned rank = c.rank(0);
  mlir::Type type = c.elementOf(c.type(0));
  // One loop more, over the places that may be added.
  llvm::SmallVector<mlir::AffineExpr> from, to;
  for (unsigned i = 0; i < rank; ++i) {
    to.push_back(c.loop(i));
    from.push_back(i == *axis ? c.loop(rank) : c.loop(i));
  }
  mlir::AffineMap maps[] = {c.map(rank + 1, from), c.map(rank + 1, to)};
  mlir::Value zero = c.builder.create<mlir::arith::ConstantOp>(c.loc, numberAttribute(type, 0));
  return c.setOutput(c.generic({c.value(0)}, maps, c.filled(c.shape(0), zero),
                               [&](Scalars &s, mlir::ValueRange in) {
                                 constexpr unsigned bits = 64;
                                 mlir::Value here = s.loopIndex(*axis, bits), place = s.loopIndex(rank, bits);
                                 if (isReversed)
                                   std::swap(here, place);
                                 mlir::Value limit = excludesItself ? here : s.add(here, s.integer(1, bits));
                                 return s.select(s.less(place, limit), s.add(in[1], in[0]), in[1]);
                               }),
                     c.type(0));
}

} // namespace tenon::import::onnx
