// What a check has shown, as JSON: of which description, on which device, with which cases.
#pragma once

#include "core/driver/Check.h"

namespace tenon::driver {

/// What a check was of.
struct CheckedDevice {
  const LoadedTarget *target = nullptr;
  const DeviceChoice *device = nullptr;
};

/// SHA-256 of a file, or of all files of a folder with their names, in order: 64 hexadecimal digits.
/// ExitCode::SystemFailed where it cannot be read.
llvm::Expected<std::string> contentHash(const std::string &path);

/// What tenon.check/1 and a certificate have in common.
Json checkedJson(const CheckCommand &command, const CheckedDevice &checked, const check::CheckResult &result);

/// tenon.certificate/1.
llvm::Expected<Json> certificateJson(const CheckCommand &command, const CheckedDevice &checked,
                                     const check::CheckResult &result);

/// tenon.counterexample/1: commands as text and as bytes, memories before and as they should be after.
Json counterexampleJson(const isa::Description &description, const check::Counterexample &example,
                        const std::string &replay);

} // namespace tenon::driver
