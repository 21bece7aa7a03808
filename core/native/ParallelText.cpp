// Where threads stand, what they load, and what they store.
#include "core/native/ParallelText.h"

#include "core/native/OperandRanges.h"
#include "core/native/ir/IrModule.h"
#include "core/native/ir/SpliceText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

ParallelText::ParallelText(IrFunction &into, const isa::Description &ofMachine,
                           const match::Computation &layer, const ParallelPlan &decided,
                           std::vector<std::string> atPointers, std::string sharedAt)
    : function(into), index(into), description(ofMachine), computation(layer), plan(decided),
      pointers(std::move(atPointers)), sharedName(std::move(sharedAt)), facts(factsOf(ofMachine, layer)) {}

void ParallelText::begin() {
  std::string block = emitIndex(function, plan.machine.grid->index);
  std::string group = plan.machine.group ? emitIndex(function, plan.machine.group->index) : "0";
  lane = emitIndex(function, plan.machine.lane->index);
  thread = index.add(index.multiply(group, plan.machine.lanes), lane);
  if (plan.choice.groupsOfBlock() == 1)
    group = "0";
  // Neighbouring blocks share columns: their factor is then near.
  for (LoopClass along : {LoopClass::Row, LoopClass::Column, LoopClass::Group}) {
    auto which = unsigned(along);
    int64_t blocks = blocksAlong(plan.problem, plan.choice, which), groups = plan.choice.groups[which];
    blockBase[which] = blocks == 1 ? "0" : index.multiply(index.remainder(block, blocks), plan.tile(which));
    block = index.divide(block, blocks);
    groupBase[which] = groups == 1 ? "0"
                                   : index.multiply(index.remainder(group, groups),
                                                    plan.choice.uses[which] * plan.use.classes[which].step);
    group = index.divide(group, groups);
  }
  blockBase[unsigned(LoopClass::Depth)] = groupBase[unsigned(LoopClass::Depth)] = "0";
}

void ParallelText::barrier() {
  function.line(plan.machine.barrier);
  if (std::optional<std::string> declaration = declarationOf(plan.machine.barrier))
    function.declare(*declaration);
}

std::string ParallelText::wordType(const ParallelFactor &factor) const {
  return registerType(description, *plan.use.intrinsic, factor.operand->operand);
}

bool ParallelText::isFilling(const LaneWord &word) {
  return word.places[fillPlace].start > 0 &&
         llvm::all_of(word.places[fillPlace].weights, [](int64_t weight) { return weight >= 0; });
}

std::string ParallelText::inBlock(unsigned which, int64_t position, const LanePlace &place) {
  std::string own = index.add(groupBase[which], index.place(place, lane));
  return index.add(own, std::to_string(position * plan.use.classes[which].step));
}

std::string ParallelText::sharedPointer(const std::string &place) {
  const isa::Memory &shared = *plan.machine.shared;
  std::string at = shared.swizzle ? index.expression(*shared.swizzle, place) : place;
  return pointerText(
      shared.space,
      function.value("getelementptr i8, " + pointerText(shared.space, "@" + sharedName) + ", i32 " + at));
}

ParallelText::Address ParallelText::tensorAddress(const ParallelFactor &factor,
                                                  llvm::ArrayRef<std::string> places) {
  Address address;
  int64_t bytes = factor.words.elementBytes;
  address.offset = std::to_string(factor.address.start * bytes);
  for (unsigned which = 0; which < classCount; ++which) {
    if (!factor.operand->dependsOn[which])
      continue;
    address.offset = index.wideAdd(
        address.offset, index.wideMultiply(index.wide(places[which]), factor.address.strides[which] * bytes));
    if (plan.isRagged(which))
      address.inside = index.both(address.inside, index.less(places[which], plan.use.classes[which].extent));
  }
  return address;
}

