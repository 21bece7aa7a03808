// A model planned for a described chip, and what reports say of its layers.
#pragma once

#include "core/driver/LoadedModel.h"
#include "core/driver/TargetDescription.h"
#include "core/plan/Plan.h"

namespace tenon::driver {

/// A planned layer as people know it: by the model's nodes.
struct LayerIdentity {
  std::string name;               ///< of the nodes, joined by " + "
  std::string op;                 ///< "CONV_2D + ADD"
  std::vector<std::string> nodes; ///< "CONV_2D #3 (name)"
  std::string output;             ///< type and shape of what it makes
  std::optional<int64_t> index;   ///< of the first node in the model
  unsigned part = 0, parts = 1;   ///< where a node takes several layers: which one this is, from 0
};

/// One for each layer, which is a list of steps.
std::vector<LayerIdentity> identify(const reference::Program &program,
                                    llvm::ArrayRef<std::vector<unsigned>> layers);
std::vector<LayerIdentity> identify(const reference::Program &program,
                                    llvm::ArrayRef<plan::PlannedLayer> layers);

/// Why the host does a layer: the plan's reason, or that no intrinsic computes it.
std::string hostReason(const isa::Description &description, const plan::PlannedLayer &layer);

/// The bytes of a memory that the plan's commands touch end here, for each memory; for the memory that the
/// host shares, what the bundle places counts too.
std::vector<uint64_t> peakBytes(const isa::Description &description,
                                llvm::ArrayRef<isa::Instruction> instructions, const runtime::Bundle &bundle);

/// All commands of a plan, in order.
std::vector<isa::Instruction> instructionsOf(const plan::Plan &plan);

struct PlannedModel {
  plan::Plan plan;
  double seconds = 0; ///< of planning
};

/// Plans the optimised model, and completes the bundle: names of its edge, parameters, version.
llvm::Expected<PlannedModel> planModel(const LoadedModel &loaded, const LoadedTarget &target,
                                       const plan::PlanOptions &options, const std::string &version);

} // namespace tenon::driver
