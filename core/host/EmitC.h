// Nests as portable C: what a device does not take runs on its host. ISO C11 with the C library and libm, the
// meaning of the reference interpreter to the bit; loops stay loops.
//
// An emitted function is `int32_t name(void *const *buffers)`: one buffer for each operand that is not local,
// in order, dense, row-major, little end first, aligned to its element. A buffer that a function writes
// overlaps no other one. It returns a HostStatus; after any but Done the buffers are undefined. Functions
// keep no state.
//
// Wanted of the C implementation, beyond the standard: two's complement conversions and arithmetic right
// shifts (every known compiler), IEEE 754 with FLT_EVAL_METHOD 0, and no contraction (-ffp-contract=off).
#pragma once

#include "core/host/HostStatus.h"
#include "core/ir/nest/Nest.h"

#include <string>

namespace tenon::host {

struct HostFunction {
  std::string name; ///< a C identifier that neither C nor its library has, and does not begin with "tenon"
  nest::Nest nest;
};

/// One source file with all functions. Errors: a name that is no identifier or is there twice, a malformed
/// nest (both a fault of our own).
llvm::Expected<std::string> emitC(llvm::ArrayRef<HostFunction> functions);

} // namespace tenon::host
