// The targets that a command can choose from: a value that is made at the start and handed down.
#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tenon::target {

struct TargetEntry {
  std::string name;     ///< what --target takes
  std::string source;   ///< where it comes from: "built in", or a path
  std::string engines;  ///< in the target's order, separated by commas; empty where there is no choice
  std::string runsHere; ///< empty: this host can run it; otherwise why not
};

struct Registry {
  std::vector<TargetEntry> targets; ///< by name

  /// ExitCode::WrongUse with what there is for a name that is not known.
  llvm::Expected<const TargetEntry *> find(const std::string &name) const;
};

/// The name of the target that always exists: the interpreter of nests.
inline constexpr const char *referenceName = "reference";

/// All targets of this build.
Registry makeRegistry();

} // namespace tenon::target
