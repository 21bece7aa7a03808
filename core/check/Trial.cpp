// Windows are written through the device's access to memories, the stream goes the way of every stream.
#include "core/check/Trial.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::check {

namespace {

/// An access that the device refuses, told to those who build it.
llvm::Error withoutAccess(llvm::Error error, const std::string &memory) {
  FailureReport why = report(std::move(error));
  Diagnostic diagnostic;
  diagnostic.message =
      "the device gives no access to memory " + memory + " from outside: " + why.diagnostics.front().message;
  diagnostic.repair =
      "implement readMemory and writeMemory of tenon_device.h for it, checking sets and compares "
      "every memory";
  return failure(why.code == ExitCode::TargetCannot ? ExitCode::TargetCannot : why.code,
                 std::move(diagnostic));
}

std::string textOf(llvm::Error error) {
  std::string text;
  for (const Diagnostic &diagnostic : report(std::move(error)).diagnostics)
    text += (text.empty() ? "" : "\n") + toString(diagnostic);
  return text;
}

} // namespace

llvm::Error Trial::open(uint64_t timingSeed, const std::string &waveform) {
  device.reset();
  allocated.clear();
  runtime::DeviceOptions options = setup.device;
  if (!setup.randomOption.empty())
    options.options[setup.randomOption] = "1";
  if (!setup.seedOption.empty())
    options.options[setup.seedOption] = std::to_string(timingSeed);
  if (!waveform.empty())
    options.options[setup.waveformOption] = waveform;
  auto opened = runtime::DeviceProcess::open(options);
  if (!opened)
    return opened.takeError();
  device = std::make_unique<runtime::DeviceProcess>(std::move(*opened));
  for (const isa::Memory &memory : commands.description().memories) {
    auto content = device->readMemory(memory.name, 0, 1);
    if (!content)
      return withoutAccess(content.takeError(), memory.name);
  }
  return llvm::Error::success();
}

llvm::Error Trial::close() {
  if (!device)
    return llvm::Error::success();
  llvm::Error error = device->close();
  device.reset();
  return error;
}

llvm::Expected<GlobalLimits> Trial::limits() {
  GlobalLimits limits;
  constexpr uint64_t most = uint64_t(4096) << 5;
  for (const isa::Memory &memory : commands.description().memories) {
    if (memory.kind != isa::Memory::Kind::Global || memory.bytes < 4 * most)
      continue;
    auto isFree = [&](uint64_t address) -> llvm::Expected<bool> {
      auto given = device->allocate(most, 1, address);
      if (!given) {
        llvm::consumeError(given.takeError()); // the device keeps it for itself
        return false;
      }
      if (llvm::Error error = device->free(*given))
        return std::move(error);
      return true;
    };
    auto first = isFree(0), last = isFree(memory.bytes - most);
    if (!first || !last)
      return llvm::joinErrors(first.takeError(), last.takeError());
    limits.first &= *first;
    limits.last &= *last;
  }
  return limits;
}

/// Reserves the windows of global memory. False where the device keeps a part of them.
llvm::Expected<bool> Trial::reserve(const Case &of) {
  const isa::Description &description = commands.description();
  for (const Window &window : of.windows) {
    if (description.memories[window.memory].kind != isa::Memory::Kind::Global)
      continue;
    auto given = device->allocate(window.bytes(), 1, window.begin);
    if (given) {
      allocated.push_back(*given);
      continue;
    }
    llvm::Error refused = given.takeError();
    // A device that is gone cannot give back what it has.
    auto alive = device->readMemory(description.memories.front().name, 0, 1);
    if (!alive)
      return llvm::joinErrors(std::move(refused), alive.takeError());
    llvm::consumeError(std::move(refused));
    if (llvm::Error error = releaseWindows())
      return std::move(error);
    return false;
  }
  return true;
}

llvm::Error Trial::runOnDevice(const Case &of, const Stream &stream) {
  for (const Window &window : of.windows)
    if (llvm::Error error = device->writeMemory(commands.description().memories[window.memory].name,
                                                window.begin, contentsBefore(of, window)))
      return error;
  if (llvm::Error error = device->submit(stream.bytes))
    return error;
  if (llvm::Error error = device->wait())
    return error;
  got.clear();
  for (const Window &window : of.windows) {
    auto content =
        device->readMemory(commands.description().memories[window.memory].name, window.begin, window.bytes());
    if (!content)
      return content.takeError();
    got.push_back(std::move(content->data));
  }
  return releaseWindows();
}

llvm::Error Trial::releaseWindows() {
  for (uint64_t address : allocated)
    if (llvm::Error error = device->free(address))
      return error;
  allocated.clear();
  return llvm::Error::success();
}

Outcome Trial::compare() const {
  Outcome outcome;
  for (auto [contents, bytes] : llvm::zip_equal(wanted, got))
    for (uint64_t at = 0; at < bytes.size(); ++at) {
      if (!contents.defined[at])
        continue;
      ++outcome.compared;
      if (bytes[at] == contents.bytes[at])
        continue;
      if (outcome.differing++ == 0) {
        outcome.memory = contents.window.memory;
        outcome.address = contents.window.begin + at;
        outcome.expected = contents.bytes[at];
        outcome.found = bytes[at];
      }
    }
  outcome.kind = outcome.differing > 0 ? Outcome::Kind::Differs : Outcome::Kind::Same;
  return outcome;
}

llvm::Expected<Outcome> Trial::run(const Case &of) {
  Outcome outcome;
  auto stream = assemble(commands, of);
  if (!stream) {
    outcome.kind = Outcome::Kind::Refused;
    outcome.message = textOf(stream.takeError());
    return outcome;
  }
  auto finding = reference.run(of, *stream);
  if (!finding)
    return finding.takeError();
  if (const std::optional<spec::Finding> &refused = *finding) {
    outcome.kind = Outcome::Kind::Refused;
    outcome.message = refused->message;
    return outcome;
  }
  auto contents = reference.contents(of);
  if (!contents)
    return contents.takeError();
  wanted = std::move(*contents);
  auto failed = [&](llvm::Error error) {
    outcome.kind = Outcome::Kind::DeviceFailed;
    outcome.message = textOf(std::move(error));
    device.reset();
    allocated.clear();
    return outcome;
  };
  auto reserved = reserve(of);
  if (!reserved)
    return failed(reserved.takeError());
  if (!*reserved) {
    outcome.kind = Outcome::Kind::NoRoom;
    return outcome;
  }
  if (llvm::Error error = runOnDevice(of, *stream))
    return failed(std::move(error));
  return compare();
}

} // namespace tenon::check
