// Draw, look what is violated, shrink one number that it mentions, look again.
#include "core/check/Sizing.h"

#include "core/check/Room.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::check {

namespace {

int64_t nearestToZero(int64_t low, int64_t high) { return low > 0 ? low : high < 0 ? high : 0; }

} // namespace

Sizing::Sizing(const isa::Description &described, unsigned which)
    : description(described), intrinsic(described.intrinsics[which]), number(which) {
  for (const isa::Clause &clause : intrinsic.where)
    for (unsigned one : knobsOf(clause.condition))
      bound.insert(one);
  for (const isa::OperandDeclaration &operand : intrinsic.operands)
    for (unsigned one : knobsOf(operand))
      bound.insert(one);
}

std::set<unsigned> Sizing::knobsOf(const isa::Expression &expression) const {
  std::vector<std::string> names;
  expression.collectNames(names);
  std::set<unsigned> knobs;
  for (const std::string &name : names) {
    for (auto [size, declared] : llvm::enumerate(intrinsic.sizes))
      if (declared.name == name)
        knobs.insert(unsigned(size));
    for (auto [value, declared] : llvm::enumerate(intrinsic.values))
      if (declared.name == name)
        knobs.insert(unsigned(sizes() + value));
  }
  return knobs;
}

std::set<unsigned> Sizing::knobsOf(const isa::OperandDeclaration &operand) const {
  std::set<unsigned> knobs;
  for (const isa::Axis &axis : operand.axes) {
    if (axis.extent)
      for (unsigned one : knobsOf(*axis.extent))
        knobs.insert(one);
    else if (axis.size >= 0)
      knobs.insert(unsigned(axis.size));
    if (axis.stride.kind == isa::Stride::Kind::Fixed)
      for (unsigned one : knobsOf(axis.stride.value))
        knobs.insert(one);
  }
  return knobs;
}

int64_t Sizing::restOf(unsigned one) const {
  if (one >= sizes()) {
    const isa::ValueDeclaration &value = intrinsic.values[one - sizes()];
    return nearestToZero(value.low, value.high);
  }
  const isa::Size &size = intrinsic.sizes[one];
  return size.choices.empty() ? size.low : *std::min_element(size.choices.begin(), size.choices.end());
}

int64_t Sizing::drawSize(const isa::Size &size, Random &random) const {
  if (!size.choices.empty())
    return random.from(size.choices);
  int64_t steps = (size.high - size.low) / size.step;
  switch (random.between(0, 7)) {
  case 0:
    return size.low;
  case 1:
    return size.low + size.step * steps;
  case 2:
    return size.low + size.step * std::min<int64_t>(steps, random.between(1, 3));
  case 3:
    return size.low + size.step * random.between(0, steps);
  case 4:
    return size.low + size.step * (steps - std::min<int64_t>(steps, random.between(1, 2)));
  default:
    return size.low + size.step * random.magnitude(steps);
  }
}

int64_t Sizing::drawValue(const isa::ValueDeclaration &value, ValueClass how, Random &random) const {
  switch (how) {
  case ValueClass::Lowest:
    return value.low;
  case ValueClass::Highest:
    return value.high;
  case ValueClass::Zero:
    return nearestToZero(value.low, value.high);
  case ValueClass::Near: {
    int64_t centre = nearestToZero(value.low, value.high);
    return std::clamp<int64_t>(centre + random.between(-4, 4), value.low, value.high);
  }
  case ValueClass::Magnitude: {
    int64_t centre = nearestToZero(value.low, value.high);
    bool below = value.low < centre && (value.high == centre || random.oneIn(2));
    return below ? centre - random.magnitude(centre - value.low)
                 : centre + random.magnitude(value.high - centre);
  }
  case ValueClass::Power: { // factors on which roundings meet exact halves
    unsigned bits = 0;
    while (bits < 62 && (int64_t(2) << bits) <= value.high)
      ++bits;
    int64_t power = int64_t(1) << random.between(0, bits);
    return std::clamp(value.low < 0 && random.oneIn(2) ? -power : power, value.low, value.high);
  }
  case ValueClass::Uniform:
    return random.between(value.low, value.high);
  }
  return value.low;
}

uint64_t Sizing::pointsOf(const isa::Instruction &instruction) const {
  uint64_t all = 0;
  for (const isa::SemanticStatement &statement : intrinsic.semantics.statements) {
    uint64_t points = 1;
    for (unsigned loop : statement.loops)
      points = llvm::SaturatingMultiply(points, uint64_t(instruction.sizes[loop]));
    all = llvm::SaturatingAdd(all, points);
  }
  return all;
}

