// The largest operand is placed first; what does not fit with drawn strides is tried with dense ones.
#include "core/check/Placing.h"

#include "core/spec/Places.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

namespace tenon::check {

namespace {

/// The order in which axes lie in memory, from the innermost: as declared, or any.
std::vector<size_t> axisOrder(size_t count, Random &random) {
  std::vector<size_t> order(count);
  std::iota(order.rbegin(), order.rend(), 0);
  if (random.oneIn(5))
    for (size_t i = count; i > 1; --i)
      std::swap(order[i - 1], order[size_t(random.between(0, int64_t(i) - 1))]);
  return order;
}

int64_t roundUp(int64_t number, int64_t to) { return (number + to - 1) / to * to; }

} // namespace

std::vector<uint64_t> Placing::room() const {
  std::vector<uint64_t> bytes(description.memories.size(), 0);
  for (const Window &window : windows)
    bytes[window.memory] = std::max(bytes[window.memory], window.bytes());
  return bytes;
}

/// Free strides only; the others are dense already.
void Placing::drawStrides(isa::Instruction &instruction, unsigned operand, uint64_t room,
                          Random &random) const {
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  const isa::OperandDeclaration &declared = intrinsic.operands[operand];
  isa::OperandUse &use = instruction.operands[operand];
  const isa::Memory &memory = description.memories[use.memory];
  auto shape = isa::extents(description, intrinsic, operand, instruction.sizes, instruction.values);
  if (!shape) {
    llvm::consumeError(shape.takeError()); // the sizes were drawn so that there is one
    return;
  }
  bool inRows = memory.unit == isa::Memory::Unit::Row;
  llvm::SmallVector<int64_t, 4> dense = use.strides;
  size_t free = use.strides.size() - (inRows && !use.strides.empty() ? 1 : 0);
  unsigned style = unsigned(random.between(0, 7)); // of the whole operand: dense in three of eight
  if (style < 3)
    return;
  int64_t next =
      free < dense.size() && free > 0 ? dense[free - 1] : int64_t(declared.type.scalar.storageBytes());
  int64_t units = int64_t(room) / memory.unitBytes();
  for (size_t axis : axisOrder(free, random)) {
    const isa::Stride &stride = declared.axes[axis].stride;
    int64_t extent = (*shape)[axis];
    if (stride.kind != isa::Stride::Kind::Any) {
      next = std::max(next, dense[axis] * extent);
      continue;
    }
    int64_t chosen = next;
    if (style >= 5 && random.oneIn(2))
      chosen += random.between(0, 3);
    if (style == 6 && extent > 1)
      chosen += random.magnitude(std::max<int64_t>(0, units / 4 / extent - next));
    if (style == 7 && random.oneIn(2))
      chosen = reads(declared) && !writes(declared) && random.oneIn(2) ? 0 : random.magnitude(2 * next + 2);
    if (extent == 1 && random.oneIn(2))
      chosen = random.magnitude(255); // nothing follows from it, and hardware must see that
    use.strides[axis] = roundUp(chosen, stride.multiple);
    next = std::max(next, use.strides[axis] * extent);
  }
  auto places = spec::stridedPlaces(memory, use, *shape, declared.type.scalar.storageBytes());
  bool injective = false;
  if (places)
    injective = spec::isCertainlyInjective(*places, *shape, declared.type.scalar.storageBytes());
  else
    llvm::consumeError(places.takeError()); // beyond 64 bits: dense then
  if (!places || (writes(declared) && !injective))
    use.strides = dense;
}

int64_t Placing::candidate(const isa::Memory &memory, int64_t low, int64_t high, int64_t used,
                           llvm::ArrayRef<Used> beside, Random &random) const {
  int64_t bank = memory.banks > 1 ? int64_t(memory.units()) / memory.banks : 4096 / memory.unitBytes();
  switch (random.between(0, 7)) {
  case 0:
    return low;
  case 1:
    return high;
  case 2:
  case 3: { // over a border, or beginning or ending there
    if (bank < 1 || low / bank == (high + used) / bank)
      break;
    int64_t border = random.between(low / bank + 1, (high + used) / bank) * bank;
    return random.oneIn(3) ? border : border - random.between(0, used);
  }
  case 4:
    if (!beside.empty()) {
      const Used &neighbour = random.from(beside);
      int64_t unit = memory.unitBytes();
      return random.oneIn(2) ? int64_t(neighbour.reach.begin) / unit - used
                             : roundUp(int64_t(neighbour.reach.end), unit) / unit;
    }
    break;
  default:
    break;
  }
  return random.between(low, high);
}

bool Placing::drawAddress(isa::Instruction &instruction, unsigned operand, llvm::ArrayRef<Used> taken,
                          llvm::ArrayRef<Used> earlier, Random &random) const {
  const isa::OperandDeclaration &declared = description.intrinsics[instruction.intrinsic].operands[operand];
  isa::OperandUse &use = instruction.operands[operand];
  const isa::Memory &memory = description.memories[use.memory];
  use.address = 0;
  if (memory.kind == isa::Memory::Kind::Rotating)
    return true;
  auto extent = reachOf(description, instruction, operand);
  if (!extent)
    return false;
  int64_t unit = memory.unitBytes(), bytes = int64_t(extent->end);
  std::vector<const Window *> fitting;
  for (const Window &window : windows)
    if (window.memory == use.memory && int64_t(window.bytes()) >= bytes)
      fitting.push_back(&window);
  std::vector<Used> again, beside;
  llvm::copy_if(earlier, std::back_inserter(again),
                [&](const Used &one) { return one.memory == use.memory; });
  llvm::copy_if(taken, std::back_inserter(beside), [&](const Used &one) { return one.memory == use.memory; });
  constexpr unsigned tries = 24;
  for (unsigned attempt = 0; attempt < tries && !fitting.empty(); ++attempt) {
    const Window &window = *random.from(fitting);
    int64_t low = roundUp(int64_t(window.begin), unit) / unit, high = (int64_t(window.end) - bytes) / unit;
    if (high < low)
      continue;
    bool reuse = !again.empty() && random.oneIn(2);
    use.address = reuse ? random.from(again).address
                        : candidate(memory, low, high, roundUp(bytes, unit) / unit, beside, random);
    if (memory.align > 1)
      use.address -= use.address % memory.align;
    auto reach = reachOf(description, instruction, operand);
    if (use.address < 0 || !reach)
      continue;
    bool inside = llvm::any_of(windows, [&](const Window &one) {
      return one.memory == use.memory && one.begin <= reach->begin && reach->end <= one.end;
    });
    bool shares = llvm::any_of(beside, [&](const Used &other) {
      return (writes(declared) || other.isWritten) && other.reach.begin < reach->end &&
             reach->begin < other.reach.end;
    });
    if (inside && !shares)
      return true;
  }
  return false;
}

bool Placing::place(isa::Instruction &instruction, llvm::ArrayRef<Used> earlier, Random &random) const {
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  std::vector<uint64_t> bytes = room();
  std::vector<isa::OperandUse> dense(instruction.operands.begin(), instruction.operands.end());
  constexpr unsigned tries = 6;
  for (unsigned attempt = 0; attempt < tries; ++attempt) {
    instruction.operands.assign(dense.begin(), dense.end());
    std::vector<std::pair<uint64_t, unsigned>> order;
    for (unsigned operand = 0; operand < dense.size(); ++operand) {
      if (attempt + 2 < tries)
        drawStrides(instruction, operand, bytes[dense[operand].memory], random);
      auto reach = reachOf(description, instruction, operand);
      order.push_back({reach ? reach->end : 0, operand});
    }
    llvm::sort(order, std::greater<>());
    std::vector<Used> taken;
    bool placed = llvm::all_of(order, [&](const auto &entry) {
      unsigned operand = entry.second;
      if (!drawAddress(instruction, operand, taken, earlier, random))
        return false;
      auto reach = reachOf(description, instruction, operand);
      const isa::OperandUse &use = instruction.operands[operand];
      if (reach && description.memories[use.memory].kind != isa::Memory::Kind::Rotating)
        taken.push_back({use.memory, use.address, *reach, writes(intrinsic.operands[operand])});
      return reach.has_value();
    });
    if (placed)
      return true;
  }
  return false;
}

} // namespace tenon::check
