// Float operations, each rounded once to the node's type. f16 and bf16 are computed in float, whose rounding
// before theirs changes nothing for + - * / and sqrt (core/reference/FloatKernels.cpp says why).
#include "core/native/ir/NodeText.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"

namespace tenon::native {

using nest::FloatPredicate;
using nest::Opcode;
using nest::ScalarType;

static bool isSmall(const ScalarType &type) { return type.width == 16; }

std::string NodeText::inSingle(unsigned i) {
  return isSmall(arguments[i].type) ? floats.widened(arguments[i].type, a(i)) : a(i);
}

std::string NodeText::roundedFromSingle(const std::string &value) {
  return isSmall(node.type) ? floats.fromSingle(node.type, value) : value;
}

std::string NodeText::arithmetic(const char *op) {
  std::string type = isSmall(node.type) ? "float" : own;
  std::string left = inSingle(0), right = inSingle(1);
  return roundedFromSingle(t.binary(op, type, left, right));
}

std::string NodeText::floatIntrinsic(const char *name) {
  std::string type = isSmall(node.type) ? "float" : own;
  return roundedFromSingle(t.call(name, type, {inSingle(0)}));
}

/// Equal values differ in the sign of zero at most, which `and` or `or` of the bits decides.
std::string emitMaximum(VectorText &t, const std::string &type, const std::string &a, const std::string &b,
                        bool isMax) {
  std::string bits = type == "double" ? "i64" : "i32";
  std::string same = t.binary(isMax ? "and" : "or", bits, t.cast("bitcast", type, a, bits),
                              t.cast("bitcast", type, b, bits));
  // Unordered where a is NaN, and where b is, of which the second choice takes care.
  std::string takesA = t.compare(isMax ? "fcmp ogt" : "fcmp olt", type, a, b);
  std::string isNan = t.compare("fcmp uno", type, a, a);
  std::string chosen = t.select(t.binary("or", "i1", takesA, isNan), type, a, b);
  std::string isEqual = t.compare("fcmp oeq", type, a, b);
  return t.select(isEqual, type, t.cast("bitcast", bits, same, type), chosen);
}

std::string NodeText::maximum(bool isMax, bool isNumber) {
  std::string type = isSmall(node.type) ? "float" : own, left = inSingle(0), right = inSingle(1);
  auto isPlainConstant = [&](unsigned i) {
    const ValueRange &known = arguments[i].range;
    return !known.mayBeNan && known.low == known.high;
  };
  std::string result;
  if (!isNumber && (isPlainConstant(0) || isPlainConstant(1)) && arguments[0].range.low != 0 &&
      arguments[1].range.low != 0) {
    // With a number that is not zero: one comparison, true where the other side is NaN.
    bool second = isPlainConstant(1);
    const std::string &x = second ? left : right, &c = second ? right : left;
    result = t.select(t.compare(isMax ? "fcmp ugt" : "fcmp ult", type, x, c), type, x, c);
  } else {
    result = emitMaximum(t, type, left, right, isMax);
  }
  if (isNumber) {
    result = t.select(t.compare("fcmp uno", type, right, right), type, left, result);
    result = t.select(t.compare("fcmp uno", type, left, left), type, right, result);
  }
  return roundedFromSingle(result);
}

/// Of 16-bit types: the product is exact in double; the sum is rounded to odd with the exact error of the
/// addition, so that rounding it once more is the one rounding.
std::string NodeText::fusedMultiplyAdd() {
  if (!isSmall(node.type))
    return t.call("llvm.fma", own, {a(0), a(1), a(2)});
  std::string d[3];
  for (unsigned i = 0; i < 3; ++i)
    d[i] = t.cast("fpext", "float", inSingle(i), "double");
  std::string product = t.binary("fmul", "double", d[0], d[1]);
  std::string sum = t.binary("fadd", "double", product, d[2]);
  std::string part = t.binary("fsub", "double", sum, product);
  std::string left = t.binary("fsub", "double", product, t.binary("fsub", "double", sum, part));
  std::string error = t.binary("fadd", "double", left, t.binary("fsub", "double", d[2], part));
  std::string bits = t.cast("bitcast", "double", sum, "i64");
  std::string isEven = t.compare("icmp eq", "i64", t.binary("and", "i64", bits, int64_t(1)), int64_t(0));
  // An error of an infinite sum is NaN, of which `one` is false.
  std::string isInexact = t.compare("fcmp one", "double", error, t.real("double", 0));
  std::string up = t.binary("xor", "i1", t.compare("fcmp ogt", "double", error, t.real("double", 0)),
                            t.compare("fcmp ogt", "double", sum, t.real("double", 0)));
  std::string step = t.select(up, "i64", t.integer("i64", -1), t.integer("i64", 1));
  std::string moved = t.binary("add", "i64", bits, step);
  std::string odd = t.select(t.binary("and", "i1", isEven, isInexact), "i64", moved, bits);
  return floats.fromDouble(node.type, t.cast("bitcast", "i64", odd, "double"));
}

std::string NodeText::call(const std::string &type, const std::string &function,
                           llvm::ArrayRef<std::string> values) {
  std::string list = llvm::join(values, ", " + type + " ");
  return t.f.value("call " + type + " @" + function + "(" + type + " " + list + ")");
}

/// One call a lane, where the function is not defined by its steps: C's library has no vectors.
std::string NodeText::libraryCall(const char *function, bool inDouble) {
  unsigned count = node.arguments.size();
  // Our own functions are in double.
  bool isDouble = inDouble || own == "double" || !facts.hasLibrary;
  std::string type = isDouble ? "double" : "float", name = function;
  llvm::SmallVector<std::string> values;
  for (unsigned i = 0; i < count; ++i) {
    std::string value = inSingle(i);
    bool isWide = arguments[i].type.width == 64;
    values.push_back(isDouble && !isWide ? t.cast("fpext", "float", value, "double") : value);
  }
  if (type == "float")
    name += "f";
  std::string result;
  if (width < 64 && llvm::is_contained({"exp", "tanh", "erf"}, llvm::StringRef(function))) {
    result = emitFunctionSteps(t, function, values[0]);
  } else if (!facts.hasLibrary) {
    result = emitOwnFunction(t, function, values);
  } else {
    t.f.declare("declare " + type + " @" + name + "(" + type + (count > 1 ? ", " + type : "") + ")");
    result = "poison";
    for (unsigned lane = 0; lane < t.lanes; ++lane) {
      llvm::SmallVector<std::string> parts;
      for (const std::string &value : values)
        parts.push_back(t.lanes == 1 ? value : t.extract(type, value, lane));
      std::string called = call(type, name, parts);
      result = t.lanes == 1 ? called : t.insert(type, result, called, lane);
    }
  }
  if (isSmall(node.type))
    return type == "double" ? floats.fromDouble(node.type, result) : floats.fromSingle(node.type, result);
  return own == type ? result : t.cast("fptrunc", type, result, own);
}

std::string NodeText::floatComparison() {
  static constexpr const char *names[] = {"false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord",
                                          "ueq",   "ugt", "uge", "ult", "ule", "une", "uno", "true"};
  FloatPredicate predicate = node.floatPredicate;
  if (predicate == FloatPredicate::False || predicate == FloatPredicate::True)
    return t.integer("i1", predicate == FloatPredicate::True);
  std::string type = isSmall(arguments[0].type) ? "float" : sourceType(), left = inSingle(0);
  return t.compare("fcmp " + std::string(names[unsigned(predicate)]), type, left, inSingle(1));
}

std::string NodeText::floatOperation() {
  switch (node.op) {
  case Opcode::AddF:
    return arithmetic("fadd");
  case Opcode::SubF:
    return arithmetic("fsub");
  case Opcode::MulF:
    return arithmetic("fmul");
  case Opcode::DivF:
    return arithmetic("fdiv");
  case Opcode::RemF:
    return libraryCall("fmod", /*inDouble=*/false);
  case Opcode::NegF: {
    std::string type = isSmall(node.type) ? "float" : own;
    return roundedFromSingle(t.unary("fneg", type, inSingle(0)));
  }
  case Opcode::AbsF:
    return floatIntrinsic("llvm.fabs");
  case Opcode::MaximumF:
    return maximum(true, false);
  case Opcode::MinimumF:
    return maximum(false, false);
  case Opcode::MaxNumF:
    return maximum(true, true);
  case Opcode::MinNumF:
    return maximum(false, true);
  case Opcode::Fma:
    return fusedMultiplyAdd();
  case Opcode::SqrtF:
    return floatIntrinsic("llvm.sqrt");
  case Opcode::FloorF:
    return floatIntrinsic("llvm.floor");
  case Opcode::CeilF:
    return floatIntrinsic("llvm.ceil");
  case Opcode::RoundF:
    return floatIntrinsic("llvm.round");
  case Opcode::RoundEvenF:
    return floatIntrinsic("llvm.roundeven");
  case Opcode::CmpF:
    return floatComparison();
  case Opcode::ExpF:
    return libraryCall("exp", true);
  case Opcode::LogF:
    return libraryCall("log", true);
  case Opcode::TanhF:
    return libraryCall("tanh", true);
  case Opcode::ErfF:
    return libraryCall("erf", true);
  default:
    return libraryCall("pow", true);
  }
}

} // namespace tenon::native
