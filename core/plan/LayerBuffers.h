// The buffers of a layer that is being expanded: which part of which tensor lies where on the chip, and the
// copies that bring it there.
#pragma once

#include "core/plan/Emission.h"

namespace tenon::plan {

/// The buffer of a read whose tensor is on the chip and can be read there.
std::optional<Placement> onChip(const isa::Description &description, const match::Computation &computation,
                                const match::Match &match, const match::OperandBinding &binding,
                                const Route &route, const GlobalView &global);

class LayerBuffers {
public:
  /// Copies are appended to `into`; all that is given must outlive this.
  LayerBuffers(const EmissionInput &input, const GlobalView &global, Allocator &allocator,
               unsigned globalMemory, std::vector<isa::Instruction> &into)
      : description(*input.description), lowering(*input.lowering), computation(lowering.computation()),
        origin(input.origin), keep(input.keep), global(global), allocator(allocator),
        globalMemory(globalMemory), into(into) {}

  /// What a read needs of a box, unless it is there already.
  llvm::Error load(const match::Match &match, const match::OperandBinding &binding, const Region &region);

  /// Space for what is written: the box's part, or, of a result that stays on the chip, the whole once.
  llvm::Error reserve(const match::Match &match, const match::OperandBinding &binding, const Region &region);

  /// The tile that one use reads, in a memory that it is loaded into for each use. False where it is there
  /// already and `canKeep`.
  llvm::Expected<bool> loadTile(const match::Match &match, const match::OperandBinding &binding,
                                const Route &route, llvm::ArrayRef<int64_t> sizes,
                                llvm::ArrayRef<int64_t> loops, bool canKeep);

  /// A variant's or a drain's operand has the buffer of the same tensor in the same operand's place. Null
  /// where there is none.
  const Placement *find(const match::OperandBinding &binding) const;
  const Placement &at(const match::OperandBinding &binding) const { return held.at(&binding).placement; }

  void forget(const match::OperandBinding &binding);
  /// The buffer's space is somebody else's from now on.
  void handOver(const match::OperandBinding &binding) { held.at(&binding).borrowed = true; }
  void releaseAll();

private:
  struct Held {
    Placement placement;
    Region part;           ///< of the loops that the access uses; others are 0
    bool borrowed = false; ///< a resident tensor: its space is not ours
  };

  const isa::Intrinsic &intrinsicOf(const match::Match &match) const {
    return description.intrinsics[match.intrinsic];
  }
  const match::OperandBinding &resultBinding() const;
  const match::OperandBinding &primary(const match::OperandBinding &binding) const;
  Region partOf(const match::OperandBinding &binding, const Region &region) const;
  llvm::Expected<Placement *> hold(const match::Match &match, const match::OperandBinding &binding,
                                   const Region &region, unsigned memory);
  llvm::Error loadConstant(const Placement &placement, const match::ConstantTensor &constant,
                           std::optional<nest::Constant> outside);

  const isa::Description &description;
  const Lowering &lowering;
  const match::Computation &computation;
  unsigned origin;
  bool keep;
  const GlobalView &global;
  Allocator &allocator;
  unsigned globalMemory;
  std::vector<isa::Instruction> &into;
  std::map<const match::OperandBinding *, Held> held;
  std::map<const match::OperandBinding *, std::vector<int64_t>> loadedTile;
};

} // namespace tenon::plan
