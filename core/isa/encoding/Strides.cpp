// Dense and fixed strides of an operand in use.
#include "core/isa/encoding/Strides.h"

#include "core/support/Error.h"

namespace tenon::isa {

llvm::Expected<llvm::SmallVector<int64_t, 4>>
defaultStrides(const Description &description, const Instruction &instruction, unsigned operand) {
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  const OperandDeclaration &declared = intrinsic.operands[operand];
  const unsigned memory = instruction.operands[operand].memory;
  if (declared.holds)
    return llvm::SmallVector<int64_t, 4>();
  llvm::SmallVector<int64_t, 4> strides =
      denseStrides(description, intrinsic, operand, memory, instruction.sizes, instruction.values);
  if (strides.size() != declared.axes.size())
    return wrongInput("operand " + declared.name + " of " + intrinsic.name +
                      " has no strides for these sizes");
  const bool inRows = description.memories[memory].unit == Memory::Unit::Row;
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    const Stride &stride = declared.axes[axis].stride;
    const bool alongRow = inRows && axis + 1 == strides.size();
    if (alongRow || stride.kind != Stride::Kind::Fixed)
      continue;
    llvm::Expected<int64_t> fixed = evaluate(
        stride.value, [&](llvm::StringRef name) { return attribute(description, instruction, name); });
    if (!fixed)
      return fixed.takeError();
    strides[axis] = *fixed;
  }
  return strides;
}

} // namespace tenon::isa
