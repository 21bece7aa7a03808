// Lists what a command has to say. A sync that its fields and needed cells do not mention is one that it
// cannot carry, so it is not listed.
#include "core/isa/encoding/Unknowns.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <numeric>

namespace tenon::isa {

namespace {

using Kind = Unknown::Kind;

class Collector {
public:
  Collector(const Description &from, CommandReference reference) : description(from), command(reference) {
    for (const FieldAssignment &assignment : command.command(description).fields)
      assignment.value.collectNames(mentioned);
    if (reference.kind == Instruction::Kind::Intrinsic)
      for (const Need &need : description.intrinsics[reference.number].needs)
        need.value.collectNames(mentioned);
  }

  Unknowns take() {
    if (command.kind == Instruction::Kind::Sync)
      syncCommand();
    else
      intrinsic(description.intrinsics[command.number]);
    return std::move(unknowns);
  }

private:
  void add(Kind kind, std::string name, Domain domain, std::string what, unsigned index = 0,
           unsigned axis = 0) {
    unknowns.byName[name] = static_cast<unsigned>(unknowns.list.size());
    what += " of " + command.name(description);
    unknowns.list.push_back({kind, std::move(name), index, axis, domain, std::move(what)});
  }

  bool isMentioned(llvm::StringRef name) const { return llvm::is_contained(mentioned, name); }

  void intrinsic(const Intrinsic &of) {
    for (const auto &[number, size] : llvm::enumerate(of.sizes))
      add(Kind::Size, size.name, sizeDomain(size), "size " + size.name, static_cast<unsigned>(number));
    for (const auto &[number, value] : llvm::enumerate(of.values))
      add(Kind::Value, value.name, {value.low, value.high}, "value " + value.name,
          static_cast<unsigned>(number));
    for (unsigned number = 0; number < of.operands.size(); ++number)
      operand(of, number);
    slots(of);
    if (of.sets >= 0)
      cells(of);
    for (unsigned number = 0; number < description.syncs.size(); ++number)
      carriedSync(number);
  }

  static Domain sizeDomain(const Size &size) {
    if (size.choices.empty())
      return {size.low, size.high, std::max<int64_t>(size.step, 1)};
    auto [low, high] = std::minmax_element(size.choices.begin(), size.choices.end());
    int64_t step = 0;
    for (int64_t choice : size.choices)
      step = std::gcd(step, choice - *low);
    return {*low, *high, std::max<int64_t>(step, 1)};
  }

  void operand(const Intrinsic &of, unsigned number) {
    const OperandDeclaration &declared = of.operands[number];
    if (declared.memories.empty())
      return;
    add(Kind::Choice, declared.name + ".memory", {0, static_cast<int64_t>(declared.memories.size()) - 1},
        "memory of " + declared.name, number);
    add(Kind::Address, declared.name + ".addr", addressDomain(of, number), "address of " + declared.name,
        number);
    for (unsigned axis = 0; axis < declared.axes.size(); ++axis)
      if (strideIsFree(description, of, number, axis))
        add(Kind::Stride, declared.name + ".stride." + declared.axes[axis].name,
            {0, 0, std::max<int64_t>(declared.axes[axis].stride.multiple, 1), false},
            "stride of axis " + declared.axes[axis].name + " of " + declared.name, number, axis);
  }

  /// From the lowest base to the end of the memory that ends last.
  Domain addressDomain(const Intrinsic &of, unsigned number) const {
    Domain domain;
    bool first = true;
    for (unsigned choice : of.operands[number].memories) {
      const Memory &memory = description.memories[choice];
      int64_t align = std::max<int64_t>(memory.align, 1);
      auto most = static_cast<int64_t>(std::min<uint64_t>(memory.units(), uint64_t(1) << 62));
      int64_t last = memory.kind == Memory::Kind::Rotating || most == 0 ? 0 : (most - 1) / align * align;
      int64_t end = memory.base > INT64_MAX - last ? INT64_MAX : memory.base + last;
      domain.step = first ? align : std::gcd(std::gcd(domain.step, align), memory.base - domain.low);
      domain.low = first ? memory.base : std::min(domain.low, memory.base);
      domain.high = first ? end : std::max(domain.high, end);
      first = false;
    }
    if (onlyWholeMemory(of, number))
      domain.high = domain.low;
    return domain;
  }

