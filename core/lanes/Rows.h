// Rows of a description executed on the registers of a group of lanes: `holds` says which element every byte
// of every lane's register is, the semantics what is computed from them.
#pragma once

#include "core/lanes/LaneMachine.h"
#include "core/reference/Interpreter.h"
#include "core/spec/Places.h"

#include "mlir/IR/MLIRContext.h"

#include <map>

namespace tenon::lanes {

/// One row with its buffers.
class Row {
public:
  struct Operand {
    bool isRegister = false;
    bool isRead = false, isWritten = false;
    int64_t registers = 0; ///< isRegister
    int64_t bytes = 0;     ///< of the dense elements
    spec::HeldPlaces places;
    std::vector<uint8_t> buffer;
  };

  static llvm::Expected<std::unique_ptr<Row>> create(const LaneMachine &machine, unsigned intrinsic,
                                                     mlir::MLIRContext &context);

  std::vector<Operand> operands; ///< in the description's order
  int64_t laneBytes = 4;         ///< of one lane's part of a register

  /// Fills an operand's elements from its registers. Places that hold the same element must be equal.
  llvm::Error gather(unsigned operand, llvm::ArrayRef<uint8_t> registers);
  /// The registers of an operand from its elements; bytes that hold no element stay as they are.
  void scatter(unsigned operand, llvm::MutableArrayRef<uint8_t> registers) const;
  /// Computes the written elements.
  llvm::Error run();

private:
  const LaneMachine *machine = nullptr;
  const isa::Intrinsic *intrinsic = nullptr;
  nest::Nest nest;
  std::unique_ptr<reference::PreparedNest> prepared;

  llvm::Error addOperand(const isa::OperandDeclaration &declaration, const nest::Operand &elements);
  std::string placeText(int64_t address) const;
};

/// Makes and keeps rows.
class Rows {
public:
  explicit Rows(const LaneMachine &target) : machine(target) {}
  llvm::Expected<Row *> get(unsigned intrinsic);

private:
  const LaneMachine &machine;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  std::map<unsigned, std::unique_ptr<Row>> rows;
};

} // namespace tenon::lanes
