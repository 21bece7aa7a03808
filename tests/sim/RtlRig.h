// The Verilated NPU in the test's own process, and the machine made from the description beside it, both with
// the same program: a compiled operator, its constants and random inputs.
#pragma once

#include "core/runtime/Bundle.h"
#include "core/spec/Machine.h"
#include "sim/systemc/Device.h"

#include <gtest/gtest.h>

namespace tenon::sim::test {

using Bytes = std::vector<uint8_t>;

class RtlRig {
public:
  /// The one of the process: SystemC elaborates once. Its memory has fixed timing.
  static TenonDevice &device();
  static Bench &bench() { return *device().bench; }
  static const isa::Description &description() { return device().description; }

  /// The program of the first step of the bundle, with inputs by seed.
  RtlRig(const std::string &bundleFolder, uint64_t seed);

  const Bytes &stream() const { return commands; }
  uint64_t memoryBytes() const { return bundle.memoryBytes; }
  /// Writes constants and inputs into the device's memory, and makes the rest of the range zero.
  void place() const;
  /// What the device's memory holds in the program's range.
  Bytes found() const;

  /// What the description's machine says.
  struct Expected {
    std::optional<spec::Finding::Kind> finding;
    std::string text;  ///< of the finding
    Bytes data, known; ///< of the program's range
  };
  Expected expected(llvm::ArrayRef<uint8_t> stream) const;
  Expected expected() const { return expected(commands); }

  /// Places and runs; the failure's text, empty where the run was done.
  std::string run(llvm::ArrayRef<uint8_t> stream) const;
  std::string run() const { return run(commands); }
  /// Fails the test where known bytes differ.
  void compare(const Expected &expected) const;

private:
  runtime::Bundle bundle;
  Bytes commands;
  Bytes start; ///< the range before a run
};

/// Commands from the description's assembly text.
Bytes assembled(const std::string &text);

} // namespace tenon::sim::test
