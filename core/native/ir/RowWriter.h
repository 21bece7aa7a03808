// One row in the making: RowText.cpp writes `llvm:` rows line by line, RowAssembly.cpp an `asm:` row as one
// call.
#pragma once

#include "core/isa/Description.h"
#include "core/native/ir/RowText.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

/// Whether the operand is in registers wherever it may be.
bool isRegister(const isa::Description &description, const isa::OperandDeclaration &operand);
/// A character of an operand's name.
bool isWordCharacter(char c);

class RowWriter {
public:
  RowWriter(IrFunction &function, const isa::Description &description, const isa::Intrinsic &row,
            llvm::ArrayRef<RowOperand> operands, const std::map<std::string, int64_t> &names)
      : f(function), description(description), row(row), names(names) {
    for (auto [given, declared] : llvm::zip(operands, row.operands)) {
      current.push_back(given.values);
      if (given.values.empty() && declared.access == isa::OperandDeclaration::Access::Write &&
          isRegister(description, declared))
        current.back().resize(registersNamed(declared.name));
    }
  }

  using Result = std::map<unsigned, llvm::SmallVector<std::string>>;
  llvm::Expected<Result> write();

private:
  llvm::Error writeLine(const isa::TextLine &line);
  llvm::Error writeAssembly();
  /// The operands of an inline assembly call, as LLVM numbers them: results first; what is read as well as
  /// written is tied to its result.
  struct AssemblyCall {
    std::string types, constraints, arguments;
    std::vector<std::vector<unsigned>> numbers; ///< by operand, of its registers
    unsigned results = 0;
    bool touchesMemory = false;
  };
  llvm::Expected<AssemblyCall> assemblyCall() const;
  std::string assemblyText(const AssemblyCall &call) const;
  /// The operand and register that a word is; an error for a register that is not there.
  struct Named {
    unsigned operand = 0, part = 0;
  };
  llvm::Expected<std::optional<Named>> named(llvm::StringRef word, isa::Place place) const;
  llvm::Expected<std::string> substituted(llvm::StringRef text, isa::Place place);
  size_t registersNamed(const std::string &operand) const;
  std::string castTo(const std::string &value, const std::string &from, const std::string &to,
                     isa::Place place);
  llvm::Error wrong(isa::Place place, const std::string &message) const;
  std::string comment(isa::Place place) const { return " ; row " + description.locate(place); }
  std::string attributes() const;
  bool writes(unsigned operand) const {
    return row.operands[operand].access != isa::OperandDeclaration::Access::Read;
  }
  bool reads(unsigned operand) const {
    return row.operands[operand].access != isa::OperandDeclaration::Access::Write;
  }
  Result result() const;

  IrFunction &f;
  const isa::Description &description;
  const isa::Intrinsic &row;
  const std::map<std::string, int64_t> &names;
  std::vector<llvm::SmallVector<std::string>> current; ///< values of the operands' registers
  std::map<std::string, std::string, std::less<>> locals;
};

} // namespace tenon::native
