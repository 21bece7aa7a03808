// Makes descriptions: first what an intrinsic means, then a word with a field, a digit or a cell for each
// unknown.
#include "tests/isa/encoding/RandomDescription.h"

#include "core/isa/encoding/Interval.h"

#include <algorithm>
#include <cstdlib>

namespace tenon::isa::test {

Expression expression(const std::string &text) { return llvm::cantFail(parseExpression(text, {})); }

namespace {

/// Something to be put somewhere, by name, with its range.
struct Quantity {
  std::string name;
  int64_t low = 0, high = 0, step = 1;
  bool isSlot = false; ///< no cell can hold it: cells are found by it
};

unsigned bitsFor(int64_t most) {
  unsigned bits = 1;
  while ((most >> bits) != 0)
    ++bits;
  return bits;
}

class Maker {
public:
  explicit Maker(uint64_t seed) : draw(seed) {}

  Description make() {
    description.name = "random";
    description.parameters.push_back({"DIM", int64_t(1) << draw.between(2, 4), {}});
    memories();
    queues();
    syncs();
    registers();
    const int64_t count = draw.between(1, 6);
    for (int64_t i = 0; i < count; ++i)
      intrinsic("op" + std::to_string(i));
    for (unsigned sync = 0; sync < description.syncs.size(); ++sync)
      for (bool isWait : {true, false})
        if (description.syncs[sync].kind != Sync::Kind::Interlock)
          syncCommand(sync, isWait);
    return std::move(description);
  }

private:
  int64_t parameter() const { return description.parameters.front().value; }

  void memories() {
    Memory global;
    global.name = "dram";
    global.kind = Memory::Kind::Global;
    global.align = int64_t(1) << draw.between(0, 4);
    global.bytes = uint64_t(1) << draw.between(16, 26);
    Memory rows;
    rows.name = "spad";
    rows.kind = Memory::Kind::Scratchpad;
    rows.rowElement = {nest::ScalarType::integer(8)};
    rows.rowElements = parameter();
    rows.rowBytes = static_cast<uint64_t>(parameter());
    rows.unit = Memory::Unit::Row;
    rows.bytes = rows.rowBytes * static_cast<uint64_t>(draw.between(100, 5000));
    rows.banks = draw.between(1, 4);
    Memory upper = rows;
    upper.name = "acc";
    upper.base = draw.oneIn(2) ? 0x80000000 : 1 << 20;
    Memory rotating = rows;
    rotating.name = "wgt";
    rotating.kind = Memory::Kind::Rotating;
    rotating.copies = 2;
    description.memories = {global, rows, upper, rotating};
  }

  void queues() {
    const int64_t count = draw.between(1, 3);
    for (int64_t i = 0; i < count; ++i)
      description.queues.push_back({"queue" + std::to_string(i), 4, {}});
  }

  unsigned anyQueue() {
    return static_cast<unsigned>(draw.between(0, static_cast<int64_t>(description.queues.size()) - 1));
  }

  void syncs() {
    Sync semaphore;
    semaphore.name = "sem";
    semaphore.kind = Sync::Kind::Semaphore;
    semaphore.count = draw.between(1, 20);
    semaphore.max = draw.between(1, 300);
    Sync tokens;
    tokens.name = "l2c";
    tokens.kind = Sync::Kind::Tokens;
    tokens.from = anyQueue();
    tokens.to = anyQueue();
    tokens.max = draw.between(1, 9);
    Sync interlock;
    interlock.name = "hw";
    description.syncs = {semaphore, interlock, tokens};
  }

  void registers() {
    registerQueue = static_cast<int>(anyQueue());
    const int64_t count = draw.between(0, 3);
    for (int64_t number = 0; number < count; ++number) {
      Register made;
      made.name = "reg" + std::to_string(number);
      made.count = draw.oneIn(2) ? 1 : draw.between(2, 5);
      const int64_t cells = draw.between(1, 3);
      for (int64_t cell = 0; cell < cells; ++cell)
        made.cells.push_back({"cell" + std::to_string(cell),
                              {nest::ScalarType::integer(draw.oneIn(4) ? 64 : 40), draw.oneIn(2)},
                              std::nullopt,
                              {}});
      description.registers.push_back(made);
      setter(static_cast<unsigned>(number));
    }
  }