  /// An operand that is always as large as its memory has one address.
  bool onlyWholeMemory(const Intrinsic &of, unsigned number) const {
    const OperandDeclaration &operand = of.operands[number];
    if (operand.memories.size() != 1 || operand.holds)
      return false;
    auto fixed = [&](llvm::StringRef name) { return fixedName(description, command, name); };
    uint64_t bytes = operand.type.scalar.storageBytes();
    for (const Axis &axis : operand.axes) {
      int64_t extent = 1;
      if (axis.stride.kind != Stride::Kind::Dense)
        return false;
      if (axis.extent) {
        llvm::Expected<int64_t> value = evaluate(*axis.extent, fixed);
        if (!value) {
          llvm::consumeError(value.takeError()); // it depends on a size or a value
          return false;
        }
        extent = *value;
      } else if (axis.size >= 0 && sizeDomain(of.sizes[static_cast<unsigned>(axis.size)]).isSingle()) {
        extent = of.sizes[static_cast<unsigned>(axis.size)].low;
      } else {
        return false;
      }
      if (extent <= 0 || uint64_t(extent) > (uint64_t(1) << 62) / bytes)
        return false;
      bytes *= uint64_t(extent);
    }
    return bytes >= description.memories[operand.memories[0]].bytes;
  }

  void slots(const Intrinsic &of) {
    for (const Need &need : of.needs) {
      if (need.slot.empty())
        continue;
      int64_t last = description.registers[need.reg].count - 1;
      if (int known = unknowns.find(need.slot); known >= 0) {
        Domain &domain = unknowns.list[static_cast<unsigned>(known)].domain;
        domain.high = std::min(domain.high, last);
      } else {
        add(Kind::Slot, need.slot, {0, last}, "slot " + need.slot);
      }
    }
  }

  void cells(const Intrinsic &of) {
    const Register &sets = description.registers[static_cast<unsigned>(of.sets)];
    if (!of.setsSlot.empty())
      add(Kind::SetsSlot, of.setsSlot, {0, sets.count - 1}, "slot " + of.setsSlot);
    for (const auto &[number, cell] : llvm::enumerate(sets.cells)) {
      auto [low, high] = rangeOf(cell.type);
      add(Kind::SetsCell, cell.name, {low, high}, "cell " + sets.name + "." + cell.name,
          static_cast<unsigned>(number));
    }
  }

  static std::pair<int64_t, int64_t> rangeOf(const ElementType &type) {
    unsigned width = std::min(type.scalar.width, 64U);
    if (type.isSigned)
      return {width >= 64 ? INT64_MIN : -(int64_t(1) << (width - 1)),
              width >= 64 ? INT64_MAX : (int64_t(1) << (width - 1)) - 1};
    return {0, width >= 63 ? INT64_MAX
                           : (int64_t(1) << width) - 1}; // a cell's value is kept in 64 bits with a sign
  }

  void carriedSync(unsigned number) {
    const Sync &sync = description.syncs[number];
    const bool isSemaphore = sync.kind == Sync::Kind::Semaphore;
    if (sync.kind == Sync::Kind::Interlock)
      return;
    const std::string wait = sync.name + ".wait", signal = sync.name + ".signal";
    const int64_t lastId = isSemaphore ? sync.count - 1 : 0;
    if (isMentioned(wait) || isMentioned(wait + ".id") || isMentioned(wait + ".count")) {
      add(Kind::Wait, wait, {0, 1}, "wait for " + sync.name, number);
      add(Kind::WaitId, wait + ".id", {0, lastId}, "id of the wait for " + sync.name, number);
      // 0 where it does not wait; a command that says nothing of a count waits for one.
      if (isMentioned(wait + ".count"))
        add(Kind::WaitCount, wait + ".count", {0, sync.max}, "count of the wait for " + sync.name, number);
    }
    if (isMentioned(signal) || isMentioned(signal + ".id")) {
      add(Kind::Signal, signal, {0, 1}, "signal to " + sync.name, number);
      add(Kind::SignalId, signal + ".id", {0, lastId}, "id of the signal to " + sync.name, number);
    }
  }

