// From a checked TFLite model to a module: one function, one conversion for each node, by the table of
// operators.
#include "core/import/tflite/Import.h"

#include "core/import/Mistakes.h"
#include "core/import/tflite/Conversions.h"
#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::import::tflite {

namespace {

/// The operators that Tenon reads. Another one joins with a line here and a conversion.
Conversion conversionOf(schema::BuiltinOperator op) {
  using B = schema::BuiltinOperator;
  switch (op) {
  case B::ADD:
    return convertAdd;
  case B::AVERAGE_POOL_2D:
    return convertAveragePool2D;
  case B::CONCATENATION:
    return convertConcatenation;
  case B::CONV_2D:
    return convertConv2D;
  case B::DEPTHWISE_CONV_2D:
    return convertDepthwiseConv2D;
  case B::DEQUANTIZE:
    return convertDequantize;
  case B::EXPAND_DIMS:
  case B::RESHAPE:
  case B::SQUEEZE:
    return convertReshape;
  case B::FULLY_CONNECTED:
    return convertFullyConnected;
  case B::LEAKY_RELU:
    return convertLeakyRelu;
  case B::LOGISTIC:
    return convertLogistic;
  case B::MAXIMUM:
    return convertMaximum;
  case B::MAX_POOL_2D:
    return convertMaxPool2D;
  case B::MEAN:
    return convertMean;
  case B::MINIMUM:
    return convertMinimum;
  case B::MUL:
    return convertMul;
  case B::PAD:
  case B::PADV2:
    return convertPad;
  case B::QUANTIZE:
    return convertQuantize;
  case B::RELU:
    return convertRelu;
  case B::RELU6:
    return convertRelu6;
  case B::RELU_N1_TO_1:
    return convertReluN1To1;
  case B::SOFTMAX:
    return convertSoftmax;
  case B::SUB:
    return convertSub;
  case B::TANH:
    return convertTanh;
  case B::TRANSPOSE:
    return convertTranspose;
  default:
    return nullptr;
  }
}

class Importer {
public:
  Importer(mlir::MLIRContext &mlirContext, const Model &read, llvm::StringRef fileName,
           const ImportLimits &limits)
      : context(mlirContext), model(read), file(fileName), builder(&mlirContext), values(read.tensors.size()),
        mistakes(limits) {}

  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  void checkTypes();
  void checkOperators();
  mlir::func::FuncOp makeFunction(mlir::ModuleOp module);
  void convertNode(const Node &node);
  void returnOutputs();
  void mistake(llvm::Error error) {
    FailureReport found = report(std::move(error));
    worst = std::max(worst, found.code);
    for (Diagnostic &diagnostic : found.diagnostics)
      mistakes.add(std::move(diagnostic));
  }

  mlir::MLIRContext &context;
  const Model &model;
  llvm::StringRef file;
  mlir::OpBuilder builder;
  std::vector<mlir::Value> values; ///< by tensor number
  Mistakes mistakes;
  ExitCode worst = ExitCode::WrongInput;
};

/// Types of tensors that a node or the graph itself uses must be known to the IR, all before anything is
/// built.
void Importer::checkTypes() {
  auto check = [&](int index, const std::string &node, bool mayBeEmpty = false) {
    if (index < 0)
      return;
    const Tensor &tensor = model.tensors[index];
    if (!elementType(&context, tensor.type))
      mistakes.add("has " + describe(tensor) + " of type " + typeName(tensor.type) +
                       ", supported: int8, int32, int64, float32",
                   node, "convert the model to int8 or float32");
    else if (tensor.elements() == 0 && !mayBeEmpty)
      mistakes.add("has " + describe(tensor) + " of shape " + shapeText(tensor.shape) +
                       ", every dimension must be at least 1",
                   node);
  };
  for (const Node &node : model.nodes) {
    // A reshape to a scalar has an empty list of dimensions as its second input.
    for (auto [number, input] : llvm::enumerate(node.inputs))
      check(input, node.text(), node.op == schema::BuiltinOperator::RESHAPE && number == 1);
    for (int output : node.outputs)
      check(output, node.text());
  }
  for (int input : model.inputs)
    check(input, "the graph's input");
  for (int output : model.outputs)
    check(output, "the graph's output");
}

void Importer::checkOperators() {
  for (const Node &node : model.nodes) {
    if (conversionOf(node.op))
      continue;
    mistakes.add("the operator " + node.opName + " is not supported", node.text());
  }
}

mlir::func::FuncOp Importer::makeFunction(mlir::ModuleOp module) {
  llvm::SmallVector<mlir::Type> inputs, outputs;
  for (int input : model.inputs)
    inputs.push_back(tensorType(&context, model.tensors[input]));
  for (int output : model.outputs)
    outputs.push_back(tensorType(&context, model.tensors[output]));
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      builder.create<mlir::func::FuncOp>(module.getLoc(), "main", builder.getFunctionType(inputs, outputs));
  mlir::Block *body = function.addEntryBlock();
  for (auto [number, input] : llvm::enumerate(model.inputs)) {
    function.setArgAttr(number, ir::tensorAttributeName, tensorAttribute(&context, model.tensors[input]));
    values[input] = body->getArgument(number);
  }
  builder.setInsertionPointToEnd(body);
  return function;
}

void Importer::convertNode(const Node &node) {
  mlir::Location location = ir::nodeLocation(&context, file, node.opName, node.index, node.name);
  NodeConversion conversion(builder, location, model, node, values);
  if (llvm::Error wrong = conversionOf(node.op)(conversion))
    mistake(std::move(wrong));
  // After a mistake the later nodes are still checked, on a value of the type that the file gives.
  for (int output : node.outputs)
    if (!values[output])
      values[output] =
          conversion.empty(model.tensors[output].shape, elementType(&context, model.tensors[output].type));
}

void Importer::returnOutputs() {
  llvm::SmallVector<mlir::Value> results;
  for (int output : model.outputs) {
    if (!values[output]) // a constant that no node uses
      values[output] = builder.create<mlir::arith::ConstantOp>(builder.getUnknownLoc(),
                                                               elementsOf(&context, model.tensors[output]));
    results.push_back(values[output]);
  }
  auto terminator = builder.create<mlir::func::ReturnOp>(builder.getUnknownLoc(), results);
  auto function = mlir::cast<mlir::func::FuncOp>(terminator->getParentOp());
  for (auto [number, output] : llvm::enumerate(model.outputs))
    function.setResultAttr(number, ir::tensorAttributeName, tensorAttribute(&context, model.tensors[output]));
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> Importer::run() {
  checkOperators();
  checkTypes();
  if (!mistakes.empty())
    return mistakes.take();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::NameLoc::get(mlir::StringAttr::get(&context, file)));
  makeFunction(*module);
  for (const Node &node : model.nodes)
    if (!mistakes.full())
      convertNode(node);
  if (!mistakes.empty())
    return mistakes.take(worst);
  returnOutputs();
  return module;
}

} // namespace

std::vector<std::string> supportedOperators() {
  std::vector<std::string> names;
  for (schema::BuiltinOperator op : schema::EnumValuesBuiltinOperator())
    if (conversionOf(op))
      names.emplace_back(schema::EnumNameBuiltinOperator(op));
  llvm::sort(names);
  return names;
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importTflite(mlir::MLIRContext &context,
                                                               llvm::StringRef bytes, llvm::StringRef name,
                                                               const ImportLimits &limits) {
  llvm::Expected<Model> model = readModel(bytes, limits);
  if (!model)
    return model.takeError();
  return Importer(context, *model, name, limits).run();
}

} // namespace tenon::import::tflite
