// The constants of a model as one block of bytes, equal ones once.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tenon::native {

class Weights {
public:
  static constexpr uint64_t align = 64; ///< of every constant

  /// The offset of these bytes.
  uint64_t add(llvm::ArrayRef<char> constant);
  std::vector<uint8_t> take() { return std::move(bytes); }

private:
  std::vector<uint8_t> bytes;
  std::multimap<uint64_t, std::pair<uint64_t, uint64_t>> known; ///< hash -> offset, bytes
};

} // namespace tenon::native
