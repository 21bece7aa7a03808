// A machine is used for many cases: it keeps what it prepared of commands.
#include "core/check/Reference.h"

#include "core/support/Error.h"

namespace tenon::check {

llvm::Error Reference::begin(const Case &of) {
  if (machine) {
    machine->clear();
  } else {
    spec::MachineOptions options;
    options.preparedBytes = uint64_t(32) << 20;
    auto made = spec::Machine::create(description, options);
    if (!made)
      return made.takeError();
    machine = std::move(*made);
  }
  for (const Window &window : of.windows)
    if (llvm::Error error = machine->poke(window.memory, window.begin, contentsBefore(of, window)))
      return error;
  return llvm::Error::success();
}

/// A refusal has a finding beside its error.
std::optional<spec::Finding> Reference::found(llvm::Error error) const {
  if (!error)
    return std::nullopt;
  if (machine->finding()) {
    llvm::consumeError(std::move(error)); // the finding says the same
    return machine->finding();
  }
  return spec::asFinding(spec::Finding::Kind::IllegalCommand, std::move(error));
}

llvm::Expected<std::optional<spec::Finding>> Reference::execute(const isa::Instruction &instruction) {
  std::optional<spec::Finding> finding = found(machine->execute(instruction));
  if (finding && finding->code == ExitCode::OwnFault)
    return failure(ExitCode::OwnFault, finding->message);
  return finding;
}

llvm::Expected<std::optional<spec::Finding>> Reference::run(const Case &of, const Stream &stream) {
  if (llvm::Error error = begin(of))
    return std::move(error);
  std::optional<spec::Finding> finding = found(machine->run(llvm::ArrayRef<uint8_t>(stream.bytes)));
  if (finding && finding->code == ExitCode::OwnFault)
    return failure(ExitCode::OwnFault, finding->message);
  return finding;
}

llvm::Expected<std::vector<uint8_t>> Reference::peek(unsigned memory, uint64_t address,
                                                     uint64_t bytes) const {
  std::vector<uint8_t> data(bytes), defined;
  if (llvm::Error error = machine->peek(memory, address, data, defined))
    return std::move(error);
  return data;
}

llvm::Expected<std::vector<Contents>> Reference::contents(const Case &of) const {
  std::vector<Contents> all;
  for (const Window &window : of.windows) {
    Contents contents{window, std::vector<uint8_t>(window.bytes()), std::vector<uint8_t>(window.bytes())};
    if (llvm::Error error = machine->peek(window.memory, window.begin, contents.bytes, contents.defined))
      return std::move(error);
    all.push_back(std::move(contents));
  }
  return all;
}

} // namespace tenon::check
