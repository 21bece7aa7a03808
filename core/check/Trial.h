// A case on the device under test, compared with what the description says.
#pragma once

#include "core/check/Reference.h"
#include "core/check/Room.h"
#include "core/runtime/DeviceProcess.h"

#include <optional>

namespace tenon::check {

/// What is checked, and how it is opened.
struct DeviceSetup {
  runtime::DeviceOptions device;
  /// Options that make a device behave randomly, by seed: names from the target's manifest. Empty: it has
  /// none.
  std::string randomOption, seedOption;
  std::string waveformOption; ///< one that takes the name of a file; empty: none
};

struct Outcome {
  enum class Kind : uint8_t {
    Same,
    Differs,
    DeviceFailed, ///< it found an error, crashed or hung
    Refused,      ///< the description gives the case no meaning
    NoRoom,       ///< the device keeps a part of global memory that the case uses
  };
  Kind kind = Kind::Same;
  std::string message; ///< DeviceFailed, Refused

  // Differs: the first place.
  unsigned memory = 0;
  uint64_t address = 0; ///< byte
  uint8_t expected = 0, found = 0;
  uint64_t differing = 0, compared = 0; ///< bytes
};

class Trial {
public:
  Trial(const isa::CommandSet &commands, Reference &reference, DeviceSetup setup)
      : commands(commands), reference(reference), setup(std::move(setup)) {}

  /// Opens the device anew, with the seed for its random behaviour where it has one. Refuses a device that
  /// gives no access to memories, with what is missing.
  llvm::Error open(uint64_t timingSeed, const std::string &waveform = "");
  bool isOpen() const { return device != nullptr; }
  llvm::Error close();

  /// Whether the device leaves the ends of global memory to us.
  llvm::Expected<GlobalLimits> limits();

  /// Runs the case on both. After DeviceFailed the device is closed. Errors are those of our own doing.
  llvm::Expected<Outcome> run(const Case &of);

  /// The reference's result of the last case.
  const std::vector<Contents> &expected() const { return wanted; }
  const std::vector<std::vector<uint8_t>> &found() const { return got; }

private:
  llvm::Expected<bool> reserve(const Case &of);
  llvm::Error runOnDevice(const Case &of, const Stream &stream);
  llvm::Error releaseWindows();
  Outcome compare() const;

  const isa::CommandSet &commands;
  Reference &reference;
  DeviceSetup setup;
  std::unique_ptr<runtime::DeviceProcess> device; ///< while it is open
  std::vector<uint64_t> allocated;
  std::vector<Contents> wanted;
  std::vector<std::vector<uint8_t>> got; ///< by window
};

} // namespace tenon::check
