// The order of things in a kernel: where it stands, starts of sums, pieces of the reduction, what follows.
#include "core/native/ParallelKernel.h"

#include "core/native/Cover.h"
#include "core/native/GatherKernels.h"
#include "core/native/ParallelText.h"
#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

namespace tenon::native {

namespace {

using Position = std::array<int64_t, classCount>;

class KernelWriter {
public:
  KernelWriter(const isa::Description &ofMachine, const match::Computation &layer,
               const ParallelPlan &decided, std::string withName)
      : description(ofMachine), computation(layer), plan(decided), name(std::move(withName)) {}

  /// `arguments` by operand of the nest; nothing for the sum.
  llvm::Expected<Kernel> run(llvm::ArrayRef<std::optional<KernelArgument>> arguments);

private:
  /// Every position of the group's uses along the classes that `depends` names.
  std::vector<Position> positions(llvm::ArrayRef<bool> depends) const;
  llvm::Expected<llvm::SmallVector<std::string>> walk(ParallelText &text, llvm::ArrayRef<std::string> starts);
  llvm::Error use(ParallelText &text, int64_t step, const std::string &depth,
                  llvm::SmallVector<std::string> &sums);
  /// The registers of a factor at every position, position after position.
  using Loaded = std::vector<std::pair<Position, llvm::SmallVector<std::string>>>;
  Loaded loadAll(ParallelText &text, const ParallelFactor &factor, int64_t step, const std::string &depth);
  const llvm::SmallVector<std::string> &find(const Loaded &loaded, const ParallelFactor &factor,
                                             const Position &position) const;
  std::string what() const;

