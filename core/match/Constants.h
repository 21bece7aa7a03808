// Tensors that are known when compiling: their elements, and what is computed from them.
#pragma once

#include "core/match/Computation.h"

namespace tenon::match {

int64_t elementCount(const ConstantTensor &tensor);
nest::Constant elementAt(const ConstantTensor &tensor, int64_t position);
void setElement(ConstantTensor &tensor, int64_t position, nest::Constant value);
/// A tensor whose elements are all the same.
ConstantTensor uniformTensor(nest::ScalarType type, llvm::ArrayRef<int64_t> shape, nest::Constant value);
/// The element that all are; nothing if two differ.
std::optional<nest::Constant> uniformElement(const ConstantTensor &tensor);
/// The same integers in a narrower type; nothing if one does not fit. `isSigned`: how the narrow type is
/// widened again.
std::optional<ConstantTensor> narrowed(const ConstantTensor &tensor, nest::ScalarType type, bool isSigned);

bool same(const ConstantTensor &left, const ConstantTensor &right);

/// The number of a constant operand with these contents, which is added if there is none.
unsigned addConstant(Computation &computation, llvm::StringRef name, ConstantTensor tensor);

/// Runs the nest, whose operands but the last are the tensors; the last is the result.
llvm::Expected<ConstantTensor> evaluate(const nest::Nest &nest,
                                        llvm::ArrayRef<const ConstantTensor *> tensors);

} // namespace tenon::match
