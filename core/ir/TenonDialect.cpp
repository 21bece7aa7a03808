// Registration of the dialect, and the rules for its attributes on other dialects' operations.
#include "core/ir/TenonDialect.h"

#include "core/ir/ModelNodes.h"
#include "core/ir/QuantizationMarker.h"

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

#include "core/ir/TenonDialect.cpp.inc"
#include "core/ir/TenonEnums.cpp.inc"

namespace tenon::ir {

void TenonDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "core/ir/TenonOps.cpp.inc"
      >();
}

namespace {

// T11: tenon.layout is a permutation of the dimensions of an operation's one result.
mlir::LogicalResult verifyLayout(mlir::Operation *operation, mlir::Attribute layout) {
  auto order = mlir::dyn_cast<mlir::DenseI64ArrayAttr>(layout);
  auto type = operation->getNumResults() == 1
                  ? mlir::dyn_cast<mlir::RankedTensorType>(operation->getResult(0).getType())
                  : nullptr;
  if (!order || !type)
    return operation->emitOpError() << "has 'tenon.layout' that is " << layout << " and "
                                    << operation->getNumResults()
                                    << " results, it needs an array of i64 and one result, a tensor (T11)";
  llvm::SmallVector<int64_t> sorted(order.asArrayRef());
  llvm::sort(sorted);
  if (int64_t(sorted.size()) != type.getRank() || !llvm::equal(sorted, llvm::seq<int64_t>(0, type.getRank())))
    return operation->emitOpError() << "has 'tenon.layout' that is " << layout
                                    << ", it must name each of the " << type.getRank()
                                    << " dimensions once (T11)";
  return mlir::success();
}

} // namespace

// T8: tenon.tensor stands on an operation with one tensor result.
mlir::LogicalResult TenonDialect::verifyOperationAttribute(mlir::Operation *operation,
                                                           mlir::NamedAttribute attribute) {
  if (attribute.getName() == quantizationAttributeName) {
    if (quantizationOf(operation) && operation->getNumResults() == 1)
      return mlir::success();
    return operation->emitOpError()
           << "has 'tenon.quantization' that is " << attribute.getValue()
           << ", it needs quantize, unsigned, axis and as many scales as zero_points, "
              "and one result (T10)";
  }
  if (attribute.getName() == foldsIntoSumsAttributeName) {
    if (mlir::isa<mlir::FunctionOpInterface>(operation) && mlir::isa<mlir::UnitAttr>(attribute.getValue()))
      return mlir::success();
    return operation->emitOpError() << "has 'tenon.folds_into_sums' that is " << attribute.getValue()
                                    << ", it stands without a value on a function (T12)";
  }
  if (attribute.getName() == layoutAttributeName)
    return verifyLayout(operation, attribute.getValue());
  if (attribute.getName() != tensorAttributeName)
    return operation->emitOpError() << "has the attribute '" << attribute.getName().getValue()
                                    << "', which the tenon dialect does not define (T9)";
  if (!mlir::isa<TensorAttr>(attribute.getValue()))
    return operation->emitOpError() << "'tenon.tensor' is " << attribute.getValue()
                                    << ", it must be a #tenon.tensor (T8)";
  if (operation->getNumResults() != 1 || !mlir::isa<mlir::TensorType>(operation->getResult(0).getType()))
    return operation->emitOpError() << "has 'tenon.tensor' and " << operation->getNumResults()
                                    << " results, it needs exactly one, a tensor (T8)";
  return mlir::success();
}

// T9: a function's argument has no attribute of this dialect but tenon.tensor.
mlir::LogicalResult TenonDialect::verifyRegionArgAttribute(mlir::Operation *operation, unsigned,
                                                           unsigned index, mlir::NamedAttribute attribute) {
  if (attribute.getName() == tensorAttributeName && mlir::isa<TensorAttr>(attribute.getValue()))
    return mlir::success();
  return operation->emitOpError() << "argument " << index << " has the attribute '"
                                  << attribute.getName().getValue()
                                  << "', only 'tenon.tensor' with a #tenon.tensor may stand there (T9)";
}

} // namespace tenon::ir
