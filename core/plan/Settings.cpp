// Forward over straight-line commands: which slot of which register holds what.
#include "core/plan/Settings.h"

#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

using Cells = std::vector<std::optional<int64_t>>;

/// What a command needs of one register.
struct Demand {
  unsigned reg = 0;
  std::string slot;
  Cells cells;
};

class Settler {
public:
  explicit Settler(const isa::Description &description) : description(description) {
    for (const isa::Register &reg : description.registers) {
      held.emplace_back(size_t(reg.count), Cells(reg.cells.size()));
      lastUse.emplace_back(size_t(reg.count), 0);
    }
  }

  llvm::Error settle(isa::Instruction instruction, std::vector<isa::Instruction> &into) {
    ++now;
    auto demands = demandsOf(instruction);
    if (!demands)
      return demands.takeError();
    for (const Demand &demand : *demands) {
      size_t slot = chooseSlot(demand);
      lastUse[demand.reg][slot] = now;
      instruction.slots[demand.slot] = int64_t(slot);
      if (satisfies(held[demand.reg][slot], demand.cells))
        continue;
      auto setting = makeSetting(instruction, demand, slot);
      if (!setting)
        return setting.takeError();
      into.push_back(std::move(*setting));
    }
    instruction.slots.erase("");
    into.push_back(std::move(instruction));
    return llvm::Error::success();
  }

private:
  llvm::Expected<std::vector<Demand>> demandsOf(const isa::Instruction &instruction) const {
    std::vector<Demand> demands;
    if (instruction.kind != isa::Instruction::Kind::Intrinsic)
      return demands;
    const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
    auto values = isa::neededCells(description, instruction);
    if (!values)
      return values.takeError();
    for (auto [need, value] : llvm::zip_equal(intrinsic.needs, *values)) {
      auto found = llvm::find_if(demands, [&, &wanted = need](const Demand &demand) {
        return demand.reg == wanted.reg && demand.slot == wanted.slot;
      });
      if (found == demands.end()) {
        demands.push_back({need.reg, need.slot, Cells(description.registers[need.reg].cells.size())});
        found = demands.end() - 1;
      }
      found->cells[need.cell] = value;
    }
    return demands;
  }

  static bool satisfies(const Cells &cells, const Cells &demand) {
    return llvm::all_of(llvm::zip_equal(cells, demand), [](const auto &pair) {
      return !std::get<1>(pair) || std::get<0>(pair) == std::get<1>(pair);
    });
  }

  /// A slot that holds it already, otherwise the one that was not used for longest.
  size_t chooseSlot(const Demand &demand) const {
    const auto &slots = held[demand.reg];
    for (size_t slot = 0; slot < slots.size(); ++slot)
      if (satisfies(slots[slot], demand.cells))
        return slot;
    const auto &uses = lastUse[demand.reg];
    return size_t(std::min_element(uses.begin(), uses.end()) - uses.begin());
  }

  llvm::Expected<isa::Instruction> makeSetting(const isa::Instruction &user, const Demand &demand,
                                               size_t slot) {
    const isa::Register &reg = description.registers[demand.reg];
    for (auto [number, intrinsic] : llvm::enumerate(description.intrinsics)) {
      if (intrinsic.sets != int(demand.reg) || intrinsic.queue != int(user.queue))
        continue;
      isa::Instruction setting;
      setting.intrinsic = unsigned(number);
      setting.queue = user.queue;
      setting.origin = user.origin;
      setting.setsSlot = int64_t(slot);
      Cells &cells = held[demand.reg][slot];
      for (auto [cell, wanted] : llvm::enumerate(demand.cells)) {
        if (wanted)
          cells[cell] = wanted;
        // What nobody needs keeps its value; what never had one gets the reset value, or 0.
        if (!cells[cell])
          cells[cell] = reg.cells[cell].atReset.value_or(0);
        setting.cells.push_back(*cells[cell]);
      }
      return setting;
    }
    return failure(ExitCode::TargetCannot,
                   fmt::format("{} needs register {}, which no command of queue {} sets",
                               description.intrinsics[user.intrinsic].name, reg.name,
                               description.queues[user.queue].name));
  }

  const isa::Description &description;
  std::vector<std::vector<Cells>> held; ///< register, slot, cell
  std::vector<std::vector<uint64_t>> lastUse;
  uint64_t now = 0;
};

} // namespace

llvm::Expected<std::vector<isa::Instruction>> insertSettings(const isa::Description &description,
                                                             std::vector<isa::Instruction> instructions) {
  Settler settler(description);
  std::vector<isa::Instruction> result;
  result.reserve(instructions.size());
  for (isa::Instruction &instruction : instructions)
    if (llvm::Error error = settler.settle(std::move(instruction), result))
      return error;
  return result;
}

} // namespace tenon::plan
