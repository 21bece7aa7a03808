// Each step proposes candidates in order, the boldest first; the round is repeated while anything is taken.
#include "core/check/Shrink.h"

#include "core/check/Room.h"
#include "core/check/Sizing.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

namespace tenon::check {

namespace {

class Shrinker {
public:
  Shrinker(const isa::Description &description, Case from, StillShows shows,
           llvm::function_ref<bool()> mayGoOn)
      : description(description), shows(shows), mayGoOn(mayGoOn) {
    result.smallest = std::move(from);
  }

  llvm::Expected<ShrinkResult> run() {
    for (uint64_t before = UINT64_MAX; before != result.taken && goesOn();) {
      before = result.taken;
      dropExtras();
      dropCommands();
      for (size_t command = 0; command < best().commands.size(); ++command) {
        lowerSizes(command);
        plainValues(command);
        denseStrides(command);
      }
      dropBackground();
      plainFills();
      for (size_t command = 0; command < best().commands.size(); ++command)
        lowerAddresses(command);
      dropWindows();
    }
    if (wrong)
      return std::move(*wrong);
    return std::move(result);
  }

private:
  const Case &best() const { return result.smallest; }
  bool goesOn() const { return !wrong && mayGoOn(); }

  /// Takes the candidate if it still shows the difference.
  bool take(Case candidate) {
    if (!goesOn() || candidate == best())
      return false;
    ++result.tried;
    llvm::Expected<bool> still = shows(candidate);
    if (!still) {
      wrong = still.takeError();
      return false;
    }
    if (!*still)
      return false;
    ++result.taken;
    result.smallest = std::move(candidate);
    return true;
  }

  void dropExtras() {
    Case without = best();
    without.extras.clear();
    if (take(std::move(without)))
      return;
    for (size_t extra = 0; extra < best().extras.size();) {
      Case fewer = best();
      fewer.extras.erase(fewer.extras.begin() + long(extra));
      extra += take(std::move(fewer)) ? 0 : 1;
    }
    for (size_t extra = 0; extra < best().extras.size(); ++extra) {
      Case once = best();
      once.extras[extra].count = 1;
      take(std::move(once));
    }
  }

  static Case without(const Case &from, size_t first, size_t count) {
    Case fewer = from;
    fewer.commands.erase(fewer.commands.begin() + long(first), fewer.commands.begin() + long(first + count));
    auto moved = [&](unsigned at) {
      size_t now = at < first ? at : at < first + count ? first : at - count;
      return unsigned(std::min(now, fewer.commands.size() - 1));
    };
    for (ExtraSync &extra : fewer.extras) {
      extra.beforeSignal = moved(extra.beforeSignal);
      extra.beforeWait = moved(extra.beforeWait);
    }
    return fewer;
  }

  void dropCommands() {
    for (size_t count = best().commands.size() / 2; count > 0; count /= 2)
      for (size_t first = 0; first < best().commands.size();) {
        size_t fewer = std::min(count, best().commands.size() - first);
        if (fewer == best().commands.size() || !take(without(best(), first, fewer)))
          first += count;
      }
  }

  /// A command with another number; dense strides follow from it, free ones stay.
  Case changed(size_t command, llvm::function_ref<void(isa::Instruction &)> change) const {
    Case candidate = best();
    isa::Instruction &instruction = candidate.commands[command];
    const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
    std::vector<isa::OperandUse> before(instruction.operands.begin(), instruction.operands.end());
    change(instruction);
    Sizing(description, instruction.intrinsic).setStrides(instruction);
    for (auto [operand, use] : llvm::enumerate(instruction.operands))
      for (auto [axis, stride] : llvm::enumerate(use.strides)) {
        bool isFree = intrinsic.operands[operand].axes[axis].stride.kind == isa::Stride::Kind::Any;
        bool alongRow =
            description.memories[use.memory].unit == isa::Memory::Unit::Row && axis + 1 == use.strides.size();
        if (isFree && !alongRow)
          stride = before[operand].strides[axis];
      }
    return candidate;
  }

  /// The least, halves, one less: what is taken goes on from there.
  void lower(int64_t least, llvm::function_ref<int64_t()> now, llvm::function_ref<bool(int64_t)> tryValue) {
    if (now() == least || tryValue(least))
      return;
    for (int64_t distance = (now() - least) / 2; distance != 0; distance /= 2)
      while (now() != least && std::abs(now() - least) > std::abs(distance) && tryValue(now() - distance))
        continue;
    int64_t one = now() > least ? 1 : -1;
    if (now() != least)
      tryValue(now() - one);
  }

  void lowerSizes(size_t command) {
    const isa::Intrinsic &intrinsic = description.intrinsics[best().commands[command].intrinsic];
    for (size_t size = 0; size < intrinsic.sizes.size(); ++size)
      lower(
          intrinsic.sizes[size].low, [&] { return best().commands[command].sizes[size]; },
          [&](int64_t value) {
            return intrinsic.sizes[size].allows(value) &&
                   take(changed(command, [&](isa::Instruction &one) { one.sizes[size] = value; }));
          });
  }

  void plainValues(size_t command) {
    const isa::Intrinsic &intrinsic = description.intrinsics[best().commands[command].intrinsic];
    for (size_t value = 0; value < intrinsic.values.size(); ++value) {
      const isa::ValueDeclaration &declared = intrinsic.values[value];
      int64_t least = std::clamp<int64_t>(0, declared.low, declared.high);
      lower(
          least, [&] { return best().commands[command].values[value]; },
          [&](int64_t plainer) {
            return plainer >= declared.low && plainer <= declared.high &&
                   take(changed(command, [&](isa::Instruction &one) { one.values[value] = plainer; }));
          });
    }
  }

