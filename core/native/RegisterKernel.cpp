// From a match to kernels: the problem from the description, the block from the solver, then feeds and text.
#include "core/native/RegisterKernel.h"

#include "core/native/CallKernel.h"
#include "core/native/Cover.h"
#include "core/native/RegisterEmission.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

/// What a row without declared timing is taken to cost.
constexpr double defaultLatency = 4;

isa::Cost costOf(const isa::Description &description, const GatheredUse &use) {
  isa::Instruction instruction;
  instruction.intrinsic = use.number;
  instruction.sizes = use.sizes;
  instruction.values = use.values;
  llvm::Expected<isa::Cost> cost = isa::cost(description, instruction);
  if (cost)
    return *cost;
  llvm::consumeError(cost.takeError()); // timing that needs addresses: no better number is known here
  return {};
}

RegisterProblem problemOf(const isa::Description &description, const GatheredUse &use, const FillMove &left,
                          const FillMove &right) {
  RegisterProblem problem;
  const isa::Memory &file = description.memories[use.intrinsic->operands[use.sum.operand].memories.front()];
  problem.capacity = int64_t(file.bytes / file.rowBytes);
  problem.groups = use.of(LoopClass::Group).uses();
  problem.rows = use.of(LoopClass::Row).uses();
  problem.columns = use.of(LoopClass::Column).uses();
  problem.depth = use.of(LoopClass::Depth).uses();
  problem.sumRegisters = use.sum.layout.registers;
  auto side = [&](const UseOperand &operand, const FillMove &move) {
    int64_t bytes = operand.elements() * use.intrinsic->operands[operand.operand].type.scalar.storageBytes();
    return OperandCost{operand.layout.registers, move.cycles, bytes};
  };
  problem.left = side(use.left, left);
  problem.right = side(use.right, right);
  isa::Cost cost = costOf(description, use);
  problem.cycles = cost.bound() > 0 ? cost.bound() : 1;
  problem.latency = cost.latency > 0 ? cost.latency : defaultLatency;
  for (const isa::Memory &memory : description.memories)
    if (memory.kind == isa::Memory::Kind::Cache)
      problem.caches.push_back(int64_t(memory.bytes));
  if (const isa::Level *threads = description.level(isa::Level::Kind::Threads))
    problem.threads = threads->most;
  return problem;
}

llvm::Error checkSum(const match::Computation &computation, const match::Match &match,
                     const GatheredUse &use) {
  auto refuse = [&](const std::string &why) {
    return failure(ExitCode::TargetCannot, use.intrinsic->name + ": " + why);
  };
  if (match.part != match::Match::Part::Core || !match.accumulates || computation.core < 0)
    return refuse("computes more than a sum in place, registers take rows with +=");
  const nest::Statement &core = computation.nest.statements[unsigned(computation.core)];
  if (core.update != nest::Update::Add)
    return refuse("the layer's reduction is no sum");
  if (computation.init < 0 && !core.start)
    return refuse("the layer's sum starts from nothing");
  if (computation.final < 0)
    return llvm::Error::success();
  for (const nest::Node &node : computation.nest.statements[unsigned(computation.final)].body)
    if (node.op == nest::Opcode::Read && node.access.operand == use.sum.tensor &&
        node.access.indices != core.destination.indices)
      return refuse("what follows the sum reads it at another place");
  return llvm::Error::success();
}

} // namespace

llvm::Expected<LayerCode> registerKernels(const isa::Description &description, const NativeLayer &layer,
                                          const std::string &name) {
  if (!layer.match || !layer.matches)
    return failure(ExitCode::OwnFault, layer.name + ": a layer without a match has no kernel in registers");
  llvm::Expected<LayerCode> code =
      registerKernels(description, layer.matches->computation, *layer.match, name);
  if (!code)
    return withPlace(code.takeError(), description.path, layer.name);
  return code;
}

llvm::Expected<LayerCode> registerKernels(const isa::Description &description,
                                          const match::Computation &computation, const match::Match &match,
                                          const std::string &name) {
  if (description.intrinsics[match.intrinsic].callText)
    return callKernels(description, computation, match, name);
  llvm::Expected<GatheredUse> use = gatheredUse(description, computation, match);
  if (!use)
    return use.takeError();
  if (llvm::Error error = checkSum(computation, match, *use))
    return std::move(error);
  llvm::Expected<FillMove> left = fillMove(description, *use, use->left);
  if (!left)
    return left.takeError();
  llvm::Expected<FillMove> right = fillMove(description, *use, use->right);
  if (!right)
    return right.takeError();
  RegisterProblem problem = problemOf(description, *use, *left, *right);
  if (llvm::Error error = check(problem))
    return std::move(error);
  RegisterBlock block = blockOf(problem);
  if (llvm::Error error = verify(problem, block))
    return std::move(error);

  LayerCode code;
  int64_t rowBlocks = (problem.rows + block.rows - 1) / block.rows;
  auto leftFeed = feedOf({description, computation, *use, use->left, LoopClass::Row, block.rows,
                          block.panels(problem), name + "_left"},
                         *left, code);
  if (!leftFeed)
    return leftFeed.takeError();
  auto rightFeed = feedOf({description, computation, *use, use->right, LoopClass::Column, block.columns,
                           rowBlocks, name + "_right"},
                          *right, code);
  if (!rightFeed)
    return rightFeed.takeError();
  RegisterPlan plan{description, computation, *use, problem, block, *leftFeed, *rightFeed};
  llvm::Expected<Kernel> kernel = registerKernel(plan, name, code);
  if (!kernel)
    return kernel.takeError();
  code.kernels.push_back(std::move(*kernel));
  for (unsigned row : {use->number, left->intrinsic, right->intrinsic})
    if (!llvm::is_contained(code.intrinsics, description.intrinsics[row].name))
      code.intrinsics.push_back(description.intrinsics[row].name);
  return code;
}

} // namespace tenon::native
