// Starts and finals of a block's sums.
#include "core/native/SumTile.h"

#include "core/native/OperandRanges.h"

#include "core/native/ir/RowText.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

/// Nodes of a final, counted for every register, from which on it is written once, in a loop over the tile.
constexpr int64_t longFinal = 160;

std::array<int64_t, classCount> placeOfSlot(const UseOperand &sum, int64_t number, int64_t slot) {
  return sum.placeOf(sum.layout.elements[size_t(number * sum.layout.slots + slot)]);
}

/// Whether the slot holds a point of the result.
bool isPoint(const UseOperand &sum, int64_t number, int64_t slot) {
  int64_t element = sum.layout.elements[size_t(number * sum.layout.slots + slot)];
  return element >= 0 && !sum.isFilling(element);
}

/// Whether the slots of every register are neighbours along the class's loop.
bool isPlainAlong(const GatheredUse &use, unsigned which) {
  const UseOperand &sum = use.sum;
  if (use.classes[which].loop < 0)
    return false;
  for (int64_t number = 0; number < sum.layout.registers; ++number)
    for (int64_t slot = 0; slot < sum.layout.slots; ++slot) {
      if (!isPoint(sum, number, slot))
        return false;
      auto first = placeOfSlot(sum, number, 0), here = placeOfSlot(sum, number, slot);
      first[which] += slot;
      if (first != here)
        return false;
    }
  return true;
}

constexpr unsigned group = unsigned(LoopClass::Group), row = unsigned(LoopClass::Row),
                   column = unsigned(LoopClass::Column);

} // namespace

SumLanes sumLanes(const GatheredUse &use) {
  SumLanes lanes;
  lanes.slots = use.sum.layout.slots;
  for (unsigned which : {column, row, group})
    if (isPlainAlong(use, which)) {
      lanes.lane = int(which);
      lanes.isPlain = true;
      return lanes;
    }
  for (unsigned which : {column, row, group})
    if (lanes.lane < 0 && use.classes[which].extent > 1)
      lanes.lane = int(which);
  if (lanes.lane < 0)
    lanes.slots = 1;
  return lanes;
}

SumTile::SumTile(IrFunction &into, const RegisterPlan &what, llvm::ArrayRef<std::string> arguments)
    : function(into), plan(what), pointers(arguments), nest(what.computation.nest),
      facts(factsOf(what.description, what.computation)), type(nest.operands[what.use.sum.tensor].type),
      lanes(sumLanes(what.use)) {
  registerText = registerType(plan.description, *plan.use.intrinsic, plan.use.sum.operand);
  int final = plan.computation.final;
  int64_t nodes = final < 0 ? 0 : int64_t(nest.statements[unsigned(final)].body.size());
  int64_t registers = plan.block.rows * plan.block.columns * plan.use.sum.layout.registers;
  // Of several registers along cut groups some may lie past the end; a tile has room for what they start
  // from.
  throughTile = !lanes.isPlain || (registers > 1 && nodes * registers > longFinal) ||
                (isCut(group) && plan.use.sum.layout.registers > 1);
  if (!throughTile)
    return;
  BlockPlace largest;
  largest.rows = plan.block.rows;
  largest.columns = plan.block.columns;
  int64_t elements = 1;
  for (int64_t extent : tileShape(largest))
    elements *= extent;
  tile = function.value("alloca [" + llvm::Twine(elements) + " x " + typeText(type) + "], align 64");
}

SumTile::Points SumTile::tileShape(const BlockPlace &place) const {
  Points shape = {};
  shape[group] = plan.use.classes[group].step;
  shape[row] = place.rows * plan.use.classes[row].step;
  shape[column] = place.columns * plan.use.classes[column].step;
  shape[unsigned(LoopClass::Depth)] = 1;
  if (lanes.lane >= 0) {
    int64_t &along = shape[unsigned(lanes.lane)];
    along = (along + lanes.slots - 1) / lanes.slots * lanes.slots;
  }
  return shape;
}

