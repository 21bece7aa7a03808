// Addresses, loads and stores. A vector load or store is made where lanes lie side by side; masks and values
// for outside make it a masked one; everything else is a gather, which machines without one take apart.
#include "core/native/ir/AccessText.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::native {

using nest::Access;
using nest::ScalarType;

// Indices.

std::string AccessText::vectorOf(const LaneInteger &value) {
  if (lanes == 1)
    return value.vector.empty() ? value.base : value.vector;
  if (!value.vector.empty())
    return value.vector;
  std::string steps;
  for (unsigned lane = 0; lane < lanes; ++lane)
    steps += (lane ? ", i64 " : "<i64 ") + std::to_string(value.step * lane);
  return t.binary("add", "i64", emitSplat(f, "i64", value.base, lanes), steps + ">");
}

LaneInteger AccessText::sum(const LaneInteger &a, const LaneInteger &b) {
  LaneInteger result;
  if (!a.vector.empty() || !b.vector.empty()) {
    result.vector = t.binary("add nsw", "i64", vectorOf(a), vectorOf(b));
    return result;
  }
  result.step = a.step + b.step;
  result.base = a.base == "0"   ? b.base
                : b.base == "0" ? a.base
                                : f.value("add nsw i64 " + a.base + ", " + b.base);
  return result;
}

LaneInteger AccessText::product(const LaneInteger &a, int64_t factor) {
  LaneInteger result;
  if (factor == 1)
    return a;
  if (factor == 0)
    return result;
  if (!a.vector.empty()) {
    result.vector = t.binary("mul nsw", "i64", a.vector, factor);
    return result;
  }
  result.step = a.step * factor;
  if (a.base != "0")
    result.base = f.value("mul nsw i64 " + a.base + ", " + llvm::Twine(factor));
  return result;
}

/// By a positive constant, towards minus infinity.
LaneInteger AccessText::quotient(AffineBinaryOpExpr expression) {
  int64_t divisor = cast<AffineConstantExpr>(expression.getRHS()).getValue();
  AffineExpr inner = expression.getLHS();
  LaneInteger value = index(inner);
  bool isCeil = expression.getKind() == AffineExprKind::CeilDiv;
  if (isCeil)
    value = product(value, -1);
  std::optional<nest::Interval> range = nest::indexRange(inner, nest.loops);
  bool natural = !isCeil && range && range->low >= 0;
  bool isVector = !value.isUniform();
  VectorText own(f, isVector ? lanes : 1);
  std::string number = isVector ? vectorOf(value) : value.base;
  bool isRest = expression.getKind() == AffineExprKind::Mod;
  std::string result;
  if (natural) {
    result = own.binary(isRest ? "urem" : "udiv", "i64", number, divisor);
  } else {
    std::string rest = own.binary("srem", "i64", number, divisor);
    std::string isBelow = own.compare("icmp slt", "i64", rest, int64_t(0));
    if (isRest)
      result = own.select(isBelow, "i64", own.binary("add", "i64", rest, divisor), rest);
    else
      result = own.binary("add", "i64", own.binary("sdiv", "i64", number, divisor),
                          own.cast("sext", "i1", isBelow, "i64"));
  }
  LaneInteger found;
  (isVector ? found.vector : found.base) = result;
  return isCeil ? product(found, -1) : found;
}

LaneInteger AccessText::index(AffineExpr expression) {
  LaneInteger result;
  if (auto number = dyn_cast<AffineConstantExpr>(expression)) {
    result.base = std::to_string(number.getValue());
    return result;
  }
  if (auto loop = dyn_cast<AffineDimExpr>(expression)) {
    unsigned position = loop.getPosition();
    if (nest.loops[position].extent == 1)
      return result;
    result.base = values.values[position];
    result.step = lanes > 1 && int(position) == values.laneLoop ? 1 : 0;
    return result;
  }
  auto binary = cast<AffineBinaryOpExpr>(expression);
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return sum(index(binary.getLHS()), index(binary.getRHS()));
  case AffineExprKind::Mul: {
    auto right = dyn_cast<AffineConstantExpr>(binary.getRHS());
    AffineExpr other = right ? binary.getLHS() : binary.getRHS();
    return product(index(other), (right ? right : cast<AffineConstantExpr>(binary.getLHS())).getValue());
  }
  default:
    return quotient(binary);
  }
}

