// A nest's statements in order: each a kernel of its own, those in sequential loops together; before them
// what their meaning needs in memory: zeros of locals, start values, maps of what has started.
#include "core/native/Portable.h"

#include "core/native/SequentialKernel.h"
#include "core/native/StatementKernel.h"
#include "core/native/StatementLoops.h"
#include "core/native/ir/IrModule.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::native {

using isa::Description;
using nest::Nest;
using nest::Operand;
using nest::ScalarType;
using nest::Statement;
using nest::Update;

namespace {

int64_t elementCount(const Operand &operand) {
  int64_t count = 1;
  for (int64_t extent : operand.shape)
    count *= extent;
  return count;
}

class PortableWriter {
public:
  PortableWriter(const Description &description, const Nest &nest, const std::string &name,
                 const OperandFacts &facts)
      : description(description), nest(nest), name(name), facts(facts),
        startMaps(nest.statements.size(), -1) {
    for (auto [i, operand] : llvm::enumerate(nest.operands))
      arguments.push_back(operand.local
                              ? newScratch(operand)
                              : KernelArgument{KernelArgument::Kind::Value, unsigned(i), nullptr, 0, false});
  }

  PortableCode write();

private:
  bool isSequential(const Statement &statement) const {
    return !statement.loops.empty() && nest.loops[statement.loops.front()].sequential;
  }
  KernelArgument newScratch(const Operand &operand);
  std::string nextName() const {
    return name + (result.kernels.empty() ? "" : "_" + std::to_string(result.kernels.size()));
  }
  void writeZeros(unsigned operand);
  void writeStart(const Statement &statement);
  void prepareLocal(unsigned operand, bool isFilled);
  void dropUnusedScratch();
  bool fillsDestination(const Statement &statement) const;
  void writeSequential(unsigned first, unsigned end);
  void writeGroup(StatementGroup group);

