// An intrinsic's meaning with sizes and values bound: its nest, the dense buffers on which it is interpreted,
// and what it reads and writes of them. Made once and used by every command with the same sizes and values.
//
// Where operands share bytes that the command writes, elements one by one are not enough: what a step reads
// may be what an earlier step wrote. Then the operands become one flat operand, the bytes of memory that they
// span, and their indices addresses in it; the steps' order does the rest.
#pragma once

#include "core/reference/Interpreter.h"
#include "core/spec/FlatNest.h"
#include "core/spec/Places.h"

#include "mlir/IR/MLIRContext.h"

#include <map>

namespace tenon::spec {

class Meaning {
public:
  /// What one buffer holds, and its part in the meaning.
  struct Buffer {
    nest::ScalarType type;
    std::vector<uint8_t> bytes;
    ElementUse use;
  };

  /// A command that means nothing (it sets registers) has no buffers.
  std::vector<Buffer> buffers;                        ///< of the nest's operands that are not local
  llvm::SmallVector<unsigned> bufferOf;               ///< operand of the intrinsic -> buffer
  std::vector<llvm::SmallVector<int64_t, 4>> extents; ///< of each operand of the intrinsic
  std::vector<std::vector<uint8_t>> outside; ///< `outside: value` of a written operand, as an element's bytes
  std::map<std::pair<unsigned, unsigned>, HeldPlaces> held; ///< by operand and memory
  uint64_t totalBytes = 0;                                  ///< of buffers and locals

  llvm::Error run() { return prepared ? prepared->run() : llvm::Error::success(); }

private:
  friend class Meanings;
  nest::Nest nest;
  std::unique_ptr<reference::PreparedNest> prepared;
};

struct MeaningLimits {
  uint64_t operandBytes = 0;  ///< of one command
  uint64_t preparedBytes = 0; ///< of all that are kept
  uint64_t points = 0;        ///< of one command's loops
};

/// Makes and keeps meanings.
class Meanings {
public:
  Meanings(const isa::Description &machine, const MeaningLimits &most) : description(machine), limits(most) {}

  /// The command has passed isa::check. More than the limits is ExitCode::SystemFailed. With `flat` the
  /// operands that it names are parts of flat ones.
  llvm::Expected<std::shared_ptr<Meaning>> get(const isa::Instruction &instruction,
                                               const FlatLayout *flat = nullptr);

private:
  llvm::Expected<std::shared_ptr<Meaning>> make(const isa::Instruction &instruction, const FlatLayout *flat);
  llvm::Error addOutside(const isa::Instruction &instruction, Meaning &meaning) const;
  llvm::Error addBuffers(const isa::Intrinsic &intrinsic, Meaning &meaning) const;
  llvm::Error checkPoints(const isa::Intrinsic &intrinsic, const nest::Nest &nest) const;

  const isa::Description &description;
  MeaningLimits limits;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  std::map<std::vector<int64_t>, std::shared_ptr<Meaning>> kept;
  uint64_t keptBytes = 0;
};

} // namespace tenon::spec
