// Instructions as text, one a line, to be read and to be written by hand:
//
//   mvin r=16 c=16 src=dram[0x100] src.stride.r=64 dst=spad[3] wait sem[2] x1 signal sem[3]
//   matmul{update: +=} m=16 n=16 k=16 a=spad[0] a.stride.m=1 w=wgt[0] c=acc[16]
//   config_ld ld3[1].stride=64 ld3[1].scale=1
//   wait sem[3] x2 on execute
//
// An instruction's name; then, in any order, its sizes, values, slots and cells as name=number, an operand as
// name=memory[address] (in the memory's units, without its base), its free strides (dense where none is
// given), waits and signals. A sync command of its own is a wait or a signal and its queue. Numbers are
// decimal or 0x.
// `#` starts a comment.
#pragma once

#include "core/isa/Instruction.h"

namespace tenon::isa {

/// One line without its end. assemble() gives the instruction back, without its origin.
std::string print(const Description &description, const Instruction &instruction);

/// All lines. Errors: ExitCode::WrongInput with the first mistake of each line that has one, at its line and
/// column. Whether an instruction is in its ranges is not asked here: encode() does.
llvm::Expected<std::vector<Instruction>> assemble(const Description &description, llvm::StringRef text,
                                                  llvm::StringRef path);

} // namespace tenon::isa
