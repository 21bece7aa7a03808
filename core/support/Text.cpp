// Text of numbers and shapes.
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace tenon {

std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  return "[" + llvm::join(llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }), ", ") + "]";
}

std::string numberText(double value) { return fmt::format("{}", value); }

std::string printable(std::string text) {
  constexpr unsigned char firstPrintable = 0x20, deletion = 0x7f;
  for (char &c : text)
    if (auto byte = static_cast<unsigned char>(c); (byte < firstPrintable && c != '\n') || byte == deletion)
      c = '?';
  return text;
}

} // namespace tenon
