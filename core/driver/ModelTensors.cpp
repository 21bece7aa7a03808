// Signatures, and which file is which tensor's.
#include "core/driver/ModelTensors.h"

#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::driver {

std::string ModelTensor::elementText() const {
  return isUnsigned ? "u" + std::to_string(type.width) : type.str();
}
std::string ModelTensor::typeText() const { return elementText() + shapeText(shape); }
std::string ModelTensor::text() const { return name + ": " + typeText(); }

namespace {

ModelTensor tensorOf(mlir::Type type, mlir::Attribute attribute, const std::string &otherwise) {
  ModelTensor tensor;
  auto ranked = mlir::cast<mlir::RankedTensorType>(type);
  llvm::Expected<nest::ScalarType> element = nest::scalarType(ranked.getElementType());
  assert(element && "the function was made into a program, so its types are known");
  tensor.type = *element;
  tensor.shape.assign(ranked.getShape().begin(), ranked.getShape().end());
  tensor.name = otherwise;
  if (auto named = mlir::dyn_cast_or_null<ir::TensorAttr>(attribute)) {
    tensor.name = named.getName().str();
    tensor.scale = named.getScale().getValueAsDouble();
    tensor.zeroPoint = named.getZeroPoint();
    tensor.isUnsigned = named.getIsUnsigned();
  }
  return tensor;
}

/// The tensor that text before an '=' names, for the last '=' for which there is one.
std::optional<std::pair<unsigned, std::string>> namedTensor(llvm::StringRef argument,
                                                            llvm::ArrayRef<ModelTensor> tensors) {
  for (size_t place = argument.rfind('='); place != llvm::StringRef::npos && place != 0;
       place = argument.take_front(place).rfind('=')) {
    llvm::StringRef name = argument.take_front(place);
    for (auto [number, tensor] : llvm::enumerate(tensors))
      if (tensor.name == name)
        return std::pair(static_cast<unsigned>(number), argument.drop_front(place + 1).str());
  }
  return std::nullopt;
}

} // namespace

ModelSignature signatureOf(mlir::func::FuncOp function) {
  ModelSignature signature;
  for (auto [number, type] : llvm::enumerate(function.getArgumentTypes()))
    signature.inputs.push_back(tensorOf(type, function.getArgAttr(number, ir::tensorAttributeName),
                                        "input_" + std::to_string(number)));
  for (auto [number, type] : llvm::enumerate(function.getResultTypes()))
    signature.outputs.push_back(tensorOf(type, function.getResultAttr(number, ir::tensorAttributeName),
                                         "output_" + std::to_string(number)));
  return signature;
}

llvm::Expected<std::vector<std::pair<unsigned, std::string>>>
assignFiles(llvm::ArrayRef<std::string> arguments, llvm::ArrayRef<ModelTensor> tensors,
            llvm::StringRef kind) {
  auto wrong = [&](const std::string &message) {
    Diagnostic diagnostic;
    diagnostic.message = message;
    diagnostic.repair =
        "the model's " + kind.str() + "s are " +
        llvm::join(llvm::map_range(tensors, [](const ModelTensor &t) { return t.text(); }), "; ");
    return failure(ExitCode::WrongUse, std::move(diagnostic));
  };
  std::vector<std::pair<unsigned, std::string>> assigned;
  std::vector<bool> taken(tensors.size(), false);
  unsigned position = 0;
  for (const std::string &argument : arguments) {
    std::pair<unsigned, std::string> file;
    if (auto named = namedTensor(argument, tensors))
      file = *named;
    else if (position < tensors.size())
      file = {position++, argument};
    else
      return wrong("--" + kind.str() + " " + argument + " is number " + std::to_string(position + 1) +
                   " by position, the model has " + std::to_string(tensors.size()));
    if (taken[file.first])
      return wrong("--" + kind.str() + " gives " + tensors[file.first].name + " twice");
    taken[file.first] = true;
    assigned.push_back(std::move(file));
  }
  return assigned;
}

} // namespace tenon::driver