  void setter(unsigned number) {
    const Register &reg = description.registers[number];
    Intrinsic made;
    made.name = made.family = "set_" + reg.name;
    made.queue = registerQueue;
    made.sets = static_cast<int>(number);
    start();
    if (reg.count > 1) {
      made.setsSlot = "s";
      quantities.push_back({"s", 0, reg.count - 1, 1, true});
    }
    for (const RegisterCell &cell : reg.cells) {
      const unsigned width = cell.type.scalar.width;
      int64_t high = cell.type.isSigned || width == 64 ? int64_t((uint64_t(1) << (width - 1)) - 1)
                                                       : int64_t((uint64_t(1) << width) - 1);
      quantities.push_back({cell.name, cell.type.isSigned ? -high - 1 : 0, high, 1, true});
    }
    finish(made);
  }

  void intrinsic(const std::string &name) {
    Intrinsic made;
    made.name = made.family = name;
    made.queue =
        draw.oneIn(2) && !description.registers.empty() ? registerQueue : static_cast<int>(anyQueue());
    start();
    sizes(made);
    values(made);
    const int64_t operands = draw.between(0, 3);
    for (int64_t number = 0; number < operands; ++number)
      operand(made, "x" + std::to_string(number));
    carriedSyncs(made);
    finish(made);
  }

  void sizes(Intrinsic &made) {
    const std::string names[] = {"m", "n", "k"};
    const int64_t count = draw.between(1, 3);
    for (int64_t i = 0; i < count; ++i) {
      Size size;
      size.name = names[i];
      size.low = draw.between(1, 4);
      size.step = draw.between(1, 3);
      size.high = size.low + size.step * draw.between(0, 12);
      if (draw.oneIn(4))
        size.choices = {size.low, size.low + 2, size.low + 6};
      Quantity quantity{size.name, size.low, size.high, 1};
      if (!size.choices.empty())
        quantity.high = size.low + 6;
      made.sizes.push_back(size);
      if (quantity.low != quantity.high)
        quantities.push_back(quantity);
    }
  }

  void values(Intrinsic &made) {
    const int64_t count = draw.between(0, 2);
    for (int64_t i = 0; i < count; ++i) {
      ValueDeclaration value;
      value.name = "v" + std::to_string(i);
      value.low = draw.oneIn(2) ? draw.between(-1000, 0) : draw.between(0, 5);
      value.high = value.low + draw.between(0, 2000);
      value.type = {nest::ScalarType::integer(32)};
      made.values.push_back(value);
      if (value.low != value.high)
        quantities.push_back({value.name, value.low, value.high, 1});
    }
  }

  void operand(Intrinsic &made, const std::string &name) {
    OperandDeclaration operand;
    operand.name = name;
    operand.type = {nest::ScalarType::integer(draw.oneIn(2) ? 8 : 32)};
    operand.memories.push_back(static_cast<unsigned>(draw.between(0, 3)));
    if (operand.memories[0] == 1 && draw.oneIn(2))
      operand.memories.push_back(2); // told by the base alone
    for (unsigned size = 0; size < made.sizes.size(); ++size)
      if (size == 0 || draw.oneIn(2))
        operand.axes.push_back(axis(made, size));
    addressOf(operand);
    const bool inRows = description.memories[operand.memories[0]].unit == Memory::Unit::Row;
    for (size_t number = 0; number < operand.axes.size(); ++number) {
      const Axis &axis = operand.axes[number];
      const bool alongRow = inRows && number + 1 == operand.axes.size();
      if (axis.stride.kind == Stride::Kind::Any && !alongRow)
        quantities.push_back({name + ".stride." + axis.name, 0,
                              (int64_t(1) << 20) / axis.stride.multiple * axis.stride.multiple,
                              axis.stride.multiple});
    }
    made.operands.push_back(operand);
  }

  Axis axis(const Intrinsic &made, unsigned size) {
    Axis axis;
    axis.name = made.sizes[size].name;
    axis.size = static_cast<int>(size);
    switch (draw.between(0, 3)) {
    case 0:
      axis.stride.kind = Stride::Kind::Fixed;
      axis.stride.value = expression(draw.oneIn(2) ? "DIM" : made.sizes[0].name + " * 2");
      break;
    case 1:
      axis.stride.kind = Stride::Kind::Any;
      axis.stride.multiple = int64_t(1) << draw.between(0, 3);
      break;
    default:
      break;
    }
    return axis;
  }

