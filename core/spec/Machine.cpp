// The parts of a machine, and its findings as errors.
#include "core/spec/Machine.h"

#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Decode.h"
#include "core/spec/CommandText.h"
#include "core/spec/Simulation.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::spec {

struct Machine::Parts {
  Parts(isa::Description described, const MachineOptions &given)
      : description(std::move(described)), options(given),
        executor(description, {given.operandBytes, given.preparedBytes, given.points}, given.memoryBytes),
        syncs(description), registers(description) {
    clearCounters();
  }

  void clearCounters() {
    counters = {};
    counters.intrinsics.assign(description.intrinsics.size(), 0);
    counters.queues.assign(std::max<size_t>(1, description.queues.size()), 0);
  }
  llvm::Error checkHost(unsigned memory, uint64_t address, uint64_t bytes) const;
  llvm::Error checkRange(unsigned memory, uint64_t address, uint64_t bytes) const;
  llvm::Error write(unsigned memory, uint64_t address, llvm::ArrayRef<uint8_t> bytes);
  llvm::Error decode(llvm::ArrayRef<uint8_t> stream, std::vector<isa::Instruction> &instructions,
                     std::vector<uint64_t> &offsets);
  llvm::Error simulate(llvm::ArrayRef<isa::Instruction> instructions, llvm::ArrayRef<uint64_t> offsets);
  llvm::Error fail(Finding wrong, llvm::ArrayRef<isa::Instruction> instructions,
                   llvm::ArrayRef<uint64_t> offsets);

  isa::Description description;
  MachineOptions options;
  Executor executor;
  SyncCounters syncs;
  isa::RegisterState registers;
  std::optional<isa::CommandSet> commands; ///< made when the first stream is decoded
  Counters counters;
  std::optional<Finding> finding;
};

/// Keeps the finding, and makes it an error that says which command it is about.
llvm::Error Machine::Parts::fail(Finding wrong, llvm::ArrayRef<isa::Instruction> instructions,
                                 llvm::ArrayRef<uint64_t> offsets) {
  Diagnostic diagnostic;
  std::string listing;
  if (wrong.command < instructions.size() && wrong.kind != Finding::Kind::Deadlock) {
    diagnostic.message = "command " + std::to_string(wrong.command);
    if (wrong.command < offsets.size())
      diagnostic.message += " at byte " + std::to_string(offsets[wrong.command]);
    const isa::Instruction &instruction = instructions[wrong.command];
    diagnostic.message += " (" + commandText(description, instruction) + "): ";
    bool isLegal = wrong.kind == Finding::Kind::UndefinedRead || wrong.kind == Finding::Kind::NoResult ||
                   wrong.kind == Finding::Kind::Race;
    if (isLegal)
      listing = "; the command is " + isa::print(description, instruction);
  }
  diagnostic.message += wrong.message + listing;
  diagnostic.repair = wrong.repair;
  ExitCode code = wrong.code;
  finding = std::move(wrong);
  return failure(code, std::move(diagnostic));
}

llvm::Error Machine::Parts::checkRange(unsigned memory, uint64_t address, uint64_t bytes) const {
  if (memory >= description.memories.size())
    return failure(ExitCode::WrongUse, "the host uses memory " + std::to_string(memory) + ", there are " +
                                           std::to_string(description.memories.size()));
  const isa::Memory &declared = description.memories[memory];
  uint64_t all = declared.bytes * uint64_t(declared.copies);
  if (bytes > all || address > all - bytes)
    return failure(ExitCode::WrongUse, "the host uses " + std::to_string(bytes) + " bytes from byte " +
                                           std::to_string(address) + " of " + declared.name + ", which has " +
                                           std::to_string(all));
  return llvm::Error::success();
}

llvm::Error Machine::Parts::checkHost(unsigned memory, uint64_t address, uint64_t bytes) const {
  if (memory < description.memories.size() && description.memories[memory].kind != isa::Memory::Kind::Global)
    return failure(ExitCode::WrongUse, "the host uses " + description.memories[memory].name +
                                           ", which is no global memory; move data with commands");
  return checkRange(memory, address, bytes);
}

llvm::Error Machine::Parts::write(unsigned memory, uint64_t address, llvm::ArrayRef<uint8_t> bytes) {
  if (executor.image(memory).write(address, bytes))
    return llvm::Error::success();
  return failure(ExitCode::DeviceFailed, "the host's " + std::to_string(bytes.size()) + " bytes in " +
                                             description.memories[memory].name + " need more than the " +
                                             std::to_string(options.memoryBytes) +
                                             " bytes of all memories together");
}

llvm::Error Machine::Parts::decode(llvm::ArrayRef<uint8_t> stream,
                                   std::vector<isa::Instruction> &instructions,
                                   std::vector<uint64_t> &offsets) {
  if (!commands) {
    llvm::Expected<isa::CommandSet> made = isa::CommandSet::create(description);
    if (!made)
      return made.takeError();
    commands.emplace(std::move(*made));
  }
  for (uint64_t offset = 0; offset < stream.size();) {
    Finding wrong;
    wrong.command = instructions.size();
    if (instructions.size() == options.mostCommands) {
      wrong.kind = Finding::Kind::Limit;
      wrong.message = "the stream has more than " + std::to_string(options.mostCommands) + " commands";
      wrong.repair = "run it in pieces, or allow more commands";
      return fail(std::move(wrong), {}, {});
    }
    llvm::Expected<isa::Decoded> decoded = isa::decode(*commands, stream, offset, registers);
    if (!decoded) {
      Finding why = asFinding(Finding::Kind::IllegalCommand, decoded.takeError());
      why.command = instructions.size();
      why.message = "command " + std::to_string(instructions.size()) + ": " + why.message;
      return fail(std::move(why), {}, {});
    }
    registers.apply(decoded->instruction);
    instructions.push_back(std::move(decoded->instruction));
    offsets.push_back(offset);
    offset += decoded->bytes;
  }
  return llvm::Error::success();
}

