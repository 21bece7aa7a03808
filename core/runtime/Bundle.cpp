// Names, sizes and hashes that both ends of a bundle use.
#include "core/runtime/Bundle.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

namespace tenon::runtime {

std::optional<unsigned> elementBytes(llvm::StringRef type) {
  if (type == "f16" || type == "bf16")
    return 2;
  if (type == "f32")
    return 4;
  if (type == "f64")
    return 8;
  unsigned bits = 0;
  if (!type.consume_front("i") || type.starts_with("0") || type.getAsInteger(10, bits) || bits < 1 ||
      bits > 64)
    return std::nullopt;
  return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

std::string sha256(llvm::ArrayRef<uint8_t> bytes) {
  return llvm::toHex(llvm::SHA256::hash(bytes), /*LowerCase=*/true);
}

std::string sha256(llvm::StringRef text) { return sha256(llvm::arrayRefFromStringRef(text)); }

} // namespace tenon::runtime
