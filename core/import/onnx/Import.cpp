// From a checked ONNX model to a module: one function, one conversion for each node, by the table of
// operators.
#include "core/import/onnx/Import.h"

#include "core/import/Mistakes.h"
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/QuantisedNodes.h"
#include "core/import/onnx/QuantisedOperator.h"
#include "core/import/onnx/Recentring.h"
#include "core/import/onnx/TensorScales.h"
#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::import::onnx {

namespace {

struct Operator {
  llvm::StringLiteral name;
  int firstVersion;
  Conversion convert;
};

/// The operators that Tenon reads. Another one joins with a line here and a conversion.
constexpr Operator operators[] = {
    {"Abs", 6, convertAbs},
    {"Add", 7, convertAdd},
    {"And", 7, convertAnd},
    {"ArgMax", 1, convertArgMax},
    {"ArgMin", 1, convertArgMin},
    {"AveragePool", 7, convertAveragePool},
    {"BatchNormalization", 7, convertBatchNormalization},
    {"Cast", 6, convertCast},
    {"CastLike", 15, convertCastLike},
    {"Ceil", 6, convertCeil},
    {"Celu", 12, convertCelu},
    {"Clip", 6, convertClip},
    {"Concat", 4, convertConcat},
    {"Constant", 1, convertConstant},
    {"ConstantOfShape", 9, convertConstantOfShape},
    {"Conv", 1, convertConv},
    {"ConvInteger", 10, convertConvInteger},
    {"ConvTranspose", 1, convertConvTranspose},
    {"CumSum", 11, convertCumSum},
    {"DepthToSpace", 1, convertDepthToSpace},
    {"DequantizeLinear", 10, convertDequantizeLinear},
    {"Div", 7, convertDiv},
    {"Dropout", 7, convertDropout},
    {"DynamicQuantizeLinear", 11, convertDynamicQuantizeLinear},
    {"Elu", 6, convertElu},
    {"Equal", 7, convertEqual},
    {"Erf", 9, convertErf},
    {"Exp", 6, convertExp},
    {"Expand", 8, convertExpand},
    {"Flatten", 1, convertFlatten},
    {"Floor", 6, convertFloor},
    {"Gather", 1, convertGather},
    {"Gelu", 20, convertGelu},
    {"Gemm", 7, convertGemm},
    {"GlobalAveragePool", 1, convertGlobalAveragePool},
    {"GlobalMaxPool", 1, convertGlobalMaxPool},
    {"Greater", 7, convertGreater},
    {"GreaterOrEqual", 12, convertGreaterOrEqual},
    {"GroupNormalization", 18, convertGroupNormalization},
    {"HardSigmoid", 6, convertHardSigmoid},
    {"HardSwish", 14, convertHardSwish},
    {"Identity", 1, convertIdentity},
    {"InstanceNormalization", 6, convertInstanceNormalization},
    {"IsInf", 10, convertIsInf},
    {"IsNaN", 9, convertIsNaN},
    {"LRN", 1, convertLrn},
    {"LayerNormalization", 17, convertLayerNormalization},
    {"LeakyRelu", 6, convertLeakyRelu},
    {"Less", 7, convertLess},
    {"LessOrEqual", 12, convertLessOrEqual},
    {"Log", 6, convertLog},
    {"LogSoftmax", 1, convertLogSoftmax},
    {"MatMul", 1, convertMatMul},
    {"MatMulInteger", 10, convertMatMulInteger},
    {"Max", 6, convertMax},
    {"MaxPool", 1, convertMaxPool},
    {"Mean", 6, convertMean},
    {"Min", 6, convertMin},
    {"Mish", 18, convertMish},
    {"Mod", 10, convertMod},
    {"Mul", 7, convertMul},
    {"Neg", 6, convertNeg},
    {"Not", 1, convertNot},
    {"Or", 7, convertOr},
    {"PRelu", 7, convertPRelu},
    {"Pad", 2, convertPad},
    {"Pow", 7, convertPow},
    {"QLinearConv", 10, convertQuantisedNode},
    {"QLinearMatMul", 10, convertQuantisedNode},
    {"QuantizeLinear", 10, convertQuantizeLinear},
    {"Range", 11, convertRange},
    {"Reciprocal", 6, convertReciprocal},
    {"ReduceL1", 1, convertReduceL1},
    {"ReduceL2", 1, convertReduceL2},
    {"ReduceLogSum", 1, convertReduceLogSum},
    {"ReduceLogSumExp", 1, convertReduceLogSumExp},
    {"ReduceMax", 1, convertReduceMax},
    {"ReduceMean", 1, convertReduceMean},
    {"ReduceMin", 1, convertReduceMin},
    {"ReduceProd", 1, convertReduceProd},
    {"ReduceSum", 1, convertReduceSum},
    {"ReduceSumSquare", 1, convertReduceSumSquare},
    {"Relu", 6, convertRelu},
    {"Reshape", 5, convertReshape},
    {"Resize", 10, convertResize},
    {"Round", 11, convertRound},
    {"Selu", 6, convertSelu},
    {"Shape", 1, convertShape},
    {"Sigmoid", 6, convertSigmoid},
    {"Sign", 9, convertSign},
    {"Size", 1, convertSize},
    {"Slice", 1, convertSlice},
    {"Softmax", 1, convertSoftmax},
    {"Softplus", 1, convertSoftplus},
    {"Softsign", 1, convertSoftsign},
    {"SpaceToDepth", 1, convertSpaceToDepth},
    {"Split", 2, convertSplit},
    {"Sqrt", 6, convertSqrt},
    {"Squeeze", 1, convertSqueeze},
    {"Sub", 7, convertSub},
    {"Sum", 6, convertSum},
    {"Tanh", 6, convertTanh},
    {"ThresholdedRelu", 10, convertThresholdedRelu},
    {"Tile", 6, convertTile},
    {"Transpose", 1, convertTranspose},
    {"Trilu", 14, convertTrilu},
    {"Unsqueeze", 1, convertUnsqueeze},
    {"Where", 9, convertWhere},
    {"Xor", 7, convertXor},
    {"com.microsoft.QGemm", 1, convertQuantisedNode},
    {"com.microsoft.QLinearAdd", 1, convertQuantisedNode},
    {"com.microsoft.QLinearAveragePool", 1, convertQuantisedNode},
    {"com.microsoft.QLinearConcat", 1, convertQuantisedNode},
    {"com.microsoft.QLinearGlobalAveragePool", 1, convertQuantisedNode},
    {"com.microsoft.QLinearMul", 1, convertQuantisedNode},
};

const Operator *operatorOf(llvm::StringRef name) {
  const auto *found = llvm::find_if(operators, [&](const Operator &each) { return each.name == name; });
  return found == std::end(operators) ? nullptr : found;
}

class Importer {
public:
  Importer(mlir::MLIRContext &mlirContext, Model &read, llvm::StringRef fileName, const DataSource &source)
      : context(mlirContext), model(read), file(fileName), data(source), builder(&mlirContext),
        constants(&mlirContext, read, source), mistakes(*source.limits) {}

  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> run(uint64_t bytes);

private:
  void checkOperators();
  void checkEdges();
  mlir::func::FuncOp makeFunction(mlir::ModuleOp module);
  void convertNode(const Node &node, llvm::function_ref<llvm::Error(NodeConversion &)> convert);
  void convertNodes();
  void countConstants(mlir::Operation *before, const std::string &node);
  bool makeConstant(Tensor &tensor, const std::string &node);
  void returnOutputs(mlir::func::FuncOp function);
  void checkOutput(const Edge &edge);
  void mistake(llvm::Error error) {
    FailureReport found = report(std::move(error));
    worst = std::max(worst, found.code);
    for (Diagnostic &diagnostic : found.diagnostics)
      mistakes.add(std::move(diagnostic));
  }

