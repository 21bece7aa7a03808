// From a function to a program: which operations are needed, which values share a buffer, how long buffers
// live.
#include "core/ir/ModelNodes.h"
#include "core/reference/Program.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::reference {

uint64_t Tensor::byteCount(nest::ScalarType type, llvm::ArrayRef<int64_t> shape) {
  uint64_t count = type.storageBytes();
  for (int64_t extent : shape)
    count *= static_cast<uint64_t>(extent);
  return count;
}

namespace {

class ProgramBuilder {
public:
  explicit ProgramBuilder(mlir::func::FuncOp source) : function(source) {}

  llvm::Expected<Program> run();

private:
  llvm::Error findNeeded();
  llvm::Error addStep(mlir::Operation &operation);
  llvm::Expected<unsigned> valueOf(mlir::Value value);
  llvm::Expected<unsigned> addValue(mlir::Value value, std::optional<unsigned> buffer);
  void touch(unsigned value, int step) {
    Buffer &buffer = program.buffers[program.values[value].buffer];
    buffer.lastStep = std::max(buffer.lastStep, step);
  }

  mlir::func::FuncOp function;
  Program program;
  llvm::DenseSet<mlir::Value> needed;
  llvm::DenseMap<mlir::Operation *, nest::OperationNest> nests;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
};

bool isConstant(mlir::Operation &operation) { return mlir::isa<mlir::arith::ConstantOp>(operation); }

/// Backwards from what is returned: whose results are read, by the nests and not by the operations (a nest
/// may read past a padding or a fill).
llvm::Error ProgramBuilder::findNeeded() {
  mlir::Block &body = function.getBody().front();
  auto *terminator = body.getTerminator();
  for (mlir::Value value : terminator->getOperands())
    needed.insert(value);
  for (mlir::Operation &operation : llvm::reverse(body.without_terminator())) {
    if (isConstant(operation) || operation.getNumResults() == 0)
      continue;
    bool named = operation.hasAttr(ir::tensorAttributeName);
    if (!named && llvm::none_of(operation.getResults(), [&](mlir::Value v) { return needed.contains(v); }))
      continue;
    if (nest::isView(&operation)) {
      needed.insert(operation.getResult(0));
      needed.insert(operation.getOperand(0));
      continue;
    }
    if (mlir::isa<mlir::tensor::EmptyOp>(operation))
      return ir::atOperation(wrongInput("a tensor.empty is read before it is written"), &operation);
    llvm::Expected<nest::OperationNest> made = nest::nestOf(&operation);
    if (!made)
      return made.takeError();
    for (mlir::Value value : made->values)
      needed.insert(value);
    for (mlir::Value value : operation.getResults())
      needed.insert(value);
    nests[&operation] = std::move(*made);
  }
  return llvm::Error::success();
}

llvm::Expected<unsigned> ProgramBuilder::addValue(mlir::Value value, std::optional<unsigned> buffer) {
  auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape())
    return wrongInput("a value of the function is no tensor of static shape");
  llvm::Expected<nest::ScalarType> element = nest::scalarType(type.getElementType());
  if (!element)
    return element.takeError();
  Value made;
  made.type = *element;
  made.shape.assign(type.getShape().begin(), type.getShape().end());
  if (!buffer) {
    buffer = program.buffers.size();
    Buffer fresh;
    fresh.type = *element;
    fresh.bytes = Tensor::byteCount(*element, made.shape);
    program.buffers.push_back(fresh);
  }
  made.buffer = *buffer;
  numbers[value] = program.values.size();
  program.values.push_back(std::move(made));
  return program.values.size() - 1;
}

/// The number of a value that is there already, or of a constant where it is used first.
llvm::Expected<unsigned> ProgramBuilder::valueOf(mlir::Value value) {
  if (auto found = numbers.find(value); found != numbers.end())
    return found->second;
  auto constant = value.getDefiningOp<mlir::arith::ConstantOp>();
  auto elements = constant ? mlir::dyn_cast<mlir::DenseElementsAttr>(constant.getValue()) : nullptr;
  if (constant && !elements)
    return wrongInput("a constant has no elements in the file (dense_resource): it was printed without them");
  if (!elements && !value.getDefiningOp())
    return wrongInput("a tensor is an argument of a block that is not the function's");
  if (!elements)
    return wrongInput("a tensor is made by " + value.getDefiningOp()->getName().getStringRef().str() +
                      ", which has no nest and is no constant");
  llvm::Expected<unsigned> number = addValue(value, std::nullopt);
  if (number)
    program.buffers[program.values[*number].buffer].constant = elements;
  return number;
}

