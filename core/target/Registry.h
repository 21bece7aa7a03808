// The targets that a command can choose from: a value that is made at the start and handed down.
#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tenon::target {

struct TargetEntry {
  std::string name;        ///< what --target takes
  std::string source;      ///< where it comes from: "built in", or a path
  std::string engines;     ///< in the target's order, separated by commas; empty where there is no choice
  std::string runsHere;    ///< empty: this host can run it; otherwise why not
  std::string description; ///< path of its target.yaml; empty for the reference

  /// The engine that is asked for, or the first one where none is. ExitCode::WrongUse with what there is.
  llvm::Expected<std::string> engine(const std::string &wanted) const;
};

struct Registry {
  std::vector<TargetEntry> targets; ///< by name

  /// What --target says: a name of the list, a description's path, or a folder that holds a target.yaml.
  /// ExitCode::WrongUse with what there is for anything else.
  llvm::Expected<TargetEntry> find(const std::string &name) const;
};

/// The name of the target that always exists: the interpreter of nests.
inline constexpr const char *referenceName = "reference";

/// The file that makes a folder a target.
inline constexpr const char *descriptionName = "target.yaml";

/// All targets of this build: the reference, and the folders that the build found.
Registry makeRegistry();

} // namespace tenon::target