  void addressOf(const OperandDeclaration &operand) {
    const Memory &first = description.memories[operand.memories.front()];
    const Memory &last = description.memories[operand.memories.back()];
    if (first.kind == Memory::Kind::Rotating)
      return;
    quantities.push_back({operand.name + ".addr", first.base,
                          last.base + static_cast<int64_t>(last.units()) - 1, first.align});
  }

  void carriedSyncs(const Intrinsic &made) {
    const Sync &semaphore = description.syncs[0];
    if (draw.oneIn(2)) {
      quantities.push_back({"sem.wait", 0, 1});
      if (semaphore.count > 1)
        quantities.push_back({"sem.wait.id", 0, semaphore.count - 1});
      if (draw.oneIn(2))
        quantities.push_back({"sem.wait.count", 0, semaphore.max});
    } else if (draw.oneIn(2)) { // a count of 0 is no wait
      quantities.push_back({"sem.wait.count", 0, semaphore.max});
      if (semaphore.count > 1)
        quantities.push_back({"sem.wait.id", 0, semaphore.count - 1});
    }
    if (draw.oneIn(2)) {
      quantities.push_back({"sem.signal", 0, 1});
      if (semaphore.count > 1)
        quantities.push_back({"sem.signal.id", 0, semaphore.count - 1});
    }
    const Sync &tokens = description.syncs[2];
    if (draw.oneIn(2) && made.queue == static_cast<int>(tokens.to))
      quantities.push_back({"l2c.wait", 0, 1});
    if (draw.oneIn(2) && made.queue == static_cast<int>(tokens.from))
      quantities.push_back({"l2c.signal", 0, 1});
  }

  void syncCommand(unsigned sync, bool isWait) {
    const Sync &of = description.syncs[sync];
    SyncCommand made;
    made.sync = sync;
    made.isWait = isWait;
    start();
    if (of.kind == Sync::Kind::Semaphore) {
      if (of.count > 1)
        quantities.push_back({"id", 0, of.count - 1});
      if (isWait && of.max > 1)
        quantities.push_back({"count", 1, of.max});
      if (description.queues.size() > 1 && draw.oneIn(2))
        quantities.push_back({"queue", 0, static_cast<int64_t>(description.queues.size()) - 1});
      else
        made.queue = static_cast<int>(anyQueue());
    }
    made.command = command(nullptr);
    description.syncCommands.push_back(made);
  }

  void start() { quantities.clear(); }

  void finish(Intrinsic &made) {
    made.command = command(&made);
    description.intrinsics.push_back(std::move(made));
  }

  /// A word with an operation code of its own; each quantity gets a place.
  Command command(Intrinsic *needing) {
    Word word;
    word.name = "word" + std::to_string(description.words.size());
    word.fields.push_back({"op", 7, 0, static_cast<uint64_t>(description.words.size() + 1), {}});
    next = 8;
    encoded = {};
    std::shuffle(quantities.begin(), quantities.end(), shuffler);
    usedCells.clear();
    for (size_t i = 0; i < quantities.size();) {
      const bool isPair =
          i + 1 < quantities.size() && draw.oneIn(3) && pair(word, quantities[i], quantities[i + 1]);
      if (!isPair && !(needing && toCell(*needing, quantities[i])))
        alone(word, quantities[i]);
      i += isPair ? 2 : 1;
    }
    if (draw.oneIn(3))
      next += static_cast<unsigned>(draw.between(1, 9)); // a hole, or a field that is not given
    if (draw.oneIn(3))
      addField(word, 3);
    word.bits = (std::max(next, 32U) + 7) / 8 * 8;
    encoded.word = static_cast<unsigned>(description.words.size());
    description.words.push_back(word);
    return encoded;
  }

  unsigned addField(Word &word, unsigned width) {
    if (draw.oneIn(3))
      next += static_cast<unsigned>(draw.between(1, 5));
    const auto number = static_cast<unsigned>(word.fields.size());
    word.fields.push_back({"f" + std::to_string(number), next + width - 1, next, std::nullopt, {}});
    next += width;
    return number;
  }

  void give(Word &word, unsigned width, const std::string &text) {
    unsigned field = addField(word, width);
    encoded.fields.push_back({field, expression(text)});
  }

  static unsigned signedWidth(const Quantity &of) {
    return of.low >= 0 ? bitsFor(of.high) : bitsFor(std::max(-(of.low + 1), of.high)) + 1;
  }

