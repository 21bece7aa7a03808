// The kernel that calls, and what runs before and after it.
#include "core/native/CallKernel.h"

#include "core/native/CallUse.h"
#include "core/native/LayerParts.h"
#include "core/native/RegisterBody.h"
#include "core/native/ir/Body.h"
#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

class CallWriter {
public:
  CallWriter(const isa::Description &ofTarget, const match::Computation &layer, const match::Match &chosen,
             std::string named)
      : description(ofTarget), computation(layer), match(chosen), name(std::move(named)) {}

  llvm::Expected<LayerCode> run();

private:
  /// An operand as the kernel sees it: its pointer, and the strides of the tensor behind it in bytes.
  struct Bound {
    std::string pointer;
    llvm::SmallVector<int64_t> strides; ///< by loop
    int64_t start = 0;
  };

  /// Memory that an operand may be read from.
  struct Choice {
    KernelArgument argument;
    LoopStrides strides; ///< elements
  };

  llvm::Error bindOperands();
  void bind(KernelArgument argument, const LoopStrides &strides, int64_t elementBytes);
  std::optional<Choice> readInPlace(const CallOperand &operand) const;
  llvm::Error bindOperand(const CallOperand &operand);
  llvm::Error bindSum(const CallOperand &operand);
  nest::Statement constantStart() const;
  llvm::Error addAround(nest::Statement statement, const KernelArgument &sums, const std::string &suffix);
  llvm::Error writeKernel();
  llvm::Error writeCall(llvm::ArrayRef<std::string> base, llvm::ArrayRef<std::string> extent);
  llvm::Expected<std::string> number(const isa::Expression &expression, llvm::ArrayRef<std::string> extent);
  std::optional<std::string> named(llvm::StringRef text, llvm::ArrayRef<std::string> extent) const;
  std::string addressOf(const Bound &bound, llvm::ArrayRef<std::string> base);

  const isa::Description &description;
  const match::Computation &computation;
  const match::Match &match;
  std::string name;
  CallUse use;
  LayerCode code;
  IrFunction function;
  Kernel kernel;
  std::vector<uint64_t> aligns;
  std::vector<Bound> bound;
  nest::Nest around; ///< the nest with the sum as a tensor in the order of the row's axes
  std::optional<KernelArgument> sum;
  unsigned sumTensor = 0;
};

void CallWriter::bind(KernelArgument argument, const LoopStrides &strides, int64_t elementBytes) {
  kernel.arguments.push_back(std::move(argument));
  aligns.push_back(uint64_t(elementBytes));
  Bound made{
      argumentPointer(description, unsigned(kernel.arguments.size() - 1)), {}, strides.start * elementBytes};
  for (int64_t stride : strides.strides)
    made.strides.push_back(stride * elementBytes);
  bound.push_back(std::move(made));
}

/// Where a gather that only reads a tensor finds its elements there; nothing for any other operand.
std::optional<CallWriter::Choice> CallWriter::readInPlace(const CallOperand &operand) const {
  const match::TensorSource &source = computation.sources[operand.tensor];
  if (source.kind != match::TensorSource::Kind::Gathered)
    return std::nullopt;
  std::optional<match::StridedRead> read = match::stridedRead(*source.gather);
  if (!read || source.gather->sources[read->source].kind != match::TensorSource::Kind::Value)
    return std::nullopt;
  Choice choice;
  choice.argument.value = source.gather->sources[read->source].value;
  choice.strides = {llvm::SmallVector<int64_t>(use.loops.size(), 0), read->offset};
  for (auto [axis, index] : llvm::enumerate(operand.access.getResults())) {
    auto loop = mlir::dyn_cast<mlir::AffineDimExpr>(index);
    std::optional<int64_t> stride = read->strides[axis];
    if (!stride)
      return std::nullopt;
    if (loop)
      choice.strides.strides[loop.getPosition()] = *stride;
  }
  return choice;
}

