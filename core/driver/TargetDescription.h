// A target's description from what the command line says of it.
#pragma once

#include "core/isa/Description.h"
#include "core/target/Registry.h"

namespace tenon::driver {

/// What a command says of the machine.
struct TargetChoice {
  std::string target;                  ///< --target; empty: none is named, which is the reference for a model
  std::string engine;                  ///< --engine; empty: the target's first
  std::string device;                  ///< --device: a plugin's path, instead of an engine of the target's
  std::vector<std::string> parameters; ///< --param NAME=VALUE, as given
  std::vector<std::string> engineOptions; ///< --engine-option NAME=VALUE, as given

  std::string name() const { return target.empty() ? target::referenceName : target; }
};

/// The program that runs a command: its worker lies beside it, and what it compiles carries its version.
struct ProgramIdentity {
  std::string path, version;
};

/// --param NAME=VALUE with whole numbers, decimal or 0x. ExitCode::WrongUse for anything else and for a name
/// given twice.
llvm::Expected<std::map<std::string, int64_t>> parametersOf(llvm::ArrayRef<std::string> arguments);

struct LoadedTarget {
  target::TargetEntry entry;
  isa::Description description;
  std::map<std::string, int64_t> parameters; ///< that replace the description's own
};

/// The description that the choice names; ExitCode::WrongUse for the reference, which has none: `purpose`
/// says who needs it ("tenon explain").
llvm::Expected<LoadedTarget> loadTarget(const TargetChoice &choice, const target::Registry &registry,
                                        const std::string &purpose);

/// As above for an entry that is found already.
llvm::Expected<LoadedTarget> loadTarget(const TargetChoice &choice, target::TargetEntry entry);

} // namespace tenon::driver