llvm::Error ProgramBuilder::addStep(mlir::Operation &operation) {
  int number = static_cast<int>(program.steps.size());
  Step step;
  step.operation = &operation;
  step.nodes = ir::nodesOf(operation.getLoc());
  step.node = step.nodes.empty() ? nullptr : step.nodes.front();
  step.tensor = operation.getAttrOfType<ir::TensorAttr>(ir::tensorAttributeName);
  if (nest::isView(&operation)) {
    llvm::Expected<unsigned> source = valueOf(operation.getOperand(0));
    if (!source)
      return source.takeError();
    llvm::Expected<unsigned> view = addValue(operation.getResult(0), program.values[*source].buffer);
    if (!view)
      return view.takeError();
    step.results = {*view};
    touch(*view, number);
    program.steps.push_back(std::move(step));
    return llvm::Error::success();
  }
  nest::OperationNest &found = nests.find(&operation)->second;
  for (mlir::Value result : operation.getResults()) {
    llvm::Expected<unsigned> value = addValue(result, std::nullopt);
    if (!value)
      return value.takeError();
    program.buffers[program.values[*value].buffer].firstStep = number;
    step.results.push_back(*value);
    touch(*value, number);
  }
  for (mlir::Value operand : found.values) {
    llvm::Expected<unsigned> value = valueOf(operand);
    if (!value)
      return value.takeError();
    step.operands.push_back(*value);
    touch(*value, number);
  }
  step.nest = std::move(found.nest);
  program.steps.push_back(std::move(step));
  return llvm::Error::success();
}

llvm::Expected<Program> ProgramBuilder::run() {
  if (!function.getBody().hasOneBlock())
    return wrongInput("the function " + function.getName().str() + " has " +
                      std::to_string(function.getBody().getBlocks().size()) + " blocks, it must have 1");
  if (llvm::Error wrong = findNeeded())
    return std::move(wrong);
  for (mlir::BlockArgument argument : function.getArguments()) {
    llvm::Expected<unsigned> value = addValue(argument, std::nullopt);
    if (!value)
      return value.takeError();
    program.inputs.push_back(*value);
  }
  mlir::Block &body = function.getBody().front();
  for (mlir::Operation &operation : body.without_terminator()) {
    bool used = llvm::any_of(operation.getResults(), [&](mlir::Value v) { return needed.contains(v); });
    if (!used || isConstant(operation))
      continue;
    if (llvm::Error wrong = addStep(operation))
      return std::move(wrong);
  }
  int end = static_cast<int>(program.steps.size());
  for (mlir::Value result : body.getTerminator()->getOperands()) {
    llvm::Expected<unsigned> value = valueOf(result);
    if (!value)
      return value.takeError();
    touch(*value, end);
    program.outputs.push_back(*value);
  }
  return std::move(program);
}

} // namespace

uint64_t Program::peakBytes() const {
  // Bytes that appear before and disappear after each step.
  std::vector<int64_t> change(steps.size() + 2, 0);
  for (const Buffer &buffer : buffers) {
    bool fromStart = buffer.firstStep < 0;
    int last = buffer.constant ? static_cast<int>(steps.size()) : std::max(buffer.lastStep, 0);
    change[fromStart ? 0 : buffer.firstStep] += static_cast<int64_t>(buffer.bytes);
    change[last + 1] -= static_cast<int64_t>(buffer.bytes);
  }
  int64_t now = 0, most = 0;
  for (int64_t amount : change)
    most = std::max(most, now += amount);
  return static_cast<uint64_t>(most);
}

uint64_t Program::points() const {
  uint64_t points = 0;
  for (const Step &step : steps)
    if (step.nest)
      for (const nest::Statement &statement : step.nest->statements) {
        uint64_t box = 1;
        for (unsigned loop : statement.loops)
          box = llvm::SaturatingMultiply(box, static_cast<uint64_t>(step.nest->loops[loop].extent));
        points = llvm::SaturatingAdd(points, box);
      }
  return points;
}

llvm::Expected<Program> programOf(mlir::func::FuncOp function) { return ProgramBuilder(function).run(); }

} // namespace tenon::reference
