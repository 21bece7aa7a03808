// The machine that a description is, driven by lines on standard input; for readers of vectors in other
// languages. It reads no vectors itself.
//   spec_machine target.yaml [NAME=VALUE ...]
//   poke MEMORY ADDRESS HEX | run HEX | peek MEMORY ADDRESS BYTES      one a line; peek answers with a line
//   of hex
#include "core/spec/Machine.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

#include <cstdio>
#include <iostream>

namespace {

using namespace tenon;

int fail(llvm::Error error) {
  for (const Diagnostic &diagnostic : report(std::move(error)).diagnostics)
    std::cerr << toString(diagnostic) << "\n";
  return 1;
}

std::vector<uint8_t> bytesOf(llvm::StringRef hex) {
  std::string bytes = llvm::fromHex(hex);
  return {bytes.begin(), bytes.end()};
}

llvm::Error perform(spec::Machine &machine, llvm::StringRef line) {
  llvm::SmallVector<llvm::StringRef> words;
  line.split(words, ' ');
  if (words[0] == "run" && words.size() == 2)
    return machine.run(llvm::ArrayRef<uint8_t>(bytesOf(words[1])));
  unsigned memory = 0;
  const auto &memories = machine.description().memories;
  while (words.size() == 4 && memory < memories.size() && memories[memory].name != words[1])
    ++memory;
  uint64_t address = 0, count = 0;
  if (words.size() != 4 || memory == memories.size() || words[2].getAsInteger(10, address))
    return wrongInput("not understood: " + line.take_front(100).str());
  if (words[0] == "poke")
    return machine.poke(memory, address, bytesOf(words[3]));
  if (words[3].getAsInteger(10, count))
    return wrongInput("no number of bytes: " + line.take_front(100).str());
  std::vector<uint8_t> bytes(count);
  if (llvm::Error error = machine.peek(memory, address, bytes, {}))
    return error;
  std::cout << llvm::toHex(bytes, /*LowerCase=*/true) << "\n";
  return llvm::Error::success();
}

} // namespace

int main(int count, char **arguments) {
  isa::LoadOptions options;
  for (int i = 2; i < count; ++i) {
    auto [name, value] = llvm::StringRef(arguments[i]).split('=');
    if (value.getAsInteger(0, options.parameters[name.str()]))
      return fail(wrongInput("no number: " + value.str()));
  }
  auto description = isa::loadDescription(count > 1 ? arguments[1] : "", options);
  if (!description)
    return fail(description.takeError());
  auto machine = spec::Machine::create(std::move(*description));
  if (!machine)
    return fail(machine.takeError());
  for (std::string line; std::getline(std::cin, line);)
    if (llvm::Error error = perform(**machine, line))
      return fail(std::move(error));
  return 0;
}
