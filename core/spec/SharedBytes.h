// Which operands of a command share bytes that it writes: these must be interpreted in one flat operand
// (FlatNest.h), everything else operand by operand.
#pragma once

#include "core/spec/Finding.h"
#include "core/spec/FlatNest.h"
#include "core/spec/Meaning.h"

namespace tenon::spec {

struct FlatGroups {
  FlatLayout layout;
  std::vector<unsigned> memory; ///< of each group
  std::vector<ByteRange> reach; ///< of each group
};

/// Nothing in `groups` where no bytes are shared. `places` and `runs` are those of the operands; an operand
/// with `holds` has runs alone. Registers are read before they are written, so they share nothing.
Found findSharedBytes(const isa::Description &description, const isa::Instruction &instruction,
                      const Meaning &meaning, llvm::ArrayRef<StridedPlaces> places, llvm::ArrayRef<Runs> runs,
                      std::optional<FlatGroups> &groups);

} // namespace tenon::spec
