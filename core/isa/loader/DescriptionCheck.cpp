// What concerns several parts of a description.
#include "core/isa/loader/Readers.h"

#include "llvm/Support/MathExtras.h"

#include <set>

namespace tenon::isa::loader {

namespace {

/// The last axis runs along the rows from the operand's address: at its largest it must fit.
void checkLastAxis(Reading &reading, const Intrinsic &intrinsic, const OperandDeclaration &operand) {
  if (operand.axes.empty() || operand.axes.back().size < 0 || operand.holds)
    return;
  const Size &size = intrinsic.sizes[size_t(operand.axes.back().size)];
  uint64_t bytes = uint64_t(size.high) * operand.type.scalar.storageBytes();
  for (unsigned number : operand.memories) {
    const Memory &memory = reading.description.memories[number];
    if (memory.unit != Memory::Unit::Row || bytes <= memory.bytes)
      continue;
    reading.mistakes.add(operand.place,
                         "operand " + quoted(operand.name) + " of intrinsic " + quoted(intrinsic.family) +
                             " has " + std::to_string(bytes) + " bytes along " + quoted(size.name) +
                             ", and memory " + quoted(memory.name) + " has " + std::to_string(memory.bytes),
                         "lower the size's largest value, or enlarge the memory");
  }
}

/// A cell that an intrinsic needs can be put there.
void checkNeeds(Reading &reading, const Intrinsic &intrinsic, const std::set<unsigned> &settable) {
  for (const Need &need : intrinsic.needs) {
    const Register &reg = reading.description.registers[need.reg];
    if (!settable.contains(need.reg) && !reg.cells[need.cell].atReset)
      reading.mistakes.add(need.place,
                           "intrinsic " + quoted(intrinsic.family) + " needs register " + quoted(reg.name) +
                               ", and no intrinsic sets it",
                           "add an intrinsic with sets: " + reg.name +
                               ", or give the cell a value after reset");
  }
}

void checkAccess(Reading &reading, const Intrinsic &intrinsic, const OperandDeclaration &operand) {
  if (operand.access == OperandDeclaration::Access::Read)
    return;
  bool written = llvm::any_of(intrinsic.semantics.statements, [&](const SemanticStatement &statement) {
    return &intrinsic.operands[0] + statement.destination == &operand;
  });
  if (!written && !intrinsic.semantics.statements.empty())
    reading.mistakes.add(operand.place,
                         "operand " + quoted(operand.name) + " of intrinsic " + quoted(intrinsic.family) +
                             " is declared written, and its semantics never write it",
                         "remove access, or add a statement");
}

} // namespace

void checkDescription(Reading &reading) {
  std::set<unsigned> settable;
  for (const Intrinsic &intrinsic : reading.description.intrinsics)
    if (intrinsic.sets >= 0)
      settable.insert(unsigned(intrinsic.sets));
  for (const Intrinsic &intrinsic : reading.description.intrinsics) {
    checkNeeds(reading, intrinsic, settable);
    for (const OperandDeclaration &operand : intrinsic.operands) {
      checkLastAxis(reading, intrinsic, operand);
      checkAccess(reading, intrinsic, operand);
    }
  }
}

} // namespace tenon::isa::loader
