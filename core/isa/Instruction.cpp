// What follows from an instruction's bound sizes, values and places: extents, strides, attributes by name,
// needed cells, cycles.
#include "core/isa/Instruction.h"

#include "core/isa/FilePlace.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::isa {

namespace {

/// The number of the entry with the name.
template <typename List> std::optional<size_t> find(const List &list, llvm::StringRef name) {
  for (auto [i, entry] : llvm::enumerate(list))
    if (entry.name == name)
      return i;
  return std::nullopt;
}

std::optional<int64_t> entry(llvm::ArrayRef<int64_t> list, size_t number) {
  return number < list.size() ? std::optional(list[number]) : std::nullopt;
}

/// Names that mean the same in the whole intrinsic: sizes, values, parameters, family keys.
std::optional<int64_t> commonName(const Description &description, const Intrinsic &intrinsic,
                                  llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                                  llvm::StringRef name) {
  if (std::optional<size_t> size = find(intrinsic.sizes, name))
    return entry(sizes, *size);
  if (std::optional<size_t> value = find(intrinsic.values, name))
    return entry(values, *value);
  if (std::optional<int64_t> parameter = description.parameter(name))
    return parameter;
  auto member = intrinsic.memberCode.find(name.str());
  return member == intrinsic.memberCode.end() ? std::nullopt : std::optional(member->second);
}

/// The largest value that a size can have.
int64_t largest(const Size &size) {
  return size.choices.empty() ? size.high : *llvm::max_element(size.choices);
}

/// a * b, or the largest number where it does not fit: no memory is that large, so a check refuses it.
int64_t saturatingProduct(int64_t a, int64_t b) {
  int64_t product = 0;
  return llvm::MulOverflow(a, b, product) ? INT64_MAX : product;
}

llvm::Expected<int64_t> extentOf(const Description &description, const Intrinsic &intrinsic, unsigned operand,
                                 const Axis &axis, llvm::ArrayRef<int64_t> sizes,
                                 llvm::ArrayRef<int64_t> values) {
  auto where = [&] {
    return intrinsic.name + ": axis " + axis.name + " of " + intrinsic.operands[operand].name;
  };
  int64_t extent = 0;
  if (axis.extent) {
    llvm::Expected<int64_t> found = evaluate(*axis.extent, [&](llvm::StringRef name) {
      return commonName(description, intrinsic, sizes, values, name);
    });
    if (!found)
      return withFile(found.takeError(), description, where());
    extent = *found;
  } else {
    std::optional<int64_t> size = axis.size < 0 ? std::nullopt : entry(sizes, size_t(axis.size));
    if (!size)
      return failure(ExitCode::WrongInput, where() + " has no extent; give it one under extent");
    extent = *size;
  }
  if (extent < 1)
    return failure(ExitCode::TargetCannot,
                   where() + " has extent " + std::to_string(extent) + ", the least is 1");
  return extent;
}

/// a.addr, a.bytes, a.bank, a.memory, a.stride.m
std::optional<int64_t> operandAttribute(const Description &description, const Instruction &instruction,
                                        size_t number, llvm::StringRef name) {
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  const OperandDeclaration &declared = intrinsic.operands[number];
  if (number >= instruction.operands.size() ||
      instruction.operands[number].memory >= description.memories.size())
    return std::nullopt;
  const OperandUse &use = instruction.operands[number];
  const Memory &memory = description.memories[use.memory];
  if (name.consume_front("stride.")) {
    std::optional<size_t> axis = find(declared.axes, name);
    return axis ? entry(use.strides, *axis) : std::nullopt;
  }
  if (name == "addr") {
    int64_t address = 0;
    return llvm::AddOverflow(use.address, memory.base, address) ? std::nullopt : std::optional(address);
  }
  if (name == "bank") {
    int64_t bankUnits = memory.banks > 0 ? int64_t(memory.units()) / memory.banks : 0;
    return bankUnits ? std::optional(use.address / bankUnits) : std::nullopt;
  }
  if (name == "memory") {
    const auto *found = llvm::find(declared.memories, use.memory);
    return found == declared.memories.end() ? std::nullopt
                                            : std::optional(int64_t(found - declared.memories.begin()));
  }
  if (name != "bytes")
    return std::nullopt;
  auto shape = extents(description, intrinsic, unsigned(number), instruction.sizes, instruction.values);
  if (!shape) {
    llvm::consumeError(shape.takeError()); // check() reports it; here the name has no number
    return std::nullopt;
  }
  int64_t bytes = declared.type.scalar.storageBytes();
  for (int64_t extent : *shape)
    bytes = saturatingProduct(bytes, extent);
  return bytes;
}

/// wait, wait.id, wait.count, signal, signal.id; 0 where the command does neither
std::optional<int64_t> syncAttribute(const Instruction &instruction, size_t sync, llvm::StringRef name) {
  bool isWait = name == "wait" || name.starts_with("wait.");
  if (!isWait && name != "signal" && name != "signal.id")
    return std::nullopt;
  llvm::StringRef part = name.split('.').second;
  if (!part.empty() && part != "id" && part != "count")
    return std::nullopt;
  for (const SyncUse &use : instruction.syncs)
    if (use.sync == sync && use.isWait == isWait)
      return part == "id" ? use.id : part == "count" ? use.count : 1;
  return 0;
}

std::optional<int64_t> syncCommandName(const Description &description, const Instruction &instruction,
                                       llvm::StringRef name) {
  if (instruction.syncs.empty())
    return std::nullopt;
  if (name == "id")
    return instruction.syncs.front().id;
  if (name == "count")
    return instruction.syncs.front().count;
  if (name == "queue")
    return instruction.queue;
  return description.parameter(name);
}

/// The cells and the slot of the register that the command sets.
std::optional<int64_t> setName(const Description &description, const Instruction &instruction,
                               llvm::StringRef name) {
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  if (intrinsic.sets < 0)
    return std::nullopt;
  if (!intrinsic.setsSlot.empty() && name == intrinsic.setsSlot)
    return instruction.setsSlot;
  std::optional<size_t> cell = find(description.registers[size_t(intrinsic.sets)].cells, name);
  return cell ? entry(instruction.cells, *cell) : std::nullopt;
}

} // namespace

