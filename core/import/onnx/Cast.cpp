// Cast, between all element types that are read.
#include "core/import/onnx/Cast.h"

#include "core/import/onnx/Conversions.h"

namespace tenon::import::onnx {

namespace arith = mlir::arith;

namespace {

mlir::Value castFloat(Scalars &s, mlir::Value x, mlir::Type to) {
  unsigned from = x.getType().getIntOrFloatBitWidth(), width = to.getIntOrFloatBitWidth();
  if (x.getType() == to)
    return x;
  if (from == width) // between the two of 16 bits
    x = s.builder.create<arith::ExtFOp>(s.loc, s.builder.getF32Type(), x);
  if (x.getType().getIntOrFloatBitWidth() < width)
    return s.builder.create<arith::ExtFOp>(s.loc, to, x);
  return s.builder.create<arith::TruncFOp>(s.loc, to, x);
}

} // namespace

mlir::Value castScalar(Scalars &s, mlir::Value x, int from, int to) {
  mlir::Type type = elementType(s.builder.getContext(), to);
  if (from == to)
    return x;
  if (to == Type::BOOL) { // anything but 0 is true
    if (isFloatType(from))
      return s.builder.create<arith::CmpFOp>(s.loc, arith::CmpFPredicate::UNE, x, s.real(0, x.getType()));
    mlir::Value zero = s.integer(0, x.getType().getIntOrFloatBitWidth());
    return s.builder.create<arith::CmpIOp>(s.loc, arith::CmpIPredicate::ne, x, zero);
  }
  if (isFloatType(from) && isFloatType(to))
    return castFloat(s, x, type);
  if (isFloatType(from))
    return isUnsignedType(to) ? s.builder.create<arith::FPToUIOp>(s.loc, type, x).getResult()
                              : s.builder.create<arith::FPToSIOp>(s.loc, type, x).getResult();
  if (isFloatType(to))
    return isUnsignedType(from) ? s.builder.create<arith::UIToFPOp>(s.loc, type, x).getResult()
                                : s.builder.create<arith::SIToFPOp>(s.loc, type, x).getResult();
  unsigned width = x.getType().getIntOrFloatBitWidth(), wanted = type.getIntOrFloatBitWidth();
  if (wanted <= width)
    return s.truncate(x, wanted);
  return isUnsignedType(from) ? s.builder.create<arith::ExtUIOp>(s.loc, type, x).getResult()
                              : s.extend(x, wanted);
}

namespace {

llvm::Error castTo(NodeConversion &c, int to) {
  int from = c.type(0);
  (void)c.integer("saturate", 1); // of floats of 8 bits, which are not read
  if (!c.elementOf(to))
    return c.error("casts to " + typeName(to) +
                   ", supported: floats of 16 to 64 bits, integers of 8 to 64 bits, BOOL");
  return c.setOutput(
      c.elementwise({c.value(0)}, c.shape(0), c.elementOf(to),
                    [&](Scalars &s, mlir::ValueRange in) { return castScalar(s, in[0], from, to); }),
      to);
}

} // namespace

llvm::Error convertCast(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  return castTo(c, static_cast<int>(c.integer("to", 0)));
}

llvm::Error convertCastLike(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  return castTo(c, c.type(1));
}

} // namespace tenon::import::onnx
