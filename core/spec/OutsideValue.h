// The value of `outside` on a written operand, as bytes of the operand's type.
#pragma once

#include "core/isa/Description.h"

namespace tenon::spec {

/// One element's bytes. Refuses a value that the operand's type does not hold.
llvm::Expected<std::vector<uint8_t>> outsideBytes(const isa::OperandDeclaration &operand, isa::Lookup lookup);

} // namespace tenon::spec