LaneInteger AccessText::offset(const Access &access) { return index(flatIndex(nest, access)); }

bool AccessText::isUniform(const Access &access) const {
  if (lanes == 1 || values.laneLoop < 0)
    return true;
  return nest.loops[unsigned(values.laneLoop)].extent == 1 ||
         !access.indices.isFunctionOfDim(unsigned(values.laneLoop));
}

AccessText::Inside AccessText::inside(const Access &access) {
  Inside result;
  VectorText one(f, 1);
  for (auto [i, expression] : llvm::enumerate(access.indices.getResults())) {
    int64_t extent = nest.operands[access.operand].shape[i];
    std::optional<nest::Interval> range = nest::indexRange(expression, nest.loops);
    bool low = !range || range->low < 0, high = !range || range->high >= extent;
    if (!low && !high)
      continue;
    LaneInteger position = index(expression);
    bool isVector = !position.isUniform();
    VectorText &own = isVector ? t : one;
    std::string number = isVector ? vectorOf(position) : position.base;
    // Read unsigned, what is below 0 is large.
    std::string holds =
        low ? own.compare("icmp ult", "i64", number, extent) : own.compare("icmp slt", "i64", number, extent);
    std::string &whole = isVector ? result.lane : result.all;
    whole = own.conjunction(whole, holds);
  }
  return result;
}

std::string AccessText::laneMask(const Inside &inside, const std::string &mask) {
  std::string result = t.conjunction(mask, inside.lane);
  if (inside.all.empty())
    return result;
  return t.conjunction(result, emitSplat(f, "i1", inside.all, lanes));
}

// Elements.

std::string AccessText::spaceSuffix(unsigned operand) const {
  llvm::StringRef pointer = pointers[operand];
  if (!pointer.starts_with("addrspace("))
    return "p0";
  return "p" + pointer.drop_front(10).take_while(llvm::isDigit).str();
}

std::string AccessText::pointerType(unsigned operand) const {
  std::string space = spaceSuffix(operand).substr(1);
  return space == "0" ? "ptr" : "ptr addrspace(" + space + ")";
}

std::string AccessText::element(unsigned operand, const std::string &offset, bool isInside) {
  return f.value("getelementptr " + llvm::Twine(isInside ? "inbounds " : "") + storageText(type(operand)) +
                 ", ptr " + pointers[operand] + ", i64 " + offset);
}

/// Bits of the storage that the type does not have are ignored.
std::string AccessText::fromStorage(const ScalarType &type, const std::string &stored, unsigned count) {
  return VectorText(f, count).cast("trunc", storageText(type), stored, typeText(type));
}

std::string AccessText::toStorage(const ScalarType &type, const std::string &value, unsigned count) {
  return VectorText(f, count).cast("sext", typeText(type), value, storageText(type));
}

static std::string alignText(const ScalarType &type) { return std::to_string(type.storageBytes()); }

std::string AccessText::maskedLoad(unsigned operand, const std::string &address, const std::string &mask,
                                   const nest::Constant &outside) {
  const ScalarType &own = type(operand);
  std::string stored = storageText(own, lanes), pointer = pointerType(operand);
  std::string name =
      "llvm.masked.load." + VectorText::suffix(storageText(own), lanes) + "." + spaceSuffix(operand);
  f.declare("declare " + stored + " @" + name + "(" + pointer + ", i32 immarg, " + t.type("i1") + ", " +
            stored + ")");
  std::string otherwise =
      own.isInteger() ? t.integer(storageText(own), outside.integer) : constantText(own, outside, lanes);
  return f.value("call " + stored + " @" + name + "(" + pointer + " " + address + ", i32 " + alignText(own) +
                 ", " + t.type("i1") + " " + mask + ", " + stored + " " + otherwise + ")");
}

