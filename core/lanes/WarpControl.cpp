// Branches, calls, and rows of the description.
#include "core/lanes/Warp.h"

#include "core/support/Error.h"

namespace tenon::lanes {
namespace {

constexpr unsigned mostDepth = 32;

} // namespace

/// Phi nodes take their values all at once.
void Warp::goTo(unsigned lane, unsigned target) {
  Lane &moving = state[lane];
  const Block &block = moving.frame->function->blocks[target];
  auto edges = block.edges.find(moving.block);
  if (edges != block.edges.end()) {
    llvm::SmallVector<Scalar, 16> values;
    for (const Edge &edge : edges->second)
      for (unsigned i = 0; i < edge.components; ++i)
        values.push_back(read(edge.value, i, lane));
    auto value = values.begin();
    for (const Edge &edge : edges->second)
      for (unsigned i = 0; i < edge.components; ++i)
        write(edge.result, i, lane, *value++);
  }
  moving.block = target;
  moving.step = 0;
}

llvm::Error Warp::leave(const Step &step, const Lanes &group) {
  for (unsigned lane : group) {
    unsigned target = step.targets.back();
    if (!step.operands.empty()) {
      Scalar condition = read(step.operands[0], 0, lane);
      if (condition.poison)
        return error(step, lane, "the way depends on an undefined value");
      if (step.kind == Step::Kind::Branch)
        target = step.targets[condition.bits ? 0 : 1];
      for (const auto &[value, block] : step.cases)
        if (value == condition.bits) {
          target = block;
          break;
        }
    }
    goTo(lane, target);
  }
  return llvm::Error::success();
}

llvm::Error Warp::enterCall(const Step &step, const Lanes &group) {
  Frame *caller = state[group.front()].frame;
  if (caller->depth >= mostDepth)
    return error(step, group.front(), "calls are more than " + llvm::Twine(mostDepth) + " deep");
  std::unique_ptr<Frame> &callee = caller->callees[&step];
  if (!callee) {
    callee = std::make_unique<Frame>();
    callee->function = step.callee;
    callee->caller = caller;
    callee->call = &step;
    callee->depth = caller->depth + 1;
    callee->registers.resize(size_t(step.callee->slots) * lanes);
  }
  if (step.callee->localBytes > 0)
    return error(step, group.front(),
                 "the called function has memory of its own, which only a kernel may have here");
  for (unsigned lane : group) {
    for (auto [operand, place] : llvm::zip(step.operands, step.callee->arguments))
      for (unsigned i = 0; i < place.second; ++i)
        callee->registers[(size_t(place.first) + i) * lanes + lane] = read(operand, i, lane);
    state[lane].frame = callee.get();
    state[lane].block = state[lane].step = 0;
  }
  return llvm::Error::success();
}

llvm::Error Warp::returnFrom(const Step &step, const Lanes &group) {
  for (unsigned lane : group) {
    Frame *frame = state[lane].frame;
    if (!frame->caller) {
      state[lane].state = Lane::State::Ended;
      continue;
    }
    llvm::SmallVector<Scalar, 8> values;
    for (unsigned i = 0; i < frame->call->types.size(); ++i)
      values.push_back(read(step.operands[0], i, lane));
    state[lane].frame = frame->caller;
    for (auto [i, value] : llvm::enumerate(values))
      write(frame->call->result, unsigned(i), lane, value);
    // Where the call stands: steps of a block are an array.
    for (auto [number, code] : llvm::enumerate(frame->caller->function->blocks))
      if (!code.steps.empty() && frame->call >= &code.steps.front() && frame->call <= &code.steps.back()) {
        state[lane].block = unsigned(number);
        state[lane].step = unsigned(frame->call - &code.steps.front()) + 1;
      }
  }
  return llvm::Error::success();
}

/// The registers of one operand from the call's arguments.
llvm::Error Warp::gatherRegisters(const Step &step, Row &row, unsigned number, unsigned &argument) {
  const Row::Operand &operand = row.operands[number];
  int64_t laneBytes = row.laneBytes;
  std::vector<uint8_t> bytes(size_t(operand.registers * laneBytes * lanes));
  const auto &call = llvm::cast<llvm::CallInst>(*step.source);
  for (int64_t reg = 0; reg < operand.registers; ++reg, ++argument) {
    if (argument >= step.operands.size())
      return error(step, 0, "the row reads more registers than the call gives it");
    llvm::Type *type = call.getArgOperand(argument)->getType();
    if (type->isPointerTy() || type->getPrimitiveSizeInBits() != uint64_t(laneBytes) * 8)
      return error(step, 0,
                   "argument " + llvm::Twine(argument) + " has not the " + llvm::Twine(laneBytes) +
                       " bytes of a lane's register");
    unsigned width = step.operandTypes[argument].width;
    for (unsigned lane = 0; lane < lanes; ++lane)
      for (unsigned i = 0; i < laneBytes * 8 / width; ++i) {
        Scalar value = read(step.operands[argument], i, lane);
        if (value.poison)
          return error(step, lane, "argument " + llvm::Twine(argument) + " of the row is undefined");
        for (unsigned byte = 0; byte < width / 8; ++byte)
          bytes[size_t((reg * lanes + lane) * laneBytes) + i * width / 8 + byte] =
              uint8_t(value.bits >> (8 * byte));
      }
  }
  return row.gather(number, bytes);
}

/// An operand in memory: dense at one address, which every lane must give.
llvm::Error Warp::moveRowMemory(const Step &step, Row &row, unsigned number, uint64_t address, bool writes) {
  Row::Operand &operand = row.operands[number];
  const auto &declared = blockState.machine->description->intrinsics[step.number].operands[number];
  unsigned space = blockState.machine->description->memories[declared.memories.front()].space;
  for (int64_t i = 0; i < operand.bytes; ++i) {
    auto byte = size_t(i);
    if (writes) {
      if (llvm::Error failed = storeScalar(step, 0, address + byte, space, {ScalarType::Kind::Integer, 8},
                                           {operand.buffer[byte], false}))
        return failed;
      continue;
    }
    auto value = loadScalar(step, 0, address + byte, space, {ScalarType::Kind::Integer, 8});
    if (!value)
      return value.takeError();
    if (value->poison)
      return error(step, 0, "byte " + llvm::Twine(i) + " of operand " + declared.name + " is undefined");
    operand.buffer[byte] = uint8_t(value->bits);
  }
  return llvm::Error::success();
}

llvm::Error Warp::gatherRow(const Step &step, Row &row) {
  unsigned argument = 0;
  for (unsigned number = 0; number < row.operands.size(); ++number) {
    const Row::Operand &operand = row.operands[number];
    if (operand.isRegister && operand.isRead)
      if (llvm::Error failed = gatherRegisters(step, row, number, argument))
        return failed;
    if (operand.isRegister)
      continue;
    if (argument >= step.operands.size())
      return error(step, 0, "the row has more operands than the call gives it");
    Scalar first = read(step.operands[argument], 0, 0);
    for (unsigned lane = 1; lane < lanes; ++lane)
      if (read(step.operands[argument], 0, lane).bits != first.bits)
        return error(step, lane, "a row's operand in memory has another address here than in lane 0");
    if (operand.isRead)
      if (llvm::Error failed = moveRowMemory(step, row, number, uint64_t(first.bits), false))
        return failed;
    ++argument;
  }
  return argument == step.operands.size()
             ? llvm::Error::success()
             : error(step, 0,
                     "the call gives the row " + llvm::Twine(step.operands.size()) + " arguments, it has " +
                         llvm::Twine(argument));
}

llvm::Error Warp::scatterRow(const Step &step, Row &row) {
  unsigned component = 0, argument = 0;
  for (unsigned number = 0; number < row.operands.size(); ++number) {
    const Row::Operand &operand = row.operands[number];
    if (!operand.isRegister) {
      auto address = uint64_t(read(step.operands[argument++], 0, 0).bits);
      if (operand.isWritten)
        if (llvm::Error failed = moveRowMemory(step, row, number, address, true))
          return failed;
      continue;
    }
    argument += operand.isRead ? unsigned(operand.registers) : 0;
    if (!operand.isWritten)
      continue;
    std::vector<uint8_t> bytes(size_t(operand.registers * row.laneBytes * lanes));
    row.scatter(number, bytes);
    for (int64_t reg = 0; reg < operand.registers; ++reg)
      for (unsigned filled = 0; filled < row.laneBytes; ++component) {
        if (component >= step.types.size())
          return error(step, 0, "the row writes more registers than the call returns");
        unsigned count = step.types[component].bytes();
        for (unsigned lane = 0; lane < lanes; ++lane) {
          Bits value = 0;
          for (unsigned byte = 0; byte < count; ++byte)
            value |= Bits(bytes[size_t((reg * lanes + lane) * row.laneBytes) + filled + byte]) << (8 * byte);
          write(step.result, component, lane, {value, false});
        }
        filled += count;
      }
  }
  return component == step.types.size() ? llvm::Error::success()
                                        : error(step, 0,
                                                "the call returns " + llvm::Twine(step.types.size()) +
                                                    " values, the row writes " + llvm::Twine(component));
}

llvm::Error Warp::executeRow(const Step &step) {
  llvm::Expected<Row *> row = blockState.rows->get(step.number);
  if (!row)
    return row.takeError();
  if (llvm::Error failed = gatherRow(step, **row))
    return failed;
  if (llvm::Error failed = (*row)->run())
    return failed;
  return scatterRow(step, **row);
}

} // namespace tenon::lanes