llvm::Error Machine::Parts::simulate(llvm::ArrayRef<isa::Instruction> instructions,
                                     llvm::ArrayRef<uint64_t> offsets) {
  Simulation simulation(description, executor, syncs, counters, instructions, options.seed);
  Found wrong = simulation.run();
  return wrong ? fail(std::move(*wrong), instructions, offsets) : llvm::Error::success();
}

Machine::Machine(std::unique_ptr<Parts> made) : parts(std::move(made)) {}
Machine::~Machine() = default;

llvm::Expected<std::unique_ptr<Machine>> Machine::create(isa::Description description,
                                                         const MachineOptions &options) {
  for (const isa::Memory &memory : description.memories) {
    int64_t all = 0;
    if (memory.unitBytes() < 1 || memory.copies < 1 || memory.bytes > uint64_t(INT64_MAX) ||
        llvm::MulOverflow(int64_t(memory.bytes), memory.copies, all))
      return wrongInput("memory " + memory.name + " has " + std::to_string(memory.bytes) +
                        " bytes in units of " + std::to_string(memory.unitBytes()) + " and " +
                        std::to_string(memory.copies) + " copies, which no machine has");
  }
  return std::unique_ptr<Machine>(new Machine(std::make_unique<Parts>(std::move(description), options)));
}

const isa::Description &Machine::description() const { return parts->description; }
const Counters &Machine::counters() const { return parts->counters; }
const std::optional<Finding> &Machine::finding() const { return parts->finding; }

llvm::Error Machine::write(unsigned memory, uint64_t byteAddress, llvm::ArrayRef<uint8_t> bytes) {
  if (llvm::Error error = parts->checkHost(memory, byteAddress, bytes.size()))
    return error;
  return parts->write(memory, byteAddress, bytes);
}

llvm::Error Machine::poke(unsigned memory, uint64_t byteAddress, llvm::ArrayRef<uint8_t> bytes) {
  if (llvm::Error error = parts->checkRange(memory, byteAddress, bytes.size()))
    return error;
  return parts->write(memory, byteAddress, bytes);
}

llvm::Error Machine::peek(unsigned memory, uint64_t byteAddress, llvm::MutableArrayRef<uint8_t> bytes,
                          llvm::MutableArrayRef<uint8_t> known) const {
  assert((known.empty() || known.size() == bytes.size()) && "a mark for each byte");
  if (llvm::Error error = parts->checkRange(memory, byteAddress, bytes.size()))
    return error;
  const MemoryImage &image = parts->executor.image(memory);
  image.read(byteAddress, bytes);
  if (!known.empty())
    image.marks(byteAddress, known);
  return llvm::Error::success();
}

llvm::Error Machine::readAny(unsigned memory, uint64_t byteAddress,
                             llvm::MutableArrayRef<uint8_t> bytes) const {
  if (llvm::Error error = parts->checkHost(memory, byteAddress, bytes.size()))
    return error;
  parts->executor.image(memory).read(byteAddress, bytes);
  return llvm::Error::success();
}

llvm::Error Machine::read(unsigned memory, uint64_t byteAddress, llvm::MutableArrayRef<uint8_t> bytes) const {
  if (llvm::Error error = readAny(memory, byteAddress, bytes))
    return error;
  auto missing = parts->executor.image(memory).firstUndefined(byteAddress, bytes.size());
  if (!missing)
    return llvm::Error::success();
  return failure(ExitCode::DeviceFailed, "the host reads " +
                                             placeText(parts->description.memories[memory], *missing) +
                                             ", which nobody has written");
}

llvm::Error Machine::run(llvm::ArrayRef<uint8_t> commands) {
  parts->finding.reset();
  std::vector<isa::Instruction> instructions;
  std::vector<uint64_t> offsets;
  if (llvm::Error error = parts->decode(commands, instructions, offsets))
    return error;
  return parts->simulate(instructions, offsets);
}

llvm::Error Machine::run(llvm::ArrayRef<isa::Instruction> instructions) {
  parts->finding.reset();
  return parts->simulate(instructions, {});
}

int64_t Machine::copyStart(unsigned memory, bool next) const {
  return parts->executor.copyStart(memory, next);
}

llvm::Error Machine::execute(const isa::Instruction &instruction,
                             llvm::function_ref<void(llvm::ArrayRef<Touched>)> watch) {
  parts->finding.reset();
  PreparedCommand command;
  Found wrong = parts->executor.prepare(instruction, command);
  if (!wrong && instruction.queue >= parts->counters.queues.size()) {
    wrong.emplace();
    wrong->message = "goes down queue " + std::to_string(instruction.queue) + ", there are " +
                     std::to_string(parts->counters.queues.size());
  }
  if (!wrong) {
    parts->executor.advance(instruction);
    if (watch)
      watch(command.touched);
    wrong = parts->executor.execute(command);
  }
  if (wrong)
    return parts->fail(std::move(*wrong), instruction, {});
  ++parts->counters.commands;
  ++parts->counters.queues[instruction.queue];
  if (instruction.kind == isa::Instruction::Kind::Intrinsic)
    ++parts->counters.intrinsics[instruction.intrinsic];
  return llvm::Error::success();
}

void Machine::reset() {
  parts->executor.reset();
  parts->syncs.reset();
  parts->registers = isa::RegisterState(parts->description);
  parts->clearCounters();
  parts->finding.reset();
}

void Machine::clear() {
  reset();
  parts->executor.clear();
}

} // namespace tenon::spec
