// Instructions on <lanes x T>, or on T for one lane: the few shapes of text that bodies are made of.
#pragma once

#include "core/native/ir/IrFunction.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

namespace tenon::native {

class VectorText {
public:
  VectorText(IrFunction &function, unsigned lanes) : f(function), lanes(lanes) {}

  using Text = llvm::StringRef;

  std::string type(Text scalar) const {
    return lanes == 1 ? scalar.str() : "<" + std::to_string(lanes) + " x " + scalar.str() + ">";
  }
  /// The same for every lane.
  std::string splat(Text scalarType, Text constant) const;
  std::string integer(Text scalarType, int64_t value) const {
    return splat(scalarType, scalarType == "i1" ? (value ? "true" : "false") : std::to_string(value));
  }
  /// A constant of float or double, exactly.
  std::string real(Text scalarType, double value) const;

  std::string binary(Text op, Text scalarType, Text a, Text b) {
    return f.value(op + " " + type(scalarType) + " " + a + ", " + b);
  }
  std::string binary(Text op, Text scalarType, Text a, int64_t b) {
    return binary(op, scalarType, a, integer(scalarType, b));
  }
  std::string unary(Text op, Text scalarType, Text a) {
    return f.value(op + " " + type(scalarType) + " " + a);
  }
  /// "icmp slt", "fcmp olt": gives <lanes x i1>.
  std::string compare(Text op, Text scalarType, Text a, Text b) { return binary(op, scalarType, a, b); }
  std::string compare(Text op, Text scalarType, Text a, int64_t b) { return binary(op, scalarType, a, b); }
  std::string select(Text condition, Text scalarType, Text a, Text b) {
    return f.value("select " + type("i1") + " " + condition + ", " + type(scalarType) + " " + a + ", " +
                   type(scalarType) + " " + b);
  }
  /// The value itself where the types are the same.
  std::string cast(Text op, Text from, Text a, Text to) {
    return from == to ? a.str() : f.value(op + " " + type(from) + " " + a + " to " + type(to));
  }
  /// An overloaded intrinsic on values of one type: call("llvm.smax", "i32", {a, b}).
  std::string call(Text name, Text scalarType, llvm::ArrayRef<std::string> arguments);
  /// Whether any lane's i1 is set: an i1.
  std::string any(Text condition);
  std::string conjunction(Text a, Text b); ///< of <lanes x i1>; an empty text is true
  /// The condition in lanes that are there; false in others, whatever they hold (`and` would keep poison).
  std::string where(Text mask, Text condition) {
    return mask.empty() ? condition.str() : select(mask, "i1", condition, integer("i1", 0));
  }
  std::string negation(Text condition) { return binary("xor", "i1", condition, 1); }

  std::string extract(Text scalarType, Text vector, unsigned lane) {
    return f.value("extractelement " + llvm::Twine(type(scalarType)) + " " + vector + ", i32 " +
                   llvm::Twine(lane));
  }
  std::string insert(Text scalarType, Text vector, Text value, unsigned lane) {
    return f.value("insertelement " + llvm::Twine(type(scalarType)) + " " + vector + ", " + scalarType + " " +
                   value + ", i32 " + llvm::Twine(lane));
  }
  /// Lanes of a and then of b, both of this text's lanes, in another order.
  std::string shuffle(Text scalarType, Text a, Text b, llvm::ArrayRef<int64_t> order) {
    std::string own = type(scalarType);
    return f.value("shufflevector " + llvm::Twine(own) + " " + a + ", " + own + " " + b + ", <" +
                   llvm::Twine(order.size()) + " x i32> " + numbers("i32", order));
  }
  /// "<i64 0, i64 1>": a constant.
  static std::string numbers(Text scalarType, llvm::ArrayRef<int64_t> values);
  /// 0, 1, 2, ... for every lane.
  std::string laneNumbers(Text scalarType) const {
    return numbers(scalarType, llvm::to_vector(llvm::seq<int64_t>(0, lanes)));
  }

  /// "v8i32", "f32": how a type stands in the name of an intrinsic.
  static std::string suffix(Text scalarType, unsigned lanes);

  IrFunction &f;
  const unsigned lanes;
};

} // namespace tenon::native
