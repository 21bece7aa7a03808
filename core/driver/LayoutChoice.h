// Whether a model's tensors are laid out anew for a target: both plans are made, the one that is declared to
// cost less is kept, and both costs are told.
#pragma once

#include "core/driver/Report.h"
#include "core/graph/ChooseLayout.h"
#include "core/graph/ModelOrder.h"
#include "core/isa/Description.h"
#include "core/native/Cover.h"
#include "core/plan/Plan.h"

namespace tenon::driver {

/// What the layers of a plan cost by declaration.
struct DeclaredCost {
  double cycles = 0; ///< of layers that intrinsics do
  double points = 0; ///< of the others' loops; one is taken for a cycle

  double total() const { return cycles + points; }
};

DeclaredCost costOf(const reference::Program &program, llvm::ArrayRef<plan::PlannedLayer> layers);
DeclaredCost costOf(const reference::Program &program, llvm::ArrayRef<native::NativeLayer> layers);

struct LayoutChoice {
  bool anew = false;            ///< the tensors are laid out anew
  graph::LayoutChanges changes; ///< what that changes, also where it is not done
  /// Where both were planned.
  std::optional<DeclaredCost> asModel, asLaidOut;
};

/// For explain; nothing where no tensor likes another layout.
std::string layoutText(const LayoutChoice &choice);
/// Null where no tensor likes another layout.
Json layoutJson(const LayoutChoice &choice);

} // namespace tenon::driver
