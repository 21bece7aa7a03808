// A tensor that stays on the chip between the layer that makes it and those that read it.
#pragma once

#include "core/plan/Lowering.h"

namespace tenon::plan {

/// A whole tensor in an on-chip memory. One axis for each of its dimensions (without ones), low 0, step 1;
/// the index forms are not used.
struct Resident {
  unsigned memory = 0;
  int64_t address = 0, units = 0;
  nest::ScalarType element;
  llvm::SmallVector<int64_t> shape;
  std::vector<PlacedAxis> axes;
};

/// The resident form of a buffer that holds a whole result; nothing where its axes are not the tensor's
/// dimensions.
std::optional<Resident> residentOf(const Placement &placement, llvm::ArrayRef<int64_t> shape);

/// The resident tensor as the buffer of a binding; nothing where the binding cannot read it in place: another
/// memory, a shape that its axes cannot be joined to, another length of rows, places outside it that nobody
/// fills, a row that is walked another way. Strides are operandUse()'s to check.
std::optional<Placement> readInPlace(const isa::Description &description,
                                     const match::Computation &computation, const match::Match &match,
                                     const match::OperandBinding &binding, const Route &route,
                                     const Resident &tensor);

} // namespace tenon::plan
