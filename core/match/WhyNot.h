// The first clause that failed, at the deepest point that the comparison reached.
#pragma once

#include "llvm/ADT/Twine.h"

#include <string>

namespace tenon::match {

/// How far a comparison came: the later stage, then the more terms matched.
enum class Stage : int { Form, Parts, Update, Core, Init, Final, Loops, Windows, Outside, Extents, Clauses };

class WhyNot {
public:
  void record(Stage stage, int progress, const llvm::Twine &newReason, const llvm::Twine &newRepair = "") {
    int reached = int(stage) * 100000 + progress;
    if (reached <= depth)
      return;
    depth = reached;
    reason = newReason.str();
    repair = newRepair.str();
  }

  int depth = -1;
  std::string reason, repair;
};

} // namespace tenon::match
