// Which parts of memories a case uses: small memories whole, of large ones some windows at their ends and in
// the middle.
#pragma once

#include "core/check/Case.h"
#include "core/check/Random.h"

namespace tenon::check {

/// What a device leaves to us of a global memory: it may keep a part for its own use.
struct GlobalLimits {
  bool first = true, last = true; ///< whether the windows at the memory's ends are free
};

/// Bytes of a memory with all its copies.
uint64_t capacityOf(const isa::Memory &memory);

/// Windows of every memory; no two of one memory overlap.
std::vector<Window> drawWindows(const isa::Description &description, const GlobalLimits &limits,
                                Random &random);

/// The bytes that an operand of the instruction reaches, the rest of its last row included where it is
/// written; nothing where they do not fit 64 bits. A layout's are at least its own bytes.
struct Reach {
  uint64_t begin = 0, end = 0;
};
std::optional<Reach> reachOf(const isa::Description &description, const isa::Instruction &instruction,
                             unsigned operand);

/// The byte address of every element of an operand without a layout, in the order of its indices.
llvm::Expected<std::vector<uint64_t>> elementsOf(const isa::Description &description,
                                                 const isa::Instruction &instruction, unsigned operand);

bool reads(const isa::OperandDeclaration &operand);
bool writes(const isa::OperandDeclaration &operand);

} // namespace tenon::check
