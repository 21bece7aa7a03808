// The operations behind a value, cloned into a function of their own, which the reference runs.
#include "core/reference/Evaluate.h"

#include "core/reference/Program.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SetVector.h"

namespace tenon::reference {

namespace {

/// The operations that the value needs, each behind what it uses; none if an argument of the function is
/// among them, or more than the limits allow.
std::vector<mlir::Operation *> operationsBehind(mlir::Value value, const EvaluationLimits &limits) {
  llvm::SetVector<mlir::Operation *> found;
  std::vector<mlir::Value> open = {value};
  while (!open.empty()) {
    mlir::Operation *made = open.back().getDefiningOp();
    open.pop_back();
    if (!made || found.size() > limits.operations)
      return {};
    if (!found.insert(made))
      continue;
    for (mlir::Value result : made->getResults())
      if (auto type = mlir::dyn_cast<mlir::RankedTensorType>(result.getType());
          type && type.getNumElements() > limits.elements)
        return {};
    llvm::append_range(open, made->getOperands());
    made->walk([&](mlir::Operation *inner) { // a body reads tables from outside
      for (mlir::Value operand : inner->getOperands())
        if (inner != made && operand.getParentBlock() == made->getBlock())
          open.push_back(operand);
    });
  }
  std::vector<mlir::Operation *> sorted(found.begin(), found.end());
  llvm::sort(sorted, [](mlir::Operation *a, mlir::Operation *b) { return a->isBeforeInBlock(b); });
  return sorted;
}

mlir::DenseElementsAttr attributeOf(const Tensor &tensor, mlir::RankedTensorType type) {
  if (!type.getElementType().isInteger(1))
    return mlir::DenseElementsAttr::getFromRawBuffer(type, tensor.bytes);
  llvm::SmallVector<bool> flags;
  for (char byte : tensor.bytes)
    flags.push_back(byte != 0);
  return mlir::DenseElementsAttr::get(type, llvm::ArrayRef<bool>(flags));
}

} // namespace

llvm::Expected<mlir::DenseElementsAttr> evaluate(mlir::Value value, const EvaluationLimits &limits,
                                                 uint64_t *spent) {
  mlir::DenseElementsAttr constant;
  if (mlir::matchPattern(value, mlir::m_Constant(&constant)))
    return constant;
  std::vector<mlir::Operation *> operations = operationsBehind(value, limits);
  if (operations.empty())
    return mlir::DenseElementsAttr();
  mlir::OpBuilder builder(value.getContext());
  mlir::Location loc = value.getLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  auto function =
      builder.create<mlir::func::FuncOp>(loc, "evaluated", builder.getFunctionType({}, {value.getType()}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  mlir::IRMapping mapping;
  for (mlir::Operation *operation : operations)
    builder.clone(*operation, mapping);
  builder.create<mlir::func::ReturnOp>(loc, mlir::ValueRange{mapping.lookup(value)});
  llvm::Expected<Program> program = programOf(function);
  if (!program)
    return program.takeError();
  if (program->points() > limits.points)
    return mlir::DenseElementsAttr();
  if (spent)
    *spent += program->points();
  llvm::Expected<std::vector<Tensor>> results = run(*program, {});
  if (!results)
    return results.takeError();
  return attributeOf(results->front(), mlir::cast<mlir::RankedTensorType>(value.getType()));
}

} // namespace tenon::reference
