// From a case to what a device gets.
#include "core/check/Case.h"

#include "core/check/Random.h"
#include "core/plan/Settings.h"
#include "core/plan/Synchronise.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace tenon::check {

namespace {

isa::Instruction syncInstruction(const isa::Description &description, unsigned command, unsigned queue,
                                 const ExtraSync &extra) {
  isa::Instruction instruction;
  instruction.kind = isa::Instruction::Kind::Sync;
  instruction.syncCommand = command;
  instruction.queue = queue;
  bool isWait = description.syncCommands[command].isWait;
  instruction.syncs.push_back(
      {description.syncCommands[command].sync, isWait, extra.id, isWait ? extra.count : 1});
  return instruction;
}

/// Puts the extra signals and waits before the first command of the case's command that they name.
std::vector<isa::Instruction> withExtras(const isa::Description &description, const Case &of,
                                         std::vector<isa::Instruction> instructions) {
  if (of.extras.empty())
    return instructions;
  std::vector<isa::Instruction> result;
  std::vector<bool> begun(of.commands.size(), false);
  for (isa::Instruction &instruction : instructions) {
    unsigned origin = instruction.origin;
    if (!begun[origin]) {
      begun[origin] = true;
      for (const ExtraSync &extra : of.extras) {
        isa::Instruction signal = syncInstruction(description, extra.signal, extra.signalQueue, extra);
        signal.origin = origin;
        if (extra.beforeSignal == origin)
          result.insert(result.end(), size_t(extra.count), signal);
      }
      for (const ExtraSync &extra : of.extras)
        if (extra.beforeWait == origin) {
          result.push_back(syncInstruction(description, extra.wait, extra.waitQueue, extra));
          result.back().origin = origin;
        }
    }
    result.push_back(std::move(instruction));
  }
  return result;
}

} // namespace

std::vector<uint8_t> contentsBefore(const Case &of, const Window &window) {
  std::vector<uint8_t> bytes(window.bytes(), 0);
  if (of.background != 0) {
    Random random(mixed(of.background, mixed(window.memory, window.begin)));
    for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
      uint64_t word = random.word();
      std::memcpy(bytes.data() + at, &word, std::min(sizeof(word), bytes.size() - at));
    }
  }
  for (const Fill &fill : of.fills) {
    if (fill.memory != window.memory)
      continue;
    uint64_t begin = std::max(fill.address, window.begin);
    uint64_t end = std::min(fill.address + fill.bytes.size(), window.end);
    if (begin < end)
      std::memcpy(bytes.data() + (begin - window.begin), fill.bytes.data() + (begin - fill.address),
                  end - begin);
  }
  return bytes;
}

llvm::Expected<Stream> assemble(const isa::CommandSet &commands, const Case &of) {
  const isa::Description &description = commands.description();
  std::vector<isa::Instruction> body = of.commands;
  for (auto [number, instruction] : llvm::enumerate(body))
    instruction.origin = unsigned(number);
  auto settled = plan::insertSettings(description, std::move(body));
  if (!settled)
    return settled.takeError();
  auto ordered = plan::synchronise(description, std::move(*settled));
  if (!ordered)
    return ordered.takeError();
  Stream stream;
  stream.instructions = withExtras(description, of, std::move(*ordered));
  for (const isa::Instruction &instruction : stream.instructions)
    if (llvm::Error error = isa::encode(commands, instruction, stream.bytes))
      return error;
  return stream;
}

} // namespace tenon::check
