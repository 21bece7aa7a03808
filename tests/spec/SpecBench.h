// A small chip on a machine: commands as assembly text, memories as integers.
#pragma once

#include "core/spec/Machine.h"

#include <gtest/gtest.h>

namespace tenon::spec::test {

/// The chip of most tests: rows of 4 elements, three queues, semaphores and tokens.
extern const char *const benchChip;

class SpecBench {
public:
  explicit SpecBench(const std::string &chip = benchChip, const MachineOptions &options = {});

  std::vector<isa::Instruction> assemble(const std::string &lines) const;
  /// Runs the commands through the queues.
  llvm::Error run(const std::string &lines) { return machine->run(assemble(lines)); }
  void expectRun(const std::string &lines);
  /// The run fails with a finding of this kind; gives the error's text.
  std::string expectFinding(Finding::Kind kind, const std::string &lines);

  void write(const std::string &memory, uint64_t byteAddress, llvm::ArrayRef<int> bytes);
  /// `count` bytes, as signed numbers.
  std::vector<int> read(const std::string &memory, uint64_t byteAddress, size_t count) const;
  /// The same as 32-bit integers.
  std::vector<int> readWords(const std::string &memory, uint64_t byteAddress, size_t count) const;
  unsigned memory(const std::string &name) const;

  std::unique_ptr<Machine> machine;
};

/// first, first + step, ...
std::vector<int> sequence(int first, size_t count, int step = 1);

} // namespace tenon::spec::test
