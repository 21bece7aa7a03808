// libFuzzer on the ONNX reader and on what it makes; its seeds are node tests of Debian's libonnx-testdata.
#include "tests/fuzz/ModelFuzz.h"

#include <cstdint>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A copy of its own, so that a read behind the end is found.
  auto bytes = std::make_unique<char[]>(size);
  std::copy(data, data + size, bytes.get());
  tenon::fuzz::importAndRun({bytes.get(), size}, "fuzzed.onnx");
  return 0;
}
