// What other exporters write that is no linalg on tensors yet. Each kind has its function; the order does not
// matter but for softmax, whose parts are linalg already.
#include "core/import/mlir/Text.h"

#include "core/import/Mistakes.h"
#include "core/import/MlirChecks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace tenon::import {
namespace {

namespace linalg = mlir::linalg;

/// A global that somebody exported and nobody reads says nothing; one that is read has state, which no model
/// has here.
void dropGlobals(mlir::ModuleOp module, Mistakes &mistakes) {
  for (auto global : llvm::make_early_inc_range(module.getOps<mlir::ml_program::GlobalOp>())) {
    if (mlir::SymbolTable::symbolKnownUseEmpty(global, module))
      global.erase();
    else
      addMistake(mistakes, global,
                 "global '" + global.getSymName() +
                     "' is used, a model here is a function of its inputs alone");
  }
}

/// The elements of a resource, where its bytes are as many as the type has and lie as MLIR keeps them.
mlir::DenseElementsAttr elementsOf(mlir::DenseResourceElementsAttr resource, std::string &why) {
  mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  mlir::ShapedType type = resource.getType();
  std::string name = resource.getRawHandle().getKey().str();
  if (!blob) {
    why = "the resource '" + name + "' has no elements: the module was printed without them";
    return {};
  }
  mlir::Type element = type.getElementType();
  unsigned bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 0;
  if (bits == 0 || bits % 8 != 0) {
    llvm::raw_string_ostream(why) << "the resource '" << name << "' has elements of type " << element
                                  << ", only those of whole bytes are read";
    return {};
  }
  uint64_t wanted = uint64_t(type.getNumElements()) * (bits / 8);
  llvm::ArrayRef<char> data = blob->getData();
  if (data.size() != wanted) {
    why = "the resource '" + name + "' has " + std::to_string(data.size()) + " bytes, its type needs " +
          std::to_string(wanted);
    return {};
  }
  return mlir::DenseElementsAttr::getFromRawBuffer(type, data);
}

void readResource(mlir::arith::ConstantOp constant, Mistakes &mistakes) {
  auto resource = mlir::dyn_cast<mlir::DenseResourceElementsAttr>(constant.getValue());
  if (!resource)
    return;
  std::string why;
  if (mlir::DenseElementsAttr elements = elementsOf(resource, why))
    constant.setValueAttr(elements);
  else
    addMistake(mistakes, constant, why);
}

void takeApart(linalg::SoftmaxOp softmax, Mistakes &mistakes) {
  if (!softmax.getInputOperandType().hasStaticShape() || softmax.getNumResults() != 1) {
    addMistake(mistakes, softmax, "has no tensor of static shape");
    return;
  }
  mlir::IRRewriter rewriter(softmax);
  auto parts = softmax.decomposeOperation(rewriter);
  if (mlir::failed(parts))
    addMistake(mistakes, softmax, "cannot be taken apart into sums and elementwise operations");
  else
    rewriter.replaceOp(softmax, *parts);
}

/// A type that was forgotten and is known again behind it: the tensor was never anything else.
void dropCast(mlir::tensor::CastOp cast) {
  mlir::Value source = cast.getSource();
  while (auto before = source.getDefiningOp<mlir::tensor::CastOp>())
    source = before.getSource();
  if (source.getType() == cast.getType())
    cast.getResult().replaceAllUsesWith(source);
}

bool isArithmeticOnTensors(mlir::Operation *operation) {
  return mlir::OpTrait::hasElementwiseMappableTraits(operation) &&
         llvm::any_of(operation->getResultTypes(), llvm::IsaPred<mlir::RankedTensorType>);
}

/// arith.addf on tensors is a linalg.generic of the same body.
void mapArithmetic(llvm::ArrayRef<mlir::Operation *> operations, mlir::MLIRContext *context) {
  mlir::RewritePatternSet patterns(context);
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  mlir::GreedyRewriteConfig config;
  config.strictMode = mlir::GreedyRewriteStrictness::ExistingOps; // the rest stays as it was written
  (void)mlir::applyOpPatternsAndFold(operations, std::move(patterns), config);
}

} // namespace

llvm::Error prepare(mlir::ModuleOp module, const ImportLimits &limits) {
  Mistakes mistakes(limits);
  dropGlobals(module, mistakes);
  std::vector<linalg::SoftmaxOp> softmaxes;
  std::vector<mlir::Operation *> arithmetic;
  module.walk([&](mlir::Operation *operation) {
    if (auto constant = mlir::dyn_cast<mlir::arith::ConstantOp>(operation))
      readResource(constant, mistakes);
    else if (auto softmax = mlir::dyn_cast<linalg::SoftmaxOp>(operation))
      softmaxes.push_back(softmax);
    else if (auto cast = mlir::dyn_cast<mlir::tensor::CastOp>(operation))
      dropCast(cast);
    else if (isArithmeticOnTensors(operation))
      arithmetic.push_back(operation);
  });
  for (linalg::SoftmaxOp softmax : softmaxes)
    takeApart(softmax, mistakes);
  if (!arithmetic.empty())
    mapArithmetic(arithmetic, module.getContext());
  return mistakes.take();
}

} // namespace tenon::import
