// Addresses, loads and stores. A vector load or store is made where lanes lie side by side, one with a
// permutation where they are near, one for each piece where there are pieces; masks make it a masked one;
// everything else is a gather, which machines without one take apart.
#include "core/native/ir/AccessText.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace mlir;

namespace tenon::native {

using nest::Access;
using nest::ScalarType;
using Kind = LanePattern::Kind;

bool AccessText::isUniform(const Access &access) const {
  if (lanes == 1 || values.laneLoop < 0)
    return true;
  return nest.loops[unsigned(values.laneLoop)].extent == 1 ||
         !access.indices.isFunctionOfDim(unsigned(values.laneLoop));
}

AccessText::Inside AccessText::inside(const Access &access) {
  Inside result;
  if (values.allInside)
    return result;
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

std::string AccessText::shifted(const std::string &base, int64_t by) {
  if (by == 0)
    return base;
  return f.value("add nsw i64 " + base + ", " + llvm::Twine(by));
}

/// Of a vector of `count` values.
std::string AccessText::shuffled(const std::string &type, int64_t count, const std::string &value,
                                 llvm::ArrayRef<int64_t> order) {
  return VectorText(f, unsigned(count)).shuffle(type, value, "poison", order);
}

void AccessText::failOutside(const Inside &held, const std::string &mask) {
  VectorText one(f, 1);
  if (!held.all.empty())
    f.fail(lanes == 1 ? one.conjunction(mask, one.negation(held.all)) : one.negation(held.all),
           host::HostStatus::IndexOutsideOperand);
  if (!held.lane.empty())
    f.fail(t.any(t.conjunction(mask, t.negation(held.lane))), host::HostStatus::IndexOutsideOperand);
}

// Loads: what is in memory, as it is stored.

std::string AccessText::loadVector(unsigned operand, const std::string &offset, int64_t count) {
  return loadAs(storageText(type(operand), unsigned(count)), operand, offset);
}

/// An element or a piece of some: the type is the caller's.
std::string AccessText::loadAs(const std::string &loaded, unsigned operand, const std::string &offset) {
  return f.value("load " + llvm::Twine(loaded) + ", " + pointerType(operand) + " " +
                 element(operand, offset, true) + ", align " + alignText(type(operand)));
}

/// Pieces of up to 8 bytes go into a vector as integers of their length, longer ones as vectors.
std::string AccessText::loadRuns(unsigned operand, const LaneInteger &place, size_t run) {
  const ScalarType &own = type(operand);
  size_t pieces = lanes / run, bits = run * own.storageBytes() * 8;
  std::string whole = storageText(own, lanes);
  auto at = [&](size_t piece) { return shifted(place.base, place.steps[piece * run]); };
  if (bits <= 64) {
    VectorText words(f, unsigned(pieces));
    std::string word = "i" + std::to_string(bits), result = "poison";
    for (size_t piece = 0; piece < pieces; ++piece)
      result = words.insert(word, result, loadAs(word, operand, at(piece)), unsigned(piece));
    return words.type(word) == whole ? result
                                     : f.value("bitcast " + words.type(word) + " " + result + " to " + whole);
  }
  std::string result = loadVector(operand, at(0), int64_t(run));
  for (size_t piece = 1; piece < pieces; ++piece) {
    std::string next = loadVector(operand, at(piece), int64_t(run));
    // Two vectors of a shuffle are of one length: the new piece is spread first.
    size_t length = piece * run;
    llvm::SmallVector<int64_t> order(length, 0);
    std::iota(order.begin(), order.begin() + ptrdiff_t(run), 0);
    std::string spread = shuffled(storageText(own), int64_t(run), next, order);
    result = VectorText(f, unsigned(length))
                 .shuffle(storageText(own), result, spread,
                          llvm::to_vector(llvm::seq<int64_t>(0, int64_t(length + run))));
  }
  return result;
}

/// All lanes, which are inside.
std::string AccessText::loadWhole(unsigned operand, const LaneInteger &place, const LanePattern &pattern) {
  const ScalarType &own = type(operand);
  switch (pattern.kind) {
  case Kind::Contiguous:
    return loadVector(operand, place.base, lanes);
  case Kind::Near: {
    if (pattern.span == 1)
      return emitSplat(f, storageText(own), loadVector(operand, shifted(place.base, pattern.first), 1),
                       lanes);
    std::string all = loadVector(operand, shifted(place.base, pattern.first), pattern.span);
    llvm::SmallVector<int64_t> order;
    for (int64_t step : place.steps)
      order.push_back(step - pattern.first);
    return shuffled(storageText(own), pattern.span, all, order);
  }
  case Kind::Runs:
    return loadRuns(operand, place, pattern.run);
  default:
    return gather(
        operand, vectorOf(place), lanes, "",
        VectorText(f, lanes).splat(storageText(own), own.isInteger() ? "0" : constantText(own, {})));
  }
}

std::string AccessText::loadUniform(const Access &access, const std::string &offset, const Inside &held,
                                    const std::string &mask) {
  const ScalarType &own = type(access.operand);
  VectorText one(f, 1);
  // Element 0 is always there; what it holds is not used.
  std::string there = lanes == 1 ? one.conjunction(held.all, mask) : held.all;
  std::string place = there.empty() ? offset : one.select(there, "i64", offset, "0");
  std::string value = fromStorage(own, loadVector(access.operand, place, 1), 1);
  if (held.all.empty() || !access.outside)
    return value;
  return one.select(held.all, typeText(own), value, constantText(own, *access.outside));
}

/// All lanes are inside or none is: a branch, which a loop repeats the same way mostly.
std::string AccessText::loadGuarded(const Access &access, const LaneInteger &place,
                                    const LanePattern &pattern, const std::string &inside) {
  const ScalarType &own = type(access.operand);
  std::string yes = f.label("inside"), after = f.label("read"), before = f.block();
  f.branch(inside, yes, after);
  f.startBlock(yes);
  std::string value = fromStorage(own, loadWhole(access.operand, place, pattern), lanes);
  std::string from = f.block();
  f.branch(after);
  f.startBlock(after);
  nest::Constant outside = access.outside.value_or(nest::Constant());
  return f.value("phi " + typeText(own, lanes) + " [ " + value + ", %" + from + " ], [ " +
                 constantText(own, outside, lanes) + ", %" + before + " ]");
}

std::string AccessText::load(const Access &access, const std::string &mask) {
  const ScalarType &own = type(access.operand);
  Inside held = inside(access);
  if (!access.outside) // what leaves its operand has no result
    failOutside(held, mask);
  LaneInteger place = offset(access);
  if (isUniform(access))
    return loadUniform(access, place.base, held, mask);
  LanePattern pattern = lanePattern(place, lanes);
  if (pattern.kind == Kind::Uniform) { // in memory; its indices are not
    pattern.kind = Kind::Near;
    pattern.span = 1;
  }
  if (mask.empty() && held.lane.empty())
    return held.all.empty() ? fromStorage(own, loadWhole(access.operand, place, pattern), lanes)
                            : loadGuarded(access, place, pattern, held.all);
  nest::Constant outside = access.outside.value_or(nest::Constant());
  std::string there = laneMask(held, mask);
  if (pattern.kind == Kind::Contiguous)
    return fromStorage(
        own, maskedLoad(access.operand, element(access.operand, place.base, false), there, outside), lanes);
  std::string otherwise =
      own.isInteger() ? t.integer(storageText(own), outside.integer) : constantText(own, outside, lanes);
  return fromStorage(own, gather(access.operand, vectorOf(place), lanes, there, otherwise), lanes);
}

std::string AccessText::loadEntries(unsigned operand, const std::string &entry, unsigned count,
                                    const std::string &mask) {
  const ScalarType &own = type(operand);
  if (count == 1)
    return fromStorage(own, loadVector(operand, entry, 1), 1);
  std::string none =
      VectorText(f, count).splat(storageText(own), own.isInteger() ? "0" : constantText(own, {}));
  return fromStorage(own, gather(operand, entry, count, mask, none), count);
}

// Stores.

void AccessText::storeAs(const std::string &stored, unsigned operand, const std::string &offset,
                         const std::string &value) {
  f.line("store " + llvm::Twine(stored) + " " + value + ", " + pointerType(operand) + " " +
         element(operand, offset, true) + ", align " + alignText(type(operand)));
}

void AccessText::storeVector(unsigned operand, const std::string &offset, const std::string &value,
                             int64_t count) {
  storeAs(storageText(type(operand), unsigned(count)), operand, offset, value);
}

void AccessText::storeOne(const Access &access, const std::string &offset, const std::string &stored,
                          const std::string &there) {
  if (there.empty())
    return storeVector(access.operand, offset, stored, 1);
  std::string yes = f.label("inside"), after = f.label("stored");
  f.branch(there, yes, after);
  f.startBlock(yes);
  storeVector(access.operand, offset, stored, 1);
  f.branch(after);
  f.startBlock(after);
}

void AccessText::storeRuns(unsigned operand, const LaneInteger &place, const std::string &value, size_t run) {
  const ScalarType &own = type(operand);
  size_t pieces = lanes / run, bits = run * own.storageBytes() * 8;
  auto at = [&](size_t piece) { return shifted(place.base, place.steps[piece * run]); };
  if (bits > 64) {
    for (size_t piece = 0; piece < pieces; ++piece) {
      auto first = int64_t(piece * run);
      llvm::SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(first, first + int64_t(run)));
      storeVector(operand, at(piece), shuffled(storageText(own), lanes, value, order), int64_t(run));
    }
    return;
  }
  VectorText words(f, unsigned(pieces));
  std::string word = "i" + std::to_string(bits), whole = storageText(own, lanes);
  std::string all = words.type(word) == whole
                        ? value
                        : f.value("bitcast " + whole + " " + value + " to " + words.type(word));
  for (size_t piece = 0; piece < pieces; ++piece)
    storeAs(word, operand, at(piece), words.extract(word, all, unsigned(piece)));
}

void AccessText::scatter(unsigned operand, const LaneInteger &place, const std::string &value,
                         const std::string &mask) {
  const ScalarType &own = type(operand);
  std::string whole = storageText(own, lanes), places = t.type(pointerType(operand));
  std::string addresses = f.value("getelementptr " + storageText(own) + ", ptr " + pointers[operand] + ", " +
                                  t.type("i64") + " " + vectorOf(place));
  std::string name = "llvm.masked.scatter." + VectorText::suffix(storageText(own), lanes) + ".v" +
                     std::to_string(lanes) + spaceSuffix(operand);
  f.declare("declare void @" + name + "(" + whole + ", " + places + ", i32 immarg, " + t.type("i1") + ")");
  f.line("call void @" + name + "(" + whole + " " + value + ", " + places + " " + addresses + ", i32 " +
         alignText(own) + ", " + t.type("i1") + " " + (mask.empty() ? t.integer("i1", 1) : mask) + ")");
}

void AccessText::store(const Access &access, const std::string &value, const std::string &mask) {
  const ScalarType &own = type(access.operand);
  Inside held = inside(access);
  failOutside(held, mask);
  LaneInteger place = offset(access);
  std::string there = lanes == 1 ? VectorText(f, 1).conjunction(held.all, mask) : laneMask(held, mask);
  std::string stored = toStorage(own, value, lanes);
  if (lanes == 1)
    return storeOne(access, place.base, stored, there);
  LanePattern pattern = lanePattern(place, lanes);
  if (pattern.kind == Kind::Contiguous && !there.empty()) {
    std::string whole = storageText(own, lanes), pointer = pointerType(access.operand);
    std::string address = element(access.operand, place.base, false);
    std::string name = "llvm.masked.store." + VectorText::suffix(storageText(own), lanes) + "." +
                       spaceSuffix(access.operand);
    f.declare("declare void @" + name + "(" + whole + ", " + pointer + ", i32 immarg, " + t.type("i1") + ")");
    f.line("call void @" + name + "(" + whole + " " + stored + ", " + pointer + " " + address + ", i32 " +
           alignText(own) + ", " + t.type("i1") + " " + there + ")");
    return;
  }
  if (!there.empty())
    return scatter(access.operand, place, stored, there);
  bool hasRuns = pattern.kind == Kind::Runs || (pattern.kind == Kind::Near && pattern.run > 1);
  if (pattern.kind == Kind::Contiguous)
    return storeVector(access.operand, place.base, stored, lanes);
  if (pattern.kind == Kind::Near && pattern.span == int64_t(lanes)) { // a permutation
    llvm::SmallVector<int64_t> order(lanes, 0);
    for (unsigned lane = 0; lane < lanes; ++lane)
      order[size_t(place.steps[lane] - pattern.first)] = lane;
    return storeVector(access.operand, shifted(place.base, pattern.first),
                       shuffled(storageText(own), lanes, stored, order), lanes);
  }
  if (hasRuns)
    return storeRuns(access.operand, place, stored, pattern.run);
  scatter(access.operand, place, stored, "");
}

} // namespace tenon::native
