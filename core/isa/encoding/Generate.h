// What a description gives besides the compiler: a C++ header for those who write commands by hand, a
// SystemVerilog package for those who build the hardware, and the manual.
#pragma once

#include "core/isa/Description.h"

namespace tenon::isa {

/// Parameters, memories, words and a struct for every command, with pack() and unpack(). It needs nothing but
/// C++17. Errors of this and the next: the mistakes of checkEncoding.
llvm::Expected<std::string> cppHeader(const Description &description);

/// Parameters, memories, queues, a packed struct for every word (fields and holes in order), and for every
/// command the bits that are constant in it.
llvm::Expected<std::string> systemVerilogPackage(const Description &description);

/// Markdown: memories, queues, synchronisation, registers, and for every instruction its sizes, operands,
/// meaning, encoding bit by bit, and timing.
llvm::Expected<std::string> manual(const Description &description);

} // namespace tenon::isa
