// The NPU's own memories as the description sees them: bytes from the memory's start, wherever the design
// keeps them.
#pragma once

#include "sim/systemc/NpuModel.h"

#include <optional>

namespace tenon::sim {

class LocalMemories {
public:
  /// Looks up the arrays of the design; `dimension` is that of its array of cells.
  LocalMemories(const NpuModel &model, unsigned dimension);

  /// What the design lacks; empty where everything was found.
  const std::string &missing() const { return lack; }

  /// False if there is no memory of this name, or it ends before the last byte.
  bool read(const std::string &memory, uint64_t address, uint8_t *data, uint64_t bytes) const;
  bool write(const std::string &memory, uint64_t address, const uint8_t *data, uint64_t bytes);

private:
  struct Place {
    uint8_t *data = nullptr;
    uint64_t left = 0; ///< bytes of the row from there on
  };
  Place find(const std::string &memory, uint64_t address) const;

  std::vector<ModelArray> banks; ///< of the scratchpad
  ModelArray sums;
  unsigned rowBytes;
  std::string lack;
};

} // namespace tenon::sim
