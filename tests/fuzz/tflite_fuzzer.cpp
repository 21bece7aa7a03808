// libFuzzer on the TFLite reader and on what it makes.
#include "tests/fuzz/ModelFuzz.h"

#include <cstdint>
#include <cstring>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  constexpr size_t identifierEnd = 8;
  if (size < identifierEnd)
    return -1; // nothing to learn from
  // The identifier is always there, else the text of MLIR is fuzzed: its parser is not ours.
  auto bytes = std::make_unique<char[]>(size);
  std::memcpy(bytes.get(), data, size);
  std::memcpy(bytes.get() + 4, "TFL3", 4);
  tenon::fuzz::importAndRun({bytes.get(), size}, "fuzzed");
  return 0;
}
