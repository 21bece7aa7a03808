// The kernel around the blocks: its arguments, its items, and which blocks are whole.
#include "core/native/RegisterEmission.h"

#include "core/native/LayerParts.h"
#include "core/native/SumTile.h"
#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

class KernelWriter {
public:
  KernelWriter(const RegisterPlan &what, std::string named, LayerCode &layer)
      : plan(what), name(std::move(named)), code(layer) {}

  llvm::Expected<Kernel> run();

private:
  /// How many blocks along a side have all their uses whole, and what is left after them.
  struct Blocks {
    int64_t whole = 0, restUses = 0, restPoints = 0;
  };
  Blocks blocksOf(LoopClass which, int64_t uses) const;

  llvm::Error addArguments();
  llvm::Error addTensor(unsigned operand);
  std::string addArgument(const KernelArgument &argument, uint64_t align);
  llvm::Error emitItem(const std::string &item);
  llvm::Error emitPanel(const std::string &group, const std::string &panel, const std::string &rowItem,
                        int64_t columns, int64_t columnPoints);
  llvm::Error emitBlock(const BlockPlace &place);
  std::string describe() const;

  const RegisterPlan &plan;
  std::string name;
  LayerCode &code;
  IrFunction function;
  Kernel kernel;
  std::vector<uint64_t> aligns;
  std::vector<std::string> pointers; ///< of the nest's operands
  std::string left, right;
  std::unique_ptr<SumTile> tile;
};

std::string KernelWriter::addArgument(const KernelArgument &argument, uint64_t align) {
  kernel.arguments.push_back(argument);
  aligns.push_back(align);
  return argumentPointer(plan.description, unsigned(kernel.arguments.size() - 1));
}

/// An operand that the code around the reduction touches.
llvm::Error KernelWriter::addTensor(unsigned operand) {
  const match::TensorSource &source = plan.computation.sources[operand];
  if (source.kind == match::TensorSource::Kind::Local || !pointers[operand].empty())
    return llvm::Error::success();
  auto argument = argumentOf(plan.description, source, name + "_of" + std::to_string(operand), code);
  if (!argument)
    return argument.takeError();
  argument->writes = operand == plan.computation.result;
  pointers[operand] = addArgument(*argument, plan.computation.nest.operands[operand].type.storageBytes());
  return llvm::Error::success();
}

llvm::Error KernelWriter::addArguments() {
  const match::Computation &computation = plan.computation;
  pointers.assign(computation.nest.operands.size(), "");
  auto elementBytes = [&](const UseOperand &operand) {
    return uint64_t(computation.nest.operands[operand.tensor].type.storageBytes());
  };
  left = addArgument(plan.left.argument, elementBytes(plan.use.left));
  right = addArgument(plan.right.argument, elementBytes(plan.use.right));
  for (int number : {computation.init, computation.final}) {
    if (number < 0)
      continue;
    const nest::Statement &statement = computation.nest.statements[unsigned(number)];
    for (const nest::Node &node : statement.body)
      if (node.op == nest::Opcode::Read || node.op == nest::Opcode::TableRead)
        if (llvm::Error error = addTensor(node.op == nest::Opcode::Read ? node.access.operand : node.table))
          return error;
  }
  return addTensor(computation.result);
}

KernelWriter::Blocks KernelWriter::blocksOf(LoopClass which, int64_t uses) const {
  const ClassLoop &entry = plan.use.of(which);
  Blocks blocks;
  blocks.whole = entry.extent / entry.step / uses;
  blocks.restUses = entry.uses() - blocks.whole * uses;
  blocks.restPoints = entry.extent - blocks.whole * uses * entry.step;
  return blocks;
}

llvm::Error KernelWriter::emitBlock(const BlockPlace &place) {
  Sums sums(place.rows, place.columns, plan.use.sum.layout.registers);
  tile->start(place, sums);
  if (llvm::Error error = emitReduction(function, plan, place, left, right, sums))
    return error;
  tile->finish(place, sums);
  return llvm::Error::success();
}