SumTile::Points SumTile::pointsOf(const BlockPlace &place) const {
  Points points = {};
  points[group] = plan.use.classes[group].loop < 0 ? 1 : plan.use.classes[group].step;
  points[row] = place.rowPoints;
  points[column] = place.columnPoints;
  return points;
}

/// Whether the last use of the class's loop has points that are not there, known only when running.
bool SumTile::isCut(unsigned which) const { return which == group && !plan.use.classes[group].isWhole(); }

std::string SumTile::base(const BlockPlace &place, unsigned which) {
  const ClassLoop &entry = plan.use.classes[which];
  if (which == group)
    return multiplyIndex(function, place.group, entry.step);
  if (which == row)
    return multiplyIndex(function, place.block, plan.block.rows * entry.step);
  return multiplyIndex(function, place.panel, plan.block.columns * entry.step);
}

LoopValues SumTile::values(const BlockPlace &place, const Vector &vector) {
  LoopValues at;
  at.values.assign(nest.loops.size(), "0");
  for (unsigned which : {group, row, column})
    if (int loop = plan.use.classes[which].loop; loop >= 0)
      at.values[unsigned(loop)] = addIndex(function, base(place, which), vector.offset[which]);
  at.lanes = unsigned(vector.lanes);
  if (vector.lanes > 1 && lanes.lane >= 0)
    at.laneLoop = plan.use.classes[unsigned(lanes.lane)].loop;
  return at;
}

std::string SumTile::mask(const BlockPlace &place, const Vector &vector) {
  if (vector.lanes == 1)
    return "";
  bool cut = isCut(unsigned(lanes.lane));
  if (!cut && vector.valid == vector.lanes)
    return "";
  std::string numbers;
  for (int64_t lane = 0; lane < vector.lanes; ++lane)
    numbers += (lane ? ", i64 " : "i64 ") + std::to_string(lane);
  std::string vectorType = "<" + std::to_string(vector.lanes) + " x i64>";
  std::string count = std::to_string(vector.valid);
  if (cut) {
    std::string here = addIndex(function, base(place, group), vector.offset[group]);
    count = function.value("sub nsw i64 " + llvm::Twine(plan.use.classes[group].extent) + ", " + here);
  }
  std::string limit = emitSplat(function, "i64", count, unsigned(vector.lanes));
  return function.value("icmp slt " + vectorType + " <" + numbers + ">, " + limit);
}

/// Emits for one vector; where it may lie past the end of the groups, in a block of its own.
void SumTile::onRegisters(const BlockPlace &place, const Vector &vector, Emit emit) {
  bool guarded = isCut(group) && vector.offset[group] != "0";
  std::string yes, after;
  if (guarded) {
    std::string here = addIndex(function, base(place, group), vector.offset[group]);
    std::string inside =
        function.value("icmp slt i64 " + here + ", " + llvm::Twine(plan.use.classes[group].extent));
    yes = function.label("there");
    after = function.label("past");
    function.branch(inside, yes, after);
    function.startBlock(yes);
  }
  LoopValues at = values(place, vector);
  emit(at, mask(place, vector), vector);
  if (guarded) {
    function.branch(after);
    function.startBlock(after);
  }
}

void SumTile::forRegisters(const BlockPlace &place,
                           llvm::function_ref<void(int64_t, int64_t, int64_t, Vector)> emit) {
  Points points = pointsOf(place);
  const UseOperand &sum = plan.use.sum;
  for (int64_t i = 0; i < place.rows; ++i)
    for (int64_t j = 0; j < place.columns; ++j)
      for (int64_t number = 0; number < sum.layout.registers; ++number) {
        Points offset = placeOfSlot(sum, number, 0);
        offset[row] += i * plan.use.classes[row].step;
        offset[column] += j * plan.use.classes[column].step;
        if (offset[row] >= points[row] || offset[column] >= points[column])
          continue;
        Vector vector;
        for (unsigned which = 0; which < classCount; ++which)
          vector.offset[which] = std::to_string(offset[which]);
        vector.lanes = lanes.slots;
        vector.valid = std::min(lanes.slots, points[unsigned(lanes.lane)] - offset[unsigned(lanes.lane)]);
        emit(i, j, number, vector);
      }
}