  void denseStrides(size_t command) {
    const isa::Intrinsic &intrinsic = description.intrinsics[best().commands[command].intrinsic];
    for (size_t operand = 0; operand < intrinsic.operands.size(); ++operand) {
      Case candidate = best();
      isa::Instruction &instruction = candidate.commands[command];
      isa::Instruction dense = instruction;
      Sizing(description, instruction.intrinsic).setStrides(dense);
      instruction.operands[operand].strides = dense.operands[operand].strides;
      take(std::move(candidate));
    }
  }

  /// To the lowest place that is free: at the window's start, or behind another operand.
  void lowerAddresses(size_t command) {
    for (size_t operand = 0; operand < best().commands[command].operands.size(); ++operand) {
      isa::OperandUse use = best().commands[command].operands[operand];
      const isa::Memory &memory = description.memories[use.memory];
      int64_t unit = memory.unitBytes() * memory.align;
      std::set<int64_t> places;
      for (const Window &window : best().windows)
        if (window.memory == use.memory)
          places.insert(int64_t(window.begin));
      for (const isa::Instruction &instruction : best().commands)
        for (unsigned other = 0; other < instruction.operands.size(); ++other)
          if (auto reach = reachOf(description, instruction, other);
              reach && instruction.operands[other].memory == use.memory)
            places.insert(int64_t(reach->end));
      for (int64_t place : places) {
        int64_t address = (place + unit - 1) / unit * memory.align;
        if (address >= use.address)
          break;
        Case candidate = moved(command, operand, address);
        if (!sharesMore(candidate) && take(std::move(candidate)))
          break;
      }
    }
  }

  /// Whether operands of one command share bytes: a smaller case is of no use if it is harder to read.
  bool shares(const isa::Instruction &instruction) const {
    const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
    for (unsigned one = 0; one < intrinsic.operands.size(); ++one)
      for (unsigned other = 0; other < one; ++other) {
        auto first = reachOf(description, instruction, one),
             second = reachOf(description, instruction, other);
        if (instruction.operands[one].memory == instruction.operands[other].memory && first && second &&
            first->begin < second->end && second->begin < first->end)
          return true;
      }
    return false;
  }
  bool sharesMore(const Case &candidate) const {
    for (auto [now, before] : llvm::zip_equal(candidate.commands, best().commands))
      if (shares(now) && !shares(before))
        return true;
    return false;
  }

  /// The operand and what fills it go elsewhere, and so do all operands of other commands that start there.
  Case moved(size_t command, size_t operand, int64_t address) const {
    Case candidate = best();
    isa::OperandUse from = candidate.commands[command].operands[operand];
    int64_t unit = description.memories[from.memory].unitBytes();
    for (isa::Instruction &instruction : candidate.commands)
      for (isa::OperandUse &use : instruction.operands)
        if (use.memory == from.memory && use.address == from.address)
          use.address = address;
    for (Fill &fill : candidate.fills)
      if (fill.memory == from.memory && fill.address == uint64_t(from.address * unit))
        fill.address = uint64_t(address * unit);
    return candidate;
  }

  void dropBackground() {
    Case zeros = best();
    zeros.background = 0;
    take(std::move(zeros));
  }

  /// Fills go, or become zeros piece by piece.
  void plainFills() {
    for (size_t fill = 0; fill < best().fills.size();) {
      Case fewer = best();
      fewer.fills.erase(fewer.fills.begin() + long(fill));
      fill += take(std::move(fewer)) ? 0 : 1;
    }
    for (size_t fill = 0; fill < best().fills.size(); ++fill)
      zero(fill, 0, best().fills[fill].bytes.size());
  }

  /// All of the bytes, or what of their halves may go.
  void zero(size_t fill, size_t first, size_t end) {
    llvm::ArrayRef<uint8_t> now = llvm::ArrayRef(best().fills[fill].bytes).slice(first, end - first);
    if (!goesOn() || llvm::all_of(now, [](uint8_t byte) { return byte == 0; }))
      return;
    Case zeros = best();
    std::fill(zeros.fills[fill].bytes.begin() + long(first), zeros.fills[fill].bytes.begin() + long(end), 0);
    if (take(std::move(zeros)) || end - first == 1)
      return;
    size_t middle = first + (end - first) / 2;
    zero(fill, first, middle);
    zero(fill, middle, end);
  }

  void dropWindows() {
    for (size_t window = 0; window < best().windows.size();) {
      Case fewer = best();
      fewer.windows.erase(fewer.windows.begin() + long(window));
      bool needed = description.memories[best().windows[window].memory].kind != isa::Memory::Kind::Global;
      window += !needed && take(std::move(fewer)) ? 0 : 1;
    }
  }

  const isa::Description &description;
  StillShows shows;
  llvm::function_ref<bool()> mayGoOn;
  ShrinkResult result;
  std::optional<llvm::Error> wrong;
};

} // namespace

llvm::Expected<ShrinkResult> shrink(const isa::Description &description, Case from, StillShows shows,
                                    llvm::function_ref<bool()> mayGoOn) {
  return Shrinker(description, std::move(from), shows, mayGoOn).run();
}

} // namespace tenon::check
