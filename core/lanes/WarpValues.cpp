// Instructions that touch registers alone.
#include "core/lanes/Arithmetic.h"
#include "core/lanes/Warp.h"

#include "core/support/Error.h"

namespace tenon::lanes {

namespace {

/// Where an operand's components are: lanes of one register stand together, a constant is the same for all.
struct View {
  const Scalar *first = nullptr;
  size_t component = 0, lane = 0; ///< how far apart

  View(const Operand &operand, bool isVector, const std::vector<Scalar> &registers, unsigned lanes) {
    bool isConstant = operand.slot < 0;
    first = isConstant ? operand.constant.data() : &registers[size_t(operand.slot) * lanes];
    component = !isVector ? 0 : isConstant ? 1 : lanes;
    lane = isConstant ? 0 : 1;
  }
  const Scalar &at(unsigned which, unsigned who) const { return first[which * component + who * lane]; }
};

} // namespace

/// result = apply(a, b) where neither is poison.
template <class Apply> bool Warp::binaryLoop(const Step &step, const Lanes &group, Apply apply) {
  std::vector<Scalar> &registers = state[group.front()].frame->registers;
  auto isVector = [&](unsigned operand) { return step.source->getOperand(operand)->getType()->isVectorTy(); };
  unsigned second = step.operands.size() > 1 ? 1 : 0;
  View left(step.operands[0], isVector(0), registers, lanes);
  View right(step.operands[second], isVector(second), registers, lanes);
  for (unsigned component = 0; component < step.types.size(); ++component) {
    unsigned width = step.types[component].width;
    Scalar *result = &registers[(size_t(step.result) + component) * lanes];
    for (unsigned lane : group) {
      const Scalar &a = left.at(component, lane), &b = right.at(component, lane);
      result[lane] = a.poison || b.poison ? poisoned() : ofBits(apply(a.bits, b.bits), width);
    }
  }
  return true;
}

/// The most frequent instructions, without the way through evaluate(). Gives false for any other.
bool Warp::integerLoop(const Step &step, const Lanes &group) {
  using llvm::Instruction;
  unsigned from = step.operandTypes[0].width;
  if (step.nsw || step.nuw || step.exact || step.disjoint || step.nneg || step.types[0].isFloat())
    return false;
  switch (step.source->getOpcode()) {
  case Instruction::Add:
    return binaryLoop(step, group, [](Bits a, Bits b) { return a + b; });
  case Instruction::Sub:
    return binaryLoop(step, group, [](Bits a, Bits b) { return a - b; });
  case Instruction::Mul:
    return binaryLoop(step, group, [](Bits a, Bits b) { return a * b; });
  case Instruction::And:
    return binaryLoop(step, group, [](Bits a, Bits b) { return a & b; });
  case Instruction::Or:
    return binaryLoop(step, group, [](Bits a, Bits b) { return a | b; });
  case Instruction::Xor:
    return binaryLoop(step, group, [](Bits a, Bits b) { return a ^ b; });
  case Instruction::Trunc:
  case Instruction::ZExt:
    return binaryLoop(step, group, [](Bits a, Bits) { return a; });
  case Instruction::SExt:
    return binaryLoop(step, group, [=](Bits a, Bits) { return Bits(signExtend(a, from)); });
  default:
    return false;
  }
}

llvm::Error Warp::elementwise(const Step &step, const Lanes &group) {
  if (integerLoop(step, group))
    return llvm::Error::success();
  // An operand that is no vector stands for all components (a select's condition, an immediate flag).
  std::vector<Scalar> &registers = state[group.front()].frame->registers;
  llvm::SmallVector<View, 4> views;
  for (auto [i, operand] : llvm::enumerate(step.operands))
    views.emplace_back(operand, step.source->getOperand(unsigned(i))->getType()->isVectorTy(), registers,
                       lanes);
  llvm::SmallVector<Scalar, 4> arguments(views.size());
  const char *fault = nullptr;
  for (unsigned component = 0; component < step.types.size(); ++component) {
    Scalar *result = &registers[(size_t(step.result) + component) * lanes];
    for (unsigned lane : group) {
      for (auto [argument, view] : llvm::zip(arguments, views))
        argument = view.at(component, lane);
      result[lane] = evaluate(step, step.types[component], arguments, fault);
      if (fault)
        return error(step, lane, fault);
    }
  }
  return llvm::Error::success();
}

void Warp::copy(const Step &step, const Lanes &group) {
  llvm::SmallVector<Scalar, 16> values(step.sources.size());
  for (unsigned lane : group) {
    for (auto [value, source] : llvm::zip(values, step.sources))
      value = source.first == ~0U ? poisoned() : read(step.operands[source.first], source.second, lane);
    for (auto [component, value] : llvm::enumerate(values))
      write(step.result, unsigned(component), lane, value);
  }
}

llvm::Error Warp::dynamicElement(const Step &step, const Lanes &group) {
  bool extracts = step.operands.size() == 2;
  size_t length = llvm::cast<llvm::FixedVectorType>(step.source->getOperand(0)->getType())->getNumElements();
  for (unsigned lane : group) {
    Scalar index = read(step.operands[extracts ? 1 : 2], 0, lane);
    if (index.poison)
      return error(step, lane, "the index is undefined");
    bool inside = index.bits < length;
    if (extracts) {
      write(step.result, 0, lane, inside ? read(step.operands[0], unsigned(index.bits), lane) : poisoned());
      continue;
    }
    Scalar inserted = read(step.operands[1], 0, lane);
    for (unsigned i = 0; i < length; ++i)
      write(step.result, i, lane,
            !inside           ? poisoned()
            : index.bits == i ? inserted
                              : read(step.operands[0], i, lane));
  }
  return llvm::Error::success();
}

void Warp::reduce(const Step &step, const Lanes &group) {
  size_t length = llvm::cast<llvm::FixedVectorType>(step.source->getOperand(0)->getType())->getNumElements();
  for (unsigned lane : group) {
    Scalar sum = read(step.operands[0], 0, lane);
    for (unsigned i = 1; i < length; ++i)
      sum = reduceStep(step.intrinsic, step.types[0], sum, read(step.operands[0], i, lane));
    write(step.result, 0, lane, sum);
  }
}

/// The same bits, cut otherwise; the first component lies lowest.
void Warp::bitcast(const Step &step, const Lanes &group) {
  unsigned from = step.operandTypes[0].width, to = step.types[0].width;
  auto total = unsigned(to * step.types.size());
  for (unsigned lane : group) {
    llvm::SmallVector<uint8_t, 64> bits(total), poison(total);
    for (unsigned i = 0; i < total / from; ++i) {
      Scalar value = read(step.operands[0], i, lane);
      for (unsigned bit = 0; bit < from; ++bit) {
        bits[i * from + bit] = uint8_t(value.bits >> bit & 1);
        poison[i * from + bit] = value.poison;
      }
    }
    for (unsigned i = 0; i < step.types.size(); ++i) {
      Scalar value;
      for (unsigned bit = 0; bit < to; ++bit) {
        value.bits |= Bits(bits[i * to + bit]) << bit;
        value.poison |= poison[i * to + bit] != 0;
      }
      write(step.result, i, lane, value.poison ? poisoned() : value);
    }
  }
}

void Warp::address(const Step &step, const Lanes &group) {
  for (unsigned lane : group) {
    if (step.kind == Step::Kind::Alloca) {
      write(step.result, 0, lane, {localWindow + uint64_t(step.offset), false});
      continue;
    }
    for (unsigned component = 0; component < step.types.size(); ++component) {
      auto part = [&](unsigned operand) {
        bool isVector = step.source->getOperand(operand)->getType()->isVectorTy();
        return read(step.operands[operand], isVector ? component : 0, lane);
      };
      Scalar result = part(0);
      uint64_t value = uint64_t(result.bits) + uint64_t(step.offset);
      for (const auto &[operand, scale] : step.scales) {
        Scalar index = part(operand);
        result.poison |= index.poison;
        value += uint64_t(signExtend(index.bits, step.operandTypes[operand].width)) * uint64_t(scale);
      }
      write(step.result, component, lane, result.poison ? poisoned() : Scalar{value, false});
    }
  }
}

void Warp::levelIndex(const Step &step, const Lanes &group) {
  for (unsigned lane : group) {
    int64_t value = 0;
    switch (Index(step.number)) {
    case Index::Block:
      value = blockState.block;
      break;
    case Index::Group:
      value = warpNumber;
      break;
    case Index::Lane:
      value = lane;
      break;
    case Index::Thread:
      value = warpNumber * lanes + lane;
      break;
    }
    write(step.result, 0, lane, ofBits(Bits(value), step.types[0].width));
  }
}

} // namespace tenon::lanes
