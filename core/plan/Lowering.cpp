// Which matches belong together, and how their operands get where they are read.
#include "core/plan/Lowering.h"

#include "core/plan/Copy.h"
#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

using Part = match::Match::Part;

/// Whether two matches do the same with operands of the same name in the same memories.
bool areVariants(const isa::Description &description, const match::Match &one, const match::Match &other) {
  const isa::Intrinsic &a = description.intrinsics[one.intrinsic];
  const isa::Intrinsic &b = description.intrinsics[other.intrinsic];
  if (one.loops != other.loops || one.values != other.values || a.operands.size() != b.operands.size() ||
      a.queue != b.queue)
    return false;
  for (auto [x, y] : llvm::zip_equal(one.operands, other.operands))
    if (x.operand != y.operand || x.tensor != y.tensor || x.access != y.access ||
        a.operands[x.operand].memories != b.operands[y.operand].memories)
      return false;
  return true;
}

std::vector<const match::Match *> ofPart(const match::Matches &matches, Part part, bool accumulates) {
  std::vector<const match::Match *> found;
  for (const match::Match &match : matches.legal)
    if (match.part == part && match.accumulates == accumulates)
      found.push_back(&match);
  return found;
}

std::vector<const match::Match *> variantsOf(const isa::Description &description, const match::Match &match,
                                             llvm::ArrayRef<const match::Match *> among) {
  std::vector<const match::Match *> found;
  for (const match::Match *other : among)
    if (areVariants(description, match, *other))
      found.push_back(other);
  return found;
}

Lowering wholeOf(const match::Match *match) {
  Lowering lowering;
  lowering.whole = true;
  lowering.start = {match};
  return lowering;
}

} // namespace

std::vector<Lowering> lowerings(const isa::Description &description,
                                std::shared_ptr<const match::Computation> original,
                                std::shared_ptr<const match::Matches> matches, unsigned most) {
  std::vector<Lowering> found;
  const match::Computation &computation = matches->computation;
  auto add = [&](Lowering lowering) {
    lowering.matches = matches;
    lowering.original = original;
    if (found.size() < most)
      found.push_back(std::move(lowering));
  };
  for (const match::Match *match : ofPart(*matches, Part::Whole, false))
    add(wholeOf(match));
  if (computation.core < 0) {
    for (const match::Match *match : ofPart(*matches, Part::Final, false))
      add(wholeOf(match));
    return found;
  }
  auto starts = ofPart(*matches, Part::Core, false), adds = ofPart(*matches, Part::Core, true);
  auto finals = ofPart(*matches, Part::Final, false);
  if (computation.final < 0)
    finals = {nullptr};
  std::vector<const match::Match *> seen;
  for (const std::vector<const match::Match *> &cores : {starts, adds})
    for (const match::Match *core : cores) {
      if (llvm::is_contained(seen, core))
        continue;
      Lowering lowering;
      lowering.start = variantsOf(description, *core, starts);
      lowering.add = variantsOf(description, *core, adds);
      seen.insert(seen.end(), lowering.start.begin(), lowering.start.end());
      seen.insert(seen.end(), lowering.add.begin(), lowering.add.end());
      for (const match::Match *final : finals) {
        lowering.final = final;
        add(lowering);
      }
    }
  return found;
}

const match::OperandBinding &destination(const isa::Description &description, const match::Match &match) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  for (const match::OperandBinding &binding : match.operands)
    if (intrinsic.operands[binding.operand].access != isa::OperandDeclaration::Access::Read)
      return binding;
  llvm_unreachable("a match writes something");
}

std::vector<const match::OperandBinding *> sources(const isa::Description &description,
                                                   const match::Match &match) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  std::vector<const match::OperandBinding *> found;
  for (const match::OperandBinding &binding : match.operands)
    if (intrinsic.operands[binding.operand].access == isa::OperandDeclaration::Access::Read)
      found.push_back(&binding);
  return found;
}

llvm::Expected<unsigned> globalMemory(const isa::Description &description) {
  std::optional<unsigned> found;
  for (auto [number, memory] : llvm::enumerate(description.memories))
    if (memory.kind == isa::Memory::Kind::Global) {
      if (found)
        return failure(ExitCode::TargetCannot,
                       fmt::format("{} and {} are both global memories, one is supported",
                                   description.memories[*found].name, memory.name));
      found = unsigned(number);
    }
  if (!found)
    return failure(ExitCode::TargetCannot,
                   fmt::format("{} declares no memory of kind global, where models' tensors would be",
                               description.name));
  return *found;
}

llvm::Expected<Route> routeTo(const isa::Description &description, const isa::Intrinsic &intrinsic,
                              unsigned operand) {
  auto global = globalMemory(description);
  if (!global)
    return global.takeError();
  unsigned memory = intrinsic.operands[operand].memories.front();
  auto ways = paths(description, *global, memory);
  if (ways.empty())
    return failure(
        ExitCode::TargetCannot,
        fmt::format("no declared moves lead from {} to {}, which operand {} of {} is read from: declare "
                    "an intrinsic that copies {} there",
                    description.memories[*global].name, description.memories[memory].name,
                    intrinsic.operands[operand].name, intrinsic.family,
                    intrinsic.operands[operand].type.str()));
  const std::vector<unsigned> &way = ways.front();
  bool byTile = description.memories[memory].kind == isa::Memory::Kind::Rotating;
  if (way.size() > (byTile ? 3u : 2u) || way.size() < 2)
    return failure(
        ExitCode::TargetCannot,
        fmt::format("{} moves lead from {} to {}; at most one to a scratchpad and one more to a rotating "
                    "memory are supported",
                    way.size() - 1, description.memories[*global].name, description.memories[memory].name));
  return Route{memory, byTile ? way[way.size() - 2] : memory, byTile};
}

} // namespace tenon::plan
