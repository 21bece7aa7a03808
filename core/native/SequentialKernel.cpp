// The sequential loops are opened from outside in; a statement's own loops follow inside.
#include "core/native/SequentialKernel.h"

#include "core/isa/Description.h"
#include "core/native/ir/AccessText.h"
#include "core/native/ir/IrModule.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

using nest::Nest;
using nest::Statement;
using nest::Update;

namespace {

class SequentialWriter {
public:
  SequentialWriter(const isa::Description &description, const Nest &nest, llvm::ArrayRef<int> startMaps,
                   const OperandFacts &facts, KernelPointers names)
      : description(description), nest(nest), startMaps(startMaps), facts(facts), names(std::move(names)),
        values(nest.loops.size(), "0") {}

  Kernel write(unsigned first, unsigned end, const std::string &name);

private:
  void writeBlock(unsigned first, unsigned end, unsigned depth);
  void writeStatement(unsigned number, unsigned depth);
  void writeStart(const Statement &statement, unsigned map);
  void writePoint(const Statement &statement);
  /// Runs `body` inside the loops.
  template <class Body> void inLoops(llvm::ArrayRef<unsigned> loops, Body body);

  const isa::Description &description;
  const Nest &nest;
  llvm::ArrayRef<int> startMaps;
  const OperandFacts &facts;
  KernelPointers names;
  std::vector<std::string> values;
  IrFunction f;
};

template <class Body> void SequentialWriter::inLoops(llvm::ArrayRef<unsigned> loops, Body body) {
  while (!loops.empty() && nest.loops[loops.front()].extent == 1)
    loops = loops.drop_front();
  if (loops.empty())
    return body();
  unsigned loop = loops.front();
  IrLoop open = f.openLoop("0", std::to_string(nest.loops[loop].extent), "1");
  values[loop] = open.variable;
  inLoops(loops.drop_front(), body);
  f.closeLoop(open);
}

void SequentialWriter::writePoint(const Statement &statement) {
  LoopValues at{values, -1, 1};
  std::string value = emitBody(f, nest, statement, at, names.pointers, nullptr, "", facts);
  if (statement.update != Update::Assign) {
    std::string old = emitLoadDestination(f, nest, statement, at, names.pointers, "", facts);
    value = emitUpdate(f, statement.update, nest.operands[statement.destination.operand].type, old, value, 1);
  }
  emitStore(f, nest, statement, at, names.pointers, value, "", facts);
}

/// The start value, where no earlier iteration has reached the element.
void SequentialWriter::writeStart(const Statement &statement, unsigned map) {
  LoopValues at{values, -1, 1};
  // The map has the destination's shape, so the destination's access finds the flag.
  Statement flag = statement;
  flag.destination.operand = map;
  std::string started = emitLoadDestination(f, nest, flag, at, names.pointers, "", facts);
  std::string isNew = f.value("icmp eq i8 " + started + ", 0");
  std::string yes = f.label("start"), after = f.label("started");
  f.branch(isNew, yes, after);
  f.startBlock(yes);
  emitStore(f, nest, flag, at, names.pointers, "1", "", facts);
  const nest::ScalarType &type = nest.operands[statement.destination.operand].type;
  emitStore(f, nest, statement, at, names.pointers, constantText(type, *statement.start), "", facts);
  f.branch(after);
  f.startBlock(after);
}

void SequentialWriter::writeStatement(unsigned number, unsigned depth) {
  const Statement &statement = nest.statements[number];
  llvm::ArrayRef<unsigned> own = llvm::ArrayRef(statement.loops).drop_front(depth);
  if (statement.start && statement.update != Update::Assign) {
    llvm::SmallVector<unsigned> used;
    for (unsigned loop : own)
      if (statement.destination.indices.isFunctionOfDim(loop))
        used.push_back(loop);
    inLoops(used, [&] { writeStart(statement, unsigned(startMaps[number])); });
  }
  inLoops(own, [&] { writePoint(statement); });
}

void SequentialWriter::writeBlock(unsigned first, unsigned end, unsigned depth) {
  bool isSequential = depth < nest.loops.size() && nest.loops[depth].sequential;
  auto isInside = [&](unsigned i) {
    return isSequential && llvm::is_contained(nest.statements[i].loops, depth);
  };
  for (unsigned i = first; i < end;) {
    if (!isInside(i)) {
      writeStatement(i++, depth);
      continue;
    }
    unsigned blockEnd = i + 1;
    while (blockEnd < end && isInside(blockEnd))
      ++blockEnd;
    inLoops({depth}, [&, i] { writeBlock(i, blockEnd, depth + 1); });
    i = blockEnd;
  }
}

Kernel SequentialWriter::write(unsigned first, unsigned end, const std::string &name) {
  f.status = statusPointer(description);
  Kernel kernel;
  kernel.name = name;
  std::string isMine, yes = f.label("item"), after = f.label("return");
  if (isParallelMachine(description)) {
    kernel.threadsPerBlock = threadsOfBlock(description);
    std::string thread = emitThreadNumber(f, description, kernel.threadsPerBlock);
    isMine = f.value("icmp eq i64 " + thread + ", 0");
  } else {
    isMine = f.value("icmp slt i64 %begin, %end");
  }
  f.branch(isMine, yes, after);
  f.startBlock(yes);
  writeBlock(first, end, 0);
  f.branch(after);
  f.startBlock(after);
  kernel.arguments = names.arguments;
  kernel.text =
      defineKernel(description, name, pointerArguments(description, kernel.arguments, names.aligns), f);
  kernel.declarations = f.declarations();
  kernel.what = "sequential loops, " + std::to_string(end - first) + " statements";
  return kernel;
}

} // namespace

Kernel sequentialKernel(const isa::Description &description, const Nest &nest, unsigned first, unsigned end,
                        llvm::ArrayRef<int> startMaps, const OperandArguments &arguments,
                        const OperandFacts &facts, const std::string &name) {
  llvm::SmallVector<unsigned> statements;
  for (unsigned i = first; i < end; ++i)
    statements.push_back(i);
  // The maps are operands that only this kernel uses.
  KernelPointers names = kernelPointers(description, nest, statements, arguments, facts);
  for (unsigned i = first; i < end; ++i)
    if (startMaps[i] >= 0) {
      names.arguments.push_back(arguments[unsigned(startMaps[i])]);
      names.arguments.back().writes = true;
      names.aligns.push_back(1);
      names.pointers[unsigned(startMaps[i])] =
          argumentPointer(description, unsigned(names.arguments.size() - 1));
    }
  return SequentialWriter(description, nest, startMaps, facts, std::move(names)).write(first, end, name);
}

} // namespace tenon::native
