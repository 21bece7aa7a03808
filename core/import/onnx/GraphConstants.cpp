// Looking up attributes, constants, scales and zero points of nodes that are not converted yet.
#include "core/import/onnx/GraphConstants.h"

#include "core/import/onnx/Recentring.h"

#include <cmath>

namespace tenon::import::onnx {

const schema::AttributeProto *attributeOf(const Node &node, llvm::StringRef name) {
  for (const schema::AttributeProto &attribute : node.source->attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

int64_t integerOf(const Node &node, llvm::StringRef name, int64_t otherwise) {
  const schema::AttributeProto *found = attributeOf(node, name);
  return found ? found->i() : otherwise;
}

double realOf(const Node &node, llvm::StringRef name, double otherwise) {
  const schema::AttributeProto *found = attributeOf(node, name);
  return found ? static_cast<double>(found->f()) : otherwise;
}

int inputOf(const Node &node, unsigned number) {
  return number < node.inputs.size() ? node.inputs[number] : -1;
}

GraphConstants::GraphConstants(mlir::MLIRContext *mlirContext, const Model &wholeModel,
                               const DataSource &source)
    : model(wholeModel), context(mlirContext), data(source) {
  for (const Node &node : model.nodes)
    for (int output : node.outputs)
      producers[output] = &node;
  for (const Tensor &tensor : model.tensors)
    types.push_back(tensor.initialiser ? tensor.initialiser->data_type() : static_cast<int>(Type::UNDEFINED));
  for (const Edge &input : model.inputs)
    types[input.tensor] = input.type;
  for (const Node &node : model.nodes)
    if (int type = typeMadeBy(node);
        type != Type::UNDEFINED && !node.outputs.empty() && node.outputs.front() >= 0)
      types[node.outputs.front()] = type;
}

const Node *GraphConstants::producerOf(int tensor) const {
  return tensor < 0 ? nullptr : producers.lookup(tensor);
}

const schema::TensorProto *GraphConstants::constantOf(int tensor) const {
  if (tensor < 0)
    return nullptr;
  if (const Node *made = producerOf(tensor)) {
    const schema::AttributeProto *value = made->op == "Constant" ? attributeOf(*made, "value") : nullptr;
    return value && value->has_t() ? &value->t() : nullptr;
  }
  return model.tensors[tensor].initialiser;
}

namespace {

/// Scales, zero points and bounds are lists of channels at most.
bool isShort(const schema::TensorProto &constant) {
  constexpr int64_t most = 1 << 16;
  int64_t count = 1;
  for (int64_t extent : constant.dims())
    count = extent < 0 || extent > most || count * extent > most ? most + 1 : count * extent;
  return count <= most;
}

} // namespace

/// The elements of a short constant; a constant that is not as it should be is reported where it is used.
std::optional<std::vector<double>> GraphConstants::numbersOf(int tensor) const {
  const schema::TensorProto *constant = constantOf(tensor);
  if (!constant || !isShort(*constant))
    return std::nullopt;
  llvm::Expected<mlir::DenseElementsAttr> elements = elementsOf(context, *constant, data);
  if (!elements) {
    llvm::consumeError(elements.takeError());
    return std::nullopt;
  }
  bool isUnsigned = isUnsignedType(constant->data_type());
  std::vector<double> numbers;
  for (mlir::Attribute element : elements->getValues<mlir::Attribute>()) {
    if (auto real = mlir::dyn_cast<mlir::FloatAttr>(element)) {
      numbers.push_back(real.getValueAsDouble());
      continue;
    }
    const llvm::APInt &bits = mlir::cast<mlir::IntegerAttr>(element).getValue();
    numbers.push_back(isUnsigned ? bits.roundToDouble(false) : bits.roundToDouble(true));
  }
  return numbers;
}

/// The type of a tensor whose numbers are quantised, as far as the file says it before anything is converted.
int GraphConstants::typeOf(int tensor) const {
  return tensor < 0 ? static_cast<int>(Type::UNDEFINED) : types[tensor];
}

int GraphConstants::typeMadeBy(const Node &node) const {
  if (node.op == "QuantizeLinear")
    return quantisedTypeOf(node);
  if (node.op == "Constant") {
    const schema::TensorProto *value = node.outputs.empty() ? nullptr : constantOf(node.outputs.front());
    return value ? value->data_type() : static_cast<int>(Type::UNDEFINED);
  }
  return keepsRecentred(node.op) ? typeOf(inputOf(node, 0)) : static_cast<int>(Type::UNDEFINED);
}

/// The type of the integers of a QuantizeLinear or DequantizeLinear.
int GraphConstants::quantisedTypeOf(const Node &node) const {
  if (const schema::TensorProto *zeroPoints = constantOf(inputOf(node, 2)))
    return zeroPoints->data_type();
  if (inputOf(node, 2) >= 0)
    return Type::UNDEFINED;
  if (node.op == "DequantizeLinear")
    return typeOf(inputOf(node, 0));
  return static_cast<int>(integerOf(node, "output_dtype", Type::UINT8));
}

/// Scale and zero point of a QuantizeLinear or DequantizeLinear of 8 bits, or of 32; none where they are
/// computed, in blocks, or not usable.
std::optional<Quantisation> GraphConstants::parametersOf(const Node &node, bool of16BitsToo) const {
  int type = quantisedTypeOf(node), declared = node.op == "DequantizeLinear" ? Type::FLOAT : type;
  if (integerOf(node, "block_size", 0) != 0 || integerOf(node, "output_dtype", declared) != declared)
    return std::nullopt;
  bool is16Bits = type == Type::INT16 || type == Type::UINT16;
  if (type != Type::INT8 && type != Type::UINT8 && type != Type::INT32 && !(is16Bits && of16BitsToo))
    return std::nullopt;
  const schema::TensorProto *scales = constantOf(inputOf(node, 1));
  if (!scales || scales->data_type() != Type::FLOAT)
    return std::nullopt;
  const schema::TensorProto *zeroPoints = constantOf(inputOf(node, 2));
  const schema::TensorProto *elements = constantOf(inputOf(node, 0));
  std::optional<std::vector<double>> numbers = numbersOf(inputOf(node, 1));
  if (!numbers || numbers->empty())
    return std::nullopt;
  Quantisation result;
  result.scales = *numbers;
  for (double scale : result.scales)
    if (!std::isfinite(scale) || scale <= 0)
      return std::nullopt;
  result.zeroPoints.assign(result.scales.size(), 0);
  if (zeroPoints) {
    numbers = numbersOf(inputOf(node, 2));
    if (!numbers || numbers->size() != result.scales.size())
      return std::nullopt;
    std::copy(numbers->begin(), numbers->end(), result.zeroPoints.begin());
  }
  result.isUnsigned = type == Type::UINT8;
  if (result.isUnsigned)
    for (int64_t &zeroPoint : result.zeroPoints)
      zeroPoint -= recentring;
  if (result.isPerTensor())
    return result;
  int64_t rank = elements ? elements->dims_size() : 0;
  result.axis = integerOf(node, "axis", 1);
  if (result.axis < 0)
    result.axis += rank;
  bool fits = result.axis >= 0 && result.axis < rank &&
              elements->dims(static_cast<int>(result.axis)) == static_cast<int64_t>(result.scales.size());
  return fits ? std::optional(result) : std::nullopt;
}

/// The parameters of the DequantizeLinear that makes a tensor, and which tensor it reads.
std::optional<Quantisation> GraphConstants::dequantised(int tensor, bool isBias, int &quantised) const {
  const Node *made = producerOf(tensor);
  if (!made || made->op != "DequantizeLinear" || inputOf(*made, 0) < 0)
    return std::nullopt;
  quantised = made->inputs[0];
  if ((quantisedTypeOf(*made) == Type::INT32) != isBias)
    return std::nullopt;
  return parametersOf(*made);
}

} // namespace tenon::import::onnx
