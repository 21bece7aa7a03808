// Decisions for one layer: words, tile sizes by ParallelTiles, layouts in shared memory.
#include "core/native/ParallelPlan.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/isa/Instruction.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

namespace {

/// Places are counted in 32 bits, and a tile may reach beyond the last one.
constexpr int64_t mostPlaces = int64_t(1) << 30;

class Planner {
public:
  Planner(const isa::Description &ofMachine, const match::Computation &layer, std::string withName)
      : description(ofMachine), computation(layer), name(std::move(withName)) {}

  llvm::Expected<std::unique_ptr<ParallelPlan>> run(const match::Match &match);

private:
  llvm::Error refuse(const std::string &why) const {
    return failure(ExitCode::TargetCannot, plan->use.intrinsic->name + ": " + why);
  }
  llvm::Error readFactor(ParallelFactor &factor, const UseOperand &operand);
  /// Of a gathered array's elements in the tensor that it is a part of; then factor.direct is set.
  std::optional<TensorAddress> directAddress(ParallelFactor &factor) const;
  llvm::Error choose();
  TileOperand tileOperand(const UseOperand &operand, const LaneWords &words, bool accumulator) const;
  double rowCycles() const;
  void layOut(ParallelFactor &factor, unsigned number);
  /// The class along which neighbours lie side by side in shared memory.
  unsigned innerClass(const ParallelFactor &factor) const;
  int64_t vectorBytes(const ParallelFactor &factor, unsigned inner) const;