  const isa::Description &description;
  const match::Computation &computation;
  const ParallelPlan &plan;
  std::string name;
  IrFunction function;
};

std::vector<Position> KernelWriter::positions(llvm::ArrayRef<bool> depends) const {
  std::vector<Position> all{Position{}};
  for (unsigned which = 0; which < classCount; ++which) {
    if (!depends[which] || which == unsigned(LoopClass::Depth))
      continue;
    std::vector<Position> wider;
    for (const Position &one : all)
      for (int64_t number = 0; number < plan.choice.uses[which]; ++number) {
        wider.push_back(one);
        wider.back()[which] = number;
      }
    all = std::move(wider);
  }
  return all;
}

KernelWriter::Loaded KernelWriter::loadAll(ParallelText &text, const ParallelFactor &factor, int64_t step,
                                           const std::string &depth) {
  Loaded loaded;
  for (Position position : positions(factor.operand->dependsOn)) {
    loaded.push_back({position, {}});
    position[unsigned(LoopClass::Depth)] = step;
    for (size_t number = 0; number < factor.words.registers.size(); ++number)
      loaded.back().second.push_back(text.load(factor, position, number, depth));
  }
  return loaded;
}

const llvm::SmallVector<std::string> &KernelWriter::find(const Loaded &loaded, const ParallelFactor &factor,
                                                         const Position &position) const {
  return llvm::find_if(loaded,
                       [&](const auto &one) {
                         for (unsigned which = 0; which < classCount; ++which)
                           if (factor.operand->dependsOn[which] && which != unsigned(LoopClass::Depth) &&
                               one.first[which] != position[which])
                             return false;
                         return true;
                       })
      ->second;
}

/// The row, once for each of the group's sums.
llvm::Error KernelWriter::use(ParallelText &text, int64_t step, const std::string &depth,
                              llvm::SmallVector<std::string> &sums) {
  Loaded left = loadAll(text, plan.left, step, depth), right = loadAll(text, plan.right, step, depth);
  std::map<std::string, int64_t> names;
  for (auto [size, value] : llvm::zip_equal(plan.use.intrinsic->sizes, plan.use.sizes))
    names[size.name] = value;
  size_t registers = plan.sums.registers.size(), at = 0;
  for (const Position &position : positions(plan.use.sum.dependsOn)) {
    std::vector<RowOperand> operands(plan.use.intrinsic->operands.size());
    operands[plan.use.left.operand].values = find(left, plan.left, position);
    operands[plan.use.right.operand].values = find(right, plan.right, position);
    operands[plan.use.sum.operand].values.assign(sums.begin() + long(at),
                                                 sums.begin() + long(at + registers));
    auto written = emitRow(function, description, *plan.use.intrinsic, operands, names);
    if (!written)
      return written.takeError();
    llvm::copy((*written)[plan.use.sum.operand], sums.begin() + long(at));
    at += registers;
  }
  return llvm::Error::success();
}

/// The reduction, piece by piece. Gives the sums.
llvm::Expected<llvm::SmallVector<std::string>> KernelWriter::walk(ParallelText &text,
                                                                  llvm::ArrayRef<std::string> starts) {
  auto which = unsigned(LoopClass::Depth);
  std::string type = registerType(description, *plan.use.intrinsic, plan.use.sum.operand);
  llvm::SmallVector<Carried> carried;
  for (const std::string &start : starts)
    carried.push_back({type, start});
  IrLoop loop = function.openLoop("0", std::to_string(plan.use.classes[which].extent),
                                  std::to_string(plan.tile(which)), carried);
  std::string depth = function.value("trunc i64 " + loop.variable + " to i32");
  bool isStaged = plan.left.isStaged || plan.right.isStaged;
  for (const ParallelFactor *factor : {&plan.left, &plan.right})
    if (factor->isStaged)
      text.stage(*factor, depth);
  if (isStaged)
    text.barrier(); // the tiles are there
  llvm::SmallVector<std::string> sums(loop.carried.begin(), loop.carried.end());
  for (int64_t step = 0; step < plan.choice.uses[which]; ++step)
    if (llvm::Error error = use(text, step, depth, sums))
      return std::move(error);
  if (isStaged)
    text.barrier(); // nobody reads them any more
  return function.closeLoop(loop, sums);
}

std::string KernelWriter::what() const {
  const TileChoice &choice = plan.choice;
  auto row = unsigned(LoopClass::Row), column = unsigned(LoopClass::Column),
       depth = unsigned(LoopClass::Depth);
  return fmt::format("{} x {} uses of {} a group, {} groups a block, {} steps at once, {} bytes shared",
                     choice.uses[row], choice.uses[column], plan.use.intrinsic->name, choice.groupsOfBlock(),
                     choice.uses[depth], plan.sharedBytes);
}

llvm::Expected<Kernel> KernelWriter::run(llvm::ArrayRef<std::optional<KernelArgument>> arguments) {
  Kernel kernel;
  kernel.name = name;
  std::vector<std::string> pointers(arguments.size());
  for (auto [operand, argument] : llvm::enumerate(arguments))
    if (argument) {
      pointers[operand] = argumentPointer(description, unsigned(kernel.arguments.size()));
      kernel.arguments.push_back(*argument);
    }
  function.status = statusPointer(description);
  std::string shared = name + ".shared";
  ParallelText text(function, description, computation, plan, pointers, shared);
  text.begin();
  llvm::SmallVector<std::string> sums;
  std::vector<Position> all = positions(plan.use.sum.dependsOn);
  for (const Position &position : all)
    for (size_t number = 0; number < plan.sums.registers.size(); ++number)
      sums.push_back(text.start(position, number));
  auto walked = walk(text, sums);
  if (!walked)
    return walked.takeError();
  size_t at = 0;
  for (const Position &position : all)
    for (size_t number = 0; number < plan.sums.registers.size(); ++number)
      text.finish(position, number, (*walked)[at++]);
  if (plan.sharedBytes > 0)
    kernel.text = fmt::format("@{} = internal addrspace({}) global [{} x i8] undef, align {}\n\n", shared,
                              plan.machine.sharedSpace(), plan.sharedBytes, plan.machine.period);
  llvm::SmallVector<uint64_t> aligns(kernel.arguments.size(), 64); // as the arena and the weights have it
  kernel.text +=
      defineKernel(description, name, pointerArguments(description, kernel.arguments, aligns), function);
  kernel.declarations = function.declarations();
  kernel.items = blocksOf(plan.problem, plan.choice);
  kernel.threadsPerBlock = plan.threads();
  kernel.sharedBytes = uint64_t(plan.sharedBytes);
  kernel.what = what();
  return kernel;
}

/// The source whose bytes the kernel reads for an operand: for a factor that is a part of a tensor, that
/// tensor.
const match::TensorSource &readInPlace(const ParallelPlan &plan, const match::Computation &computation,
                                       size_t operand) {
  const match::TensorSource &source = computation.sources[operand];
  for (const ParallelFactor *factor : {&plan.left, &plan.right})
    if (factor->operand->tensor == operand && factor->direct)
      return source.gather->sources[factor->direct->source];
  return source;
}

} // namespace

llvm::Expected<LayerCode> parallelKernels(const isa::Description &description,
                                          const match::Computation &computation, const match::Match &match,
                                          const std::string &name) {
  auto plan = parallelPlan(description, computation, match, name);
  if (!plan)
    return plan.takeError();
  LayerCode code;
  GatherKernels gathers(description, code, name);
  std::vector<std::optional<KernelArgument>> arguments;
  for (auto [number, source] : llvm::enumerate(computation.sources)) {
    arguments.emplace_back();
    if (source.kind == match::TensorSource::Kind::Local)
      continue;
    const match::TensorSource &read = readInPlace(**plan, computation, number);
    auto argument = gathers.argument(read, computation.nest.operands[number]);
    if (!argument)
      return argument.takeError();
    arguments.back() = *argument;
    arguments.back()->writes = number == computation.result;
  }
  auto kernel = KernelWriter(description, computation, **plan, name).run(arguments);
  if (!kernel)
    return kernel.takeError();
  code.kernels.push_back(std::move(*kernel));
  code.intrinsics.push_back((*plan)->use.intrinsic->name);
  return code;
}

llvm::Expected<LayerCode> parallelKernels(const isa::Description &description, const NativeLayer &layer,
                                          const std::string &name) {
  if (!layer.match || !layer.matches)
    return failure(ExitCode::OwnFault, "layer " + layer.name + " has no intrinsic that a kernel could use");
  return parallelKernels(description, layer.matches->computation, *layer.match, name);
}

} // namespace tenon::native
