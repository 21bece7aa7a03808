// Windows and reaches.
#include "core/check/Room.h"

#include "core/spec/Places.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::check {

namespace {

/// A memory up to this size is used whole.
constexpr uint64_t mostWhole = uint64_t(1) << 20;

uint64_t roundUp(uint64_t number, uint64_t to) { return (number + to - 1) / to * to; }

} // namespace

uint64_t capacityOf(const isa::Memory &memory) { return memory.bytes * uint64_t(memory.copies); }

bool reads(const isa::OperandDeclaration &operand) {
  return operand.access != isa::OperandDeclaration::Access::Write;
}
bool writes(const isa::OperandDeclaration &operand) {
  return operand.access != isa::OperandDeclaration::Access::Read;
}

std::vector<Window> drawWindows(const isa::Description &description, const GlobalLimits &limits,
                                Random &random) {
  std::vector<Window> windows;
  for (auto [number, memory] : llvm::enumerate(description.memories)) {
    uint64_t all = capacityOf(memory);
    if (all <= mostWhole && memory.kind != isa::Memory::Kind::Global) {
      windows.push_back({unsigned(number), 0, all});
      continue;
    }
    // Whole pages, so that bursts meet the borders of pages inside a window.
    uint64_t page = roundUp(4096, uint64_t(memory.unitBytes()));
    uint64_t bytes = page * (uint64_t(2) << random.between(0, 4));
    bool isGlobal = memory.kind == isa::Memory::Kind::Global;
    if (all < 4 * bytes) {
      windows.push_back({unsigned(number), 0, all});
      continue;
    }
    uint64_t last = all / uint64_t(memory.unitBytes()) * uint64_t(memory.unitBytes());
    if ((!isGlobal || limits.first) && random.oneIn(2))
      windows.push_back({unsigned(number), 0, bytes});
    uint64_t pages = (all - 3 * bytes) / page;
    uint64_t middle = bytes + uint64_t(random.between(0, int64_t(pages))) * page;
    windows.push_back({unsigned(number), middle, middle + bytes});
    if ((!isGlobal || limits.last) && random.oneIn(3) && middle + bytes <= last - bytes)
      windows.push_back({unsigned(number), last - bytes, last});
  }
  return windows;
}

std::optional<Reach> reachOf(const isa::Description &description, const isa::Instruction &instruction,
                             unsigned operand) {
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  const isa::OperandDeclaration &declared = intrinsic.operands[operand];
  const isa::OperandUse &use = instruction.operands[operand];
  const isa::Memory &memory = description.memories[use.memory];
  auto shape = isa::extents(description, intrinsic, operand, instruction.sizes, instruction.values);
  if (!shape) {
    llvm::consumeError(shape.takeError()); // isa::check() says it where it matters
    return std::nullopt;
  }
  uint64_t elementBytes = uint64_t(declared.type.scalar.storageBytes());
  Reach reach;
  if (declared.holds) {
    reach.begin = uint64_t(use.address * memory.unitBytes());
    reach.end = reach.begin + elementBytes;
    for (int64_t extent : *shape)
      reach.end = reach.begin + (reach.end - reach.begin) * uint64_t(extent);
  } else {
    auto places = spec::stridedPlaces(memory, use, *shape, int64_t(elementBytes));
    if (!places) {
      llvm::consumeError(places.takeError());
      return std::nullopt;
    }
    reach = {uint64_t(places->reach.first), uint64_t(places->reach.end)};
  }
  if (memory.unit == isa::Memory::Unit::Row && writes(declared))
    reach.end = roundUp(reach.end, memory.rowBytes);
  return reach;
}

llvm::Expected<std::vector<uint64_t>> elementsOf(const isa::Description &description,
                                                 const isa::Instruction &instruction, unsigned operand) {
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  auto elementBytes = int64_t(intrinsic.operands[operand].type.scalar.storageBytes());
  const isa::OperandUse &use = instruction.operands[operand];
  auto shape = isa::extents(description, intrinsic, operand, instruction.sizes, instruction.values);
  if (!shape)
    return shape.takeError();
  auto places = spec::stridedPlaces(description.memories[use.memory], use, *shape, elementBytes);
  if (!places)
    return places.takeError();
  spec::Runs runs;
  spec::appendRuns(*places, *shape, elementBytes, runs);
  std::vector<uint64_t> addresses;
  for (const spec::Run &run : runs)
    for (int64_t at = 0; at < run.bytes; at += elementBytes)
      addresses.push_back(uint64_t(run.address + at));
  return addresses;
}

} // namespace tenon::check
