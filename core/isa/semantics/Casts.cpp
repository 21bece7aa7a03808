// Casts: those that keep the value are proven to, the others say in their name what they do to it.
#include "core/isa/semantics/BodyChecker.h"

namespace tenon::isa::semantics {

using nest::Opcode;

MaybeTyped BodyChecker::cast(const Expression &part, const ElementType &to) {
  const Expression &argument = part.arguments[0];
  if (scope.isOpen(argument))
    return check(argument, to);
  MaybeTyped x = check(argument, std::nullopt);
  if (!x || x->type == to)
    return x;
  if (to.scalar.isFloat())
    return castFloat(part, *x, to);
  if (x->type.scalar.isInteger())
    return castInteger(part, *x, to);
  return mistake(part, "a cast from " + x->type.str() + " to " + to.str() + " is not yet supported");
}

MaybeTyped BodyChecker::castInteger(const Expression &part, const Typed &x, const ElementType &to) {
  std::string type = to.str(), argument = part.arguments[0].str();
  Range range = rangeOf(to);
  if (!x.range.inside(range))
    return mistake(part, argument + " is " + x.range.str() + ", " + type + " holds " + range.str(),
                   "write clamp(" + argument + ", " + Range{range.low, range.low}.str() + ", " +
                       Range{range.high, range.high}.str() + ") inside" +
                       (x.type.scalar.width < to.scalar.width ? "" : ", sat_" + type + " or wrap_" + type));
  if (x.type.scalar.width == to.scalar.width)
    return Typed{x.node, to, x.range};
  Opcode opcode = x.type.scalar.width > to.scalar.width ? Opcode::TruncI
                  : x.type.isSigned                     ? Opcode::ExtSI
                                                        : Opcode::ExtUI;
  return add(opcode, to, x.range, {x});
}

MaybeTyped BodyChecker::castFloat(const Expression &part, const Typed &x, const ElementType &to) {
  if (x.type.scalar.isInteger())
    return add(x.type.isSigned ? Opcode::SIToFP : Opcode::UIToFP, to, {}, {x});
  if (x.type.scalar.width < to.scalar.width)
    return add(Opcode::ExtF, to, {}, {x});
  if (x.type.scalar.width > to.scalar.width)
    return add(Opcode::TruncF, to, {}, {x});
  // Two formats of one width: through the one that holds both.
  Typed wide = add(Opcode::ExtF, {nest::ScalarType::f32(), true}, {}, {x});
  return add(Opcode::TruncF, to, {}, {wide});
}

/// The integer that wrap_ and sat_ are of; numbers are 64 bits wide.
MaybeTyped BodyChecker::argumentOfCast(const Expression &part, const ElementType &to) {
  MaybeTyped x = check(part.arguments[0], ElementType{nest::ScalarType::integer(64), true});
  if (!x)
    return std::nullopt;
  if (!x->type.scalar.isInteger())
    return mistake(part, part.text + " of " + x->type.str() + ", it takes integers");
  if (x->type.scalar.width < to.scalar.width)
    return mistake(part, part.text + " of " + x->type.str() + " widens",
                   "write " + to.str() + "(" + part.arguments[0].str() + ")");
  return x;
}

MaybeTyped BodyChecker::wrap(const Expression &part, const ElementType &to) {
  MaybeTyped x = argumentOfCast(part, to);
  if (!x)
    return std::nullopt;
  Range range = wrapped(x->range, to);
  if (x->type.scalar.width == to.scalar.width)
    return Typed{x->node, to, range};
  return add(Opcode::TruncI, to, range, {*x});
}

MaybeTyped BodyChecker::saturate(const Expression &part, const ElementType &to) {
  MaybeTyped x = argumentOfCast(part, to);
  if (!x)
    return std::nullopt;
  ElementType asSigned = {x->type.scalar, true};
  if (!x->range.inside(rangeOf(asSigned)))
    return mistake(part, part.text + " reads " + x->type.str() + " as signed, the value is " + x->range.str(),
                   "write " + part.text + "(min(" + part.arguments[0].str() + ", " +
                       Range{rangeOf(asSigned).high, rangeOf(asSigned).high}.str() + "))");
  Range all = rangeOf(to);
  Typed result =
      add(Opcode::Saturate, to, smaller(larger(x->range, {all.low, all.low}), {all.high, all.high}), {*x});
  statement.body.back().node.resultSigned = to.isSigned;
  return result;
}

} // namespace tenon::isa::semantics
