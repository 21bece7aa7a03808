// Turning the sign bit of 8-bit integers, which adds or takes 128.
#include "core/import/onnx/Recentring.h"

#include "core/ir/ModelNodes.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSwitch.h"

namespace tenon::import::onnx {

namespace {

mlir::Value turned(LinalgBuilder &b, mlir::Value value) {
  mlir::DenseElementsAttr constant;
  if (mlir::matchPattern(value, mlir::m_Constant(&constant))) {
    llvm::SmallVector<int8_t> numbers;
    for (int8_t number : constant.getValues<int8_t>())
      numbers.push_back(static_cast<int8_t>(number ^ INT8_MIN));
    return b.constant(mlir::DenseElementsAttr::get(constant.getType(), llvm::ArrayRef<int8_t>(numbers)));
  }
  return b.elementwise({value}, shapeOf(value), elementTypeOf(value), [](Scalars &s, mlir::ValueRange in) {
    return s.builder.create<mlir::arith::XOrIOp>(s.loc, in[0], s.integer(INT8_MIN, 8)).getResult();
  });
}

} // namespace

mlir::Value recentred(LinalgBuilder &b, Tensor &tensor) {
  if (!tensor.recentred)
    tensor.recentred = turned(b, tensor.value);
  return tensor.recentred;
}

mlir::Value visible(LinalgBuilder &b, Tensor &tensor) {
  if (tensor.value || !tensor.recentred)
    return tensor.value;
  tensor.value = turned(b, tensor.recentred);
  // The tensor's name belongs to the numbers that the file means.
  mlir::Operation *inner = tensor.recentred.getDefiningOp(), *outer = tensor.value.getDefiningOp();
  if (inner && inner->hasAttr(ir::tensorAttributeName) && !mlir::isa<mlir::arith::ConstantOp>(outer)) {
    inner->removeAttr(ir::tensorAttributeName);
    outer->setAttr(ir::tensorAttributeName, tensorAttribute(b.context(), tensor));
  }
  return tensor.value;
}

RecentredInputs::RecentredInputs(NodeConversion &conversion) {
  for (unsigned i = 0; i < conversion.node.inputs.size(); ++i) {
    if (!conversion.has(i) || conversion.type(i) != Type::UINT8)
      continue;
    Tensor &tensor = conversion.tensorOfInput(i);
    saved.push_back({&tensor, tensor.value});
    tensor.value = recentred(conversion, tensor);
    tensor.type = Type::INT8; // so that a tensor that is there twice is saved once
  }
}

RecentredInputs::~RecentredInputs() {
  for (Saved &each : saved) {
    each.tensor->value = each.value;
    each.tensor->type = Type::UINT8;
  }
}

void recentreOutputs(NodeConversion &c) {
  for (unsigned i = 0; i < c.node.outputs.size(); ++i) {
    if (!c.wantsOutput(i))
      continue;
    Tensor &tensor = c.tensorOfOutput(i);
    if (!tensor.value || tensor.type != Type::INT8)
      continue;
    tensor.recentred = std::exchange(tensor.value, mlir::Value());
    tensor.type = Type::UINT8;
  }
}

bool keepsRecentred(llvm::StringRef op) {
  return llvm::StringSwitch<bool>(op)
      .Cases("Concat", "Flatten", "Gather", "Identity", "MaxPool", "Reshape", true)
      .Cases("Slice", "Split", "Squeeze", "Transpose", "Unsqueeze", true)
      .Default(false);
}

bool hasRecentredInput(NodeConversion &c) {
  for (unsigned i = 0; i < c.node.inputs.size(); ++i)
    if (c.has(i) && !c.value(i) && c.input(i).recentred)
      return true;
  return false;
}

} // namespace tenon::import::onnx
