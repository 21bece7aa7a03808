// What each scalar operation gives, by LLVM's APInt and APFloat: the tests' source of truth, which shares
// nothing with the interpreter's kernels.
#pragma once

#include "core/ir/nest/Nest.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"

#include <optional>

namespace tenon::test {

/// A value as the bits of its type.
using Bits = llvm::APInt;

const llvm::fltSemantics &semantics(const nest::ScalarType &type);
llvm::APFloat toFloat(const nest::ScalarType &type, const Bits &bits);
/// Rounds a double to the bits of a float type.
Bits roundToType(const nest::ScalarType &type, double value);
Bits constantBits(const nest::ScalarType &type, const nest::Constant &constant);
/// The constant whose bits these are (no NaN payloads).
nest::Constant toConstant(const nest::ScalarType &type, const Bits &bits);

Bits loadBits(const nest::ScalarType &type, const char *address);
void storeBits(const nest::ScalarType &type, const Bits &bits, char *address);

/// Equal bits, or both a NaN.
bool sameValue(const nest::ScalarType &type, const Bits &a, const Bits &b);

/// The result of a node that is not a leaf or a table read; nothing if there is none.
std::optional<Bits> evaluateNode(const nest::Node &node, llvm::ArrayRef<nest::ScalarType> types,
                                 llvm::ArrayRef<Bits> arguments);
Bits evaluateUpdate(nest::Update update, const nest::ScalarType &type, const Bits &old, const Bits &step);

} // namespace tenon::test
