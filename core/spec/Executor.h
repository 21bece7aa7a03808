// One command at a time: where its operands lie, what it touches, and its execution on the memories.
#pragma once

#include "core/spec/Finding.h"
#include "core/spec/Meaning.h"
#include "core/spec/MemoryImage.h"

#include <deque>

namespace tenon::spec {

/// What a command touches of one memory. In a rotating memory writes go to the copy after the current one.
struct Touched {
  unsigned memory = 0;
  bool isWrite = false;
  std::vector<ByteRange> ranges; ///< normalised; in one copy
};

/// A command with everything computed that does not depend on the contents of memories.
struct PreparedCommand {
  /// A buffer's exchange with a memory.
  struct Transfer {
    unsigned memory = 0;
    unsigned buffer = 0;
    unsigned operand = 0; ///< for messages
    Runs reads, writes;
    Runs copies;         ///< places that must hold what `reads` read
    bool isFlat = false; ///< several operands, or one whose elements share bytes
  };
  /// What the rest of rows becomes.
  struct Rest {
    unsigned memory = 0;
    unsigned operand = 0;
    bool isUndefined = false;
    std::vector<ByteRange> ranges;
  };
  const isa::Instruction *instruction = nullptr;
  std::shared_ptr<Meaning> meaning; ///< null for a sync command
  std::vector<Transfer> transfers;
  std::vector<Rest> rests;
  std::vector<Touched> touched;
};

class Executor {
public:
  Executor(const isa::Description &machine, const MeaningLimits &limits, uint64_t memoryBytes);

  /// Checks the command and computes what it touches. The instruction outlives `command`.
  Found prepare(const isa::Instruction &instruction, PreparedCommand &command);
  /// What the command advances; before execute.
  void advance(const isa::Instruction &instruction);
  /// Moves and computes data.
  Found execute(const PreparedCommand &command);

  MemoryImage &image(unsigned memory) { return images[memory]; }
  const MemoryImage &image(unsigned memory) const { return images[memory]; }
  /// Where a rotating memory's current copy (or the one after it) begins; 0 in others.
  int64_t copyStart(unsigned memory, bool next) const;
  /// All but global memories become undefined, and copy 0 current.
  void reset();
  /// All memories become undefined.
  void clear();

private:
  Found checkPlaces(const isa::Instruction &instruction) const;
  Found tooManyRuns(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents,
                    const isa::OperandDeclaration &operand) const;
  Found placeOperands(PreparedCommand &command, std::vector<StridedPlaces> &places, std::vector<Runs> &runs);
  Found placeHeld(PreparedCommand &command, unsigned operand, Runs &runs);
  Found addTransfers(PreparedCommand &command, const std::vector<StridedPlaces> &places,
                     const std::vector<Runs> &runs);
  void addRests(PreparedCommand &command, const std::vector<StridedPlaces> &places) const;
  void addTouched(PreparedCommand &command) const;
  const HeldPlaces &heldOf(const PreparedCommand &command, unsigned operand) const;
  Found gather(const PreparedCommand &command, const PreparedCommand::Transfer &transfer);
  Found scatter(const PreparedCommand &command, const PreparedCommand::Transfer &transfer);
  Found fillRests(const PreparedCommand &command, const PreparedCommand::Rest &rest);
  Found noBudget(unsigned memory) const;

  const isa::Description &description;
  uint64_t memoryBytes, operandBytes;
  MemoryBudget budget;
  std::deque<MemoryImage> images; ///< by memory; none of them is ever moved
  std::vector<int64_t> current;   ///< copy of each memory
  Meanings meanings;
};

} // namespace tenon::spec
