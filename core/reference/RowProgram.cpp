// Prepares and runs a statement by rows.
#include "core/reference/RowProgram.h"

#include <algorithm>

using namespace mlir;

namespace tenon::reference {

using nest::Node;
using nest::Opcode;
using nest::ScalarType;
using nest::Update;

namespace {

RowPlan choosePlan(const nest::Nest &nest, const nest::Statement &statement,
                   const RowProgramOptions &options) {
  return options.storeOnce ? planScatteredRows(nest, statement, options.rowLength)
                           : planRows(nest, statement, options.rowLength);
}

SmallVector<RowLoop> destinationLanes(const RowPlan &plan) {
  return SmallVector<RowLoop>(plan.order == RowOrder::Scattered ? ArrayRef<RowLoop>(plan.lanes)
                                                                : plan.parallelLanes());
}

} // namespace

RowProgram::RowProgram(const nest::Nest &nest, unsigned statementNumber, const nest::Statement &statement,
                       ArrayRef<char *> buffers, const RowProgramOptions &options)
    : nest(nest), statementNumber(statementNumber), statement(statement), options(options),
      plan(choosePlan(nest, statement, options)), coordinates(plan.lanes, nest.loops.size()),
      destinationCoordinates(destinationLanes(plan), nest.loops.size()),
      destination(nest, statement.destination, destinationLanes(plan), destinationCoordinates,
                  buffers[statement.destination.operand]) {
  for (unsigned number = 0; number < statement.body.size(); ++number)
    makeStep(number, buffers);
  chooseAccumulation();
  if (plan.order == RowOrder::Scattered)
    offsets.resize(size_t(plan.rowLanes()));
  if (options.storeOnce) {
    int64_t elements = 1;
    for (int64_t extent : nest.operands[statement.destination.operand].shape)
      elements *= extent;
    stored.resize(size_t(elements));
  }
}

/// The innermost outer loop among these, or -1.
int RowProgram::levelOf(ArrayRef<unsigned> loops) const {
  for (int i = int(plan.outer.size()) - 1; i >= 0; --i)
    if (llvm::is_contained(loops, plan.outer[i].loop))
      return i;
  return -1;
}

int RowProgram::levelOf(unsigned number) const {
  const Node &node = statement.body[number];
  unsigned written = statement.destination.operand;
  bool readsWritten = (node.op == Opcode::Read && node.access.operand == written) ||
                      (node.op == Opcode::TableRead && node.table == written);
  if (readsWritten)
    return int(plan.outer.size()) - 1;
  if (node.op == Opcode::Read)
    return levelOf(nest::usedLoops(node.access.indices));
  if (node.op == Opcode::LoopIndex)
    return levelOf(ArrayRef<unsigned>(node.loop));
  int level = -1;
  for (unsigned argument : node.arguments)
    level = std::max(level, steps[argument].level);
  return level;
}

void RowProgram::makeStep(unsigned number, ArrayRef<char *> buffers) {
  const Node &node = statement.body[number];
  SmallVector<ScalarType> argumentTypes;
  for (unsigned argument : node.arguments)
    argumentTypes.push_back(statement.body[argument].type);
  Step step;
  step.node = number;
  step.level = levelOf(number);
  if (isLaneIdentity(node, argumentTypes)) {
    step.result = steps[node.arguments[0]].result;
  } else {
    step.lanes.resize(size_t(plan.rowLanes()) * laneBytes(laneKind(node.type)));
    step.result = step.lanes.data();
  }
  if (node.op == Opcode::Read)
    step.access =
        std::make_unique<RowAccess>(nest, node.access, plan.lanes, coordinates, buffers[node.access.operand]);
  if (node.op == Opcode::Constant)
    fillLanes(step.result, node.type, node.constant, plan.rowLanes());
  step.kernel = selectKernel(node, argumentTypes);
  step.call.result = step.result;
  for (auto [i, argument] : llvm::enumerate(node.arguments))
    step.call.arguments[i] = steps[argument].result;
  step.call.width = node.type.width;
  step.call.sourceWidth = argumentTypes.empty() ? 0 : argumentTypes[0].width;
  step.call.predicate = predicateMask(node);
  if (node.op == Opcode::TableRead) {
    step.call.table = buffers[node.table];
    step.call.tableSize = nest.operands[node.table].shape[0];
    step.call.elementBytes = node.type.storageBytes();
    step.call.laneBytes = laneBytes(laneKind(node.type));
    step.call.gather = selectMemoryKernels(node.type).gather;
  }
  steps.push_back(std::move(step));
}

/// How a row reaches the destination: straight from the value's lanes, or through accumulators, which can
/// multiply on the way if nothing else needs the product.
void RowProgram::chooseAccumulation() {
  const Node &value = statement.body[statement.value];
  const ScalarType &type = value.type;
  bool reduces = plan.reductionStart < plan.outer.size() || !plan.reductionLanes().empty();
  storesDirectly = plan.order != RowOrder::Scattered && !reduces && statement.update == Update::Assign;
  accumulators.resize(size_t(destinationCoordinates.lanes()) * laneBytes(laneKind(type)));
  accumulate = selectAccumulate(statement.update, type, /*product=*/false);
  accumulation.accumulators = accumulators.data();
  accumulation.values = steps[statement.value].result;
  accumulation.inner = plan.order == RowOrder::StepsInside;
  accumulation.width = type.width;

  bool isProduct = value.op == Opcode::MulI || value.op == Opcode::MulF;
  bool usedElsewhere = llvm::any_of(
      statement.body, [&](const Node &node) { return llvm::is_contained(node.arguments, statement.value); });
  Accumulate product = selectAccumulate(statement.update, type, /*product=*/true);
  if (!isProduct || usedElsewhere || !product || plan.order == RowOrder::Scattered)
    return;
  steps[statement.value].skipped = true;
  accumulate = product;
  accumulation.values = steps[value.arguments[0]].result;
  accumulation.factors = steps[value.arguments[1]].result;
}

/// The lanes of the row at `point`: fewer than a full row's where the loop that is cut into pieces ends.
int64_t RowProgram::rowLanes(ArrayRef<int64_t> point) const {
  int64_t lanes = plan.rowLanes();
  if (plan.lanes.empty())
    return lanes;
  const RowLoop &outermost = plan.lanes.front();
  int64_t left = nest.loops[outermost.loop].extent - point[outermost.loop];
  return left < outermost.extent ? lanes / outermost.extent * left : lanes;
}

/// Moves to the next row; gives the outermost loop of the plan that moved, or -1 at the end.
int RowProgram::advance(MutableArrayRef<int64_t> point) const {
  for (int i = int(plan.outer.size()) - 1; i >= 0; --i) {
    const OuterLoop &outer = plan.outer[i];
    point[outer.loop] += outer.step;
    if (point[outer.loop] < nest.loops[outer.loop].extent)
      return i;
    point[outer.loop] = 0;
  }
  return -1;
}

llvm::Error RowProgram::run(MutableArrayRef<int64_t> point) {
  for (auto [i, loop] : llvm::enumerate(nest.loops))
    if (!loop.sequential)
      point[i] = 0;
  std::vector<int64_t> next(point.begin(), point.end());
  bool first = true;
  for (int changed = -1;;) {
    int64_t count = rowLanes(point);
    if (llvm::Error error = evaluate(point, changed, count))
      return error;
    int moved = advance(next);
    bool last = moved < int(plan.reductionStart);
    if (llvm::Error error = accumulateRow(point, first, last, count))
      return error;
    if (moved < 0)
      return llvm::Error::success();
    first = last;
    changed = moved;
    llvm::copy(next, point.begin());
  }
}

llvm::Error RowProgram::evaluate(ArrayRef<int64_t> point, int changed, int64_t count) {
  for (Step &step : steps) {
    if (step.level < changed || step.skipped)
      continue;
    if (step.kernel) {
      step.call.count = count;
      if (int64_t lane = step.kernel(step.call); lane >= 0)
        return noResult(step, point, lane);
      const ScalarType &type = statement.body[step.node].type;
      if (step.call.table && type.width != type.storageBytes() * 8)
        wrapLanes(step.result, type, count);
    } else if (step.access) {
      if (int64_t lane = step.access->load(step.result, point, count); lane >= 0)
        return leaves(statement.body[step.node].access, "read", point, lane);
    } else if (statement.body[step.node].op == Opcode::LoopIndex) {
      fillIndex(step, point, count);
    }
  }
  return llvm::Error::success();
}

void RowProgram::fillIndex(Step &step, ArrayRef<int64_t> point, int64_t count) const {
  unsigned loop = statement.body[step.node].loop;
  auto *lanes = reinterpret_cast<int64_t *>(step.result);
  std::fill_n(lanes, count, point[loop]);
  if (const int64_t *along = coordinates.along(loop))
    std::transform(lanes, lanes + count, along, lanes, std::plus<int64_t>());
}

/// `first` and `last`: whether the row is the first and the last one of its destination elements.
llvm::Error RowProgram::accumulateRow(ArrayRef<int64_t> point, bool first, bool last, int64_t count) {
  if (plan.order == RowOrder::Scattered)
    return scatterRow(point, count);
  if (storesDirectly) {
    destination.store(steps[statement.value].result, point, count);
    return llvm::Error::success();
  }
  // A loop cut into pieces is the outermost of the row: a reducing one, if any of these is outermost, and
  // then all of the accumulators are in use; otherwise a parallel one, and the steps are complete.
  int64_t fullLanes = destinationCoordinates.lanes();
  int64_t fullSteps = plan.rowLanes() / fullLanes;
  bool lanesOutermost = plan.order == RowOrder::StepsInside ? plan.split > 0 : plan.split == 0;
  accumulation.lanes = lanesOutermost ? count / fullSteps : fullLanes;
  accumulation.steps = lanesOutermost ? fullSteps : count / fullLanes;
  if (first && statement.update != Update::Assign)
    destination.load(accumulators.data(), point, accumulation.lanes);
  accumulate(accumulation);
  if (last)
    destination.store(accumulators.data(), point, accumulation.lanes);
  return llvm::Error::success();
}

llvm::Error RowProgram::scatterRow(ArrayRef<int64_t> point, int64_t count) {
  if (int64_t lane = destination.offsets(point, count, offsets.data()); lane >= 0)
    return leaves(statement.destination, "write", point, lane);
  const MemoryKernels &memory = destination.memory();
  char *buffer = destination.data();
  const ScalarType &type = statement.body[statement.value].type;
  const char *values = steps[statement.value].result;
  if (statement.update == Update::Assign && !options.storeOnce) {
    memory.scatter(values, buffer, offsets.data(), count);
    return llvm::Error::success();
  }
  int64_t bytes = laneBytes(laneKind(type));
  AccumulateCall call = accumulation;
  call.lanes = call.steps = 1;
  for (int64_t lane = 0; lane < count; ++lane) {
    if (options.storeOnce) {
      size_t element = size_t(offsets[lane]) / type.storageBytes();
      if (stored[element])
        continue;
      stored[element] = true;
    }
    call.values = values + lane * bytes;
    memory.gather(call.accumulators, buffer, &offsets[lane], nullptr, 1);
    wrapLanes(call.accumulators, type, 1);
    accumulate(call);
    memory.scatter(call.accumulators, buffer, &offsets[lane], 1);
  }
  return llvm::Error::success();
}

} // namespace tenon::reference