std::optional<std::set<unsigned>> Sizing::violated(const isa::Instruction &instruction,
                                                   llvm::ArrayRef<uint64_t> room, uint64_t points) const {
  if (pointsOf(instruction) > points) {
    std::set<unsigned> all;
    for (const isa::SemanticStatement &statement : intrinsic.semantics.statements)
      all.insert(statement.loops.begin(), statement.loops.end());
    return all;
  }
  std::vector<uint64_t> used(room.size(), 0);
  for (auto [operand, use] : llvm::enumerate(instruction.operands)) {
    auto reach = reachOf(description, instruction, unsigned(operand));
    if (reach)
      used[use.memory] += reach->end - reach->begin;
    if (!reach || used[use.memory] > room[use.memory])
      return knobsOf(intrinsic.operands[operand]);
  }
  for (const isa::Clause &clause : intrinsic.where) {
    auto holds = isa::evaluate(clause.condition, [&](llvm::StringRef name) {
      return isa::attribute(description, instruction, name);
    });
    if (holds && *holds != 0)
      continue;
    if (!holds)
      llvm::consumeError(holds.takeError()); // an overflow, say: smaller numbers have none
    return knobsOf(clause.condition);
  }
  return std::nullopt;
}

/// Half the way to where the number rests, or somewhere between. False where all of them rest.
bool Sizing::shrink(isa::Instruction &instruction, const std::set<unsigned> &knobs, Random &random) const {
  std::vector<unsigned> movable;
  for (unsigned one : knobs)
    if (knob(instruction, one) != restOf(one))
      movable.push_back(one);
  if (movable.empty())
    return false;
  unsigned one = random.from(movable);
  int64_t &value = knob(instruction, one), rest = restOf(one);
  if (one < sizes() && !intrinsic.sizes[one].choices.empty()) {
    std::vector<int64_t> smaller;
    llvm::copy_if(intrinsic.sizes[one].choices, std::back_inserter(smaller),
                  [&](int64_t choice) { return choice < value; });
    value = random.from(smaller);
    return true;
  }
  int64_t step = one < sizes() ? intrinsic.sizes[one].step : 1;
  int64_t steps = (value - rest) / step;
  value = rest + step * (random.oneIn(3) && steps > 0 ? random.between(0, steps - 1) : steps / 2);
  return true;
}

void Sizing::setStrides(isa::Instruction &instruction) const {
  for (auto [operand, use] : llvm::enumerate(instruction.operands)) {
    const isa::OperandDeclaration &declared = intrinsic.operands[operand];
    use.strides = isa::denseStrides(description, intrinsic, unsigned(operand), use.memory, instruction.sizes,
                                    instruction.values);
    for (auto [axis, stride] : llvm::enumerate(use.strides)) {
      if (declared.axes[axis].stride.kind != isa::Stride::Kind::Fixed)
        continue;
      auto value = isa::evaluate(declared.axes[axis].stride.value, [&](llvm::StringRef name) {
        return isa::attribute(description, instruction, name);
      });
      if (value)
        stride = *value;
      else
        llvm::consumeError(value.takeError()); // isa::check() refuses the command and says why
    }
  }
}

unsigned Sizing::drawValue(const Weights &weights, unsigned value, isa::Instruction &instruction,
                           Random &random) const {
  auto how = unsigned(weights.draw(random));
  if (isFree(value))
    instruction.values[value] = drawValue(intrinsic.values[value], ValueClass(how), random);
  return how;
}

std::optional<isa::Instruction> Sizing::draw(const std::vector<Weights> &values,
                                             llvm::ArrayRef<uint64_t> room, uint64_t points,
                                             Random &random) const {
  isa::Instruction instruction;
  instruction.intrinsic = number;
  instruction.queue = unsigned(std::max(0, intrinsic.queue));
  for (const isa::Size &size : intrinsic.sizes)
    instruction.sizes.push_back(drawSize(size, random));
  for (auto [value, declared] : llvm::enumerate(intrinsic.values))
    instruction.values.push_back(drawValue(declared, ValueClass(values[value].draw(random)), random));
  for (const isa::OperandDeclaration &operand : intrinsic.operands) {
    isa::OperandUse use;
    use.memory = random.from(operand.memories);
    instruction.operands.push_back(std::move(use));
  }
  constexpr unsigned mostSteps = 400;
  for (unsigned step = 0; step < mostSteps; ++step) {
    setStrides(instruction);
    auto wrong = violated(instruction, room, points);
    if (!wrong)
      return instruction;
    if (!shrink(instruction, *wrong, random))
      return std::nullopt;
  }
  return std::nullopt;
}

} // namespace tenon::check