/// An operand where it lies, if the row takes it so, or else a copy in the order of the row's axes.
llvm::Error CallWriter::bindOperand(const CallOperand &operand) {
  const nest::Operand &tensor = computation.nest.operands[operand.tensor];
  const isa::OperandDeclaration &declared = use.intrinsic->operands[operand.operand];
  bool writes = declared.access != isa::OperandDeclaration::Access::Read;
  std::string made = name + "_" + declared.name;
  auto fits = [&](const LoopStrides &strides) {
    return checkStrides(description, use, operand, strides.strides);
  };
  std::optional<LoopStrides> dense = loopStrides(computation.nest.loops, operand.access, tensor.shape);
  if (writes) {
    if (!dense)
      return failure(ExitCode::TargetCannot,
                     use.intrinsic->name + ": operand " + declared.name + " has no strides");
    if (llvm::Error error = fits(*dense))
      return error;
  }
  if (std::optional<Choice> choice = readInPlace(operand)) {
    llvm::Error refused = fits(choice->strides);
    if (!refused) {
      bind(choice->argument, choice->strides, tensor.type.storageBytes());
      return llvm::Error::success();
    }
    llvm::consumeError(std::move(refused)); // then it is gathered
  }
  if (dense) {
    llvm::Error refused = fits(*dense);
    if (!refused) {
      auto whole = argumentOf(description, computation.sources[operand.tensor], made, code);
      if (!whole)
        return whole.takeError();
      whole->writes = writes;
      bind(std::move(*whole), *dense, tensor.type.storageBytes());
      return llvm::Error::success();
    }
    llvm::consumeError(std::move(refused)); // a copy in another order may fit
  }
  AxisOrder order = axisOrder(use, operand);
  if (llvm::Error error = fits(order.strides))
    return error;
  auto copy = arrangedArgument(description, computation, operand.tensor, operand.access, order.arrangement,
                               made, code);
  if (!copy)
    return copy.takeError();
  bind(std::move(*copy), order.strides, tensor.type.storageBytes());
  return llvm::Error::success();
}

/// The sum as a temporary in the order of the row's axes; the statements around it use it there.
llvm::Error CallWriter::bindSum(const CallOperand &operand) {
  AxisOrder order = axisOrder(use, operand);
  sumTensor = operand.tensor;
  around = computation.nest;
  around.operands[sumTensor].shape = order.arrangement.shape;
  around.operands[sumTensor].local = false;
  for (nest::Statement &statement : around.statements) {
    if (statement.destination.operand == sumTensor)
      statement.destination.indices = order.place;
    for (nest::Node &node : statement.body)
      if (node.op == nest::Opcode::Read && node.access.operand == sumTensor) {
        if (node.access.indices != operand.access)
          return failure(ExitCode::TargetCannot,
                         use.intrinsic->name + ": what follows the sum reads it at another place");
        node.access.indices = order.place;
      }
  }
  if (llvm::Error error = checkStrides(description, use, operand, order.strides.strides))
    return error;
  sum = scratchArgument(code, bytesOf(around.operands[sumTensor]));
  sum->writes = true;
  bind(*sum, order.strides, around.operands[sumTensor].type.storageBytes());
  return llvm::Error::success();
}

llvm::Error CallWriter::bindOperands() {
  for (const CallOperand &operand : use.operands) {
    bool isSum = computation.sources[operand.tensor].kind == match::TensorSource::Kind::Local;
    if (llvm::Error error = isSum ? bindSum(operand) : bindOperand(operand))
      return error;
  }
  return llvm::Error::success();
}

/// What the sum starts from, where the computation has no statement for it.
nest::Statement CallWriter::constantStart() const {
  const nest::Statement &core = around.statements[unsigned(computation.core)];
  nest::Statement start;
  start.destination = core.destination;
  for (unsigned loop : core.loops)
    if (!use.loops[loop].isSum)
      start.loops.push_back(loop);
  nest::Node constant;
  constant.type = around.operands[sumTensor].type;
  constant.constant = core.start.value_or(nest::Constant());
  start.body.push_back(constant);
  return start;
}

/// Adds kernels for one statement before or after the calls. Only what it touches is an operand of theirs:
/// the gathered arrays may not even be there.
llvm::Error CallWriter::addAround(nest::Statement statement, const KernelArgument &sums,
                                  const std::string &suffix) {
  nest::Nest part;
  part.loops = around.loops;
  std::vector<int> kept(around.operands.size(), -1);
  std::vector<KernelArgument> arguments;
  auto keep = [&](unsigned &operand) -> llvm::Error {
    if (kept[operand] < 0) {
      kept[operand] = int(part.operands.size());
      part.operands.push_back(around.operands[operand]);
      if (operand == sumTensor) {
        arguments.push_back(sums);
      } else {
        auto made = argumentOf(description, computation.sources[operand],
                               name + suffix + std::to_string(operand), code);
        if (!made)
          return made.takeError();
        arguments.push_back(std::move(*made));
      }
    }
    operand = unsigned(kept[operand]);
    return llvm::Error::success();
  };
  if (llvm::Error error = keep(statement.destination.operand))
    return error;
  for (nest::Node &node : statement.body)
    if (node.op == nest::Opcode::Read || node.op == nest::Opcode::TableRead)
      if (llvm::Error error = keep(node.op == nest::Opcode::Read ? node.access.operand : node.table))
        return error;
  part.statements.push_back(std::move(statement));
  return addPortable(description, part, name + suffix, arguments, code);
}

