// What the description says a case leaves in memories: the machine made from it, in this process.
#pragma once

#include "core/check/Case.h"
#include "core/spec/Machine.h"

namespace tenon::check {

/// A window after the commands have run.
struct Contents {
  Window window;
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> defined; ///< 1 where the description says what the byte is
};

class Reference {
public:
  explicit Reference(isa::Description described) : description(std::move(described)) {}

  /// Sets windows as the case wants them, all else as switched on.
  llvm::Error begin(const Case &of);
  /// Executes one command now. Nothing where it was; what the description refuses is a finding, without
  /// effect.
  llvm::Expected<std::optional<spec::Finding>> execute(const isa::Instruction &instruction);
  llvm::Error poke(const Fill &fill) { return machine->poke(fill.memory, fill.address, fill.bytes); }
  llvm::Expected<std::vector<uint8_t>> peek(unsigned memory, uint64_t address, uint64_t bytes) const;

  /// Runs the whole stream under its own queues and syncs.
  llvm::Expected<std::optional<spec::Finding>> run(const Case &of, const Stream &stream);
  /// The windows after that.
  llvm::Expected<std::vector<Contents>> contents(const Case &of) const;

private:
  std::optional<spec::Finding> found(llvm::Error error) const;

  isa::Description description;
  std::unique_ptr<spec::Machine> machine;
};

} // namespace tenon::check
