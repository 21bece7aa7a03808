// Compares reaches first, and bytes only where these overlap.
#include "core/spec/SharedBytes.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::spec {
namespace {

class SharedBytes {
public:
  SharedBytes(const isa::Description &machine, const isa::Instruction &command, const Meaning &bound,
              llvm::ArrayRef<StridedPlaces> strided, llvm::ArrayRef<Runs> all)
      : description(machine), instruction(command), intrinsic(machine.intrinsics[command.intrinsic]),
        meaning(bound), places(strided), runs(all) {
    for (unsigned operand = 0; operand < runs.size(); ++operand)
      groupOf.push_back(operand);
  }

  Found find(std::optional<FlatGroups> &groups);

private:
  bool writes(unsigned operand) const {
    return meaning.buffers[operand].use.writes.kind != ElementSet::Kind::None;
  }
  bool reads(unsigned operand) const {
    return meaning.buffers[operand].use.reads.kind != ElementSet::Kind::None;
  }
  int64_t elementBytes(unsigned operand) const {
    return intrinsic.operands[operand].type.scalar.storageBytes();
  }
  const isa::Memory &memoryOf(unsigned operand) const {
    return description.memories[instruction.operands[operand].memory];
  }
  bool mayShare(unsigned written, unsigned other) const;
  std::vector<ByteRange> touched(unsigned operand) const;
  void join(unsigned written, unsigned other);
  Found addGroup(llvm::ArrayRef<unsigned> members, FlatGroups &groups) const;
  Found refuse(llvm::ArrayRef<unsigned> members, const std::string &why) const;

  const isa::Description &description;
  const isa::Instruction &instruction;
  const isa::Intrinsic &intrinsic;
  const Meaning &meaning;
  llvm::ArrayRef<StridedPlaces> places;
  llvm::ArrayRef<Runs> runs;
  llvm::SmallVector<unsigned> groupOf; ///< the lowest operand of the group
  bool any = false;
};

/// Whether the two are in places that overlap at all.
bool SharedBytes::mayShare(unsigned written, unsigned other) const {
  if (instruction.operands[written].memory != instruction.operands[other].memory)
    return false;
  const isa::Memory &memory = memoryOf(written);
  if (memory.kind == isa::Memory::Kind::Registers)
    return false;
  // Reads are of the current copy, writes go to the next one.
  if (memory.kind == isa::Memory::Kind::Rotating && memory.copies > 1 && !writes(other))
    return false;
  return places[written].reach.first < places[other].reach.end &&
         places[other].reach.first < places[written].reach.end;
}

std::vector<ByteRange> SharedBytes::touched(unsigned operand) const {
  std::vector<ByteRange> ranges;
  Runs selected;
  selectRuns(runs[operand], meaning.buffers[operand].use.reads, elementBytes(operand), selected);
  selectRuns(runs[operand], meaning.buffers[operand].use.writes, elementBytes(operand), selected);
  for (const Run &run : selected)
    ranges.push_back({run.address, run.address + run.bytes});
  normalise(ranges);
  return ranges;
}

void SharedBytes::join(unsigned written, unsigned other) {
  any = true;
  unsigned kept = std::min(groupOf[written], groupOf[other]);
  unsigned dropped = std::max(groupOf[written], groupOf[other]);
  for (unsigned &group : groupOf)
    if (group == dropped)
      group = kept;
}

Found SharedBytes::refuse(llvm::ArrayRef<unsigned> members, const std::string &why) const {
  Finding finding;
  finding.memory = instruction.operands[members[0]].memory;
  finding.byteAddress = uint64_t(places[members[0]].reach.first);
  std::string names;
  for (unsigned member : members)
    names += (names.empty() ? "" : " and ") + intrinsic.operands[member].name + " (" +
             intrinsic.operands[member].type.str() + ")";
  finding.message = (members.size() == 1 ? "elements of operand " : "operands ") + names +
                    " share bytes of " + memoryOf(members[0]).name + " that the command writes, and " + why;
  finding.repair = "let them have bytes of their own";
  return finding;
}

Found SharedBytes::addGroup(llvm::ArrayRef<unsigned> members, FlatGroups &groups) const {
  int64_t bytes = elementBytes(members[0]);
  ByteRange reach = places[members[0]].reach;
  for (unsigned member : members) {
    if (!(intrinsic.operands[member].type.scalar == intrinsic.operands[members[0]].type.scalar))
      return refuse(members, "their types differ");
    if (intrinsic.operands[member].holds)
      return refuse(members, "one has a layout");
    reach.first = std::min(reach.first, places[member].reach.first);
    reach.end = std::max(reach.end, places[member].reach.end);
  }
  for (unsigned member : members) {
    FlatPart part;
    part.group = unsigned(groups.reach.size());
    bool whole = (places[member].start - reach.first) % bytes == 0;
    part.start = (places[member].start - reach.first) / bytes;
    for (auto [stride, extent] : llvm::zip_equal(places[member].strides, meaning.extents[member])) {
      whole = whole && (extent == 1 || stride % bytes == 0);
      part.strides.push_back(extent == 1 ? 0 : stride / bytes);
    }
    if (!whole)
      return refuse(members, "not in whole elements");
    groups.layout.parts[member] = std::move(part);
  }
  groups.layout.groupElements.push_back((reach.end - reach.first) / bytes);
  groups.memory.push_back(instruction.operands[members[0]].memory);
  groups.reach.push_back(reach);
  return std::nullopt;
}

Found SharedBytes::find(std::optional<FlatGroups> &groups) {
  auto count = unsigned(runs.size());
  for (unsigned written = 0; written < count; ++written) {
    if (!writes(written))
      continue;
    bool isHeld = intrinsic.operands[written].holds.has_value();
    if (!isHeld && !isCertainlyInjective(places[written], meaning.extents[written], elementBytes(written)))
      join(written, written);
    for (unsigned other = 0; other < count; ++other)
      if (other != written && (reads(other) || writes(other)) && mayShare(written, other) &&
          firstCommon(touched(written), touched(other)))
        join(written, other);
  }
  if (!any)
    return std::nullopt;
  FlatGroups made;
  made.layout.parts.resize(count);
  for (unsigned first = 0; first < count; ++first) {
    llvm::SmallVector<unsigned> members;
    for (unsigned operand = first; operand < count; ++operand)
      if (groupOf[operand] == first)
        members.push_back(operand);
    bool isOwn = members.size() == 1 &&
                 (!writes(first) || intrinsic.operands[first].holds ||
                  isCertainlyInjective(places[first], meaning.extents[first], elementBytes(first)));
    if (members.empty() || isOwn)
      continue;
    if (Found wrong = addGroup(members, made))
      return wrong;
  }
  groups = std::move(made);
  return std::nullopt;
}

} // namespace

Found findSharedBytes(const isa::Description &description, const isa::Instruction &instruction,
                      const Meaning &meaning, llvm::ArrayRef<StridedPlaces> places, llvm::ArrayRef<Runs> runs,
                      std::optional<FlatGroups> &groups) {
  return SharedBytes(description, instruction, meaning, places, runs).find(groups);
}

} // namespace tenon::spec
