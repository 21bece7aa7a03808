// Loads and stores: where an address is, whether the lane may touch it, and who else has.
#include "core/lanes/Warp.h"

#include "core/support/Error.h"

namespace tenon::lanes {

llvm::Expected<Warp::Place> Warp::place(const Step &step, unsigned lane, uint64_t address, unsigned space,
                                        uint64_t bytes, bool writes) {
  bool shared = blockState.machine->scratchSpace && *blockState.machine->scratchSpace != 0 &&
                space == *blockState.machine->scratchSpace;
  const char *verb = writes ? "a store of " : "a load of ";
  if (!shared && address >= localWindow && address < localWindow + windowBytes) {
    Lane &own = state[lane];
    uint64_t offset = address - localWindow;
    if (bytes > own.local.size() || offset > own.local.size() - bytes)
      return error(step, lane,
                   verb + llvm::Twine(bytes) + " bytes at byte " + llvm::Twine(offset) +
                       " of the lane's own " + llvm::Twine(own.local.size()));
    return Place{&own.local[offset], &own.localDefined[offset], nullptr, 0};
  }
  if (!shared && address >= sharedWindow && address < sharedWindow + windowBytes) {
    shared = true;
    address -= sharedWindow;
  }
  DeviceMemory &memory = shared ? *blockState.shared : *blockState.memory;
  uint64_t offset = 0;
  Allocation *allocation = memory.find(address, bytes, offset);
  if (!allocation)
    return error(step, lane,
                 verb + llvm::Twine(bytes) + " bytes at address " + memory.whereIs(address) +
                     (shared ? ", in the scratchpad," : "") + " is in no allocation");
  if (writes && allocation->readOnly)
    return error(step, lane, "a store to " + allocation->name + ", which is constant");
  TrackedBytes &content = allocation->content;
  bool unordered = offset >= allocation->unorderedBegin && offset + bytes <= allocation->unorderedEnd;
  return Place{&content.bytes[offset], &content.defined[offset],
               unordered ? nullptr : &content.history[offset],
               shared ? blockState.sharedUse : blockState.launch};
}

/// Finds lanes that touch the bytes without a barrier between.
llvm::Error Warp::note(const Step &step, unsigned lane, uint64_t address, const Place &where, uint64_t bytes,
                       bool writes) {
  if (!where.history)
    return llvm::Error::success();
  Access access{where.use, uint32_t(blockState.block), blockState.barriers,
                uint16_t(warpNumber * lanes + lane)};
  for (uint64_t i = 0; i < bytes; ++i) {
    std::optional<Access> race = writes ? where.history[i].write(access) : where.history[i].read(access);
    if (race)
      return error(
          step, lane,
          "a race: byte " + llvm::Twine::utohexstr(address + i) + " is " + (writes ? "written" : "read") +
              " here, and lane " + llvm::Twine(race->thread % lanes) + " of group " +
              llvm::Twine(race->thread / lanes) +
              (race->block == access.block ? llvm::Twine("") : " of block " + llvm::Twine(race->block))
                  .str() +
              " has touched it with no barrier between");
  }
  return llvm::Error::success();
}

llvm::Expected<Scalar> Warp::loadScalar(const Step &step, unsigned lane, uint64_t address, unsigned space,
                                        ScalarType type) {
  uint64_t bytes = type.bytes();
  auto where = place(step, lane, address, space, bytes, false);
  if (!where)
    return where.takeError();
  if (llvm::Error failed = note(step, lane, address, *where, bytes, false))
    return std::move(failed);
  Scalar value;
  for (uint64_t i = 0; i < bytes; ++i) {
    value.bits |= Bits(where->bytes[i]) << (8 * i);
    value.poison |= where->defined[i] == 0;
  }
  bool shared = blockState.machine->scratchSpace && space == *blockState.machine->scratchSpace && space != 0;
  if (value.poison && (shared || (address >= sharedWindow && address < sharedWindow + windowBytes)))
    return error(step, lane,
                 "the scratchpad is read at " + blockState.shared->whereIs(address) +
                     ", and nothing defined has been written there");
  value.bits = lowBits(value.bits, type.width);
  return value.poison ? poisoned() : value;
}

llvm::Error Warp::storeScalar(const Step &step, unsigned lane, uint64_t address, unsigned space,
                              ScalarType type, Scalar value) {
  uint64_t bytes = type.bytes();
  auto where = place(step, lane, address, space, bytes, true);
  if (!where)
    return where.takeError();
  if (llvm::Error failed = note(step, lane, address, *where, bytes, true))
    return failed;
  for (uint64_t i = 0; i < bytes; ++i) {
    where->bytes[i] = uint8_t(value.bits >> (8 * i));
    where->defined[i] = !value.poison;
  }
  return llvm::Error::success();
}

llvm::Error Warp::access(const Step &step, const Lanes &group) {
  for (unsigned lane : group) {
    bool moves = step.kind == Step::Kind::MemoryFill || step.kind == Step::Kind::MemoryCopy;
    if (llvm::Error failed = moves                               ? moveBytes(step, lane)
                             : step.kind == Step::Kind::Exchange ? exchange(step, lane)
                                                                 : accessLane(step, lane))
      return failed;
  }
  return llvm::Error::success();
}

/// Lanes that exchange are ordered by it: that is no race.
llvm::Error Warp::exchange(const Step &step, unsigned lane) {
  ScalarType type = step.types[0];
  Scalar address = read(step.operands[0], 0, lane), expected = read(step.operands[1], 0, lane);
  Scalar wanted = read(step.operands[2], 0, lane);
  if (address.poison || expected.poison || wanted.poison)
    return error(step, lane, "an operand is undefined");
  if (address.bits % step.align != 0)
    return error(step, lane,
                 "the address " + llvm::Twine::utohexstr(address.bits) + " is no multiple of " +
                     llvm::Twine(step.align));
  auto where = place(step, lane, address.bits, step.space, type.bytes(), true);
  if (!where)
    return where.takeError();
  Scalar found;
  for (uint64_t i = 0; i < type.bytes(); ++i) {
    if (!where->defined[i])
      return error(step, lane,
                   "nothing defined has been written at " + blockState.memory->whereIs(address.bits));
    found.bits |= Bits(where->bytes[i]) << (8 * i);
  }
  for (uint64_t i = 0; found.bits == expected.bits && i < type.bytes(); ++i)
    where->bytes[i] = uint8_t(wanted.bits >> (8 * i));
  write(step.result, 0, lane, found);
  write(step.result, 1, lane, {found.bits == expected.bits ? Bits(1) : Bits(0), false});
  return llvm::Error::success();
}

llvm::Error Warp::accessLane(const Step &step, unsigned lane) {
  bool loads = step.kind == Step::Kind::Load;
  const Operand &pointer = step.operands[loads ? 0 : 1];
  const Operand *mask = step.masked ? &step.operands[loads ? 2 : 3] : nullptr;
  uint64_t offset = 0;
  for (unsigned i = 0; i < step.types.size(); ++i) {
    ScalarType type = step.types[i];
    Scalar base = read(pointer, step.scattered ? i : 0, lane);
    uint64_t address = uint64_t(base.bits) + (step.scattered ? 0 : offset);
    offset += type.bytes();
    Scalar wanted = mask ? read(*mask, i, lane) : Scalar{1, false};
    if (wanted.poison)
      return error(step, lane, "the mask is undefined");
    if (!wanted.bits) {
      if (loads)
        write(step.result, i, lane, read(step.operands[3], i, lane));
      continue;
    }
    if (base.poison)
      return error(step, lane, "the address is undefined");
    if ((i == 0 || step.scattered) && step.align > 1 && address % step.align != 0)
      return error(step, lane,
                   "the address " + llvm::Twine::utohexstr(address) + " is no multiple of " +
                       llvm::Twine(step.align));
    if (!loads) {
      if (llvm::Error failed =
              storeScalar(step, lane, address, step.space, type, read(step.operands[0], i, lane)))
        return failed;
      continue;
    }
    auto value = loadScalar(step, lane, address, step.space, type);
    if (!value)
      return value.takeError();
    write(step.result, i, lane, *value);
  }
  return llvm::Error::success();
}

llvm::Error Warp::moveBytes(const Step &step, unsigned lane) {
  constexpr ScalarType byte{ScalarType::Kind::Integer, 8};
  bool copies = step.kind == Step::Kind::MemoryCopy;
  Scalar to = read(step.operands[0], 0, lane), from = read(step.operands[1], 0, lane);
  if (to.poison || (copies && from.poison))
    return error(step, lane, "the address is undefined");
  auto space = [&](unsigned operand) {
    return step.source->getOperand(operand)->getType()->getPointerAddressSpace();
  };
  std::vector<Scalar> values(size_t(step.offset), from);
  for (uint64_t i = 0; copies && i < values.size(); ++i) {
    auto value = loadScalar(step, lane, uint64_t(from.bits) + i, space(1), byte);
    if (!value)
      return value.takeError();
    values[i] = *value;
  }
  for (uint64_t i = 0; i < values.size(); ++i)
    if (llvm::Error failed = storeScalar(step, lane, uint64_t(to.bits) + i, space(0), byte, values[i]))
      return failed;
  return llvm::Error::success();
}

} // namespace tenon::lanes
