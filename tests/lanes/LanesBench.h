// A small parallel machine and kernels written by hand for it.
#pragma once

#include "core/lanes/LaneInterpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::lanes::test {

/// Groups of 32 lanes, 4 to a block, a scratchpad in address space 3, and the rows of a matrix machine.
extern const char *const benchMachine;

/// A machine, its memory, and a module.
class LanesBench {
public:
  /// `body` is the module's text; what the levels call is declared.
  explicit LanesBench(const std::string &body, const std::string &machine = benchMachine);

  uint64_t allocate(const std::string &name, size_t words) { return memory.allocate(name, words * 4); }
  uint64_t allocate(const std::string &name, const std::vector<int> &words);
  void launch(const std::vector<uint64_t> &arguments, int64_t blocks = 1, int64_t groups = 1);
  /// The launch fails; gives the error's text.
  std::string expectError(const std::vector<uint64_t> &arguments, int64_t blocks = 1, int64_t groups = 1);
  std::vector<int> read(uint64_t address, size_t words);

  DeviceMemory memory;
  isa::Description description;
  std::unique_ptr<LaneInterpreter> interpreter;
  uint64_t mostSteps = 1000000;
  std::string error; ///< why there is no interpreter
};

/// f(0), f(1), ...
std::vector<int> each(int count, const std::function<int(int)> &f);

} // namespace tenon::lanes::test