/// A vector or word of the tensor, 0 where the address is outside.
std::string ParallelText::loadGuarded(const ParallelFactor &factor, const Address &address,
                                      const std::string &type, int64_t align) {
  std::string zero = type == "float" ? "0.000000e+00" : type.front() == '<' ? "zeroinitializer" : "0";
  if (address.inside == "false")
    return zero;
  std::string offset = address.offset;
  if (address.inside != "true" && !numberOf(offset))
    offset = function.value("select i1 " + address.inside + ", i64 " + offset + ", i64 0");
  std::string pointer =
      function.value("getelementptr i8, ptr " + pointers[factor.operand->tensor] + ", i64 " + offset);
  std::string loaded = function.value("load " + type + ", " + pointerText(globalSpace(description), pointer) +
                                      ", align " + std::to_string(align));
  if (address.inside == "true")
    return loaded;
  return function.value("select i1 " + address.inside + ", " + type + " " + loaded + ", " + type + " " +
                        zero);
}

/// A word put together from its elements, each with a guard of its own.
std::string ParallelText::loadParts(const ParallelFactor &factor, std::array<std::string, classCount> places,
                                    const std::string &filled) {
  std::string word = "0";
  int64_t bytes = factor.words.elementBytes;
  std::string type = "i" + std::to_string(bytes * 8);
  auto along = unsigned(factor.words.partClass);
  std::string first = places[along];
  for (int64_t part = 0; part < factor.words.parts; ++part) {
    places[along] = index.add(first, std::to_string(part));
    Address address = tensorAddress(factor, places);
    address.inside = index.both(address.inside, filled);
    std::string loaded = loadGuarded(factor, address, type, bytes);
    word = index.joined(word, loaded, type, part * bytes * 8);
  }
  return word;
}

std::string ParallelText::load(const ParallelFactor &factor, Position position, size_t number,
                               const std::string &depth) {
  const LaneWord &word = factor.words.registers[number];
  std::string type = wordType(factor), zero = type == "float" ? "0.000000e+00" : "0";
  if (isFilling(word))
    return zero;
  std::array<std::string, classCount> places;
  for (unsigned which = 0; which < classCount; ++which)
    places[which] = inBlock(which, position[which], word.places[which]);
  // Lanes beyond what no loop runs along hold 0.
  std::string filled = "true";
  if (!word.places[fillPlace].isConstant())
    filled = index.less(index.place(word.places[fillPlace], lane), 1);
  if (factor.isStaged) {
    std::string place = std::to_string(factor.tile.offset);
    for (unsigned which = 0; which < classCount; ++which)
      place = index.add(place, index.multiply(places[which], factor.tile.strides[which]));
    std::string loaded = function.value("load " + type + ", " + sharedPointer(place) + ", align " +
                                        std::to_string(factor.words.parts * factor.words.elementBytes));
    return filled == "true" ? loaded
                            : function.value("select i1 " + filled + ", " + type + " " + loaded + ", " +
                                             type + " " + zero);
  }
  for (unsigned which = 0; which < classCount; ++which)
    places[which] = index.add(places[which], which == unsigned(LoopClass::Depth) ? depth : blockBase[which]);
  if (!factor.readsWords)
    return loadParts(factor, places, filled);
  Address address = tensorAddress(factor, places);
  address.inside = index.both(address.inside, filled);
  return loadGuarded(factor, address, type, factor.words.parts * factor.words.elementBytes);
}

void ParallelText::stage(const ParallelFactor &factor, const std::string &depth) {
  const SharedTile &tile = factor.tile;
  int64_t bytes = factor.words.elementBytes;
  for (int64_t extent : tile.extents)
    bytes *= extent;
  int64_t pieces = bytes / tile.vectorBytes, threads = plan.threads();
  int64_t rounds = int64_t(llvm::divideCeil(uint64_t(pieces), uint64_t(threads)));
  std::string piece = thread;
  std::optional<IrLoop> loop;
  if (rounds > 1) {
    loop = function.openLoop("0", std::to_string(rounds * threads), std::to_string(threads));
    piece = index.add(function.value("trunc i64 " + loop->variable + " to i32"), thread);
  }
  if (pieces % threads == 0) {
    copyPiece(factor, piece, depth);
  } else {
    std::string copy = function.label("copy"), copied = function.label("copied");
    function.branch(index.less(piece, pieces), copy, copied);
    function.startBlock(copy);
    copyPiece(factor, piece, depth);
    function.branch(copied);
    function.startBlock(copied);
  }
  if (loop)
    function.closeLoop(*loop);
}

