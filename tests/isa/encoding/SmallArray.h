// A small machine by hand, for tests of one thing at a time: two memories, a register, a semaphore, a move
// and a product.
#pragma once

#include "core/isa/Instruction.h"
#include "core/support/Error.h"
#include "tests/isa/encoding/RandomDescription.h"

namespace tenon::isa::test {

/// Intrinsics: 0 config_ld, 1 mvin, 2 and 3 matmul{update: =} and {update: +=}. Sync commands: 0 wait, 1
/// signal.
Description smallArray();

enum SmallArrayNumbers : unsigned { ConfigLd, Mvin, MatmulAssign, MatmulAdd };
enum SmallArrayWords : unsigned { CfgWord, MvWord, MmWord, SyncWord };

/// The field of the intrinsic's word, by name; the assignment of it in the command.
Field &field(Description &description, unsigned word, llvm::StringRef name);
FieldAssignment &assignment(Description &description, unsigned intrinsic, llvm::StringRef field);
void removeAssignment(Description &description, unsigned intrinsic, llvm::StringRef field);
/// Another constant or expression for a field of the command.
void assign(Description &description, unsigned intrinsic, llvm::StringRef field, const std::string &text);

/// mvin of 16 rows and 16 columns from dram[0x100] with a stride of 64 to spad[3].
Instruction mvin();
Instruction configLd(int64_t stride);

/// Messages of all of checkEncoding's mistakes, a line each; each must have a repair.
std::string mistakesOf(const Description &description);
/// The error's messages; "" for none.
std::string messages(llvm::Error error);

} // namespace tenon::isa::test
