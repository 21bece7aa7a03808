// On a processor the outer parallel loops are the items, until there are enough of them to share out; where a
// vector runs along one loop, what remains of it is done in vectors of half the lanes, a quarter, and so on,
// so that no mask is needed.
#include "core/native/StatementKernel.h"

#include "core/isa/Description.h"
#include "core/native/StatementLoops.h"
#include "core/native/ir/AccessText.h"
#include "core/native/ir/IrModule.h"
#include "core/native/ir/VectorText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

using isa::Description;
using isa::Level;
using nest::Access;
using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;
using nest::Statement;
using nest::Update;

namespace {

/// Items beyond this many are shared out well enough.
constexpr int64_t enoughItems = 256;
/// Points of one item that make handing it out worth while.
constexpr int64_t pointsOfItem = 2048;

class StatementWriter {
public:
  StatementWriter(const Description &machine, const Nest &original, const StatementGroup &group,
                  const OperandArguments &arguments, const OperandFacts &facts)
      : description(machine), nest(joinedStatements(original, group.statements())),
        statement(nest.statements[group.init >= 0 ? 1 : 0]),
        init(group.init >= 0 ? &nest.statements.front() : nullptr),
        final(group.final >= 0 ? &nest.statements.back() : nullptr), facts(facts),
        names(kernelPointers(description, nest, numbers(), arguments, facts,
                             final ? int(statement.destination.operand) : -1)),
        parallel(parallelLoops(nest, stored())) {}

  Kernel write(const std::string &name);

private:
  llvm::SmallVector<unsigned> numbers() const {
    return llvm::to_vector(llvm::seq<unsigned>(0, nest.statements.size()));
  }
  const Statement &stored() const { return final ? *final : statement; } ///< whose destination is in memory
  std::vector<const Access *> memoryAccesses() const;
  void plan();
  void chooseLaneLoop();
  double laneCost(unsigned loop) const;
  unsigned mostLanes() const;
  bool mayReduceAlong(unsigned loop) const;
  void writeItems(Kernel &kernel);
  void writeThreads(Kernel &kernel);
  void writeInnerParallel(size_t position);
  void writeLanes();
  void writeRest(int64_t begin, int64_t left);
  void writePoint(unsigned count);
  std::string valueOf(unsigned count);
  llvm::SmallVector<std::string> accumulate(size_t position, unsigned count, const std::string &accumulator);
  std::string accumulateAlongLanes(const std::string &accumulator);
  void writeInMemory(size_t position, unsigned count);
  std::string startValue(unsigned count);
  LoopValues loopValues(unsigned count) const {
    return {values, count > 1 ? laneLoop : -1, count, laneMultiple};
  }
  const ScalarType &type() const { return nest.operands[statement.destination.operand].type; }
  std::string describe() const;

  const Description &description;
  const Nest nest;
  const Statement &statement;    ///< the sum, or the one that stands alone
  const Statement *init, *final; ///< of its group; null: there is none
  const OperandFacts &facts;
  KernelPointers names;
  std::vector<bool> parallel;
  IrFunction f;

