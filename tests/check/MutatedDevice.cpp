// Devices that do something else than their description says: the simulator made from a description in which
// a text is replaced, one that loses what orders its queues, one that crashes or hangs at a command, one that
// remembers how often it was used. Options: replace, with; fault ("crash", "hang", "queues", "remembers"); at
// (a text that a command's line must contain for the fault).
#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Decode.h"
#include "core/runtime/worker/SpecDevice.h"

#include "llvm/ADT/StringRef.h"

#include <csignal>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace tenon;

/// What a plugin keeps beside the simulator's own device; one is open at a time.
struct Mutation {
  std::map<std::string, std::string> options;
  std::optional<isa::Description> description; ///< before the replacement
  std::optional<isa::CommandSet> commands;
  std::string text;
  uint64_t submits = 0;
};
Mutation mutation;
TenonDeviceInterface table;

const TenonDeviceInterface &simulator() { return *runtime::specDevice(); }

int32_t openDevice(const TenonDeviceOpenOptions *options, TenonDevice **device) {
  mutation = Mutation();
  mutation.text.assign(options->description, options->descriptionBytes);
  TenonDeviceOpenOptions own = *options;
  for (uint64_t i = 0; i < options->optionCount; ++i)
    mutation.options[options->options[i].name] = options->options[i].value;
  isa::LoadOptions load;
  for (uint64_t i = 0; i < options->parameterCount; ++i)
    load.parameters[options->parameters[i].name] = std::stoll(options->parameters[i].value);
  auto description = isa::parseDescription(mutation.text, "described", load);
  if (!description)
    std::abort();
  mutation.description.emplace(std::move(*description));
  auto commands = isa::CommandSet::create(*mutation.description);
  if (!commands)
    std::abort();
  mutation.commands.emplace(std::move(*commands));
  const std::string &from = mutation.options["replace"];
  for (size_t at = 0; !from.empty() && (at = mutation.text.find(from, at)) != std::string::npos;) {
    mutation.text.replace(at, from.size(), mutation.options["with"]);
    at += mutation.options["with"].size();
  }
  own.description = mutation.text.c_str();
  own.descriptionBytes = mutation.text.size();
  own.optionCount = 0;
  return simulator().open(&own, device);
}

/// The commands of one queue after those of another, the last queue first: what orders them is lost. Each
/// queue is a run of its own, so that the simulator finds no race: hardware would not find it either.
int32_t submitWithoutOrder(TenonDevice *device, const std::vector<isa::Instruction> &instructions) {
  for (size_t queue = mutation.description->queues.size(); queue-- > 0;) {
    std::vector<isa::Instruction> own;
    for (isa::Instruction instruction : instructions) {
      instruction.syncs.clear();
      if (instruction.queue == queue && instruction.kind == isa::Instruction::Kind::Intrinsic)
        own.push_back(std::move(instruction));
    }
    auto stream = isa::encodeAll(*mutation.description, own);
    if (!stream)
      std::abort();
    if (int32_t status = simulator().submit(device, stream->data(), stream->size()))
      return status;
  }
  return TENON_DEVICE_DONE;
}

bool has(const std::vector<isa::Instruction> &instructions, const std::string &text) {
  for (const isa::Instruction &instruction : instructions)
    if (llvm::StringRef(isa::print(*mutation.description, instruction)).contains(text))
      return true;
  return false;
}

int32_t submit(TenonDevice *device, const void *commands, uint64_t bytes) {
  const std::string &fault = mutation.options["fault"];
  ++mutation.submits;
  auto instructions =
      isa::decodeAll(*mutation.commands, llvm::ArrayRef(static_cast<const uint8_t *>(commands), bytes));
  if (!instructions)
    std::abort();
  bool struck = has(*instructions, mutation.options["at"]);
  if (struck && fault == "crash") {
    std::signal(SIGSEGV, SIG_DFL); // a sanitizer's own handler makes an exit of it
    std::raise(SIGSEGV);
  }
  while (struck && fault == "hang")
    ::sleep(1);
  if (fault == "queues")
    return submitWithoutOrder(device, *instructions);
  int32_t status = simulator().submit(device, commands, bytes);
  if (struck && fault == "remembers" && status == TENON_DEVICE_DONE && mutation.submits > 3) {
    const uint8_t wrong = 0x55;
    return simulator().writeMemory(device, mutation.description->memories.back().name.c_str(), 7, &wrong, 1);
  }
  return status;
}

} // namespace

extern "C" const TenonDeviceInterface *tenonDeviceInterface(uint32_t) {
  table = simulator();
  table.open = openDevice;
  table.submit = submit;
  return &table;
}