std::optional<std::string> CallWriter::named(llvm::StringRef text, llvm::ArrayRef<std::string> extent) const {
  const isa::Intrinsic &row = *use.intrinsic;
  for (auto [number, size] : llvm::enumerate(row.sizes))
    if (size.name == text) {
      for (auto [loop, tiled] : llvm::enumerate(use.loops))
        if (tiled.size == int(number))
          return extent[loop];
      return "1";
    }
  for (auto [declared, value] : llvm::zip(row.values, use.values))
    if (declared.name == text)
      return std::to_string(value);
  auto [operand, attribute] = text.split('.');
  for (auto [each, place] : llvm::zip_equal(use.operands, bound)) {
    const isa::OperandDeclaration &declared = row.operands[each.operand];
    if (declared.name != operand || !attribute.consume_front("stride."))
      continue;
    for (auto [axis, loop] : llvm::zip_equal(declared.axes, each.loops))
      if (axis.name == attribute)
        return std::to_string(loop < 0 ? 0 : place.strides[size_t(loop)]);
  }
  if (std::optional<int64_t> parameter = description.parameter(text))
    return std::to_string(*parameter);
  auto member = row.memberCode.find(text.str());
  return member == row.memberCode.end() ? std::nullopt : std::optional(std::to_string(member->second));
}

/// A number of the call's text as an i64.
llvm::Expected<std::string> CallWriter::number(const isa::Expression &expression,
                                               llvm::ArrayRef<std::string> extent) {
  using Kind = isa::Expression::Kind;
  auto refuse = [&] {
    return withPlace(failure(ExitCode::TargetCannot, use.intrinsic->name + ": argument " + expression.str() +
                                                         " of its call has no number here"),
                     description.path);
  };
  if (expression.kind == Kind::Integer)
    return std::to_string(expression.integer);
  if (expression.kind == Kind::Name) {
    std::optional<std::string> value = named(expression.text, extent);
    return value ? llvm::Expected<std::string>(*value) : refuse();
  }
  if (expression.kind == Kind::Unary && expression.text == "-") {
    auto value = number(expression.arguments[0], extent);
    return value ? llvm::Expected<std::string>(multiplyIndex(function, *value, -1)) : value.takeError();
  }
  if (expression.kind != Kind::Binary)
    return refuse();
  auto left = number(expression.arguments[0], extent);
  if (!left)
    return left.takeError();
  auto right = number(expression.arguments[1], extent);
  if (!right)
    return right.takeError();
  if (expression.text == "+")
    return addIndex(function, *left, *right);
  llvm::StringRef op = expression.text == "-"   ? "sub"
                       : expression.text == "*" ? "mul"
                       : expression.text == "/" ? "sdiv"
                       : expression.text == "%" ? "srem"
                                                : "";
  // Sizes and strides are not negative, so rounding down and towards zero are the same; 0 is no divisor.
  int64_t divisor = 0;
  bool divides = op == "sdiv" || op == "srem";
  if (op.empty() || (divides && (!llvm::to_integer(*right, divisor) || divisor == 0)))
    return refuse();
  return function.value(op + " i64 " + *left + ", " + *right);
}

std::string CallWriter::addressOf(const Bound &operand, llvm::ArrayRef<std::string> base) {
  std::string bytes = std::to_string(operand.start);
  for (auto [point, stride] : llvm::zip_equal(base, operand.strides))
    bytes = addIndex(function, bytes, multiplyIndex(function, point, stride));
  return advance(function, operand.pointer, bytes);
}

