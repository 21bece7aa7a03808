// Writes the parts of a description that semantics needs in few words, checks statements, and runs them.
#pragma once

#include "core/isa/Semantics.h"

#include <map>

namespace tenon::test {

class IntrinsicBuilder {
public:
  IntrinsicBuilder();

  isa::Description description;
  isa::Intrinsic intrinsic;
  std::vector<Diagnostic> mistakes;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};

  IntrinsicBuilder &parameter(llvm::StringRef name, int64_t value);
  IntrinsicBuilder &size(llvm::StringRef name, int64_t low, int64_t high);
  IntrinsicBuilder &value(llvm::StringRef name, llvm::StringRef type, int64_t low, int64_t high);
  /// `type` as in a description: "i8[m, k]"; an axis that is no size's name needs `extents`.
  isa::OperandDeclaration &operand(llvm::StringRef name, llvm::StringRef type,
                                   isa::OperandDeclaration::Access access,
                                   std::map<std::string, std::string> extents = {});
  isa::OperandDeclaration &reads(llvm::StringRef name, llvm::StringRef type,
                                 std::map<std::string, std::string> extents = {}) {
    return operand(name, type, isa::OperandDeclaration::Access::Read, std::move(extents));
  }
  isa::OperandDeclaration &writes(llvm::StringRef name, llvm::StringRef type) {
    return operand(name, type, isa::OperandDeclaration::Access::Write);
  }
  isa::OperandDeclaration &updates(llvm::StringRef name, llvm::StringRef type) {
    return operand(name, type, isa::OperandDeclaration::Access::Update);
  }
  /// An operand in a memory of kind table.
  isa::OperandDeclaration &table(llvm::StringRef name, llvm::StringRef type);

  /// Checks the statements, the first at line 10, column 5.
  bool check(llvm::ArrayRef<std::string> statements);
  /// The mistakes as text, a line each.
  std::string messages() const;

  llvm::Expected<nest::Nest> nest(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values = {});

  /// Runs the nest; `buffers` has the elements of each operand, row-major, and gets them back. Gives the
  /// error's text. Operands are all integers, or all f32 and f64.
  std::string run(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                  std::vector<std::vector<int64_t>> &buffers);
  std::string run(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                  std::vector<std::vector<double>> &buffers);
};

isa::Expression parsed(llvm::StringRef text);
isa::Outside outsideValue(llvm::StringRef text);

} // namespace tenon::test
