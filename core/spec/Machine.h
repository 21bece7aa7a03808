// A machine made from a description alone: it executes the binary command stream of any described chip by the
// semantics that the description states, and finds what a chip would do silently: reads of undefined state,
// accesses out of bounds, races between queues, deadlocks.
//
// Not modelled is time: no cycles, no bank conflicts, no bandwidth, no latency. A command happens at once
// when its queue reaches it and its waits are satisfied; `timing` is never looked at. Which of the legal
// orders the queues take is a schedule: a fair one, or a random one by seed. What depends on the schedule is
// a race and is found under any schedule, not by trying several.
#pragma once

#include "core/isa/Instruction.h"
#include "core/spec/Executor.h"
#include "core/spec/Finding.h"

#include <memory>

namespace tenon::spec {

struct MachineOptions {
  uint64_t memoryBytes = uint64_t(4) << 30;     ///< most bytes of memories that are ever touched
  uint64_t operandBytes = uint64_t(256) << 20;  ///< most bytes of all operands and locals of one command
  uint64_t preparedBytes = uint64_t(256) << 20; ///< most bytes of prepared commands that are kept for reuse
  uint64_t points = uint64_t(1) << 34;          ///< most points of one command's sizes
  uint64_t mostCommands = uint64_t(1) << 20;    ///< in one run
  std::optional<uint64_t> seed = {};            ///< of a random schedule; without it the queues take turns
};

/// Of all runs since the machine was made or reset.
struct Counters {
  std::vector<uint64_t> intrinsics; ///< commands executed, by intrinsic
  std::vector<uint64_t> queues;     ///< by queue, sync commands included
  uint64_t commands = 0;
};

/// Errors are Failures: ExitCode::DeviceFailed for what a run finds, ExitCode::WrongUse for the host's own
/// accesses. After a run that failed, memories and counters are as the last executed command left them; reset
/// before the next run.
class Machine {
public:
  static llvm::Expected<std::unique_ptr<Machine>> create(isa::Description description,
                                                         const MachineOptions &options = {});
  ~Machine();
  Machine(const Machine &) = delete;
  Machine &operator=(const Machine &) = delete;

  const isa::Description &description() const;

  /// The host's accesses, to memories of kind global. Bytes that nobody has written are refused by `read` and
  /// 0 in `readAny`.
  llvm::Error write(unsigned memory, uint64_t byteAddress, llvm::ArrayRef<uint8_t> bytes);
  llvm::Error read(unsigned memory, uint64_t byteAddress, llvm::MutableArrayRef<uint8_t> bytes) const;
  llvm::Error readAny(unsigned memory, uint64_t byteAddress, llvm::MutableArrayRef<uint8_t> bytes) const;

  /// Access from outside to any memory, all its copies one after the other; no command does it, so no race
  /// comes of it. `known`, unless empty, gets 1 for each byte that is defined and 0 for others, which read as
  /// 0.
  llvm::Error peek(unsigned memory, uint64_t byteAddress, llvm::MutableArrayRef<uint8_t> bytes,
                   llvm::MutableArrayRef<uint8_t> known) const;
  llvm::Error poke(unsigned memory, uint64_t byteAddress, llvm::ArrayRef<uint8_t> bytes);

  /// Runs a stream to its end, when all queues are empty. Registers, counters of syncs and memories keep
  /// their state from one run to the next.
  llvm::Error run(llvm::ArrayRef<uint8_t> commands);
  /// The same for commands that are decoded already; their `needs` are not looked at.
  llvm::Error run(llvm::ArrayRef<isa::Instruction> instructions);
  /// Executes one command now: no queue, no syncs, no race detection. `watch`, if there is one, is told what
  /// the command touches, after what it advances and before it changes anything.
  llvm::Error execute(const isa::Instruction &instruction,
                      llvm::function_ref<void(llvm::ArrayRef<Touched>)> watch = nullptr);
  /// Where a rotating memory's current copy (or the one after it) begins; 0 in others.
  int64_t copyStart(unsigned memory, bool next) const;

  /// As switched on, but global memories keep their bytes: registers and syncs reset, other memories
  /// undefined.
  void reset();
  /// As reset, and global memories lose their bytes too.
  void clear();

  const Counters &counters() const;
  /// What the last run or execute found; nothing where it succeeded.
  const std::optional<Finding> &finding() const;

private:
  struct Parts;
  explicit Machine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts;
};

} // namespace tenon::spec
