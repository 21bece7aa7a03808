// Choices are weighted so that most nests have a result everywhere and all kinds of rows occur.
#include "tests/reference/NestGenerator.h"

#include "core/ir/nest/AccessAnalysis.h"

#include <cmath>

using namespace mlir;

namespace tenon::test {

using nest::Access;
using nest::Constant;
using nest::Opcode;
using nest::ScalarType;
using nest::Update;

namespace {
/// How often, in percent, a body may have no result somewhere.
constexpr int hazard = 3;
} // namespace

ScalarType NestGenerator::randomWidth(unsigned low, unsigned high) {
  return ScalarType::integer(low + unsigned(below(high - low + 1)));
}

ScalarType NestGenerator::randomInteger() {
  static constexpr unsigned widths[] = {1, 4, 8, 8, 16, 32, 32, 32, 33, 64};
  return chance(10) ? randomWidth(1, 64) : ScalarType::integer(widths[below(10)]);
}

ScalarType NestGenerator::randomFloat() {
  const ScalarType types[] = {ScalarType::f16(), ScalarType::bf16(), ScalarType::f32(), ScalarType::f32(),
                              ScalarType::f64()};
  return types[below(5)];
}

ScalarType NestGenerator::randomType() { return chance(65) ? randomInteger() : randomFloat(); }

void NestGenerator::addLoops() {
  sequential = chance(70) ? 0 : 1 + unsigned(below(2));
  unsigned count = sequential + unsigned(below(5));
  int64_t points = 1;
  for (unsigned i = 0; i < count; ++i) {
    int64_t most = std::max<int64_t>(1, 400 / points);
    int64_t extent = 1 + below(std::min<int64_t>(most, chance(15) ? 60 : 6));
    points *= extent;
    b.loop("l" + std::to_string(i), extent, i < sequential);
  }
}

void NestGenerator::generate() {
  addLoops();
  unsigned statements = 1 + unsigned(below(3));
  // Statements inside the sequential loops stand together; the first and the last may be outside.
  for (unsigned i = 0; i < statements; ++i) {
    bool first = i == 0 && statements > 1, last = i == 2;
    unsigned depth = sequential;
    if ((first || last) && chance(40))
      depth = unsigned(below(sequential + 1));
    addStatement(depth);
  }
}

void NestGenerator::addStatement(unsigned sequentialDepth) {
  loops.clear();
  for (unsigned loop = 0; loop < b.nest.loops.size(); ++loop)
    if (loop < sequential ? loop < sequentialDepth : chance(75))
      loops.push_back(loop);
  ScalarType type = randomType();
  Access destination = randomDestination(type);
  Update update = Update(chance(40) ? 0 : below(4));
  bool reads = update != Update::Assign;
  std::optional<Constant> start;
  if (reads && (!readable[destination.operand] || chance(50)))
    start = randomConstant(type);
  b.statement(SmallVector<unsigned>(loops.begin(), loops.end()), destination, update, start);
  for (int64_t i = 0, count = below(6); i < count; ++i)
    makeOperation();
  if (readable[destination.operand] && chance(20))
    b.read(destination);
  type.isInteger() ? makeIntegerOperation(type) : makeFloatOperation(type);
  nest::Statement &statement = b.nest.statements.back();
  for (unsigned node = 0; node < statement.value; ++node) // the last nodes may be idle, but not their errors
    if (statement.body[node].type == type && chance(3))
      statement.value = node;
  readable[destination.operand] = true;
}

AffineExpr NestGenerator::randomIndex() {
  if (loops.empty())
    return b.number(below(3));
  auto term = [&] { return b.at(loops[below(int64_t(loops.size()))]); };
  if (chance(45))
    return term();
  AffineExpr sum = b.number(below(5) - 2);
  for (int64_t i = 0, count = 1 + below(2); i < count; ++i)
    sum = sum + term() * (below(7) - 3);
  if (!chance(25))
    return sum;
  int64_t divisor = 1 + below(5);
  AffineExpr divided = chance(40) ? sum % divisor : chance(50) ? sum.floorDiv(divisor) : sum.ceilDiv(divisor);
  return chance(50) ? divided : divided * (1 + below(3)) + term();
}

/// Without guard the shape is that of the indices' ranges, or rarely one less where the ranges are not exact.
Access NestGenerator::accessToNewOperand(const ScalarType &type, bool guarded) {
  SmallVector<AffineExpr> indices;
  SmallVector<int64_t> shape;
  int64_t elements = 1;
  for (int64_t i = 0, rank = below(4); i < rank; ++i) {
    AffineExpr index = randomIndex();
    nest::Interval range = *indexRange(index, b.nest.loops);
    int64_t extent = range.high - range.low + 1;
    if (elements * extent > 4000)
      break;
    bool linear = nest::linearForm(index, b.nest.loops.size()).has_value();
    index = index - range.low;
    if (guarded) {
      index = index + (below(5) - 2);
      extent = std::max<int64_t>(1, extent - below(5));
    } else if (!linear && extent > 1 && chance(hazard)) {
      --extent;
    } else {
      extent += below(2);
    }
    elements *= extent;
    indices.push_back(index);
    shape.push_back(extent);
  }
  unsigned operand = b.operand("x" + std::to_string(b.nest.operands.size()), type, shape);
  readable.push_back(true);
  return b.access(operand, indices, guarded ? std::optional(randomConstant(type)) : std::nullopt);
}

std::optional<Access> NestGenerator::guardedAccess(unsigned operand) {
  if (!readable[operand])
    return std::nullopt;
  SmallVector<AffineExpr> indices;
  for (size_t i = 0; i < b.nest.operands[operand].shape.size(); ++i)
    indices.push_back(randomIndex());
  return b.access(operand, indices, randomConstant(b.nest.operands[operand].type));
}

Access NestGenerator::randomDestination(const ScalarType &type) {
  // An earlier operand, if a few random accesses to it find one that stays inside.
  for (unsigned operand = 0; operand < b.nest.operands.size(); ++operand)
    for (int attempt = 0; attempt < 4 && b.nest.operands[operand].type == type && chance(50); ++attempt) {
      SmallVector<AffineExpr> indices;
      bool inside = true;
      for (int64_t extent : b.nest.operands[operand].shape) {
        indices.push_back(randomIndex());
        nest::Interval range = *indexRange(indices.back(), b.nest.loops);
        inside = inside && range.low >= 0 && range.high < extent;
      }
      if (inside)
        return b.access(operand, indices);
    }
  Access access;
  if (chance(60)) { // a projection, as most nests have: each index a loop, or nearly
    SmallVector<AffineExpr> indices;
    SmallVector<int64_t> shape;
    for (unsigned loop : loops)
      if (loop < sequential || chance(65)) {
        bool reversed = chance(15), strided = chance(15);
        int64_t extent = b.nest.loops[loop].extent;
        AffineExpr index = reversed ? b.number(extent - 1) - b.at(loop) : b.at(loop);
        indices.push_back(strided ? index * 2 : index);
        shape.push_back(strided ? extent * 2 : extent);
      }
    if (indices.size() > 1 && chance(30)) {
      std::swap(indices.front(), indices.back());
      std::swap(shape.front(), shape.back());
    }
    unsigned operand = b.operand("x" + std::to_string(b.nest.operands.size()), type, shape);
    readable.push_back(true);
    access = b.access(operand, indices);
  } else {
    access = accessToNewOperand(type, /*guarded=*/false);
  }
  if (chance(25)) {
    b.nest.operands[access.operand].local = true;
    readable[access.operand] = false;
  }
  return access;
}

Constant NestGenerator::randomConstant(const ScalarType &type) {
  if (!type.isInteger())
    return toConstant(type, roundToType(type, double(below(4000) - 2000) / 64));
  uint64_t value = chance(50) ? uint64_t(below(7) - 3) : random();
  return toConstant(type, Bits(64, value).trunc(type.width));
}

unsigned NestGenerator::makeConstant(const ScalarType &type) {
  return b.constant(type, randomConstant(type));
}

unsigned NestGenerator::makeRead(const ScalarType &type) {
  for (unsigned operand = 0; operand < b.nest.operands.size(); ++operand)
    if (b.nest.operands[operand].type == type && chance(35))
      if (std::optional<Access> access = guardedAccess(operand))
        return b.read(*access);
  return b.read(accessToNewOperand(type, chance(40)));
}

unsigned NestGenerator::valueOf(const ScalarType &type) {
  const std::vector<nest::Node> &body = b.nest.statements.back().body;
  for (size_t i = body.size(); i-- > 0;)
    if (body[i].type == type && chance(60))
      return i;
  if (type == ScalarType::index() && !loops.empty() && chance(60))
    return b.index(loops[below(int64_t(loops.size()))]);
  return chance(70) ? makeRead(type) : makeConstant(type);
}

unsigned NestGenerator::makeIntegerOperation(const ScalarType &type) {
  static constexpr Opcode total[] = {
      Opcode::AddI,  Opcode::SubI,  Opcode::MulI,  Opcode::AndI,  Opcode::OrI,  Opcode::XorI,
      Opcode::MaxSI, Opcode::MinSI, Opcode::MaxUI, Opcode::MinUI, Opcode::MulI, Opcode::DoublingHighMultiply};
  static constexpr Opcode divisions[] = {Opcode::DivSI,     Opcode::DivUI, Opcode::FloorDivSI,
                                         Opcode::CeilDivSI, Opcode::RemSI, Opcode::RemUI};
  static constexpr Opcode shifts[] = {Opcode::ShLI, Opcode::ShRSI, Opcode::ShRUI, Opcode::RoundingShiftRight};
  unsigned a = valueOf(type);
  if (chance(60)) {
    unsigned other = valueOf(type);
    return b.node(total[below(12)], type, {a, other});
  }
  if (chance(10))
    return b.node(Opcode::CountLeadingZeros, type, {a});
  bool safe = !chance(hazard);
  unsigned other = valueOf(type);
  if (chance(50)) {
    if (safe)
      other = b.node(Opcode::OrI, type, {other, b.constant(type, toConstant(type, Bits(type.width, 1)))});
    return b.node(divisions[below(6)], type, {a, other});
  }
  if (safe)
    other = b.constant(
        type, toConstant(type, Bits(type.width, uint64_t(below(std::min(type.width, 8u))) % type.width)));
  Opcode op = shifts[below(4)];
  if (safe && type.width < 5)
    other = b.constant(type, toConstant(type, Bits(type.width, 0)));
  unsigned result = b.node(op, type, {a, other});
  b.lastNode().rounding = nest::Rounding(below(5));
  return result;
}

unsigned NestGenerator::makeFloatOperation(const ScalarType &type) {
  static constexpr Opcode unary[] = {Opcode::NegF,  Opcode::AbsF,   Opcode::SqrtF,      Opcode::FloorF,
                                     Opcode::CeilF, Opcode::RoundF, Opcode::RoundEvenF, Opcode::ExpF,
                                     Opcode::LogF,  Opcode::TanhF,  Opcode::ErfF};
  static constexpr Opcode binary[] = {Opcode::AddF,    Opcode::SubF,     Opcode::MulF,     Opcode::DivF,
                                      Opcode::RemF,    Opcode::MaximumF, Opcode::MinimumF, Opcode::MaxNumF,
                                      Opcode::MinNumF, Opcode::PowF,     Opcode::MulF,     Opcode::AddF};
  unsigned a = valueOf(type);
  if (chance(25))
    return b.node(unary[below(11)], type, {a});
  unsigned other = valueOf(type);
  if (chance(15)) {
    unsigned third = valueOf(type);
    return b.node(Opcode::Fma, type, {a, other, third});
  }
  return b.node(binary[below(12)], type, {a, other});
}

unsigned NestGenerator::makeCast() {
  ScalarType from = randomInteger(), to = randomInteger();
  switch (below(7)) {
  case 0:
  case 1: {
    unsigned a = valueOf(from);
    if (from.width < to.width)
      return b.node(chance(70) ? Opcode::ExtSI : Opcode::ExtUI, to, {a});
    if (from.width > to.width && chance(50))
      return b.node(Opcode::TruncI, to, {a});
    unsigned result = b.node(Opcode::Saturate, randomWidth(1, from.width), {a});
    b.lastNode().resultSigned = chance(50);
    return result;
  }
  case 2: {
    unsigned a = valueOf(from);
    return b.node(chance(50) ? Opcode::SIToFP : Opcode::UIToFP, randomFloat(), {a});
  }
  case 3: {
    // Of a small integer and a half, which most integer types hold.
    ScalarType type = randomFloat();
    unsigned a = b.node(Opcode::SIToFP, type, {valueOf(ScalarType::integer(4))});
    unsigned half =
        b.node(Opcode::AddF, type, {a, b.constant(type, Constant::ofReal(chance(50) ? 0.5 : -0.25))});
    if (chance(hazard))
      return b.node(Opcode::FPToUI, randomInteger(), {half});
    return b.node(Opcode::FPToSI, randomWidth(5, 64), {half});
  }
  case 4: {
    ScalarType type = randomFloat();
    unsigned a = valueOf(type);
    return type.width < 64 ? b.node(Opcode::ExtF, ScalarType::f64(), {a})
                           : b.node(Opcode::TruncF, chance(50) ? ScalarType::f32() : ScalarType::f16(), {a});
  }
  case 5: {
    // Only to floats: the bits of a computed NaN are nobody's promise.
    ScalarType type = randomFloat();
    return b.node(Opcode::Bitcast, type, {valueOf(ScalarType::integer(type.width))});
  }
  default: {
    unsigned a = valueOf(ScalarType::f64());
    return b.node(Opcode::TruncF, ScalarType::bf16(), {a});
  }
  }
}

unsigned NestGenerator::makeSelect() {
  ScalarType compared = randomType(), type = randomType();
  unsigned a = valueOf(compared), other = valueOf(compared);
  unsigned condition = b.node(compared.isInteger() ? Opcode::CmpI : Opcode::CmpF, i1, {a, other});
  b.lastNode().integerPredicate = nest::IntegerPredicate(below(10));
  b.lastNode().floatPredicate = nest::FloatPredicate(below(16));
  unsigned left = valueOf(type), right = valueOf(type);
  return b.node(Opcode::Select, type, {condition, left, right});
}

/// A table of 16 entries, or any operand of one dimension, the destination too.
unsigned NestGenerator::makeLookup() {
  ScalarType entry = ScalarType::integer(chance(50) ? 8 : 40);
  for (unsigned operand = 0; operand < b.nest.operands.size(); ++operand) {
    SmallVector<int64_t> shape = b.nest.operands[operand].shape;
    if (!readable[operand] || shape.size() != 1 || shape[0] > 127 || !chance(40))
      continue;
    unsigned positive = b.node(Opcode::AndI, entry, {valueOf(entry), b.integer(entry, 127)});
    return b.lookup(operand, b.node(Opcode::RemUI, entry, {positive, b.integer(entry, shape[0])}));
  }
  unsigned table = b.operand("x" + std::to_string(b.nest.operands.size()), randomType(), {16});
  readable.push_back(true);
  unsigned index = valueOf(entry);
  if (!chance(hazard))
    index = b.node(Opcode::AndI, entry, {index, b.integer(entry, 15)});
  return b.lookup(table, index);
}

unsigned NestGenerator::makeOperation() {
  int64_t kind = below(100);
  if (kind < 40)
    return makeIntegerOperation(randomInteger());
  if (kind < 60)
    return makeFloatOperation(randomFloat());
  if (kind < 80)
    return makeCast();
  return kind < 92 ? makeSelect() : makeLookup();
}

Memory NestGenerator::randomMemory() {
  Memory memory = makeMemory(b.nest);
  for (auto [operand, bytes] : llvm::zip(b.nest.operands, memory)) {
    if (operand.local)
      continue;
    const ScalarType &type = operand.type;
    for (size_t i = 0; i < bytes.size(); i += type.storageBytes()) {
      Bits value = Bits(64, random()).trunc(type.width);
      if (type.isFloat() && !chance(10))
        value = roundToType(type, double(below(4000) - 2000) / 128);
      if (type.isInteger() && chance(30))
        value = Bits(64, uint64_t(below(5) - 2)).trunc(type.width);
      storeBits(type, value, bytes.data() + i);
      // Bits of the storage that the type does not have are ignored.
      if (type.width < 8 && chance(20))
        bytes[i] ^= char(below(256) << type.width);
    }
  }
  return memory;
}

} // namespace tenon::test
