// tenon new-target: a folder with a description that compiles and runs as it is, to be changed into a chip of
// one's own.
#pragma once

#include "core/driver/Report.h"

namespace tenon::driver {

struct NewTargetCommand {
  std::string name;
  std::string parent = "."; ///< --in: the folder that gets the new one
  ReportOptions report;
};

/// A file of core/driver/new_target: the chip there is called by newTargetName.
struct NewTargetFile {
  std::string name; ///< with its folder, "tests/product.mlir"
  std::string text;
};
inline constexpr const char *newTargetName = "mychip";
const std::vector<NewTargetFile> &newTargetFiles();

/// Makes the folder, whole or not at all; tenon.new-target/1. ExitCode::WrongUse for a name that no target
/// can have, and where there is something of this name.
llvm::Error makeNewTarget(const NewTargetCommand &command);

} // namespace tenon::driver
