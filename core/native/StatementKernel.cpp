// On a processor the outer parallel loops are the items, until there are enough of them to share out; where a
// vector runs along one loop, what remains of it is done in vectors of half the lanes, a quarter, and so on,
// so that no mask is needed.
#include "core/native/StatementKernel.h"

#include "core/native/StatementPlan.h"
#include "core/native/ir/IrModule.h"
#include "core/native/ir/VectorText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

using isa::Description;
using nest::Nest;
using nest::Statement;
using nest::Update;

namespace {

class StatementWriter {
public:
  StatementWriter(StatementPlan planned, IrFunction &into) : plan(std::move(planned)), f(into) {}

  Kernel write(const std::string &name);

private:
  void writeItems(Kernel &kernel);
  bool writeWindow(size_t position);
  std::string isInInterior();
  void writeThreads(Kernel &kernel);
  void writeInnerParallel(size_t position);
  void writeLanes();
  void writeRest(int64_t begin, int64_t left);
  void writePoint(unsigned count);
  std::string bodyOf(const Statement &statement, unsigned count, ReadHook read = nullptr) {
    return emitBody(f, plan.nest, statement, loopValues(count), plan.names.pointers, read, "", plan.facts);
  }
  std::string loadSum(unsigned count) {
    return emitLoadDestination(f, plan.nest, plan.sum(), loopValues(count), plan.names.pointers, "",
                               plan.facts);
  }
  void store(const Statement &statement, const std::string &value, unsigned count) {
    emitStore(f, plan.nest, statement, loopValues(count), plan.names.pointers, value, "", plan.facts);
  }
  std::string update(const std::string &old, const std::string &step, unsigned count) {
    return emitUpdate(f, plan.sum().update, plan.type(), old, step, count);
  }
  llvm::SmallVector<std::string> accumulate(size_t position, unsigned count, const std::string &accumulator);
  std::string accumulateAlongLanes(const std::string &accumulator);
  void writeInMemory(size_t position, unsigned count);
  std::string startValue(unsigned count);
  LoopValues loopValues(unsigned count) const {
    return {values, count > 1 ? plan.laneLoop : -1, count, laneMultiple, plan.allInside};
  }
  int64_t extent(unsigned loop) const { return plan.nest.loops[loop].extent; }
  int64_t laneExtent() const { return extent(unsigned(plan.laneLoop)); }

