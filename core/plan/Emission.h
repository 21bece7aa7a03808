// The expander for scratchpads with queues: a lowered layer as uses of intrinsics, in program order, without
// settings of registers and synchronisation.
#pragma once

#include "core/plan/Allocator.h"
#include "core/plan/Copy.h"
#include "core/plan/Residence.h"
#include "core/plan/Tiling.h"

namespace tenon::plan {

/// Where a tensor lies in global memory: bytes from one index to the next in each dimension, and places
/// around it that hold what its readers take for outside.
struct Home {
  int64_t address = 0; ///< of index 0 in every dimension
  llvm::SmallVector<int64_t> strides;
  llvm::SmallVector<int64_t> before, after; ///< places around each dimension
};

/// What the expander asks about global memory.
struct GlobalView {
  /// The home of a value of the program, under a shape without ones.
  std::function<llvm::Expected<Home>(unsigned value, llvm::ArrayRef<int64_t> shape)> home;
  /// Puts constant bytes there; gives their address.
  std::function<llvm::Expected<int64_t>(std::vector<char> bytes, int64_t align)> constant;
  /// The value's tensor on the chip; null where it is not there.
  std::function<const Resident *(unsigned value)> resident;
  /// Whether it is there from the beginning: no load of it waits.
  std::function<bool(unsigned value)> isInput;
};

struct EmissionInput {
  const isa::Description *description = nullptr;
  const Lowering *lowering = nullptr;
  Tiling tiling;
  unsigned origin = 0; ///< the layer's number
  bool store = true;   ///< the result goes to its home
  bool keep = false;   ///< the result stays on the chip, whole
};

struct EmissionResult {
  std::optional<Resident> kept; ///< its space is now the caller's
};

/// Appends the layer's instructions. Buffers are taken from the allocator and given back. Errors:
/// ExitCode::TargetCannot with what does not fit.
llvm::Expected<EmissionResult> emit(const EmissionInput &input, const GlobalView &global,
                                    Allocator &allocator, std::vector<isa::Instruction> &into);

/// The reads of a layer that find their tensor on the chip.
std::vector<const match::OperandBinding *> residentReads(const isa::Description &description,
                                                         const Lowering &lowering, const GlobalView &global);

/// Bytes of a constant in the buffer's layout; places that no element takes are 0.
llvm::Expected<std::vector<char>> packed(const Placement &placement, const isa::Memory &memory,
                                         const match::ConstantTensor &constant,
                                         std::optional<nest::Constant> outside);

/// The copies that fill a buffer from a global address (of coordinate 0 in every axis), with a stride in
/// bytes for each of its axes.
std::vector<Copy> copiesInto(const Placement &placement, int64_t address, llvm::ArrayRef<int64_t> strides,
                             unsigned global);

/// The copies that fill a sum's buffer with what it starts from: a constant at a global address, read with
/// these indices over the computation's loops.
llvm::Expected<std::vector<Copy>> copiesOfStart(const Placement &sum, const match::ConstantTensor &constant,
                                                mlir::AffineMap indices, unsigned loopCount, int64_t address,
                                                unsigned global);

/// The copy of an operand's part for one use, of these sizes and beginning at these loops, from its buffer
/// into the memory that the intrinsic reads, at address 0.
llvm::Expected<Copy> copyOfTile(const isa::Description &description, const match::Match &match,
                                const match::OperandBinding &binding, const Placement &placement,
                                unsigned memory, llvm::ArrayRef<int64_t> sizes,
                                llvm::ArrayRef<int64_t> loops);

/// The copies between a buffer and the tensor's home that fill it (or, with `store`, that empty it).
std::vector<Copy> copiesOf(const Placement &placement, const Home &home, unsigned global, bool store);

} // namespace tenon::plan