llvm::Error CallWriter::writeCall(llvm::ArrayRef<std::string> base, llvm::ArrayRef<std::string> extent) {
  isa::CallText call = use.intrinsic->callText.value_or(isa::CallText());
  std::string arguments, types;
  for (const isa::Expression &expression : call.arguments) {
    std::string text;
    if (expression.kind == isa::Expression::Kind::Name && llvm::StringRef(expression.text).ends_with(".addr"))
      for (auto [each, place] : llvm::zip_equal(use.operands, bound))
        if (use.intrinsic->operands[each.operand].name + ".addr" == expression.text)
          text = "ptr " + addressOf(place, base);
    if (text.empty()) {
      auto value = number(expression, extent);
      if (!value)
        return value.takeError();
      text = "i64 " + *value;
    }
    arguments += (arguments.empty() ? "" : ", ") + text;
    types += (types.empty() ? "" : ", ") + text.substr(0, 3);
  }
  function.declare("declare void @" + call.symbol + "(" + types + ")");
  function.line("call void @" + call.symbol + "(" + arguments + ")");
  return llvm::Error::success();
}

llvm::Error CallWriter::writeKernel() {
  llvm::SmallVector<int64_t> tiles;
  kernel.items = 1;
  for (const TiledLoop &loop : use.loops)
    if (!loop.isSum) {
      tiles.push_back(loop.tiles());
      kernel.items *= loop.tiles();
    }
  IrLoop items = function.openLoop("%begin", "%end", "1", {}, true);
  auto at = delinearise(function, items.variable, tiles);
  llvm::SmallVector<std::string> base, extent;
  std::vector<IrLoop> open;
  unsigned next = 0;
  for (const TiledLoop &loop : use.loops) {
    std::string tile = loop.isSum ? "0" : at[next++];
    if (loop.isSum && loop.tiles() > 1) {
      open.push_back(function.openLoop("0", std::to_string(loop.tiles()), "1"));
      tile = open.back().variable;
    }
    base.push_back(multiplyIndex(function, tile, loop.step));
    if (loop.extent % loop.step == 0) {
      extent.push_back(std::to_string(loop.step));
      continue;
    }
    std::string left = function.value("sub nsw i64 " + llvm::Twine(loop.extent) + ", " + base.back());
    extent.push_back(
        function.value("call i64 @llvm.smin.i64(i64 " + left + ", i64 " + llvm::Twine(loop.step) + ")"));
    function.declare("declare i64 @llvm.smin.i64(i64, i64)");
  }
  if (llvm::Error error = writeCall(base, extent))
    return error;
  for (; !open.empty(); open.pop_back())
    function.closeLoop(open.back());
  function.closeLoop(items);
  kernel.name = name;
  kernel.text =
      defineKernel(description, name, pointerArguments(description, kernel.arguments, aligns), function);
  kernel.declarations = function.declarations();
  kernel.what = use.intrinsic->name + ": " + std::to_string(kernel.items) + " calls of " +
                use.intrinsic->callText.value_or(isa::CallText()).symbol;
  return llvm::Error::success();
}

llvm::Expected<LayerCode> CallWriter::run() {
  llvm::Expected<CallUse> bindings = callUse(description, computation, match);
  if (!bindings)
    return bindings.takeError();
  use = std::move(*bindings);
  bool isWhole = match.part == match::Match::Part::Whole;
  bool setsSum = match.part == match::Match::Part::Core && !match.accumulates;
  bool isCut = llvm::any_of(use.loops, [](const TiledLoop &loop) { return loop.isSum && loop.tiles() > 1; });
  if (!isWhole && (match.part != match::Match::Part::Core || (setsSum && isCut)))
    return failure(ExitCode::TargetCannot,
                   use.intrinsic->name +
                       ": a call computes a layer as a whole, or a whole sum, or adds to its sum");
  if (llvm::Error error = bindOperands())
    return std::move(error);
  if (sum && (computation.core < 0 || computation.final < 0))
    return failure(ExitCode::OwnFault, use.intrinsic->name + ": a layer's sum goes nowhere");
  if (sum && !setsSum) {
    nest::Statement start =
        computation.init < 0 ? constantStart() : around.statements[unsigned(computation.init)];
    if (llvm::Error error = addAround(std::move(start), *sum, "_start"))
      return std::move(error);
  }
  if (llvm::Error error = writeKernel())
    return std::move(error);
  code.kernels.push_back(std::move(kernel));
  if (sum)
    if (llvm::Error error = addAround(around.statements[unsigned(computation.final)], *sum, "_final"))
      return std::move(error);
  code.intrinsics.push_back(use.intrinsic->name);
  return std::move(code);
}

} // namespace

llvm::Expected<LayerCode> callKernels(const isa::Description &description,
                                      const match::Computation &computation, const match::Match &match,
                                      const std::string &name) {
  return CallWriter(description, computation, match, name).run();
}

} // namespace tenon::native