std::string SumTile::tileAddress(const Points &shape, const std::array<std::string, classCount> &offset) {
  std::string index = "0";
  auto add = [&](unsigned which) {
    index = addIndex(function, multiplyIndex(function, index, shape[which]), offset[which]);
  };
  for (unsigned which : {group, row, column})
    if (int(which) != lanes.lane)
      add(which);
  if (lanes.lane >= 0)
    add(unsigned(lanes.lane));
  return advance(function, tile, multiplyIndex(function, index, type.storageBytes()));
}

void SumTile::spill(const BlockPlace &place, Sums &sums) {
  Points shape = tileShape(place);
  const UseOperand &sum = plan.use.sum;
  for (int64_t i = 0; i < place.rows; ++i)
    for (int64_t j = 0; j < place.columns; ++j)
      for (int64_t number = 0; number < sum.layout.registers; ++number)
        for (int64_t slot = 0; slot < (lanes.isPlain ? 1 : sum.layout.slots); ++slot) {
          if (!isPoint(sum, number, slot))
            continue;
          Points offset = placeOfSlot(sum, number, slot);
          offset[row] += i * plan.use.classes[row].step;
          offset[column] += j * plan.use.classes[column].step;
          std::array<std::string, classCount> names;
          for (unsigned which = 0; which < classCount; ++which)
            names[which] = std::to_string(offset[which]);
          std::string address = tileAddress(shape, names), value = sums.at(i, j, number);
          std::string text = registerText;
          if (!lanes.isPlain && sum.layout.slots > 1) {
            value = function.value(llvm::Twine("extractelement ") + registerText + " " + value + ", i32 " +
                                   llvm::Twine(slot));
            text = typeText(type);
          }
          function.line(llvm::Twine("store ") + text + " " + value + ", ptr " + address + ", align " +
                        llvm::Twine(type.storageBytes()));
        }
}

void SumTile::reload(const BlockPlace &place, Sums &sums) {
  Points shape = tileShape(place);
  const UseOperand &sum = plan.use.sum;
  std::string align = ", align " + std::to_string(type.storageBytes());
  for (int64_t i = 0; i < place.rows; ++i)
    for (int64_t j = 0; j < place.columns; ++j)
      for (int64_t number = 0; number < sum.layout.registers; ++number) {
        auto addressOfSlot = [&](int64_t slot) {
          Points offset = placeOfSlot(sum, number, slot);
          offset[row] += i * plan.use.classes[row].step;
          offset[column] += j * plan.use.classes[column].step;
          std::array<std::string, classCount> names;
          for (unsigned which = 0; which < classCount; ++which)
            names[which] = std::to_string(offset[which]);
          return tileAddress(shape, names);
        };
        std::string &into = sums.at(i, j, number);
        if (lanes.isPlain || sum.layout.slots == 1) {
          into = function.value(llvm::Twine("load ") + registerText + ", ptr " + addressOfSlot(0) + align);
          continue;
        }
        into = "zeroinitializer";
        for (int64_t slot = 0; slot < sum.layout.slots; ++slot) {
          if (!isPoint(sum, number, slot))
            continue;
          std::string element =
              function.value(llvm::Twine("load ") + typeText(type) + ", ptr " + addressOfSlot(slot) + align);
          into = function.value(llvm::Twine("insertelement ") + registerText + " " + into + ", " +
                                typeText(type) + " " + element + ", i32 " + llvm::Twine(slot));
        }
      }
}