  const Description &description;
  Nest nest;
  const std::string &name;
  const OperandFacts &facts;
  OperandArguments arguments;
  std::vector<int> startMaps;
  std::vector<bool> prepared; ///< locals that are written or zero, by operand
  PortableCode result;
};

KernelArgument PortableWriter::newScratch(const Operand &operand) {
  KernelArgument argument;
  argument.kind = KernelArgument::Kind::Scratch;
  argument.scratch = unsigned(result.scratchBytes.size());
  result.scratchBytes.push_back(uint64_t(elementCount(operand)) * operand.type.storageBytes());
  return argument;
}

void PortableWriter::writeZeros(unsigned operand) {
  Nest zeros;
  MLIRContext *context = nest.statements[0].destination.indices.getContext();
  Operand flat = nest.operands[operand];
  flat.shape = {elementCount(flat)};
  zeros.operands.push_back(flat);
  zeros.loops.push_back({"i", flat.shape[0], false});
  Statement statement;
  statement.loops = {0};
  statement.destination.indices = AffineMap::getMultiDimIdentityMap(1, context);
  nest::Node zero;
  zero.type = flat.type;
  statement.body.push_back(zero);
  zeros.statements.push_back(statement);
  OperandFacts plain;
  plain.hasLibrary = facts.hasLibrary;
  plain.vectorBytes = facts.vectorBytes;
  result.kernels.push_back(statementKernel(description, zeros, {}, {arguments[operand]}, plain, nextName()));
  result.kernels.back().what = "zeros of " + flat.name;
}

/// The start value for every element that the statement reaches.
void PortableWriter::writeStart(const Statement &statement) {
  Nest start;
  start.loops = nest.loops;
  start.operands = nest.operands;
  Statement own;
  for (unsigned loop : statement.loops)
    if (statement.destination.indices.isFunctionOfDim(loop))
      own.loops.push_back(loop);
  own.destination = statement.destination;
  nest::Node value;
  value.type = nest.operands[statement.destination.operand].type;
  value.constant = *statement.start;
  own.body.push_back(value);
  start.statements.push_back(own);
  result.kernels.push_back(statementKernel(description, start, {}, arguments, facts, nextName()));
  result.kernels.back().what = "start of " + nest.operands[statement.destination.operand].name;
}

/// Whether every element of the destination gets a value that does not depend on what was there.
bool PortableWriter::fillsDestination(const Statement &statement) const {
  if (selfRead(statement) != SelfRead::None || (statement.update != Update::Assign && !statement.start))
    return false;
  std::vector<bool> parallel = parallelLoops(nest, statement);
  int64_t points = 1;
  for (unsigned loop : statement.loops)
    if (parallel[loop])
      points *= nest.loops[loop].extent;
  return points == elementCount(nest.operands[statement.destination.operand]);
}

/// Locals are zero where nothing has written them.
void PortableWriter::prepareLocal(unsigned operand, bool isFilled) {
  if (!nest.operands[operand].local || prepared[operand])
    return;
  prepared[operand] = true;
  if (!isFilled)
    writeZeros(operand);
}

/// Only scratch that kernels have as arguments is needed: a sum may be nowhere in memory.
void PortableWriter::dropUnusedScratch() {
  std::vector<int> number(result.scratchBytes.size(), -1);
  std::vector<uint64_t> bytes;
  for (Kernel &kernel : result.kernels)
    for (KernelArgument &argument : kernel.arguments) {
      if (argument.kind != KernelArgument::Kind::Scratch)
        continue;
      int &own = number[argument.scratch];
      if (own < 0) {
        own = int(bytes.size());
        bytes.push_back(result.scratchBytes[argument.scratch]);
      }
      argument.scratch = unsigned(own);
    }
  result.scratchBytes = std::move(bytes);
}

void PortableWriter::writeSequential(unsigned first, unsigned end) {
  for (unsigned i = first; i < end; ++i) {
    const Statement &statement = nest.statements[i];
    if (!statement.start || statement.update == Update::Assign)
      continue;
    Operand map = nest.operands[statement.destination.operand];
    map.name += " started";
    map.type = ScalarType::integer(8);
    startMaps[i] = int(nest.operands.size());
    nest.operands.push_back(map);
    arguments.push_back(newScratch(map));
    writeZeros(unsigned(startMaps[i]));
  }
  result.kernels.push_back(
      sequentialKernel(description, nest, first, end, startMaps, arguments, facts, nextName()));
}

void PortableWriter::writeGroup(StatementGroup group) {
  Statement &statement = nest.statements[group.core];
  const Statement &first = group.init >= 0 ? nest.statements[unsigned(group.init)] : statement;
  const Statement &filling = group.final >= 0 ? nest.statements[unsigned(group.final)] : first;
  prepareLocal(filling.destination.operand, fillsDestination(filling));
  if (statement.start && statement.update != Update::Assign && !startsInRegisters(nest, statement)) {
    writeStart(statement);
    statement.start = std::nullopt;
  }
  result.kernels.push_back(statementKernel(description, nest, group, arguments, facts, nextName()));
}

PortableCode PortableWriter::write() {
  prepared.assign(nest.operands.size(), false);
  for (unsigned i = 0; i < nest.statements.size();) {
    unsigned end = i + 1;
    if (isSequential(nest.statements[i])) {
      unsigned outermost = nest.statements[i].loops.front();
      while (end < nest.statements.size() && isSequential(nest.statements[end]) &&
             nest.statements[end].loops.front() == outermost)
        ++end;
      for (unsigned k = i; k < end; ++k)
        prepareLocal(nest.statements[k].destination.operand, false);
      writeSequential(i, end);
    } else {
      StatementGroup group = groupAt(nest, i);
      writeGroup(group);
      end = group.end();
    }
    i = end;
  }
  dropUnusedScratch();
  return std::move(result);
}

} // namespace

llvm::Expected<PortableCode> portableKernels(const Description &description, const Nest &nest,
                                             const std::string &name, const OperandFacts &given) {
  if (llvm::Error error = verify(nest))
    return std::move(error);
  OperandFacts facts = given;
  OperandFacts machine = machineFacts(description);
  facts.hasLibrary = facts.hasLibrary && machine.hasLibrary;
  facts.vectorBytes = machine.vectorBytes;
  if (llvm::Error error = checkBodies(nest, facts))
    return std::move(error);
  return PortableWriter(description, nest, name, facts).write();
}

} // namespace tenon::native
