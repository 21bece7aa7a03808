// The text of a description's `llvm:` and `asm:` rows, spliced into a function.
#pragma once

#include "core/native/ir/IrFunction.h"

#include "llvm/Support/Error.h"

#include <map>

namespace tenon::isa {
struct Description;
struct Intrinsic;
} // namespace tenon::isa

namespace tenon::native {

/// What stands for an operand in a row. Registers: the values of the registers that it spans, each of
/// registerType(); for one that is only written, empty strings, or none at all (then the text says how many).
/// Memory: one pointer, as "%p" or "addrspace(3) %p".
struct RowOperand {
  llvm::SmallVector<std::string> values;
};

/// The type of one register of the operand in an `llvm:` row: <row bytes / element bytes x element>; the
/// element itself where the row holds one. In an `asm:` row and for a register of all lanes: a lane's part,
/// i32, or float for f32 (rowBytes / lanes bytes wide).
std::string registerType(const isa::Description &description, const isa::Intrinsic &row, unsigned operand);

/// Writes the row's text with the operands in the order of the description and gives the new values of the
/// registers that it writes, by operand. `sizes`, `values`: the row's, for texts that name them. Each line
/// ends with "; row FILE:LINE:COLUMN". An error names the row's place.
llvm::Expected<std::map<unsigned, llvm::SmallVector<std::string>>>
emitRow(IrFunction &function, const isa::Description &description, const isa::Intrinsic &row,
        llvm::ArrayRef<RowOperand> operands, const std::map<std::string, int64_t> &names = {});

} // namespace tenon::native