  const StatementPlan plan;
  IrFunction &f;
  std::vector<std::string> values = std::vector<std::string>(plan.nest.loops.size(), "0"); ///< of the loops
  int64_t laneMultiple = 1; ///< what the lane loop's value is a multiple of
  std::string blockBegin, blockEnd;
  bool inWindow = false; ///< what follows is the border's side
};

std::string StatementWriter::startValue(unsigned count) {
  if (plan.init())
    return bodyOf(*plan.init(), count);
  const std::optional<nest::Constant> &start = plan.sum().start;
  return start ? constantText(plan.type(), *start, count) : loadSum(count);
}

/// The lane loop as the innermost sum: vectors, their sum, and one by one what is left.
std::string StatementWriter::accumulateAlongLanes(const std::string &accumulator) {
  auto loop = unsigned(plan.laneLoop);
  unsigned lanes = plan.lanes;
  int64_t whole = laneExtent() / lanes * lanes;
  std::string own = typeText(plan.type(), lanes), scalar = typeText(plan.type());
  bool isAdd = plan.sum().update == Update::Add, isMax = plan.sum().update == Update::Max;
  std::string neutral =
      isAdd ? constantText(plan.type(), {}, lanes) : emitSplat(f, scalar, accumulator, lanes);
  IrLoop open = f.openLoop("0", std::to_string(whole), std::to_string(lanes), {{own, neutral}});
  values[loop] = open.variable;
  laneMultiple = lanes;
  std::string next = update(open.carried[0], bodyOf(plan.sum(), lanes), lanes);
  std::string vector = f.closeLoop(open, {next})[0];
  std::string name = std::string("llvm.vector.reduce.") +
                     (isAdd   ? "add."
                      : isMax ? "smax."
                              : "smin.") +
                     VectorText::suffix(scalar, lanes);
  f.declare("declare " + scalar + " @" + name + "(" + own + ")");
  std::string part = f.value("call " + scalar + " @" + name + "(" + own + " " + vector + ")");
  std::string sum = update(accumulator, part, 1);
  if (whole == laneExtent())
    return sum;
  IrLoop tail = f.openLoop(std::to_string(whole), std::to_string(laneExtent()), "1", {{scalar, sum}});
  values[loop] = tail.variable;
  return f.closeLoop(tail, {update(tail.carried[0], bodyOf(plan.sum(), 1), 1)})[0];
}

/// The loops of the rest from `position` on, the accumulator going around.
llvm::SmallVector<std::string> StatementWriter::accumulate(size_t position, unsigned count,
                                                           const std::string &accumulator) {
  if (position == plan.rest.size()) {
    if (plan.lanesReduce && plan.lanes > 1)
      return {accumulateAlongLanes(accumulator)};
    return {update(accumulator, bodyOf(plan.sum(), count), count)};
  }
  unsigned loop = plan.rest[position];
  IrLoop open =
      f.openLoop("0", std::to_string(extent(loop)), "1", {{typeText(plan.type(), count), accumulator}});
  values[loop] = open.variable;
  return f.closeLoop(open, accumulate(position + 1, count, open.carried[0]));
}

void StatementWriter::writeInMemory(size_t position, unsigned count) {
  if (position < plan.rest.size()) {
    unsigned loop = plan.rest[position];
    IrLoop open = f.openLoop("0", std::to_string(extent(loop)), "1");
    values[loop] = open.variable;
    writeInMemory(position + 1, count);
    f.closeLoop(open);
    return;
  }
  std::string value = bodyOf(plan.sum(), count);
  if (plan.sum().update != Update::Assign)
    value = update(loadSum(count), value, count);
  store(plan.sum(), value, count);
}

void StatementWriter::writePoint(unsigned count) {
  if (!plan.inRegisters)
    return writeInMemory(0, count);
  std::string sum = accumulate(0, count, startValue(count))[0];
  if (const Statement *final = plan.final()) {
    auto fromSum = [&](unsigned node) {
      bool isSum = final->body[node].access.operand == plan.sum().destination.operand;
      return isSum ? sum : std::string();
    };
    sum = bodyOf(*final, count, fromSum);
  }
  store(plan.stored(), sum, count);
}

/// What is left of the lane loop from `begin` on, in vectors of ever fewer lanes.
void StatementWriter::writeRest(int64_t begin, int64_t left) {
  for (unsigned count = plan.lanes / 2; count >= 1; count /= 2)
    if (left & count) {
      values[unsigned(plan.laneLoop)] = std::to_string(begin);
      laneMultiple = begin;
      writePoint(count);
      begin += count;
    }
}

void StatementWriter::writeLanes() {
  if (plan.laneLoop < 0 || plan.lanesReduce)
    return writePoint(1);
  int64_t whole = laneExtent() / plan.lanes * plan.lanes;
  bool isShared = plan.blockLength > 0;
  std::string begin = isShared ? blockBegin : "0", end = isShared ? blockEnd : std::to_string(whole);
  IrLoop open = f.openLoop(begin, end, std::to_string(plan.lanes), {}, /*mayBeEmpty=*/isShared);
  values[unsigned(plan.laneLoop)] = open.variable;
  laneMultiple = plan.lanes;
  writePoint(plan.lanes);
  f.closeLoop(open);
  if (whole == laneExtent())
    return;
  std::string after;
  if (isShared) {
    std::string isLast = f.value("icmp eq i64 " + blockEnd + ", " + llvm::Twine(whole));
    std::string yes = f.label("rest");
    after = f.label("complete");
    f.branch(isLast, yes, after);
    f.startBlock(yes);
  }
  writeRest(whole, laneExtent() - whole);
  if (isShared) {
    f.branch(after);
    f.startBlock(after);
  }
}

void StatementWriter::writeInnerParallel(size_t position) {
  if (writeWindow(position))
    return;
  if (position == plan.inner.size())
    return writeLanes();
  unsigned loop = plan.inner[position];
  IrLoop open = f.openLoop("0", std::to_string(extent(loop)), "1");
  values[loop] = open.variable;
  writeInnerParallel(position + 1);
  f.closeLoop(open);
}

void StatementWriter::writeItems(Kernel &kernel) {
  llvm::SmallVector<int64_t> extents;
  for (unsigned loop : plan.outer)
    extents.push_back(extent(loop));
  if (plan.blockLength > 0)
    extents.push_back(int64_t(llvm::divideCeil(uint64_t(laneExtent()), uint64_t(plan.blockLength))));
  kernel.items = 1;
  for (int64_t one : extents)
    kernel.items *= one;
  IrLoop items = f.openLoop("%begin", "%end", "1", {}, /*mayBeEmpty=*/true);
  llvm::SmallVector<std::string> places = delinearise(f, items.variable, extents);
  for (auto [i, loop] : llvm::enumerate(plan.outer))
    values[loop] = places[i];
  if (plan.blockLength > 0) {
    int64_t whole = laneExtent() / plan.lanes * plan.lanes;
    blockBegin = f.value("mul nsw i64 " + places.back() + ", " + llvm::Twine(plan.blockLength));
    std::string end = f.value("add nsw i64 " + blockBegin + ", " + llvm::Twine(plan.blockLength));
    blockEnd = VectorText(f, 1).call("llvm.smin", "i64", {end, std::to_string(whole)});
  }
  writeInnerParallel(0);
  f.closeLoop(items);
}

/// Whether all points of the window are inside: an i1.
std::string StatementWriter::isInInterior() {
  VectorText one(f, 1);
  std::string result;
  for (const StatementPlan::Border &border : plan.borders()) {
    // The index at the window's first point, and how far the window's loops move it.
    std::string base = std::to_string(border.index.constant);
    int64_t down = 0, up = 0;
    for (unsigned loop = 0; loop < plan.nest.loops.size(); ++loop) {
      int64_t factor = border.index.coefficients[loop], reach = factor * (extent(loop) - 1);
      if (factor == 0 || extent(loop) == 1)
        continue;
      if (plan.isAroundWindows(loop))
        base = one.binary("add", "i64", base, one.binary("mul", "i64", values[loop], factor));
      else
        (reach < 0 ? down : up) += reach;
    }
    std::string low = one.compare("icmp sge", "i64", base, -down);
    result = one.conjunction(result, low);
    result = one.conjunction(result, one.compare("icmp slt", "i64", base, border.extent - up));
  }
  return result;
}

/// Most windows of a padded image are far from its borders. False: there is no difference to be made.
bool StatementWriter::writeWindow(size_t position) {
  if (inWindow || position != plan.loopsAroundWindows())
    return false;
  std::optional<StatementPlan> interior = plan.interior();
  if (!interior)
    return false;
  inWindow = true;
  std::string fast = f.label("interior"), slow = f.label("border"), after = f.label("written");
  f.branch(isInInterior(), fast, slow);
  f.startBlock(fast);
  StatementWriter within(std::move(*interior), f);
  within.values = values;
  within.writeInnerParallel(0);
  f.branch(after);
  f.startBlock(slow);
  writeInnerParallel(position);
  f.branch(after);
  f.startBlock(after);
  inWindow = false;
  return true;
}

void StatementWriter::writeThreads(Kernel &kernel) {
  kernel.threadsPerBlock = threadsOfBlock(plan.description);
  llvm::SmallVector<int64_t> extents;
  int64_t points = 1;
  for (unsigned loop : plan.outer) {
    extents.push_back(extent(loop));
    points *= extents.back();
  }
  kernel.items = (points + kernel.threadsPerBlock - 1) / kernel.threadsPerBlock;
  std::string thread = emitThreadNumber(f, plan.description, kernel.threadsPerBlock);
  std::string isThere = f.value("icmp slt i64 " + thread + ", " + llvm::Twine(points));
  std::string yes = f.label("point"), after = f.label("return");
  f.branch(isThere, yes, after);
  f.startBlock(yes);
  llvm::SmallVector<std::string> places = delinearise(f, thread, extents);
  for (auto [i, loop] : llvm::enumerate(plan.outer))
    values[loop] = places[i];
  writeInnerParallel(0);
  f.branch(after);
  f.startBlock(after);
}

Kernel StatementWriter::write(const std::string &name) {
  f.status = statusPointer(plan.description);
  Kernel kernel;
  kernel.name = name;
  if (isParallelMachine(plan.description))
    writeThreads(kernel);
  else
    writeItems(kernel);
  kernel.arguments = plan.names.arguments;
  kernel.text = defineKernel(plan.description, name,
                             pointerArguments(plan.description, kernel.arguments, plan.names.aligns), f);
  kernel.declarations = f.declarations();
  kernel.what = plan.describe();
  return kernel;
}

} // namespace

Kernel statementKernel(const Description &description, const Nest &nest, const StatementGroup &group,
                       const OperandArguments &arguments, const OperandFacts &facts,
                       const std::string &name) {
  IrFunction function;
  return StatementWriter(StatementPlan(description, nest, group, arguments, facts), function).write(name);
}

} // namespace tenon::native
