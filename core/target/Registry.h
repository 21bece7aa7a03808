// The targets that a command can choose from: a value that is made at the start and handed down.
#pragma once

#include "core/target/Engines.h"
#include "core/target/HostMachine.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tenon::target {

struct TargetEntry {
  std::string name;            ///< what --target takes; of a variant "TARGET/VARIANT"
  std::string source;          ///< where it comes from: "built in", or a path
  std::string description;     ///< path of its target.yaml; empty for the reference
  std::vector<Engine> engines; ///< in the target's order; empty where there is no choice

  /// The engine that is asked for, or the first one where none is; nothing where there are none.
  /// ExitCode::WrongUse with what there is.
  llvm::Expected<std::optional<Engine>> engine(const std::string &wanted) const;
};

/// "spec, rtl".
std::string engineNames(const TargetEntry &entry);

/// The target that the description at `path` is, with its engines; ExitCode::WrongInput where its manifest is
/// wrong.
llvm::Expected<TargetEntry> describedTarget(const std::string &name, const std::string &path);

/// A variant of a target, and what this host lacks to run its code.
struct VariantEntry {
  std::string name;        ///< "TARGET/VARIANT"
  std::string description; ///< path
  std::string whyNot;      ///< empty: the host can run it
  bool launched = false;   ///< a launcher starts its kernels on another machine than the host
};

struct Registry {
  std::vector<TargetEntry> targets; ///< by name; without their engines, which find() reads
  PluginPath plugins;
  HostMachine host; ///< the machine that `choose: host` looks at

  /// What --target says: a name of the list, a description's path, or a folder that holds a target.yaml;
  /// where that lists variants, /VARIANT may follow, and without it the file chooses. ExitCode::WrongUse with
  /// what there is for anything else; ExitCode::TargetCannot where the host can run none of the variants.
  llvm::Expected<TargetEntry> find(const std::string &name) const;

  /// The variants of a target of the list; none where its description is that of one machine. Errors of the
  /// file that lists them; what is wrong with a variant's own description is its whyNot.
  llvm::Expected<std::vector<VariantEntry>> variantsOf(const TargetEntry &entry) const;
};

/// The name of the target that always exists: the interpreter of nests.
inline constexpr const char *referenceName = "reference";

/// The file that makes a folder a target.
inline constexpr const char *descriptionName = "target.yaml";

/// All targets of this build: the reference, and the folders that the build found.
Registry makeRegistry(PluginPath plugins);

} // namespace tenon::target
