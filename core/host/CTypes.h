// How values of a nest look in emitted C. A value is an int32_t or int64_t, sign-extended from its width, a
// float (also for the 16-bit types) or a double; in a buffer it has its storage's type.
#pragma once

#include "core/host/CHelpers.h"
#include "core/ir/nest/Nest.h"

namespace tenon::host {

/// Bits of the integer that a value of the type is computed in: 32 or 64.
unsigned laneBits(const nest::ScalarType &type);
std::string valueType(const nest::ScalarType &type);
std::string storageType(const nest::ScalarType &type);
/// "Float" or "Double": which member of a family of helpers takes the type's values.
std::string floatFamily(const nest::ScalarType &type);

std::string integerLiteral(int64_t value);
std::string literal(const nest::ScalarType &type, const nest::Constant &constant);

/// The value whose low bits are those of an unsigned expression of laneBits(type).
std::string wrapped(const std::string &bits, const nest::ScalarType &type, CHelpers &helpers);
/// The value rounded to the type, from an expression of the type's own values or of double.
std::string rounded(const std::string &value, const nest::ScalarType &type, bool fromDouble,
                    CHelpers &helpers);
std::string loaded(const std::string &element, const nest::ScalarType &type, CHelpers &helpers);
std::string stored(const std::string &value, const nest::ScalarType &type, CHelpers &helpers);

} // namespace tenon::host
