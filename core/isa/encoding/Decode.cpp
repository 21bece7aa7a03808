// Finds a word's command by its constant bits and reads the rest of it by the command's plan.
#include "core/isa/encoding/Decode.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"

namespace tenon::isa {

namespace {

std::string at(uint64_t offset) { return "offset " + std::to_string(offset); }

llvm::Error wrongAt(uint64_t offset, const std::string &why) { return wrongInput(at(offset) + ": " + why); }

/// As an error of the stream: ExitCode::WrongInput, with the offset.
llvm::Error placed(llvm::Error error, uint64_t offset, const std::string &command) {
  FailureReport found = report(std::move(error));
  for (Diagnostic &diagnostic : found.diagnostics) {
    bool isNamed = llvm::StringRef(diagnostic.message).starts_with(command);
    diagnostic.message = at(offset) + ": " + (isNamed ? "" : command + ": ") + diagnostic.message;
  }
  return failure(found.code == ExitCode::OwnFault ? found.code : ExitCode::WrongInput,
                 std::move(found.diagnostics));
}

std::string hex(llvm::ArrayRef<uint8_t> bytes) { return llvm::toHex(bytes, true); }

/// The command that differs in the fewest constant bits.
llvm::Error unknownCommand(const CommandSet &commands, llvm::ArrayRef<uint8_t> rest, const WordBits &bits,
                           uint64_t offset) {
  constexpr size_t shown = 8;
  std::string message = "no command has these constant bits: " + hex(rest.take_front(shown));
  const CommandPlan *nearest = nullptr;
  unsigned fewest = 0;
  for (const CommandPlan &plan : commands.plans()) {
    WordBits wrong = (bits ^ plan.constantBits) & plan.constantMask;
    unsigned count = 0;
    for (uint64_t part : wrong.parts)
      count += static_cast<unsigned>(llvm::popcount(part));
    if (!nearest || count < fewest) {
      nearest = &plan;
      fewest = count;
    }
  }
  if (!nearest)
    return wrongAt(offset, message + "; the target has no command words");
  message += "; nearest is " + nearest->reference().name(commands.description());
  const Word &word = nearest->word();
  for (const Field &field : word.fields) {
    if (!(nearest->constantMask & WordBits::ones(field.low, 1)).any())
      continue;
    uint64_t has = bits.get(field.low, field.width()),
             wants = nearest->constantBits.get(field.low, field.width());
    if (has != wants)
      return wrongAt(offset, message + ", whose " + field.name + " is " + std::to_string(wants) +
                                 " and not " + std::to_string(has));
  }
  return wrongAt(offset, message);
}

llvm::Expected<Wide> readCell(const Description &description, const CommandPlan &plan,
                              const Equation &equation, int64_t slot, const RegisterState &registers) {
  const Need &need = description.intrinsics[plan.reference().number].needs[equation.number];
  const Register &reg = description.registers[need.reg];
  if (std::optional<int64_t> value = registers.get(need.reg, slot, need.cell))
    return *value;
  return wrongInput("reads " + reg.name + (reg.count > 1 ? "[" + std::to_string(slot) + "]" : "") + "." +
                    reg.cells[need.cell].name + ", which no command before it has set");
}

} // namespace

std::optional<int64_t> RegisterState::get(unsigned reg, int64_t slot, unsigned cell) const {
  auto found = slots.find({reg, slot});
  if (found != slots.end() && found->second[cell])
    return found->second[cell];
  return description->registers[reg].cells[cell].atReset;
}

void RegisterState::set(unsigned reg, int64_t slot, unsigned cell, int64_t value) {
  Cells &cells = slots[{reg, slot}];
  cells.resize(description->registers[reg].cells.size());
  cells[cell] = value;
}

void RegisterState::apply(const Instruction &instruction) {
  if (instruction.kind != Instruction::Kind::Intrinsic)
    return;
  const int sets = description->intrinsics[instruction.intrinsic].sets;
  if (sets < 0)
    return;
  for (auto [number, value] : llvm::enumerate(instruction.cells))
    set(static_cast<unsigned>(sets), instruction.setsSlot, static_cast<unsigned>(number), value);
}

llvm::Expected<Decoded> decode(const CommandSet &commands, llvm::ArrayRef<uint8_t> stream, uint64_t offset,
                               const RegisterState &registers) {
  const Description &description = commands.description();
  if (offset >= stream.size())
    return wrongAt(offset, "the stream ends at " + std::to_string(stream.size()));
  llvm::ArrayRef<uint8_t> rest = stream.drop_front(offset).take_front(WordBits::most / 8);
  const WordBits bits = WordBits::ofBytes(rest);
  std::optional<unsigned> number = commands.tree().find(bits);
  if (!number)
    return unknownCommand(commands, rest, bits, offset);
  const CommandPlan &plan = commands.plans()[*number];
  const std::string name = plan.reference().name(description);
  if (plan.bytes() > rest.size())
    return wrongAt(offset, name + " has " + std::to_string(plan.bytes()) + " bytes, the stream has " +
                               std::to_string(rest.size()) + " more");
  if (WordBits wrong = bits & plan.holes; wrong.any())
    return wrongAt(offset,
                   name + ": bit " + std::to_string(wrong.lowest()) + " is in no field and must be 0");
  llvm::Expected<Instruction> instruction =
      plan.bind([&](const Equation &equation, int64_t slot) -> llvm::Expected<Wide> {
        if (equation.isCell)
          return readCell(description, plan, equation, slot, registers);
        return fieldValue(plan.word().fields[equation.number], equation.isSigned, bits);
      });
  if (!instruction)
    return placed(instruction.takeError(), offset, name);
  if (llvm::Error error = check(description, *instruction))
    return placed(std::move(error), offset, name);
  return Decoded{std::move(*instruction), plan.bytes()};
}

llvm::Expected<Decoded> decode(const Description &description, llvm::ArrayRef<uint8_t> stream,
                               uint64_t offset, const RegisterState &registers) {
  auto commands = CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  return decode(*commands, stream, offset, registers);
}

llvm::Expected<std::vector<Instruction>> decodeAll(const CommandSet &commands,
                                                   llvm::ArrayRef<uint8_t> stream) {
  std::vector<Instruction> instructions;
  RegisterState registers(commands.description());
  for (uint64_t offset = 0; offset < stream.size();) {
    llvm::Expected<Decoded> decoded = decode(commands, stream, offset, registers);
    if (!decoded)
      return decoded.takeError();
    offset += decoded->bytes;
    registers.apply(decoded->instruction);
    instructions.push_back(std::move(decoded->instruction));
  }
  return instructions;
}

} // namespace tenon::isa
