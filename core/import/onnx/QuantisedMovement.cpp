// Operators that move elements do so with quantised ones too, once these have the scale of the result.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/QuantisedOperator.h"

#include "llvm/ADT/StringSwitch.h"

namespace tenon::import::onnx {

namespace {

Conversion movementOf(llvm::StringRef op) {
  return llvm::StringSwitch<Conversion>(op)
      .Case("Concat", convertConcat)
      .Case("Flatten", convertFlatten)
      .Case("Identity", convertIdentity)
      .Case("Reshape", convertReshape)
      .Case("Squeeze", convertSqueeze)
      .Case("Transpose", convertTranspose)
      .Case("Unsqueeze", convertUnsqueeze)
      .Default(nullptr);
}

} // namespace

llvm::Error convertQuantisedMovement(NodeConversion &c, const QuantisedGroup &group) {
  Conversion move = movementOf(group.op);
  assert(move && "groups have operators with a conversion");
  // For the time of the conversion the rescaled values stand in the place of the tensors.
  llvm::SmallVector<std::pair<Tensor *, mlir::Value>> replaced;
  llvm::Error wrong = llvm::Error::success();
  for (auto [number, parameters] : llvm::enumerate(group.inputs)) {
    if (!parameters || wrong)
      continue;
    Tensor &tensor = c.tensorOfInput(number);
    if (llvm::any_of(replaced, [&](const auto &each) { return each.first == &tensor; }))
      continue; // a group gives a tensor one scale
    llvm::Expected<mlir::Value> value = rescale(c, tensor.value, *parameters, group);
    if (!value) {
      wrong = llvm::joinErrors(std::move(wrong), value.takeError());
      continue;
    }
    replaced.emplace_back(&tensor, tensor.value);
    tensor.value = *value;
  }
  if (!wrong)
    wrong = llvm::joinErrors(std::move(wrong), move(c));
  for (auto [tensor, value] : replaced)
    tensor->value = value;
  return wrong;
}

} // namespace tenon::import::onnx