std::string AccessText::gather(unsigned operand, const std::string &offsets, unsigned count,
                               const std::string &mask, const std::string &otherwise) {
  const ScalarType &own = type(operand);
  VectorText v(f, count);
  std::string stored = storageText(own, count), places = v.type(pointerType(operand));
  std::string addresses = f.value("getelementptr " + storageText(own) + ", ptr " + pointers[operand] + ", " +
                                  v.type("i64") + " " + offsets);
  std::string name = "llvm.masked.gather." + VectorText::suffix(storageText(own), count) + ".v" +
                     std::to_string(count) + spaceSuffix(operand);
  f.declare("declare " + stored + " @" + name + "(" + places + ", i32 immarg, " + v.type("i1") + ", " +
            stored + ")");
  std::string all = mask.empty() ? v.integer("i1", 1) : mask;
  return f.value("call " + stored + " @" + name + "(" + places + " " + addresses + ", i32 " + alignText(own) +
                 ", " + v.type("i1") + " " + all + ", " + stored + " " + otherwise + ")");
}

std::string AccessText::loadUniform(const Access &access, const std::string &offset, const Inside &inside,
                                    const std::string &mask) {
  const ScalarType &own = type(access.operand);
  VectorText one(f, 1);
  // Element 0 is always there; what it holds is not used.
  std::string there = lanes == 1 ? one.conjunction(inside.all, mask) : inside.all;
  std::string place = there.empty() ? offset : one.select(there, "i64", offset, "0");
  std::string loaded = f.value("load " + storageText(own) + ", " + pointerType(access.operand) + " " +
                               element(access.operand, place, true) + ", align " + alignText(own));
  std::string value = fromStorage(own, loaded, 1);
  if (inside.all.empty() || !access.outside)
    return value;
  return one.select(inside.all, typeText(own), value, constantText(own, *access.outside));
}

/// All lanes are inside or none is: a branch, which a loop repeats the same way mostly.
std::string AccessText::loadGuardedRun(const Access &access, const std::string &offset,
                                       const std::string &inside) {
  const ScalarType &own = type(access.operand);
  std::string yes = f.label("inside"), after = f.label("read"), before = f.block();
  f.branch(inside, yes, after);
  f.startBlock(yes);
  std::string loaded = f.value("load " + storageText(own, lanes) + ", " + pointerType(access.operand) + " " +
                               element(access.operand, offset, true) + ", align " + alignText(own));
  std::string value = fromStorage(own, loaded, lanes);
  f.branch(after);
  f.startBlock(after);
  nest::Constant outside = access.outside.value_or(nest::Constant());
  return f.value("phi " + typeText(own, lanes) + " [ " + value + ", %" + yes + " ], [ " +
                 constantText(own, outside, lanes) + ", %" + before + " ]");
}

std::string AccessText::load(const Access &access, const std::string &mask) {
  const ScalarType &own = type(access.operand);
  Inside held = inside(access);
  if (!access.outside) { // what leaves its operand has no result
    VectorText one(f, 1);
    if (!held.all.empty())
      f.fail(lanes == 1 ? one.conjunction(mask, one.negation(held.all)) : one.negation(held.all),
             host::HostStatus::IndexOutsideOperand);
    if (!held.lane.empty())
      f.fail(t.any(t.conjunction(mask, t.negation(held.lane))), host::HostStatus::IndexOutsideOperand);
  }
  LaneInteger place = offset(access);
  if (isUniform(access))
    return loadUniform(access, place.base, held, mask);
  nest::Constant outside = access.outside.value_or(nest::Constant());
  if (place.vector.empty() && place.step == 1) {
    if (mask.empty() && held.lane.empty() && !held.all.empty())
      return loadGuardedRun(access, place.base, held.all);
    std::string there = laneMask(held, mask);
    std::string address = element(access.operand, place.base, there.empty());
    if (!there.empty())
      return fromStorage(own, maskedLoad(access.operand, address, there, outside), lanes);
    return fromStorage(own,
                       f.value("load " + storageText(own, lanes) + ", " + pointerType(access.operand) + " " +
                               address + ", align " + alignText(own)),
                       lanes);
  }
  std::string otherwise =
      own.isInteger() ? t.integer(storageText(own), outside.integer) : constantText(own, outside, lanes);
  return fromStorage(own, gather(access.operand, vectorOf(place), lanes, laneMask(held, mask), otherwise),
                     lanes);
}