llvm::Error KernelWriter::emitPanel(const std::string &group, const std::string &panel,
                                    const std::string &rowItem, int64_t columns, int64_t columnPoints) {
  Blocks rows = blocksOf(LoopClass::Row, plan.block.rows);
  int64_t perItem = plan.block.rowBlocks, items = plan.block.rowItems(plan.problem);
  BlockPlace place;
  place.group = group;
  place.panel = panel;
  place.columns = columns;
  place.columnPoints = columnPoints;
  if (rows.whole > 0) {
    std::string first = multiplyIndex(function, rowItem, perItem);
    std::string end = addIndex(function, first, perItem);
    bool mayBeEmpty = false;
    if (rows.whole < items * perItem) {
      std::string most = std::to_string(rows.whole);
      end = function.value("call i64 @llvm.smin.i64(i64 " + end + ", i64 " + most + ")");
      function.declare("declare i64 @llvm.smin.i64(i64, i64)");
      mayBeEmpty = rows.whole <= (items - 1) * perItem;
    }
    IrLoop loop = function.openLoop(first, end, "1", {}, mayBeEmpty);
    place.block = loop.variable;
    place.rows = plan.block.rows;
    place.rowPoints = plan.block.rows * plan.use.of(LoopClass::Row).step;
    if (llvm::Error error = emitBlock(place))
      return error;
    function.closeLoop(loop);
  }
  if (rows.restUses == 0)
    return llvm::Error::success();
  std::string after;
  if (items > 1) {
    std::string isLast = function.value("icmp eq i64 " + rowItem + ", " + std::to_string(items - 1));
    std::string rest = function.label("rest");
    after = function.label("after");
    function.branch(isLast, rest, after);
    function.startBlock(rest);
  }
  place.block = std::to_string(rows.whole);
  place.rows = rows.restUses;
  place.rowPoints = rows.restPoints;
  if (llvm::Error error = emitBlock(place))
    return error;
  if (items > 1) {
    function.branch(after);
    function.startBlock(after);
  }
  return llvm::Error::success();
}

llvm::Error KernelWriter::emitItem(const std::string &item) {
  int64_t panels = plan.block.panels(plan.problem);
  // Panels innermost: an item's rows stay in a cache while all columns pass.
  auto at = delinearise(function, item, {plan.problem.groups, plan.block.rowItems(plan.problem), panels});
  Blocks columns = blocksOf(LoopClass::Column, plan.block.columns);
  int64_t wholePoints = plan.block.columns * plan.use.of(LoopClass::Column).step;
  if (columns.restUses == 0)
    return emitPanel(at[0], at[2], at[1], plan.block.columns, wholePoints);
  std::string whole, rest, after;
  if (columns.whole > 0) {
    std::string isRest = function.value("icmp eq i64 " + at[2] + ", " + std::to_string(columns.whole));
    whole = function.label("whole");
    rest = function.label("narrow");
    after = function.label("next");
    function.branch(isRest, rest, whole);
    function.startBlock(whole);
    if (llvm::Error error = emitPanel(at[0], at[2], at[1], plan.block.columns, wholePoints))
      return error;
    function.branch(after);
    function.startBlock(rest);
  }
  std::string last = std::to_string(columns.whole);
  if (llvm::Error error = emitPanel(at[0], last, at[1], columns.restUses, columns.restPoints))
    return error;
  if (columns.whole > 0) {
    function.branch(after);
    function.startBlock(after);
  }
  return llvm::Error::success();
}

std::string KernelWriter::describe() const {
  const ClassLoop &rows = plan.use.of(LoopClass::Row), &columns = plan.use.of(LoopClass::Column);
  std::string text = plan.use.intrinsic->name + ": " + std::to_string(plan.block.rows) + " x " +
                     std::to_string(plan.block.columns) + " uses in registers, " +
                     std::to_string(plan.block.rows * rows.step) + " rows x " +
                     std::to_string(plan.block.columns * columns.step) + " columns";
  for (auto [feed, operand] : {std::pair(&plan.left, &plan.use.left), {&plan.right, &plan.use.right}})
    text += ", " + plan.use.intrinsic->operands[operand->operand].name +
            (feed->packed ? " packed" : " read in place");
  return text;
}

llvm::Expected<Kernel> KernelWriter::run() {
  kernel.name = name;
  if (llvm::Error error = addArguments())
    return std::move(error);
  function.status = statusPointer(plan.description);
  tile = std::make_unique<SumTile>(function, plan, pointers);
  IrLoop items = function.openLoop("%begin", "%end", "1", {}, true);
  if (llvm::Error error = emitItem(items.variable))
    return std::move(error);
  function.closeLoop(items);
  kernel.items = plan.block.items(plan.problem);
  kernel.what = describe();
  kernel.text = defineKernel(plan.description, name,
                             pointerArguments(plan.description, kernel.arguments, aligns), function);
  kernel.declarations = function.declarations();
  return std::move(kernel);
}

} // namespace

llvm::Expected<Kernel> registerKernel(const RegisterPlan &plan, const std::string &name, LayerCode &code) {
  return KernelWriter(plan, name, code).run();
}

} // namespace tenon::native