  std::vector<std::string> values;                ///< of the loops
  llvm::SmallVector<unsigned> outer, inner, rest; ///< parallel loops as items, inside an item; the others
  int laneLoop = -1;
  unsigned lanes = 1;
  int64_t laneMultiple = 1; ///< what the lane loop's value is a multiple of
  bool lanesReduce = false; ///< the lane loop is one of those that are summed over
  bool inRegisters = false; ///< the destination stays in registers over the rest
  int64_t blockLength = 0;  ///< of the lane loop, where it is shared out between items; 0: it is not
  std::string blockBegin, blockEnd;
};

/// Twice as many lanes as values of the widest type fill a vector: narrow elements are loaded and stored in
/// longer runs then.
unsigned StatementWriter::mostLanes() const {
  if (isParallelMachine(description) || !description.code || description.code->vectorBytes <= 0)
    return 1;
  unsigned widest = type().storageBytes();
  for (const Statement &one : nest.statements)
    for (const Node &node : one.body)
      if (node.op != Opcode::LoopIndex && node.op != Opcode::Constant)
        widest = std::max(widest, node.type.storageBytes());
  unsigned narrowest = type().storageBytes();
  for (const Access *access : memoryAccesses())
    narrowest = std::min(narrowest, nest.operands[access->operand].type.storageBytes());
  int64_t bytes = description.code->vectorBytes;
  int64_t most = std::min<int64_t>(bytes / narrowest, 2 * bytes / widest);
  return unsigned(std::clamp<int64_t>(int64_t(llvm::bit_floor(uint64_t(most))), 1, 64));
}

/// All but those of a sum that is nowhere in memory.
std::vector<const Access *> StatementWriter::memoryAccesses() const {
  std::vector<const Access *> result;
  for (const Statement &one : nest.statements)
    for (const Access *access : accessesOf(one))
      if (!names.pointers[access->operand].empty())
        result.push_back(access);
  return result;
}

/// Integers may be summed in any order, floats not.
bool StatementWriter::mayReduceAlong(unsigned loop) const {
  return inRegisters && statement.update != Update::Assign && type().isInteger();
}

/// Memory operations of a vector along the loop, for each of its points.
double StatementWriter::laneCost(unsigned loop) const {
  auto count = unsigned(std::min<uint64_t>(lanes, llvm::bit_floor(uint64_t(nest.loops[loop].extent))));
  IrFunction none; // what addresses would be, without a trace
  LoopValues at{std::vector<std::string>(nest.loops.size(), "%any"), int(loop), count, count};
  double cost = 1;
  bool isReduction = !parallel[loop];
  for (const Access *access : memoryAccesses()) {
    if (isReduction && !access->indices.isFunctionOfDim(loop))
      continue;
    AccessText text(none, nest, at, names.pointers);
    LanePattern pattern =
        text.isUniform(*access) ? LanePattern{LanePattern::Kind::Uniform} : text.pattern(*access);
    if (isGuardedAlong(nest, *access, loop))
      pattern.kind = LanePattern::Kind::Anywhere;
    switch (pattern.kind) {
    case LanePattern::Kind::Uniform:
      cost += 0.1;
      break;
    case LanePattern::Kind::Contiguous:
      cost += 1;
      break;
    case LanePattern::Kind::Near:
      cost += 1 + double(pattern.span) / count;
      break;
    case LanePattern::Kind::Runs:
      cost += 1.2 * count / pattern.run;
      break;
    case LanePattern::Kind::Anywhere:
      cost += 1.5 * count;
      break;
    }
  }
  return cost / count + (isReduction ? 0.01 : 0);
}

void StatementWriter::chooseLaneLoop() {
  lanes = mostLanes();
  if (lanes == 1 || selfRead(statement) == SelfRead::Others)
    return;
  double best = 0;
  for (unsigned loop : statement.loops) {
    if (nest.loops[loop].extent < 2 || (!parallel[loop] && !mayReduceAlong(loop)))
      continue;
    double cost = laneCost(loop);
    // With the same cost the inner loop: its neighbours in memory are read next.
    if (laneLoop < 0 || cost <= best) {
      laneLoop = int(loop);
      best = cost;
    }
  }
  if (laneLoop < 0 || best > 1.4 + 1.5 * double(memoryAccesses().size()))
    laneLoop = -1;
  if (laneLoop < 0)
    return;
  lanes = unsigned(
      std::min<int64_t>(lanes, int64_t(llvm::bit_floor(uint64_t(nest.loops[unsigned(laneLoop)].extent)))));
  lanesReduce = !parallel[unsigned(laneLoop)];
}

void StatementWriter::plan() {
  values.assign(nest.loops.size(), "0");
  SelfRead reads = selfRead(statement);
  if (reads == SelfRead::Others)
    parallel.assign(nest.loops.size(), false);
  bool reachesOnce = true; // holds of a group that ends in a final
  for (unsigned loop : statement.loops)
    if (nest.loops[loop].extent > 1 && !parallel[loop] && statement.destination.indices.isFunctionOfDim(loop))
      reachesOnce = false;
  inRegisters = (final || reachesOnce) && reads == SelfRead::None && statement.update != Update::Assign;
  chooseLaneLoop();
  if (laneLoop < 0)
    lanes = 1;
  bool isParallel = isParallelMachine(description);
  int64_t points = 1, items = 1;
  for (unsigned loop : statement.loops)
    points *= nest.loops[loop].extent;
  for (unsigned loop : statement.loops) {
    int64_t extent = nest.loops[loop].extent;
    if (extent == 1 || int(loop) == laneLoop)
      continue;
    if (!parallel[loop]) {
      rest.push_back(loop);
    } else if (isParallel || (items < enoughItems && points / items >= pointsOfItem && inner.empty())) {
      outer.push_back(loop);
      items *= extent;
    } else {
      inner.push_back(loop);
    }
  }
  if (laneLoop < 0 || lanesReduce || items * 4 > enoughItems)
    return;
  // Too few items: the lane loop is shared out as well, in blocks.
  int64_t extent = nest.loops[unsigned(laneLoop)].extent, perPoint = points / items / extent;
  int64_t pieces = std::min<int64_t>(enoughItems / items, points / items / pointsOfItem);
  if (pieces < 2 || perPoint < 1 || !inner.empty())
    return;
  blockLength = int64_t(llvm::alignTo(uint64_t((extent + pieces - 1) / pieces), lanes));
  if (blockLength >= extent)
    blockLength = 0;
}

std::string StatementWriter::startValue(unsigned count) {
  if (init)
    return emitBody(f, nest, *init, loopValues(count), names.pointers, nullptr, "", facts);
  if (statement.start)
    return constantText(type(), *statement.start, count);
  return emitLoadDestination(f, nest, statement, loopValues(count), names.pointers, "", facts);
}

std::string StatementWriter::valueOf(unsigned count) {
  return emitBody(f, nest, statement, loopValues(count), names.pointers, nullptr, "", facts);
}

/// The lane loop as the innermost sum: vectors, their sum, and one by one what is left.
std::string StatementWriter::accumulateAlongLanes(const std::string &accumulator) {
  unsigned loop = unsigned(laneLoop);
  int64_t extent = nest.loops[loop].extent, whole = extent / lanes * lanes;
  std::string own = typeText(type(), lanes), scalar = typeText(type());
  bool isAdd = statement.update == Update::Add, isMax = statement.update == Update::Max;
  std::string neutral = isAdd ? constantText(type(), {}, lanes) : emitSplat(f, scalar, accumulator, lanes);
  IrLoop open = f.openLoop("0", std::to_string(whole), std::to_string(lanes), {{own, neutral}});
  values[loop] = open.variable;
  laneMultiple = lanes;
  std::string next = emitUpdate(f, statement.update, type(), open.carried[0], valueOf(lanes), lanes);
  std::string vector = f.closeLoop(open, {next})[0];
  std::string name = std::string("llvm.vector.reduce.") +
                     (isAdd   ? "add."
                      : isMax ? "smax."
                              : "smin.") +
                     VectorText::suffix(scalar, lanes);
  f.declare("declare " + scalar + " @" + name + "(" + own + ")");
  std::string sum = f.value("call " + scalar + " @" + name + "(" + own + " " + vector + ")");
  sum = emitUpdate(f, statement.update, type(), accumulator, sum, 1);
  if (whole == extent)
    return sum;
  IrLoop tail = f.openLoop(std::to_string(whole), std::to_string(extent), "1", {{scalar, sum}});
  values[loop] = tail.variable;
  return f.closeLoop(tail, {emitUpdate(f, statement.update, type(), tail.carried[0], valueOf(1), 1)})[0];
}

/// The loops of the rest from `position` on, the accumulator going around.
llvm::SmallVector<std::string> StatementWriter::accumulate(size_t position, unsigned count,
                                                           const std::string &accumulator) {
  if (position == rest.size()) {
    if (lanesReduce && lanes > 1)
      return {accumulateAlongLanes(accumulator)};
    return {emitUpdate(f, statement.update, type(), accumulator, valueOf(count), count)};
  }
  unsigned loop = rest[position];
  IrLoop open =
      f.openLoop("0", std::to_string(nest.loops[loop].extent), "1", {{typeText(type(), count), accumulator}});
  values[loop] = open.variable;
  return f.closeLoop(open, accumulate(position + 1, count, open.carried[0]));
}

void StatementWriter::writeInMemory(size_t position, unsigned count) {
  if (position < rest.size()) {
    unsigned loop = rest[position];
    IrLoop open = f.openLoop("0", std::to_string(nest.loops[loop].extent), "1");
    values[loop] = open.variable;
    writeInMemory(position + 1, count);
    f.closeLoop(open);
    return;
  }
  std::string value = valueOf(count);
  LoopValues at = loopValues(count);
  if (statement.update != Update::Assign) {
    std::string old = emitLoadDestination(f, nest, statement, at, names.pointers, "", facts);
    value = emitUpdate(f, statement.update, type(), old, value, count);
  }
  emitStore(f, nest, statement, at, names.pointers, value, "", facts);
}

void StatementWriter::writePoint(unsigned count) {
  if (!inRegisters)
    return writeInMemory(0, count);
  std::string sum = accumulate(0, count, startValue(count))[0];
  if (final) {
    auto fromSum = [&](unsigned node) {
      const Node &read = final->body[node];
      return read.access.operand == statement.destination.operand ? sum : std::string();
    };
    sum = emitBody(f, nest, *final, loopValues(count), names.pointers, fromSum, "", facts);
  }
  emitStore(f, nest, stored(), loopValues(count), names.pointers, sum, "", facts);
}

/// What is left of the lane loop from `begin` on, in vectors of ever fewer lanes.
void StatementWriter::writeRest(int64_t begin, int64_t left) {
  unsigned loop = unsigned(laneLoop);
  for (unsigned count = lanes / 2; count >= 1; count /= 2)
    if (left & count) {
      values[loop] = std::to_string(begin);
      laneMultiple = begin;
      writePoint(count);
      begin += count;
    }
}

void StatementWriter::writeLanes() {
  if (laneLoop < 0 || lanesReduce)
    return writePoint(1);
  unsigned loop = unsigned(laneLoop);
  int64_t extent = nest.loops[loop].extent, whole = extent / lanes * lanes;
  bool isShared = blockLength > 0;
  std::string begin = isShared ? blockBegin : "0", end = isShared ? blockEnd : std::to_string(whole);
  IrLoop open = f.openLoop(begin, end, std::to_string(lanes), {}, /*mayBeEmpty=*/isShared);
  values[loop] = open.variable;
  laneMultiple = lanes;
  writePoint(lanes);
  f.closeLoop(open);
  if (whole == extent)
    return;
  std::string after;
  if (isShared) {
    std::string isLast = f.value("icmp eq i64 " + blockEnd + ", " + llvm::Twine(whole));
    std::string yes = f.label("rest");
    after = f.label("complete");
    f.branch(isLast, yes, after);
    f.startBlock(yes);
  }
  writeRest(whole, extent - whole);
  if (isShared) {
    f.branch(after);
    f.startBlock(after);
  }
}

void StatementWriter::writeInnerParallel(size_t position) {
  if (position == inner.size())
    return writeLanes();
  unsigned loop = inner[position];
  IrLoop open = f.openLoop("0", std::to_string(nest.loops[loop].extent), "1");
  values[loop] = open.variable;
  writeInnerParallel(position + 1);
  f.closeLoop(open);
}

void StatementWriter::writeItems(Kernel &kernel) {
  llvm::SmallVector<int64_t> extents;
  for (unsigned loop : outer)
    extents.push_back(nest.loops[loop].extent);
  if (blockLength > 0)
    extents.push_back(
        int64_t(llvm::divideCeil(uint64_t(nest.loops[unsigned(laneLoop)].extent), uint64_t(blockLength))));
  kernel.items = 1;
  for (int64_t extent : extents)
    kernel.items *= extent;
  IrLoop items = f.openLoop("%begin", "%end", "1", {}, /*mayBeEmpty=*/true);
  llvm::SmallVector<std::string> places = delinearise(f, items.variable, extents);
  for (auto [i, loop] : llvm::enumerate(outer))
    values[loop] = places[i];
  if (blockLength > 0) {
    int64_t whole = nest.loops[unsigned(laneLoop)].extent / lanes * lanes;
    blockBegin = f.value("mul nsw i64 " + places.back() + ", " + llvm::Twine(blockLength));
    std::string end = f.value("add nsw i64 " + blockBegin + ", " + llvm::Twine(blockLength));
    f.declare("declare i64 @llvm.smin.i64(i64, i64)");
    blockEnd = f.value("call i64 @llvm.smin.i64(i64 " + end + ", i64 " + llvm::Twine(whole) + ")");
  }
  writeInnerParallel(0);
  f.closeLoop(items);
}

void StatementWriter::writeThreads(Kernel &kernel) {
  kernel.threadsPerBlock = threadsOfBlock(description);
  // Threads side by side should touch elements side by side.
  auto step = [&](unsigned loop) { return std::abs(stride(nest, stored().destination, loop).value_or(1)); };
  llvm::sort(outer, [&](unsigned a, unsigned b) { return step(a) != step(b) ? step(a) > step(b) : a < b; });
  llvm::SmallVector<int64_t> extents;
  int64_t points = 1;
  for (unsigned loop : outer) {
    extents.push_back(nest.loops[loop].extent);
    points *= extents.back();
  }
  kernel.items = (points + kernel.threadsPerBlock - 1) / kernel.threadsPerBlock;
  std::string thread = emitThreadNumber(f, description, kernel.threadsPerBlock);
  std::string isThere = f.value("icmp slt i64 " + thread + ", " + llvm::Twine(points));
  std::string yes = f.label("point"), after = f.label("return");
  f.branch(isThere, yes, after);
  f.startBlock(yes);
  llvm::SmallVector<std::string> places = delinearise(f, thread, extents);
  for (auto [i, loop] : llvm::enumerate(outer))
    values[loop] = places[i];
  writeInnerParallel(0);
  f.branch(after);
  f.startBlock(after);
}

std::string StatementWriter::describe() const {
  std::string text = "loops over ";
  bool any = false;
  for (unsigned loop : statement.loops)
    if (nest.loops[loop].extent > 1) {
      text += (any ? " x " : "") + std::to_string(nest.loops[loop].extent);
      any = true;
    }
  if (!any)
    text += "1 point";
  if (lanes > 1)
    text += ", " + std::to_string(lanes) + " lanes along " + nest.loops[unsigned(laneLoop)].name;
  return text;
}

Kernel StatementWriter::write(const std::string &name) {
  plan();
  f.status = statusPointer(description);
  Kernel kernel;
  kernel.name = name;
  if (isParallelMachine(description))
    writeThreads(kernel);
  else
    writeItems(kernel);
  kernel.arguments = names.arguments;
  kernel.text =
      defineKernel(description, name, pointerArguments(description, kernel.arguments, names.aligns), f);
  kernel.declarations = f.declarations();
  kernel.what = describe();
  return kernel;
}

} // namespace