std::string AccessText::loadEntries(unsigned operand, const std::string &entry, unsigned count,
                                    const std::string &mask) {
  const ScalarType &own = type(operand);
  if (count == 1)
    return fromStorage(own,
                       f.value("load " + storageText(own) + ", " + pointerType(operand) + " " +
                               element(operand, entry, true) + ", align " + alignText(own)),
                       1);
  std::string none =
      VectorText(f, count).splat(storageText(own), own.isInteger() ? "0" : constantText(own, {}));
  return fromStorage(own, gather(operand, entry, count, mask, none), count);
}

void AccessText::store(const Access &access, const std::string &value, const std::string &mask) {
  const ScalarType &own = type(access.operand);
  Inside held = inside(access);
  VectorText one(f, 1);
  if (!held.all.empty())
    f.fail(lanes == 1 ? one.conjunction(mask, one.negation(held.all)) : one.negation(held.all),
           host::HostStatus::IndexOutsideOperand);
  if (!held.lane.empty())
    f.fail(t.any(t.conjunction(mask, t.negation(held.lane))), host::HostStatus::IndexOutsideOperand);
  LaneInteger place = offset(access);
  std::string there = lanes == 1 ? one.conjunction(held.all, mask) : laneMask(held, mask);
  std::string stored = toStorage(own, value, lanes), pointer = pointerType(access.operand);
  if (lanes == 1) {
    std::string after;
    if (!there.empty()) {
      std::string yes = f.label("inside");
      after = f.label("stored");
      f.branch(there, yes, after);
      f.startBlock(yes);
    }
    f.line("store " + storageText(own) + " " + stored + ", " + pointer + " " +
           element(access.operand, place.base, true) + ", align " + alignText(own));
    if (!after.empty()) {
      f.branch(after);
      f.startBlock(after);
    }
    return;
  }
  std::string whole = storageText(own, lanes);
  if (place.vector.empty() && place.step == 1) {
    std::string address = element(access.operand, place.base, there.empty());
    if (there.empty()) {
      f.line("store " + whole + " " + stored + ", " + pointer + " " + address + ", align " + alignText(own));
      return;
    }
    std::string name = "llvm.masked.store." + VectorText::suffix(storageText(own), lanes) + "." +
                       spaceSuffix(access.operand);
    f.declare("declare void @" + name + "(" + whole + ", " + pointer + ", i32 immarg, " + t.type("i1") + ")");
    f.line("call void @" + name + "(" + whole + " " + stored + ", " + pointer + " " + address + ", i32 " +
           alignText(own) + ", " + t.type("i1") + " " + there + ")");
    return;
  }
  std::string places = t.type(pointer);
  std::string addresses = f.value("getelementptr " + storageText(own) + ", ptr " + pointers[access.operand] +
                                  ", " + t.type("i64") + " " + vectorOf(place));
  std::string name = "llvm.masked.scatter." + VectorText::suffix(storageText(own), lanes) + ".v" +
                     std::to_string(lanes) + spaceSuffix(access.operand);
  f.declare("declare void @" + name + "(" + whole + ", " + places + ", i32 immarg, " + t.type("i1") + ")");
  f.line("call void @" + name + "(" + whole + " " + stored + ", " + places + " " + addresses + ", i32 " +
         alignText(own) + ", " + t.type("i1") + " " + (there.empty() ? t.integer("i1", 1) : there) + ")");
}

} // namespace tenon::native
