// Which steps of a program become one piece of native code, and which intrinsic computes its sum: the longest
// chain of steps whose results are elementwise, in gathered form, by the declared cycles.
#pragma once

#include "core/match/Match.h"
#include "core/plan/Plan.h"

namespace tenon::native {

/// Some steps of the program that are done together.
struct NativeLayer {
  std::vector<unsigned> steps;
  std::string name; ///< the model's node (or nodes)
  int64_t macs = 0;
  /// Before any rewrite; null: the step has no normal form, its own nest is what it does.
  std::shared_ptr<const match::Computation> original;
  std::shared_ptr<const match::Matches> matches; ///< own the gathered computation and the match
  const match::Match *match = nullptr;     ///< of the sum (Part::Core); null: portable code does the layer
  std::vector<plan::Candidate> candidates; ///< in the description's order
  std::string reason;                      ///< why no intrinsic
  double cycles = 0;                       ///< declared cycles of the match, and an estimate of its gathers
};

struct CoverOptions {
  bool keepTensors = false; ///< every named tensor of the model must reach memory
  bool certify = true;      ///< what is chosen is executed against the original before it is believed
};

/// The layers, in an order in which they can run. Covers every step with a nest exactly once.
llvm::Expected<std::vector<NativeLayer>>
cover(const isa::Description &description, const reference::Program &program, const CoverOptions &options);

} // namespace tenon::native