  void syncCommand() {
    const SyncCommand &of = description.syncCommands[command.number];
    const Sync &sync = description.syncs[of.sync];
    const bool isSemaphore = sync.kind == Sync::Kind::Semaphore;
    add(of.isWait ? Kind::WaitId : Kind::SignalId, "id", {0, isSemaphore ? sync.count - 1 : 0}, "id",
        of.sync);
    if (of.isWait && isMentioned("count"))
      add(Kind::WaitCount, "count", {1, sync.max}, "count", of.sync);
    Domain queue{0, static_cast<int64_t>(description.queues.size()) - 1};
    if (of.queue >= 0)
      queue.low = queue.high = of.queue;
    else if (sync.kind == Sync::Kind::Tokens)
      queue.low = queue.high = of.isWait ? sync.to : sync.from;
    add(Kind::Queue, "queue", queue, "queue");
  }

  const Description &description;
  CommandReference command;
  std::vector<std::string> mentioned;
  Unknowns unknowns;
};

} // namespace

std::optional<Wide> Domain::steps() const {
  if (!bounded)
    return std::nullopt;
  return (Wide(high) - low) / step;
}

std::optional<Interval> Domain::interval() const {
  if (!bounded)
    return std::nullopt;
  return Interval{low, high};
}

bool Domain::contains(Wide value) const {
  return value >= low && (!bounded || value <= high) && (value - low) % step == 0 && value <= INT64_MAX;
}

std::string Domain::str() const {
  if (isSingle())
    return std::to_string(low);
  std::string text = std::to_string(low) + ".." + (bounded ? std::to_string(high) : "");
  return step == 1 ? text : text + " by " + std::to_string(step);
}

const Command &CommandReference::command(const Description &description) const {
  return kind == Instruction::Kind::Sync ? description.syncCommands[number].command
                                         : *description.intrinsics[number].command;
}

std::string CommandReference::name(const Description &description) const {
  if (kind == Instruction::Kind::Intrinsic)
    return description.intrinsics[number].name;
  const SyncCommand &command = description.syncCommands[number];
  return (command.isWait ? "wait " : "signal ") + description.syncs[command.sync].name;
}

Place CommandReference::place(const Description &description) const { return command(description).place; }

std::vector<CommandReference> commandsOf(const Description &description) {
  std::vector<CommandReference> commands;
  for (unsigned number = 0; number < description.intrinsics.size(); ++number)
    if (description.intrinsics[number].command)
      commands.push_back({Instruction::Kind::Intrinsic, number});
  for (unsigned number = 0; number < description.syncCommands.size(); ++number)
    commands.push_back({Instruction::Kind::Sync, number});
  return commands;
}

int Unknowns::find(llvm::StringRef name) const {
  auto found = byName.find(name);
  return found == byName.end() ? -1 : static_cast<int>(found->second);
}

Unknowns unknownsOf(const Description &description, CommandReference reference) {
  return Collector(description, reference).take();
}

std::optional<int64_t> fixedName(const Description &description, CommandReference reference,
                                 llvm::StringRef name) {
  if (reference.kind == Instruction::Kind::Intrinsic) {
    const Intrinsic &intrinsic = description.intrinsics[reference.number];
    if (auto found = intrinsic.memberCode.find(name.str()); found != intrinsic.memberCode.end())
      return found->second;
  }
  return description.parameter(name);
}

bool strideIsFree(const Description &description, const Intrinsic &intrinsic, unsigned operand,
                  unsigned axis) {
  const OperandDeclaration &declared = intrinsic.operands[operand];
  if (declared.holds || declared.axes[axis].stride.kind != Stride::Kind::Any)
    return false;
  return axis + 1 != declared.axes.size() || llvm::any_of(declared.memories, [&](unsigned memory) {
           return description.memories[memory].unit == Memory::Unit::Byte;
         });
}

} // namespace tenon::isa