KernelPointers kernelPointers(const Description &description, const Nest &nest,
                              llvm::ArrayRef<unsigned> statements, const OperandArguments &arguments,
                              const OperandFacts &facts, int without) {
  KernelPointers result;
  result.pointers.resize(nest.operands.size());
  auto use = [&](unsigned operand, bool writes) {
    if (int(operand) == without)
      return;
    auto same = [&](const KernelArgument &known) {
      const KernelArgument &own = arguments[operand];
      return known.kind == own.kind && known.value == own.value && known.scratch == own.scratch &&
             known.constant == own.constant;
    };
    size_t number = size_t(llvm::find_if(result.arguments, same) - result.arguments.begin());
    if (number == result.arguments.size()) {
      result.arguments.push_back(arguments[operand]);
      result.arguments.back().writes = false;
      uint64_t known = operand < facts.facts.size() ? facts.facts[operand].align : 1;
      result.aligns.push_back(std::max<uint64_t>(known, nest.operands[operand].type.storageBytes()));
    }
    result.arguments[number].writes |= writes;
    result.pointers[operand] = argumentPointer(description, unsigned(number));
  };
  for (unsigned number : statements) {
    const Statement &statement = nest.statements[number];
    use(statement.destination.operand, true);
    for (const Node &node : statement.body) {
      if (node.op == Opcode::Read)
        use(node.access.operand, false);
      if (node.op == Opcode::TableRead)
        use(node.table, false);
    }
  }
  return result;
}

