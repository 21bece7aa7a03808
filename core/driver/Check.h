// tenon check: does the hardware do what the description says?
#pragma once

#include "core/check/Check.h"
#include "core/driver/DeviceChoice.h"
#include "core/driver/Report.h"

namespace tenon::driver {

struct CheckCommand {
  TargetChoice machine;
  check::CheckOptions options;
  std::string certificate;    ///< --certificate FILE: written where nothing differs
  std::string counterexample; ///< --counterexample FILE: the smallest case as JSON
  std::string waveform;       ///< --waveform FILE: of the smallest case, by the device's option of that name
  double timeout = 60;        ///< seconds that one case may take on the device
  ProgramIdentity program;
  ReportOptions report;
};

/// Prints what was checked; tenon.check/1. ExitCode::ResultDiffers where the device differs, DeviceFailed
/// where it fails on a case that the description gives a meaning to, TargetCannot where an intrinsic was
/// never reached.
llvm::Error checkDevice(const CheckCommand &command, const target::Registry &registry);

} // namespace tenon::driver
