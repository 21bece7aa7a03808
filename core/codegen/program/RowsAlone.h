// Instructions of rows taken out of their module, each into a function of its own: what the code generator
// says of it then concerns this row.
#pragma once

#include "llvm/IR/Module.h"

#include <memory>
#include <vector>

namespace tenon::codegen {

/// The line that an instruction of a row was written in; 0: it is of no row.
unsigned rowLine(const llvm::Instruction &instruction);

/// A module with one function (rowFunction) for each of the lines that has an instruction. What it computes
/// from is loaded and what it gives is stored, so that no calling convention stands between. Lines whose
/// instruction works on something that cannot be loaded or stored are left out.
std::unique_ptr<llvm::Module> rowsAlone(const llvm::Module &module, const std::vector<unsigned> &lines);

} // namespace tenon::codegen