void ParallelText::copyPiece(const ParallelFactor &factor, const std::string &piece,
                             const std::string &depth) {
  const SharedTile &tile = factor.tile;
  int64_t elements = tile.vectorBytes / factor.words.elementBytes;
  std::array<std::string, classCount> places;
  places.fill("0");
  std::string rest = piece, shared = std::to_string(tile.offset);
  for (size_t i = tile.order.size(); i-- > 0;) {
    unsigned which = tile.order[i];
    int64_t step = i + 1 == tile.order.size() ? elements : 1, pieces = tile.extents[which] / step;
    std::string own = i == 0 ? rest : index.remainder(rest, pieces);
    rest = index.divide(rest, pieces);
    own = index.multiply(own, step);
    shared = index.add(shared, index.multiply(own, tile.strides[which]));
    places[which] = index.add(own, which == unsigned(LoopClass::Depth) ? depth : blockBase[which]);
  }
  std::string type = tile.vectorBytes > 4 ? "<" + std::to_string(tile.vectorBytes / 4) + " x i32>"
                                          : "i" + std::to_string(tile.vectorBytes * 8);
  std::string loaded = loadGuarded(factor, tensorAddress(factor, places), type, tile.vectorBytes);
  function.line("store " + type + " " + loaded + ", " + sharedPointer(shared) + ", align " +
                std::to_string(tile.vectorBytes));
}

/// Loops of the nest at a lane's sum, held inside of the result; `there` says whether they had to be.
ParallelText::SumPlace ParallelText::placeOfSum(const Position &position, size_t number) {
  SumPlace result;
  result.loops.values.assign(computation.nest.loops.size(), "0");
  const LaneWord &word = plan.sums.registers[number];
  if (!word.places[fillPlace].isConstant() || word.places[fillPlace].start > 0)
    result.there = index.less(index.place(word.places[fillPlace], lane), 1);
  for (unsigned which = 0; which < classCount; ++which) {
    const ClassLoop &loop = plan.use.classes[which];
    if (which == unsigned(LoopClass::Depth) || loop.loop < 0)
      continue;
    std::string value = index.add(blockBase[which], inBlock(which, position[which], word.places[which]));
    if (plan.isRagged(which)) {
      result.there = index.both(result.there, index.less(value, loop.extent));
      value = index.atMost(value, loop.extent - 1);
    }
    result.loops.values[size_t(loop.loop)] = index.wide(value);
  }
  return result;
}

std::string ParallelText::start(Position position, size_t number) {
  const nest::Statement &core = computation.nest.statements[size_t(computation.core)];
  const nest::ScalarType &type = computation.nest.operands[core.destination.operand].type;
  if (computation.init < 0 || isFilling(plan.sums.registers[number]))
    return constantText(type, core.start.value_or(nest::Constant{}));
  SumPlace place = placeOfSum(position, number);
  return emitBody(
      function, computation.nest, computation.nest.statements[size_t(computation.init)], place.loops,
      pointers, [](unsigned) { return std::string(); }, "", facts);
}

void ParallelText::finish(Position position, size_t number, const std::string &sum) {
  if (isFilling(plan.sums.registers[number]))
    return;
  const nest::Nest &nest = computation.nest;
  SumPlace place = placeOfSum(position, number);
  if (place.there == "false")
    return;
  const nest::Statement &last =
      nest.statements[size_t(computation.final < 0 ? computation.core : computation.final)];
  std::string value = sum;
  if (computation.final >= 0)
    value = emitBody(
        function, nest, last, place.loops, pointers,
        [&](unsigned node) {
          return last.body[node].access.operand == plan.use.sum.tensor ? sum : std::string();
        },
        "", facts);
  std::string store = function.label("store"), stored = function.label("stored");
  if (place.there != "true") {
    function.branch(place.there, store, stored);
    function.startBlock(store);
  }
  emitStore(function, nest, last, place.loops, pointers, value, "", facts);
  if (place.there != "true") {
    function.branch(stored);
    function.startBlock(stored);
  }
}

} // namespace tenon::native