llvm::Expected<llvm::SmallVector<int64_t, 4>> extents(const Description &description,
                                                      const Intrinsic &intrinsic, unsigned operand,
                                                      llvm::ArrayRef<int64_t> sizes,
                                                      llvm::ArrayRef<int64_t> values) {
  llvm::SmallVector<int64_t, 4> result;
  for (const Axis &axis : intrinsic.operands[operand].axes) {
    llvm::Expected<int64_t> extent = extentOf(description, intrinsic, operand, axis, sizes, values);
    if (!extent)
      return extent.takeError();
    result.push_back(*extent);
  }
  return result;
}

llvm::SmallVector<int64_t, 4> denseStrides(const Description &description, const Intrinsic &intrinsic,
                                           unsigned operand, unsigned memory, llvm::ArrayRef<int64_t> sizes,
                                           llvm::ArrayRef<int64_t> values) {
  const OperandDeclaration &declared = intrinsic.operands[operand];
  const Memory &place = description.memories[memory];
  llvm::SmallVector<int64_t, 4> strides;
  if (declared.holds || declared.axes.empty())
    return strides;
  auto shape = extents(description, intrinsic, operand, sizes, values);
  llvm::SmallVector<int64_t> most = llvm::map_to_vector(intrinsic.sizes, largest);
  auto longestRow = extentOf(description, intrinsic, operand, declared.axes.back(), most, values);
  if (!shape || !longestRow) { // extents() and check() say why
    llvm::consumeError(shape.takeError());
    llvm::consumeError(longestRow.takeError());
    return strides;
  }
  int64_t elementBytes = declared.type.scalar.storageBytes();
  bool inRows = place.unit == Memory::Unit::Row;
  int64_t next = inRows ? 1 : elementBytes;
  strides.resize(declared.axes.size());
  strides.back() = next;
  for (size_t axis = declared.axes.size() - 1; axis-- > 0;) {
    if (inRows && axis + 2 == declared.axes.size()) {
      uint64_t bytes = uint64_t(saturatingProduct(*longestRow, elementBytes));
      next = int64_t(bytes / place.rowBytes + (bytes % place.rowBytes != 0 ? 1 : 0));
    } else {
      next = saturatingProduct(next, (*shape)[axis + 1]);
    }
    strides[axis] = next;
  }
  return strides;
}

