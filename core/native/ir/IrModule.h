// A module as LLVM IR text: the triple, attributes from the description's code, declarations once, globals,
// functions. And how a kernel's define line looks on the description's machine.
#pragma once

#include "core/native/Kernel.h"
#include "core/native/ir/IrFunction.h"

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::native {

class IrModule {
public:
  explicit IrModule(const isa::Description &description);

  /// "declare i32 @f(i32)"; the same text again is nothing new.
  void declare(llvm::StringRef declaration);
  /// A line of its own: a global, a type.
  void global(llvm::StringRef line);
  /// Any text with defines that end in "#0 {", the attributes of all code of the module.
  void add(llvm::StringRef functions);
  void add(const Kernel &kernel);

  std::string text() const;

private:
  std::string triple, attributes;
  std::set<std::string> declared;
  std::string globals, functions;
};

/// A pointer parameter of a kernel.
struct PointerArgument {
  unsigned space = 0;
  uint64_t align = 1;
  bool writes = false;
};

/// Whether the description's kernels run as blocks of a grid.
bool isParallelMachine(const isa::Description &description);
/// LLVM's address space of the tensors.
unsigned globalSpace(const isa::Description &description);
/// A type and a name of a pointer: "ptr %arg0", "ptr addrspace(1) %arg0".
std::string pointerText(unsigned space, llvm::StringRef name);
/// What emitBody() takes as pointer of argument `number`, and what IrFunction::status is: the same without
/// "ptr ".
std::string argumentPointer(const isa::Description &description, unsigned number);
std::string statusPointer(const isa::Description &description);

/// Global pointer arguments with the alignments, as a kernel's define has them; `writes` from the arguments.
llvm::SmallVector<PointerArgument> pointerArguments(const isa::Description &description,
                                                    llvm::ArrayRef<KernelArgument> arguments,
                                                    llvm::ArrayRef<uint64_t> aligns);
/// The whole "define void @NAME(...) #0 { ... }" of a kernel with the body, whose last line is written here
/// ("ret void"). Parameters are %arg0.., %status and on processors %begin, %end.
std::string defineKernel(const isa::Description &description, llvm::StringRef name,
                         llvm::ArrayRef<PointerArgument> arguments, const IrFunction &body);

/// Writes the text of a level's index (several lines, the last without a name) and gives the i32's name.
std::string emitIndex(IrFunction &function, llvm::StringRef indexText);

} // namespace tenon::native
