// The shapes of instructions' text.
#include "core/native/ir/VectorText.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace tenon::native {

std::string VectorText::splat(Text scalarType, Text constant) const {
  if (lanes == 1)
    return constant.str();
  std::string one = (scalarType + " " + constant).str();
  return "<" + llvm::join(std::vector<std::string>(lanes, one), ", ") + ">";
}

std::string VectorText::numbers(Text scalarType, llvm::ArrayRef<int64_t> values) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::ListSeparator separator;
  stream << "<";
  for (int64_t value : values)
    stream << separator << scalarType << " " << value;
  stream << ">";
  return text;
}

std::string VectorText::real(Text scalarType, double value) const {
  // LLVM writes a float as the bits of the double of the same value.
  uint64_t bits = llvm::APFloat(value).bitcastToAPInt().getZExtValue();
  return splat(scalarType, "0x" + llvm::utohexstr(bits, /*LowerCase=*/false, /*Width=*/16));
}

std::string VectorText::suffix(Text scalarType, unsigned lanes) {
  std::string scalar = scalarType == "half"     ? "f16"
                       : scalarType == "bfloat" ? "bf16"
                       : scalarType == "float"  ? "f32"
                       : scalarType == "double" ? "f64"
                                                : scalarType.str();
  return lanes == 1 ? scalar : "v" + std::to_string(lanes) + scalar;
}

std::string VectorText::call(Text name, Text scalarType, llvm::ArrayRef<std::string> arguments) {
  std::string full = name.str() + "." + suffix(scalarType, lanes), own = type(scalarType);
  std::string list = own + " " + llvm::join(arguments, ", " + own + " ");
  std::string types = llvm::join(std::vector<std::string>(arguments.size(), own), ", ");
  f.declare("declare " + own + " @" + full + "(" + types + ")");
  return f.value("call " + own + " @" + full + "(" + list + ")");
}

std::string VectorText::any(Text condition) {
  if (lanes == 1)
    return condition.str();
  std::string name = "llvm.vector.reduce.or." + suffix("i1", lanes);
  f.declare("declare i1 @" + name + "(" + type("i1") + ")");
  return f.value("call i1 @" + name + "(" + type("i1") + " " + condition + ")");
}

std::string VectorText::conjunction(Text a, Text b) {
  if (a.empty() || b.empty())
    return a.empty() ? b.str() : a.str();
  return binary("and", "i1", a, b);
}

} // namespace tenon::native