std::optional<int64_t> attribute(const Description &description, const Instruction &instruction,
                                 llvm::StringRef name) {
  if (instruction.kind == Instruction::Kind::Sync)
    return syncCommandName(description, instruction, name);
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  auto [base, rest] = name.split('.');
  if (rest.empty()) {
    if (auto found = commonName(description, intrinsic, instruction.sizes, instruction.values, name))
      return found;
    if (auto found = setName(description, instruction, name))
      return found;
    auto slot = instruction.slots.find(name.str());
    return slot == instruction.slots.end() ? std::nullopt : std::optional(slot->second);
  }
  if (std::optional<size_t> operand = find(intrinsic.operands, base))
    return operandAttribute(description, instruction, *operand, rest);
  if (std::optional<size_t> sync = find(description.syncs, base))
    return syncAttribute(instruction, *sync, rest);
  return std::nullopt;
}

llvm::Expected<llvm::SmallVector<int64_t, 8>> neededCells(const Description &description,
                                                          const Instruction &instruction) {
  llvm::SmallVector<int64_t, 8> result;
  if (instruction.kind == Instruction::Kind::Sync)
    return result;
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  for (const Need &need : intrinsic.needs) {
    const Register &reg = description.registers[need.reg];
    const RegisterCell &cell = reg.cells[need.cell];
    std::string where = intrinsic.name + ": " + reg.name + "." + cell.name;
    llvm::Expected<int64_t> value =
        evaluate(need.value, [&](llvm::StringRef name) { return attribute(description, instruction, name); });
    if (!value)
      return withFile(value.takeError(), description, where);
    if (!fits(cell.type, *value))
      return failure(ExitCode::TargetCannot, where + " must hold " + need.value.str() + " = " +
                                                 std::to_string(*value) + ", which is outside " +
                                                 cell.type.str());
    result.push_back(*value);
  }
  return result;
}

double Cost::bound() const {
  double most = 0;
  for (const auto &[unit, cycles] : busy)
    most = std::max(most, cycles);
  return most + extra;
}

llvm::Expected<Cost> cost(const Description &description, const Instruction &instruction) {
  Cost result;
  if (instruction.kind == Instruction::Kind::Sync)
    return result;
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  auto cycles = [&](const Expression &expression, llvm::StringRef part) -> llvm::Expected<double> {
    std::string where = intrinsic.name + ": timing, " + part.str();
    llvm::Expected<Rational> value = evaluateFraction(
        expression, [&](llvm::StringRef name) { return attribute(description, instruction, name); });
    if (!value)
      return withFile(value.takeError(), description, where);
    if (value->numerator < 0)
      return wrongInput(where + ": " + expression.str() + " is " + numberText(value->approximate()) +
                        ", cycles are 0 or more");
    return value->approximate();
  };
  auto set = [&](const std::optional<Expression> &expression, llvm::StringRef part,
                 double &into) -> llvm::Error {
    if (!expression)
      return llvm::Error::success();
    return cycles(*expression, part).moveInto(into);
  };
  if (llvm::Error error = set(intrinsic.timing.latency, "latency", result.latency))
    return error;
  if (llvm::Error error = set(intrinsic.timing.extra, "extra", result.extra))
    return error;
  for (const auto &[unit, expression] : intrinsic.timing.busy) {
    llvm::Expected<double> busy = cycles(expression, unit);
    if (!busy)
      return busy.takeError();
    result.busy.emplace_back(unit, *busy);
  }
  return result;
}

} // namespace tenon::isa