bool startsInRegisters(const Nest &nest, const Statement &statement) {
  if (selfRead(statement) != SelfRead::None)
    return false;
  std::vector<bool> parallel = parallelLoops(nest, statement);
  return llvm::all_of(statement.loops, [&](unsigned loop) {
    return nest.loops[loop].extent == 1 || parallel[loop] ||
           !statement.destination.indices.isFunctionOfDim(loop);
  });
}

static const Level *levelOf(const Description &description, Level::Kind kind) {
  for (const Level &level : description.levels)
    if (level.kind == kind)
      return &level;
  return nullptr;
}

int64_t threadsOfBlock(const Description &description) {
  constexpr int64_t mostThreads = 256;
  const Level *group = levelOf(description, Level::Kind::Group);
  const Level *lane = levelOf(description, Level::Kind::Lanes);
  int64_t lanes = lane ? lane->most : 1, groups = group ? group->most : 1;
  return lanes * std::clamp<int64_t>(mostThreads / lanes, 1, groups);
}

std::string emitThreadNumber(IrFunction &function, const Description &description, int64_t threadsPerBlock) {
  auto number = [&](Level::Kind kind) -> std::string {
    const Level *level = levelOf(description, kind);
    if (!level || level->index.empty())
      return "0";
    return function.value("zext i32 " + emitIndex(function, level->index) + " to i64");
  };
  const Level *lane = levelOf(description, Level::Kind::Lanes);
  std::string block = number(Level::Kind::Grid), group = number(Level::Kind::Group);
  std::string inGroup = number(Level::Kind::Lanes);
  std::string first = function.value("mul nuw nsw i64 " + block + ", " + llvm::Twine(threadsPerBlock));
  std::string within =
      function.value("mul nuw nsw i64 " + group + ", " + llvm::Twine(lane ? lane->most : int64_t(1)));
  std::string sum = function.value("add nuw nsw i64 " + first + ", " + within);
  return function.value("add nuw nsw i64 " + sum + ", " + inGroup);
}

Kernel statementKernel(const Description &description, const Nest &nest, const StatementGroup &group,
                       const OperandArguments &arguments, const OperandFacts &facts,
                       const std::string &name) {
  return StatementWriter(description, nest, group, arguments, facts).write(name);
}

} // namespace tenon::native
