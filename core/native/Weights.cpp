// Laying constants one behind the other.
#include "core/native/Weights.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

namespace tenon::native {

uint64_t Weights::add(llvm::ArrayRef<char> constant) {
  uint64_t hash = llvm::hash_combine_range(constant.begin(), constant.end());
  auto [first, last] = known.equal_range(hash);
  for (auto found = first; found != last; ++found) {
    auto [offset, size] = found->second;
    if (size == constant.size() &&
        (size == 0 || std::memcmp(bytes.data() + offset, constant.data(), size) == 0))
      return offset;
  }
  uint64_t offset = bytes.size();
  // Whole blocks, so that a vector may be read to the end of the last one.
  bytes.resize(offset + llvm::alignTo(std::max<uint64_t>(constant.size(), 1), align), 0);
  if (!constant.empty())
    std::memcpy(bytes.data() + offset, constant.data(), constant.size());
  known.emplace(hash, std::pair(offset, uint64_t(constant.size())));
  return offset;
}

} // namespace tenon::native
