// Does the hardware do what the description says? Every intrinsic and random sequences of them, on a device
// and on the machine that the description is; the first difference is made as small as it gets.
//
// A case is known by its number: round * (intrinsics + 1) + k is a case of intrinsic k, or, for the last k, a
// sequence. With the same seed the same number is the same case, whatever else is run. What a device carries
// from one case to the next is kept short: it is opened anew after some cases, with another seed for its
// random timing, and a difference that a fresh device does not show is shown with the cases before it.
#pragma once

#include "core/check/Draws.h"
#include "core/check/Trial.h"

namespace tenon::check {

struct CheckOptions {
  uint64_t seed = 1;
  uint64_t cases = 40;               ///< of each intrinsic
  std::optional<uint64_t> sequences; ///< as many as `cases` where nothing is said
  double seconds = 0;                ///< most, without shrinking; 0: no limit
  double shrinkSeconds = 120;
  std::optional<uint64_t> only;        ///< one case, by its number
  std::vector<std::string> intrinsics; ///< only these, by name; empty: all
  bool keepGoing = false;              ///< a difference of one intrinsic does not end the others
  uint64_t points = uint64_t(1) << 16;
  uint64_t casesOfOpening = 32; ///< cases before the device is opened anew
};

/// One intrinsic's, or the sequences', part.
struct Part {
  std::string name;
  uint64_t cases = 0;
  uint64_t unreached = 0; ///< cases for which nothing legal was drawn
  std::string notChecked; ///< why not at all; empty: it is
  Tally tally;
  std::vector<std::string> missed; ///< meanings next to its own that no case tells from it
};

struct Counterexample {
  Case original, smallest;
  std::vector<Case> before; ///< cases that must run on the device first; empty where none
  Outcome outcome;          ///< of the smallest
  Stream stream;            ///< the smallest's
  std::vector<Contents> expected;
  std::vector<std::vector<uint8_t>> found; ///< by window
  uint64_t number = 0, timingSeed = 0, tried = 0;
  bool shown = true;           ///< false: neither a fresh device nor the cases before show it again
  std::string waveform;        ///< file written of it
  std::string waveformProblem; ///< why none is, where one was wanted
};

struct CheckResult {
  std::vector<Part> parts; ///< by intrinsic; the last one is the sequences
  uint64_t run = 0;        ///< cases compared
  uint64_t noRoom = 0;     ///< left out: the device keeps a part of global memory
  uint64_t bytes = 0;      ///< compared
  uint64_t openings = 0;
  bool outOfTime = false;
  double seconds = 0;
  std::vector<Counterexample> counterexamples;
};

struct CheckCallbacks {
  std::function<void(uint64_t done, uint64_t total, llvm::StringRef what)> onProgress;
  std::string waveform; ///< where a waveform of the smallest case goes; empty: none is wanted
};

/// Errors: ExitCode::TargetCannot where the description has no commands that can be checked or the device no
/// access to memories; what opening the device gives; faults of our own. A device that fails while it runs a
/// case is a counterexample.
llvm::Expected<CheckResult> check(const isa::Description &description, const DeviceSetup &setup,
                                  const CheckOptions &options, const CheckCallbacks &callbacks);

} // namespace tenon::check
