// Code for another architecture than this host's: linked with a small C program and run in an emulator of it,
// which stays up for many calls.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace tenon::test {

/// Whether code for this triple runs in this process.
bool isHostArchitecture(llvm::StringRef triple);

class EmulatedCode {
public:
  /// Links the object; `entries` are the functions NAME_run (see NativeBundle.h) that are called by number.
  static llvm::Expected<std::unique_ptr<EmulatedCode>>
  link(llvm::ArrayRef<char> object, const std::vector<std::string> &entries, llvm::StringRef triple);
  ~EmulatedCode();
  EmulatedCode(const EmulatedCode &) = delete;
  EmulatedCode &operator=(const EmulatedCode &) = delete;

  struct Call {
    unsigned entry = 0, threads = 1;
    llvm::ArrayRef<uint8_t> weights;
    uint64_t arenaBytes = 0;
    std::vector<llvm::ArrayRef<char>> inputs;
    std::vector<llvm::MutableArrayRef<char>> outputs;
  };
  /// Gives what the entry returned. An error: the emulator has ended, at this call.
  llvm::Expected<int32_t> run(const Call &call);

private:
  EmulatedCode() = default;
  llvm::Error start();

  std::string folder; ///< the program's, gone with this
  std::string emulator;
  int process = -1;
  std::FILE *to = nullptr, *from = nullptr;
};

} // namespace tenon::test