  void alone(Word &word, const Quantity &of) {
    const Wide span = (Wide(of.high) - of.low) / of.step;
    const unsigned width = std::min(signedWidth(of), 64U);
    const std::string low =
        of.low < 0 ? "+ " + std::to_string(-(of.low + 1)) + " + 1" : "- " + std::to_string(of.low);
    switch (draw.between(0, 5)) {
    case 0: // counted from its lowest value
      if (span < (Wide(1) << 62) && of.low > -(int64_t(1) << 62))
        return give(word, bitsFor(of.high - of.low), of.name + " " + low);
      break;
    case 1: // without the bits that are always zero
      if (of.step > 1 && of.low % of.step == 0)
        return give(word, bitsFor(of.high / of.step), of.name + " / " + std::to_string(of.step));
      break;
    case 2: { // in two pieces
      const unsigned cut = static_cast<unsigned>(draw.between(1, 8));
      if (width <= cut || width > 60 || of.low < 0)
        break;
      give(word, cut, "bits(" + of.name + ", " + std::to_string(cut - 1) + ", 0)");
      return give(word, width - cut,
                  "bits(" + of.name + ", " + std::to_string(width - 1) + ", " + std::to_string(cut) + ")");
    }
    case 3: // more bits than it needs
      return give(word, std::min(width + 3, 64U), of.name);
    case 4: // upside down
      if (span < (Wide(1) << 62) && of.low > -(int64_t(1) << 62))
        return give(word, bitsFor(of.high - of.low), std::to_string(of.high) + " - " + of.name);
      break;
    default:
      break;
    }
    give(word, width, of.name);
  }

  bool pair(Word &word, const Quantity &upper, const Quantity &lower) {
    if (upper.low < 0 || lower.low < 0 || bitsFor(upper.high) + bitsFor(lower.high) > 60)
      return false;
    const unsigned cut = bitsFor(lower.high);
    std::string text;
    if (draw.oneIn(2))
      text = upper.name + " * " + std::to_string(int64_t(1) << cut) + " + " + lower.name;
    else
      text = draw.oneIn(2) ? upper.name + " << " + std::to_string(cut) + " | " + lower.name
                           : lower.name + " | " + upper.name + " << " + std::to_string(cut);
    give(word, cut + bitsFor(upper.high), text);
    return true;
  }

  /// A cell of a register that the same queue sets; each is used once.
  bool toCell(Intrinsic &needing, const Quantity &of) {
    if (of.isSlot || description.registers.empty() || needing.queue != registerQueue || !draw.oneIn(3))
      return false;
    const auto reg =
        static_cast<unsigned>(draw.between(0, static_cast<int64_t>(description.registers.size()) - 1));
    const Register &chosen = description.registers[reg];
    const auto cell = static_cast<unsigned>(draw.between(0, static_cast<int64_t>(chosen.cells.size()) - 1));
    if (std::find(usedCells.begin(), usedCells.end(), std::pair(reg, cell)) != usedCells.end())
      return false;
    if (of.low < 0 && !chosen.cells[cell].type.isSigned)
      return false;
    const std::string slot = chosen.count > 1 ? "slot" + std::to_string(reg) : "";
    const bool isNew = std::none_of(needing.needs.begin(), needing.needs.end(),
                                    [&](const Need &need) { return need.slot == slot; });
    usedCells.emplace_back(reg, cell);
    needing.needs.push_back({reg, slot, cell, expression(draw.oneIn(3) ? of.name + " + 1" : of.name), {}});
    if (!slot.empty() && isNew)
      quantities.push_back({slot, 0, chosen.count - 1, 1, true});
    return true;
  }

  Draw draw;
  std::mt19937_64 shuffler{static_cast<uint64_t>(draw.between(0, INT64_MAX))};
  Description description;
  int registerQueue = 0;
  std::vector<Quantity> quantities;
  std::vector<std::pair<unsigned, unsigned>> usedCells;
  Command encoded;
  unsigned next = 8;
};

} // namespace

Description randomDescription(uint64_t seed) { return Maker(seed).make(); }

std::vector<uint64_t> seeds(unsigned count) {
  if (const char *one = std::getenv("TENON_ENCODING_SEED"))
    return {std::strtoull(one, nullptr, 10)};
  std::vector<uint64_t> all;
  for (uint64_t seed = 1; seed <= count; ++seed)
    all.push_back(seed);
  return all;
}

} // namespace tenon::isa::test
