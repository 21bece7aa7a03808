// Bounds on a module that somebody else wrote.
#include "core/import/MlirChecks.h"

#include "core/ir/ModelNodes.h"
#include "core/support/Text.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::import {

void addMistake(Mistakes &mistakes, mlir::Operation *operation, const llvm::Twine &message) {
  Diagnostic diagnostic;
  diagnostic.message = message.str();
  ir::NodeAttr node = ir::nodeOf(operation->getLoc());
  diagnostic.node = node ? ir::nodeText(node) : operation->getName().getStringRef().str();
  if (auto place = operation->getLoc()->findInstanceOf<mlir::FileLineColLoc>()) {
    diagnostic.file = place.getFilename().str();
    diagnostic.line = place.getLine();
    diagnostic.column = place.getColumn();
  }
  mistakes.add(std::move(diagnostic));
}

namespace {

/// What is wrong with a type; empty for nothing.
std::string wrongWith(mlir::Type type, const ImportLimits &limits) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isIntOrIndexOrFloat())
    return {}; // the program's builder refuses the others
  std::string shape = "a tensor of shape " + shapeText(tensor.getShape());
  if (tensor.getShape().size() > limits.rank)
    return shape + " has rank " + std::to_string(tensor.getShape().size()) + ", at most " +
           std::to_string(limits.rank) + " is supported";
  constexpr unsigned indexBits = 64, bitsOfByte = 8;
  unsigned bits = tensor.getElementType().isIndex() ? indexBits : tensor.getElementTypeBitWidth();
  uint64_t bytes = std::max(1U, bits / bitsOfByte);
  for (int64_t extent : tensor.getShape()) {
    if (extent < 1)
      return shape + " has no elements, every dimension must be at least 1";
    if (bytes > limits.tensorBytes / static_cast<uint64_t>(extent))
      return shape + " has too many elements, at most " + std::to_string(limits.tensorBytes) +
             " bytes a tensor are supported";
    bytes *= static_cast<uint64_t>(extent);
  }
  return {};
}

/// An offset, size and stride that lead out of the source; dynamic ones are refused later.
void checkSlice(mlir::tensor::ExtractSliceOp slice, Mistakes &mistakes) {
  llvm::ArrayRef<int64_t> offsets = slice.getStaticOffsets(), sizes = slice.getStaticSizes(),
                          strides = slice.getStaticStrides(), shape = slice.getSourceType().getShape();
  for (unsigned i = 0; i < shape.size(); ++i) {
    if (llvm::any_of(llvm::ArrayRef{offsets[i], sizes[i], strides[i], shape[i]}, mlir::ShapedType::isDynamic))
      continue;
    bool inside = offsets[i] >= 0 && strides[i] >= 1 && sizes[i] >= 1 && offsets[i] < shape[i] &&
                  sizes[i] - 1 <= (shape[i] - 1 - offsets[i]) / strides[i];
    if (!inside)
      addMistake(mistakes, slice,
                 "takes " + llvm::Twine(sizes[i]) + " elements from " + llvm::Twine(offsets[i]) +
                     " with stride " + llvm::Twine(strides[i]) + " of dimension " + llvm::Twine(i) +
                     ", which has " + llvm::Twine(shape[i]));
  }
}

void checkPad(mlir::tensor::PadOp pad, Mistakes &mistakes) {
  for (int64_t amount : llvm::concat<const int64_t>(pad.getStaticLow(), pad.getStaticHigh()))
    if (!mlir::ShapedType::isDynamic(amount) && amount < 0)
      addMistake(mistakes, pad, "pads by " + llvm::Twine(amount) + ", an amount must be at least 0");
}

} // namespace

llvm::Error checkNesting(llvm::StringRef text, const ImportLimits &limits) {
  unsigned depth = 0, line = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i], next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\n') {
      ++line;
    } else if (c == '"') { // a string ends at its quote or at the end of the line
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        i += text[i] == '\\';
      i -= i < text.size() && text[i] == '\n';
    } else if (c == '/' && next == '/') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if ((c == '-' && next == '>') || ((c == '<' || c == '>') && next == '=')) {
      ++i; // arrows and comparisons are no brackets
    } else if (llvm::StringRef("([{<").contains(c)) {
      ++depth;
    } else if (llvm::StringRef(")]}>").contains(c)) {
      depth -= depth > 0;
    }
    if (depth <= limits.nesting)
      continue;
    Diagnostic diagnostic;
    diagnostic.message = "has brackets nested deeper than " + std::to_string(limits.nesting);
    diagnostic.line = line;
    return failure(ExitCode::WrongInput, std::move(diagnostic));
  }
  return llvm::Error::success();
}

llvm::Error checkTensors(mlir::ModuleOp module, const ImportLimits &limits) {
  Mistakes mistakes(limits);
  auto check = [&](mlir::Operation *operation, mlir::TypeRange types) {
    for (mlir::Type type : types)
      if (std::string wrong = wrongWith(type, limits); !wrong.empty())
        addMistake(mistakes, operation, wrong);
  };
  module.walk([&](mlir::Operation *operation) {
    check(operation, operation->getResultTypes());
    for (mlir::Region &region : operation->getRegions())
      for (mlir::Block &block : region)
        check(operation, block.getArgumentTypes());
    if (auto slice = mlir::dyn_cast<mlir::tensor::ExtractSliceOp>(operation))
      checkSlice(slice, mistakes);
    if (auto pad = mlir::dyn_cast<mlir::tensor::PadOp>(operation))
      checkPad(pad, mistakes);
    return mistakes.full() ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
  });
  return mistakes.take();
}

llvm::Error checkPoints(mlir::ModuleOp module, const ImportLimits &limits) {
  Mistakes mistakes(limits);
  module.walk([&](mlir::linalg::LinalgOp operation) {
    llvm::SmallVector<int64_t, 4> ranges = operation.getStaticLoopRanges();
    uint64_t points = 1;
    for (int64_t range : ranges)
      if (range > 0 && points <= limits.points) // dynamic ones are refused later
        points = llvm::SaturatingMultiply(points, static_cast<uint64_t>(range));
    if (points > limits.points)
      addMistake(mistakes, operation,
                 "has loops over " + shapeText(ranges) + ", at most " + llvm::Twine(limits.points) +
                     " points are supported");
  });
  return mistakes.take();
}

} // namespace tenon::import
