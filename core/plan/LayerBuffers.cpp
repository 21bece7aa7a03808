// Buffers of a layer: space for parts of tensors, and the copies that fill it.
#include "core/plan/LayerBuffers.h"

#include "core/support/Error.h"

namespace tenon::plan {

using Kind = match::TensorSource::Kind;

std::optional<Placement> onChip(const isa::Description &description, const match::Computation &computation,
                                const match::Match &match, const match::OperandBinding &binding,
                                const Route &route, const GlobalView &global) {
  const match::TensorSource &source = computation.sources[binding.tensor];
  const Resident *resident = source.kind == Kind::Value ? global.resident(source.value) : nullptr;
  return resident ? readInPlace(description, computation, match, binding, route, *resident) : std::nullopt;
}

Region LayerBuffers::partOf(const match::OperandBinding &binding, const Region &region) const {
  Region part = region;
  auto used = nest::usedLoops(binding.access);
  for (unsigned loop = 0; loop < part.start.size(); ++loop)
    if (!llvm::is_contained(used, loop))
      part.start[loop] = part.extent[loop] = 0;
  return part;
}

void LayerBuffers::forget(const match::OperandBinding &binding) {
  auto found = held.find(&binding);
  if (found == held.end())
    return;
  if (!found->second.borrowed)
    allocator.release(found->second.placement.memory, found->second.placement.address);
  held.erase(found);
}

/// Space for the operand's part, in `memory`.
llvm::Expected<Placement *> LayerBuffers::hold(const match::Match &match,
                                               const match::OperandBinding &binding, const Region &region,
                                               unsigned memory) {
  forget(binding);
  auto placement = place(description, computation, match, binding, region, memory);
  if (!placement)
    return placement.takeError();
  auto address = allocator.allocate(memory, placement->units, computation.nest.operands[binding.tensor].name);
  if (!address)
    return address.takeError();
  placement->address = *address;
  Held &entry = held[&binding];
  entry = {std::move(*placement), partOf(binding, region), false};
  return &entry.placement;
}

/// Space for what is written: the box's part, or, of a result that stays on the chip, the whole once.
llvm::Error LayerBuffers::reserve(const match::Match &match, const match::OperandBinding &binding,
                                  const Region &region) {
  unsigned memory = intrinsicOf(match).operands[binding.operand].memories.front();
  if (!keep || &binding != &resultBinding())
    return hold(match, binding, region, memory).takeError();
  if (held.contains(&binding))
    return llvm::Error::success();
  Region whole = region;
  for (auto [loop, declared] : llvm::enumerate(computation.nest.loops)) {
    whole.start[loop] = 0;
    whole.extent[loop] = declared.extent;
  }
  return hold(match, binding, whole, memory).takeError();
}

const match::OperandBinding &LayerBuffers::resultBinding() const {
  return destination(description, lowering.final ? *lowering.final : lowering.main());
}

llvm::Error LayerBuffers::load(const match::Match &match, const match::OperandBinding &binding,
                               const Region &region) {
  auto found = held.find(&binding);
  if (found != held.end() && found->second.part == partOf(binding, region))
    return llvm::Error::success();
  auto route = routeTo(description, intrinsicOf(match), binding.operand);
  if (!route)
    return route.takeError();
  if (auto there = onChip(description, computation, match, binding, *route, global)) {
    forget(binding);
    loadedTile.erase(&binding);
    held[&binding] = {std::move(*there), partOf(binding, region), true};
    return llvm::Error::success();
  }
  auto placement = hold(match, binding, region, route->residence);
  if (!placement)
    return placement.takeError();
  loadedTile.erase(&binding);
  const match::TensorSource &source = computation.sources[binding.tensor];
  if (source.kind == Kind::Constant)
    return loadConstant(**placement, *source.constant, binding.outside);
  auto home = global.home(source.value, computation.nest.operands[binding.tensor].shape);
  if (!home)
    return home.takeError();
  for (const Copy &copy : copiesOf(**placement, *home, globalMemory, false))
    if (llvm::Error error = expandCopy(description, copy, origin, into))
      return error;
  return llvm::Error::success();
}

/// Constants lie in global memory as they will lie in the buffer, so that whole rows come one after the
/// other.
llvm::Error LayerBuffers::loadConstant(const Placement &placement, const match::ConstantTensor &constant,
                                       std::optional<nest::Constant> outside) {
  const isa::Memory &memory = description.memories[placement.memory];
  auto bytes = packed(placement, memory, constant, outside);
  if (!bytes)
    return bytes.takeError();
  auto address = global.constant(std::move(*bytes), description.memories[globalMemory].align);
  if (!address)
    return address.takeError();
  Copy copy{globalMemory, placement.memory, placement.element, *address, placement.address, {}};
  if (memory.unit == isa::Memory::Unit::Row) {
    copy.element = memory.rowElement.scalar;
    int64_t elementBytes = copy.element.storageBytes();
    copy.loops = {{placement.units, int64_t(memory.rowBytes), 1},
                  {memory.rowElements, elementBytes, 1, false, true}};
  } else {
    int64_t elementBytes = copy.element.storageBytes();
    copy.loops = {{placement.units / elementBytes, elementBytes, elementBytes}};
  }
  return expandCopy(description, copy, origin, into);
}

/// A variant's or a drain's operand has the buffer of the same tensor in the same operand's place.
const Placement *LayerBuffers::find(const match::OperandBinding &binding) const {
  auto found = held.find(&binding);
  if (found != held.end())
    return &found->second.placement;
  for (const auto &[other, entry] : held)
    if (other->tensor == binding.tensor && other->access == binding.access)
      return &entry.placement;
  return nullptr;
}

llvm::Expected<bool> LayerBuffers::loadTile(const match::Match &match, const match::OperandBinding &binding,
                                            const Route &route, llvm::ArrayRef<int64_t> sizes,
                                            llvm::ArrayRef<int64_t> loops, bool canKeep) {
  const Placement &placement = held.at(&primary(binding)).placement;
  auto copy = copyOfTile(description, match, binding, placement, route.memory, sizes, loops);
  if (!copy)
    return copy.takeError();
  std::vector<int64_t> key{copy->fromAddress};
  for (const CopyLoop &loop : copy->loops)
    key.push_back(loop.extent);
  std::vector<int64_t> &current = loadedTile[&primary(binding)];
  if (canKeep && current == key)
    return false;
  current = key;
  if (llvm::Error error = expandCopy(description, *copy, origin, into))
    return error;
  return true;
}

/// The binding of the layer's main match that a variant's binding stands for.
const match::OperandBinding &LayerBuffers::primary(const match::OperandBinding &binding) const {
  if (held.contains(&binding))
    return binding;
  for (const match::OperandBinding &other : lowering.main().operands)
    if (other.operand == binding.operand && other.tensor == binding.tensor)
      return other;
  return binding;
}

void LayerBuffers::releaseAll() {
  for (auto &[binding, entry] : held)
    if (!entry.borrowed)
      allocator.release(entry.placement.memory, entry.placement.address);
  held.clear();
}

} // namespace tenon::plan