void SumTile::overTile(const BlockPlace &place, Emit emit) {
  Points points = pointsOf(place);
  Vector vector;
  vector.offset.fill("0");
  vector.lanes = lanes.lane < 0 ? 1 : lanes.slots;
  std::vector<IrLoop> open;
  auto loopOver = [&](unsigned which, int64_t end, int64_t step) {
    if (end <= step)
      return;
    open.push_back(function.openLoop("0", std::to_string(end), std::to_string(step)));
    vector.offset[which] = open.back().variable;
  };
  for (unsigned which : {group, row, column})
    if (int(which) != lanes.lane)
      loopOver(which, points[which], 1);
  int64_t along = lanes.lane < 0 ? 1 : points[unsigned(lanes.lane)];
  int64_t whole = along / vector.lanes * vector.lanes;
  if (whole > 0) {
    size_t outer = open.size();
    if (lanes.lane >= 0)
      loopOver(unsigned(lanes.lane), whole, vector.lanes);
    vector.valid = vector.lanes;
    onRegisters(place, vector, emit);
    if (open.size() > outer) {
      function.closeLoop(open.back());
      open.pop_back();
    }
  }
  if (whole < along) {
    vector.offset[unsigned(lanes.lane)] = std::to_string(whole);
    vector.valid = along - whole;
    onRegisters(place, vector, emit);
  }
  while (!open.empty()) {
    function.closeLoop(open.back());
    open.pop_back();
  }
}

std::string SumTile::startValue(const LoopValues &at, const std::string &mask) {
  const nest::Statement &init = nest.statements[unsigned(plan.computation.init)];
  return emitBody(function, nest, init, at, pointers, [](unsigned) { return std::string(); }, mask, facts);
}

void SumTile::start(const BlockPlace &place, Sums &sums) {
  if (plan.computation.init < 0) {
    const nest::Statement &core = nest.statements[unsigned(plan.computation.core)];
    std::string constant =
        constantText(type, core.start.value_or(nest::Constant()), unsigned(plan.use.sum.layout.slots));
    sums.all().assign(sums.all().size(), constant);
    return;
  }
  if (lanes.isPlain && !isCut(group)) {
    // Registers whose points are not there are started too, with anything: their results go nowhere.
    sums.all().assign(sums.all().size(), "zeroinitializer");
    forRegisters(place, [&](int64_t i, int64_t j, int64_t number, const Vector &vector) {
      onRegisters(place, vector, [&](const LoopValues &at, const std::string &there, const Vector &) {
        sums.at(i, j, number) = startValue(at, there);
      });
    });
    return;
  }
  if (tile.empty()) {
    // Only the groups are cut and each register is along them: one vector each, masked.
    forRegisters(place, [&](int64_t i, int64_t j, int64_t number, const Vector &vector) {
      LoopValues at = values(place, vector);
      sums.at(i, j, number) = startValue(at, mask(place, vector));
    });
    return;
  }
  Points shape = tileShape(place);
  overTile(place, [&](const LoopValues &at, const std::string &there, const Vector &vector) {
    std::string value = startValue(at, there);
    function.line("store " + typeText(type, at.lanes) + " " + value + ", ptr " +
                  tileAddress(shape, vector.offset) + ", align " + llvm::Twine(type.storageBytes()));
  });
  reload(place, sums);
}

void SumTile::finishValue(const LoopValues &at, const std::string &mask, const std::string &sum) {
  if (plan.computation.final < 0) {
    emitStore(function, nest, nest.statements[unsigned(plan.computation.core)], at, pointers, sum, mask);
    return;
  }
  const nest::Statement &final = nest.statements[unsigned(plan.computation.final)];
  auto read = [&](unsigned node) {
    return final.body[node].access.operand == plan.use.sum.tensor ? sum : std::string();
  };
  std::string value = emitBody(function, nest, final, at, pointers, read, mask, facts);
  emitStore(function, nest, final, at, pointers, value, mask);
}

void SumTile::finish(const BlockPlace &place, Sums &sums) {
  if (!throughTile) {
    forRegisters(place, [&](int64_t i, int64_t j, int64_t number, const Vector &vector) {
      onRegisters(place, vector, [&](const LoopValues &at, const std::string &there, const Vector &) {
        finishValue(at, there, sums.at(i, j, number));
      });
    });
    return;
  }
  spill(place, sums);
  Points shape = tileShape(place);
  overTile(place, [&](const LoopValues &at, const std::string &there, const Vector &vector) {
    std::string sum =
        function.value("load " + typeText(type, at.lanes) + ", ptr " + tileAddress(shape, vector.offset) +
                       ", align " + llvm::Twine(type.storageBytes()));
    finishValue(at, there, sum);
  });
}

} // namespace tenon::native
