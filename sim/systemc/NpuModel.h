// The Verilated NPU behind an interface without a Verilated class, so that arrays of several sizes, each a
// class of its own, can be driven by one bench.
#pragma once

#include "sim/systemc/Pins.h"

#include <memory>
#include <string>
#include <vector>

namespace tenon::sim {

/// An array of the design, in the simulator's own storage.
struct ModelArray {
  uint8_t *data = nullptr;
  unsigned entryBytes = 0; ///< between the starts of two entries
  unsigned entries = 0;
};

struct NpuModelOptions {
  bool random = false; ///< registers and memories start with noise instead of zeros
  uint64_t seed = 0;
};

class NpuModel {
public:
  NpuModel() = default;
  virtual ~NpuModel() = default;
  NpuModel(const NpuModel &) = delete;
  NpuModel &operator=(const NpuModel &) = delete;

  /// One cycle with these inputs; gives what stands on the outputs at its end, just before the clock's edge.
  virtual const NpuOutputs &step(const NpuInputs &inputs) = 0;
  /// The array `name` of the module instance `scope` ("npu_top.u_spad"); no data where there is none.
  virtual ModelArray array(const std::string &scope, const std::string &name) const = 0;
  /// Opens a file, in the format FST, for the values of all signals; false if it cannot, or if this model was
  /// not built for it.
  virtual bool openWaveform(const std::string &path) = 0;
  /// Whether the cycles that follow are recorded there.
  virtual void setRecording(bool on) = 0;
  virtual void closeWaveform() = 0;
};

struct NpuParameter {
  std::string name;
  int64_t value;
};

/// A model that was built.
struct NpuVariant {
  const char *name;                     ///< "npu8"
  std::vector<NpuParameter> parameters; ///< those that are not as the description has them
  bool isWatched = false;               ///< looks at the design's assertions and can record waveforms; slower
  std::unique_ptr<NpuModel> (*make)(const NpuModelOptions &options) = nullptr;
};

/// All that were built; the build makes this list.
const std::vector<NpuVariant> &npuVariants();

} // namespace tenon::sim