  const isa::Description &description;
  const match::Computation &computation;
  std::string name;
  std::unique_ptr<ParallelPlan> plan = std::make_unique<ParallelPlan>();
};

llvm::Error Planner::readFactor(ParallelFactor &factor, const UseOperand &operand) {
  factor.operand = &operand;
  llvm::Expected<LaneWords> words = laneWords(description, plan->use, operand, plan->machine.lanes);
  if (!words)
    return words.takeError();
  factor.words = std::move(*words);
  const nest::Operand &tensor = computation.nest.operands[operand.tensor];
  std::optional<TensorAddress> address = directAddress(factor);
  if (!address)
    address = addressOf(plan->use, operand.access, tensor.shape);
  if (!address)
    return refuse("the address of " + tensor.name + " is no linear function of the loops");
  if (address->start < 0 || llvm::any_of(address->strides, [](int64_t stride) { return stride < 0; }))
    return refuse("the address of " + tensor.name + " goes down along a loop");
  factor.address = *address;
  if (factor.words.partClass >= int(classCount))
    return refuse("a word of " + tensor.name + " runs along a size that no loop runs along");
  int64_t parts = factor.words.parts;
  if (parts > 1) {
    bool aligned = plan->use.classes[unsigned(factor.words.partClass)].step % parts == 0;
    for (const LaneWord &word : factor.words.registers) {
      const LanePlace &along = word.places[unsigned(factor.words.partClass)];
      aligned &=
          along.start % parts == 0 && llvm::all_of(along.weights, [&](int64_t w) { return w % parts == 0; });
    }
    if (!aligned)
      return refuse("words of " + tensor.name + " do not begin at multiples of their elements");
  }
  // All words whole and aligned in the tensor, or each element by itself.
  factor.readsWords = parts == 1 || address->strides[unsigned(factor.words.partClass)] == 1;
  for (unsigned which = 0; which < classCount; ++which) {
    int64_t along =
        int(which) == factor.words.partClass ? plan->use.classes[which].extent : address->strides[which];
    factor.readsWords &= along % parts == 0;
  }
  factor.readsWords &= address->start % parts == 0;
  return llvm::Error::success();
}

std::optional<TensorAddress> Planner::directAddress(ParallelFactor &factor) const {
  const match::TensorSource &source = computation.sources[factor.operand->tensor];
  if (source.kind != match::TensorSource::Kind::Gathered)
    return std::nullopt;
  std::optional<match::StridedRead> read = match::stridedRead(*source.gather);
  if (!read)
    return std::nullopt;
  // The array's own address with its strides replaced by the tensor's.
  TensorAddress address;
  address.start = read->offset;
  mlir::AffineMap access = factor.operand->access;
  for (auto [axis, along] : llvm::enumerate(read->strides)) {
    int64_t stride = along.value_or(-1);
    std::optional<nest::LinearForm> form =
        nest::linearForm(access.getResult(unsigned(axis)), access.getNumDims());
    if (!form || stride < 0)
      return std::nullopt;
    address.start += form->constant * stride;
    for (unsigned which = 0; which < classCount; ++which)
      if (int loop = plan->use.classes[which].loop; loop >= 0)
        address.strides[which] += form->coefficients[unsigned(loop)] * stride;
  }
  factor.direct = std::move(read);
  return address;
}

TileOperand Planner::tileOperand(const UseOperand &operand, const LaneWords &words, bool accumulator) const {
  TileOperand result;
  result.depends.assign(operand.dependsOn.begin(), operand.dependsOn.end());
  result.registers = int64_t(words.registers.size());
  result.elementBytes = words.elementBytes;
  result.accumulator = accumulator;
  return result;
}

/// The declared cycles of one use; 1 where nothing is declared.
double Planner::rowCycles() const {
  isa::Instruction instruction;
  instruction.intrinsic = plan->use.number;
  instruction.sizes.assign(plan->use.sizes.begin(), plan->use.sizes.end());
  instruction.values.assign(plan->use.values.begin(), plan->use.values.end());
  instruction.operands.resize(plan->use.intrinsic->operands.size());
  llvm::Expected<isa::Cost> cost = isa::cost(description, instruction);
  if (!cost) {
    llvm::consumeError(cost.takeError()); // a timing by addresses says nothing before there are any
    return 1;
  }
  return std::max(cost->bound(), 0.25);
}

llvm::Error Planner::choose() {
  static constexpr const char *names[] = {"groups", "rows", "columns", "depth"};
  TileProblem &problem = plan->problem;
  problem.name = name;
  for (unsigned which = 0; which < classCount; ++which)
    problem.dimensions.push_back({names[which], plan->use.classes[which].extent,
                                  plan->use.classes[which].step, which == unsigned(LoopClass::Depth)});
  problem.operands = {tileOperand(plan->use.left, plan->left.words, false),
                      tileOperand(plan->use.right, plan->right.words, false),
                      tileOperand(plan->use.sum, plan->sums, true)};
  unsigned memory = plan->use.intrinsic->operands[plan->use.sum.operand].memories.front();
  const isa::Memory &registers = description.memories[memory];
  problem.registers = int64_t(registers.bytes / registers.rowBytes);
  problem.rowCycles = rowCycles();
  problem.lanes = plan->machine.lanes;
  problem.mostGroups = plan->machine.mostGroups;
  problem.mostBlocks = plan->machine.mostBlocks;
  problem.sharedBytes = plan->machine.shared ? int64_t(plan->machine.shared->bytes) : 0;
  problem.sharedRound = plan->machine.period;
  llvm::Expected<TileChoice> choice = solve(problem);
  if (!choice)
    return choice.takeError();
  plan->choice = std::move(*choice);
  return verify(problem, plan->choice);
}

unsigned Planner::innerClass(const ParallelFactor &factor) const {
  if (factor.words.partClass >= 0)
    return unsigned(factor.words.partClass);
  for (unsigned which = 0; which < classCount; ++which)
    if (factor.operand->dependsOn[which] && factor.words.registers.front().places[which].weights.front() == 1)
      return which; // neighbouring lanes read neighbours
  for (unsigned which = 0; which < classCount; ++which)
    if (factor.operand->dependsOn[which] && factor.address.strides[which] == 1)
      return which;
  return unsigned(LoopClass::Depth);
}

/// The widest copy that is aligned on both sides and lies wholly inside or outside of the tensor.
int64_t Planner::vectorBytes(const ParallelFactor &factor, unsigned inner) const {
  int64_t element = factor.words.elementBytes;
  if (factor.address.strides[inner] != 1)
    return element;
  for (int64_t bytes : {16, 8, 4}) {
    if (bytes <= element)
      break;
    bool fits = bytes <= plan->machine.granule && factor.address.start * element % bytes == 0;
    for (unsigned which = 0; which < classCount; ++which) {
      if (which != inner)
        fits &= factor.address.strides[which] * element % bytes == 0;
      else
        fits &= plan->use.classes[which].extent * element % bytes == 0 &&
                factor.tile.extents[which] * element % bytes == 0;
    }
    if (fits)
      return bytes;
  }
  return element;
}

void Planner::layOut(ParallelFactor &factor, unsigned number) {
  factor.isStaged = staged(plan->problem, plan->choice, number);
  SharedTile &tile = factor.tile;
  unsigned inner = innerClass(factor);
  for (unsigned which = 0; which < classCount; ++which) {
    tile.extents[which] = factor.operand->dependsOn[which] ? plan->tile(which) : 1;
    if (factor.operand->dependsOn[which])
      tile.order.push_back(which);
  }
  // In shared memory the inner class is innermost, the others in order.
  int64_t stride = factor.words.elementBytes;
  llvm::SmallVector<unsigned, 4> layout = tile.order;
  llvm::erase(layout, inner);
  if (layout.size() < tile.order.size())
    layout.push_back(inner);
  for (unsigned which : llvm::reverse(layout)) {
    tile.strides[which] = stride;
    stride *= tile.extents[which];
  }
  tile.vectorBytes = vectorBytes(factor, inner);
  // Neighbouring threads copy neighbours in the tensor.
  llvm::sort(tile.order, [&](unsigned a, unsigned b) {
    return std::pair(-factor.address.strides[a], a) < std::pair(-factor.address.strides[b], b);
  });
  if (!factor.isStaged)
    return;
  tile.offset = plan->sharedBytes;
  plan->sharedBytes += int64_t(llvm::alignTo(uint64_t(stride), uint64_t(plan->machine.period)));
}

llvm::Expected<std::unique_ptr<ParallelPlan>> Planner::run(const match::Match &match) {
  llvm::Expected<ParallelMachine> machine = parallelMachine(description);
  if (!machine)
    return machine.takeError();
  plan->machine = *machine;
  llvm::Expected<GatheredUse> use = gatheredUse(description, computation, match);
  if (!use)
    return use.takeError();
  plan->use = std::move(*use);
  for (const ClassLoop &loop : plan->use.classes)
    if (loop.extent > mostPlaces)
      return refuse("a loop of " + std::to_string(loop.extent) + " places is too long, the most is " +
                    std::to_string(mostPlaces));
  if (match.part != match::Match::Part::Core || !match.accumulates)
    return refuse("does not add to sums, a kernel keeps them in registers");
  if (llvm::Error error = readFactor(plan->left, plan->use.left))
    return std::move(error);
  if (llvm::Error error = readFactor(plan->right, plan->use.right))
    return std::move(error);
  llvm::Expected<LaneWords> sums = laneWords(description, plan->use, plan->use.sum, plan->machine.lanes);
  if (!sums)
    return sums.takeError();
  plan->sums = std::move(*sums);
  if (plan->sums.parts != 1)
    return refuse("a lane's word holds " + std::to_string(plan->sums.parts) + " sums, a kernel handles 1");
  if (llvm::Error error = choose())
    return std::move(error);
  layOut(plan->left, 0);
  layOut(plan->right, 1);
  return std::move(plan);
}

} // namespace

llvm::Expected<std::unique_ptr<ParallelPlan>> parallelPlan(const isa::Description &description,
                                                           const match::Computation &computation,
                                                           const match::Match &match,
                                                           const std::string &name) {
  return Planner(description, computation, name).run(match);
}

} // namespace tenon::native