  mlir::MLIRContext &context;
  Model &model;
  llvm::StringRef file;
  const DataSource &data;
  mlir::OpBuilder builder;
  GraphConstants constants;
  uint64_t fileBytes = 0, constantBytes = 0;
  Mistakes mistakes;
  ExitCode worst = ExitCode::WrongInput;
};

/// All that is not read at all, before anything is built.
void Importer::checkOperators() {
  for (const Node &node : model.nodes) {
    for (const schema::AttributeProto &attribute : node.source->attribute())
      if (attribute.has_g() || attribute.graphs_size() > 0)
        mistakes.add("has the subgraph " + printable(attribute.name()) + ", subgraphs are not supported",
                     node.text());
    const Operator *found = operatorOf(node.op);
    if (!found)
      mistakes.add("the operator " + node.op + " is not supported", node.text());
    else if (model.operatorSet < found->firstVersion)
      mistakes.add("the operator " + node.op + " came with operator set " +
                       std::to_string(found->firstVersion) + ", the file uses " +
                       std::to_string(model.operatorSet),
                   node.text());
  }
}

void Importer::checkEdges() {
  for (const Edge &input : model.inputs)
    if (!elementType(&context, input.type))
      mistakes.add("the graph's input, " + describe(model.tensors[input.tensor]) + ", has type " +
                       typeName(input.type) +
                       ", supported: floats of 16 to 64 bits, integers of 8 to 64 bits, BOOL",
                   "");
}

mlir::func::FuncOp Importer::makeFunction(mlir::ModuleOp module) {
  llvm::SmallVector<mlir::Type> inputs;
  for (const Edge &input : model.inputs)
    inputs.push_back(mlir::RankedTensorType::get(input.shape, elementType(&context, input.type)));
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      builder.create<mlir::func::FuncOp>(module.getLoc(), "main", builder.getFunctionType(inputs, {}));
  mlir::Block *body = function.addEntryBlock();
  for (auto [number, input] : llvm::enumerate(model.inputs)) {
    Tensor &tensor = model.tensors[input.tensor];
    tensor.value = body->getArgument(number);
    tensor.type = input.type;
    function.setArgAttr(number, ir::tensorAttributeName, tensorAttribute(&context, tensor));
  }
  builder.setInsertionPointToEnd(body);
  return function;
}

/// Constants become operations where they are used first.
bool Importer::makeConstant(Tensor &tensor, const std::string &node) {
  llvm::Expected<mlir::DenseElementsAttr> elements = elementsOf(&context, *tensor.initialiser, data);
  if (!elements) {
    mistake(withPlace(elements.takeError(), "", node + ", its " + describe(tensor)));
    tensor.initialiser = nullptr; // reported once
    return false;
  }
  if (tensor.initialiser->data_location() == schema::TensorProto::EXTERNAL)
    fileBytes += elements->getRawData().size();
  tensor.value = builder.create<mlir::arith::ConstantOp>(builder.getUnknownLoc(), *elements);
  return true;
}

/// What a node makes of constants: one that the file holds once may come in many shapes. Counts the
/// operations behind `before`.
void Importer::countConstants(mlir::Operation *before, const std::string &node) {
  const ImportLimits &limits = *data.limits;
  uint64_t most = limits.copies * fileBytes + limits.ownBytes, was = constantBytes;
  for (mlir::Operation *each = &builder.getBlock()->back(); each && each != before;
       each = each->getPrevNode())
    if (auto made = mlir::dyn_cast<mlir::arith::ConstantOp>(each))
      if (auto elements = mlir::dyn_cast<mlir::DenseElementsAttr>(made.getValue()))
        constantBytes += elements.getRawData().size();
  if (was <= most && constantBytes > most)
    mistakes.add("makes constants, as those before it do, of more than " + std::to_string(most) +
                     " bytes in all; the file and what it refers to have " + std::to_string(fileBytes),
                 node);
}

/// After a mistake the nodes that need its result are left out: what they would make is not known.
void Importer::convertNode(const Node &node, llvm::function_ref<llvm::Error(NodeConversion &)> convert) {
  for (int input : node.inputs) {
    if (input < 0)
      continue;
    Tensor &tensor = model.tensors[input];
    if (!tensor.value && !tensor.recentred && !(tensor.initialiser && makeConstant(tensor, node.text())))
      return;
  }
  mlir::Location location = ir::nodeLocation(&context, file, node.op, node.index, node.name);
  NodeConversion conversion(builder, location, model, node, data);
  mlir::Operation *before = builder.getBlock()->empty() ? nullptr : &builder.getBlock()->back();
  if (llvm::Error wrong = convert(conversion))
    return mistake(std::move(wrong));
  countConstants(before, node.text());
  if (llvm::Error wrong = conversion.checkAttributes())
    mistake(std::move(wrong));
}

/// A node in ONNX's own meaning: it sees UINT8 tensors as they are, unless it does the same with numbers less
/// 128.
llvm::Error convertByItself(NodeConversion &c, Conversion convert) {
  if (convert == convertQuantisedNode)
    return convert(c);
  bool mixes = false;
  for (unsigned i = 0; i < c.node.inputs.size(); ++i)
    mixes |= c.has(i) && c.type(i) == Type::INT8;
  if (!mixes && keepsRecentred(c.node.op) && hasRecentredInput(c)) {
    RecentredInputs recentred(c);
    if (llvm::Error wrong = convert(c))
      return wrong;
    recentreOutputs(c);
    return llvm::Error::success();
  }
  for (unsigned i = 0; i < c.node.inputs.size(); ++i)
    if (c.has(i))
      visible(c, c.tensorOfInput(i));
  return convert(c);
}

/// Each by itself, but for the groups that have a meaning in integers.
void Importer::convertNodes() {
  QuantisedGroups groups(constants);
  if (llvm::Error wrong = groups.check())
    return mistake(std::move(wrong));
  for (const Node &node : model.nodes) {
    if (mistakes.full() || constantBytes > data.limits->copies * fileBytes + data.limits->ownBytes)
      return;
    if (const QuantisedGroup *group = groups.endingAt(node))
      convertNode(group->joined, [&](NodeConversion &c) { return convertQuantisedGroup(c, *group); });
    else if (!groups.skips(node))
      convertNode(node, [&](NodeConversion &c) { return convertByItself(c, operatorOf(node.op)->convert); });
  }
}

/// What the file says of an output's type and shape must be what its node makes.
void Importer::checkOutput(const Edge &edge) {
  const Tensor &tensor = model.tensors[edge.tensor];
  const std::string name = "the graph's output, " + describe(tensor) + ", ";
  if (edge.type != Type::UNDEFINED && edge.type != tensor.type)
    mistakes.add(name + "is declared as " + typeName(edge.type) + ", its node makes " + typeName(tensor.type),
                 "");
  llvm::ArrayRef<int64_t> made = shapeOf(tensor.value);
  bool fits = !edge.hasShape || edge.shape.size() == made.size();
  for (unsigned i = 0; fits && edge.hasShape && i < made.size(); ++i)
    fits = edge.shape[i] < 0 || edge.shape[i] == made[i];
  if (!fits)
    mistakes.add(name + "is declared with the shape " + shapeText(edge.shape) +
                     " (-1: open), its node makes " + shapeText(made),
                 "");
}

void Importer::returnOutputs(mlir::func::FuncOp function) {
  llvm::SmallVector<mlir::Value> results;
  for (const Edge &edge : model.outputs) {
    Tensor &tensor = model.tensors[edge.tensor];
    LinalgBuilder linalg(builder, tensor.recentred ? tensor.recentred.getLoc() : builder.getUnknownLoc());
    if (!visible(linalg, tensor) && !makeConstant(tensor, "the graph's output"))
      return;
    checkOutput(edge);
    results.push_back(tensor.value);
  }
  builder.create<mlir::func::ReturnOp>(builder.getUnknownLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), mlir::ValueRange(results).getTypes()));
  for (auto [number, edge] : llvm::enumerate(model.outputs))
    function.setResultAttr(number, ir::tensorAttributeName,
                           tensorAttribute(&context, model.tensors[edge.tensor]));
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> Importer::run(uint64_t bytes) {
  fileBytes = bytes;
  checkOperators();
  checkEdges();
  if (!mistakes.empty())
    return mistakes.take();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::NameLoc::get(mlir::StringAttr::get(&context, file)));
  findScales(model, constants);
  mlir::func::FuncOp function = makeFunction(*module);
  convertNodes();
  if (mistakes.empty())
    returnOutputs(function);
  if (!mistakes.empty())
    return mistakes.take(worst);
  return module;
}

} // namespace

std::vector<OperatorText> supportedOperators() {
  std::vector<OperatorText> list;
  for (const Operator &each : operators)
    list.push_back({each.name, each.firstVersion});
  return list;
}

bool mayBeOnnxFile(llvm::StringRef bytes) {
  return bytes.size() > 2 && bytes[0] == 0x08 && bytes[1] > 0 && bytes[1] < 0x20 && bytes[2] > 0x08;
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext &context, llvm::StringRef bytes, llvm::StringRef name, llvm::StringRef folder,
           const ImportLimits &limits, const SizeBindings &bindings) {
  llvm::Expected<Model> model = readModel(bytes, limits, bindings);
  if (!model)
    return model.takeError();
  DataSource source = {folder, &limits};
  return Importer(context, *model, name, source).run(bytes.size());
}

} // namespace tenon::import::onnx
