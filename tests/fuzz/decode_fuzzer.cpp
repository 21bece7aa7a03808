// libFuzzer on the decoder of command words: the first eight bytes choose a description, the others are a
// stream. Any bytes are refused with an error of the input, or they are instructions that encode to just
// these bytes and whose text reads back.
#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Decode.h"
#include "tests/isa/encoding/RandomDescription.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

namespace {

using namespace tenon;

constexpr uint64_t descriptions = 64;

/// A description and its commands, made when they are first asked for.
struct Machine {
  isa::Description description;
  std::optional<isa::CommandSet> commands;
};

const isa::CommandSet &commandsOf(uint64_t seed) {
  static std::map<uint64_t, std::unique_ptr<Machine>> machines;
  std::unique_ptr<Machine> &machine = machines[seed];
  if (!machine) {
    machine = std::make_unique<Machine>();
    machine->description = isa::test::randomDescription(seed);
    auto commands = isa::CommandSet::create(machine->description);
    if (!commands)
      std::abort();
    machine->commands = std::move(*commands);
  }
  return *machine->commands;
}

/// Only the input may be wrong.
void refused(llvm::Error error) {
  if (report(std::move(error)).code != ExitCode::WrongInput)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint64_t seed = 0;
  if (size < sizeof(seed))
    return -1; // nothing to learn from
  std::memcpy(&seed, data, sizeof(seed));
  const isa::CommandSet &commands = commandsOf(seed % descriptions + 1);
  llvm::ArrayRef<uint8_t> stream(data + sizeof(seed), size - sizeof(seed));
  auto instructions = isa::decodeAll(commands, stream);
  if (!instructions) {
    refused(instructions.takeError());
    return 0;
  }
  std::vector<uint8_t> again;
  std::string text;
  for (const isa::Instruction &instruction : *instructions) {
    if (llvm::Error error = isa::encode(commands, instruction, again))
      std::abort();
    text += isa::print(commands.description(), instruction) + "\n";
  }
  if (llvm::ArrayRef(again) != stream)
    std::abort();
  auto read = isa::assemble(commands.description(), text, "listing");
  if (!read || *read != *instructions)
    std::abort();
  return 0;
}
