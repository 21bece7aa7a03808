// A model planned for a described chip: which layers the chip takes and how, where every tensor lies, and the
// commands. check() of what goes in is the loader's and the importer's; verify() is what must hold of the
// result.
#pragma once

#include "core/plan/Tiling.h"

#include "core/runtime/Bundle.h"

namespace tenon::plan {

/// What became of an intrinsic for a layer: for "why" and "why not".
struct Candidate {
  unsigned intrinsic = 0;
  bool legal = false;
  std::string reason, repair;   ///< of the first clause that failed
  std::optional<double> cycles; ///< declared timing of the cheapest plan with it
  std::string unplanned;        ///< where legal and without cycles: why it is in no plan
};

/// Some steps of the program that are done together.
struct PlannedLayer {
  std::vector<unsigned> steps;
  std::string name; ///< the model's node (or nodes)
  int64_t macs = 0;
  std::optional<Lowering> lowering; ///< nothing: the host's
  Tiling tiling;
  double cycles = 0;                 ///< declared timing: of the unit that is busy longest
  std::string busiest;               ///< that unit
  std::vector<Candidate> candidates; ///< in the description's order
  std::string reason;                ///< why it is the host's
};

/// The model's node, or nodes, that the steps come from.
std::string nameOf(const reference::Program &program, llvm::ArrayRef<unsigned> steps);
/// Multiply-accumulates of the steps.
int64_t macsOf(const reference::Program &program, llvm::ArrayRef<unsigned> steps);

struct PlanOptions {
  bool keepTensors = false; ///< every named tensor of the model must reach memory
  unsigned attempts = 96;   ///< lowerings of a computation that are tried, likely good ones first
  unsigned lowerings = 12;  ///< of those that can be expanded, how many are compared by cost
};

/// The layers, in the program's order. Covers every step with a nest exactly once. The longest chain of steps
/// that intrinsics can do together wins, and of its lowerings the one with the least declared cycles.
llvm::Expected<std::vector<PlannedLayer>>
cover(const isa::Description &description, const reference::Program &program, const PlanOptions &options);

/// A straight stream of commands, or a layer of the host, or a copy that puts a tensor into another place of
/// global memory.
struct PlannedStep {
  std::vector<isa::Instruction>
      instructions; ///< with settings and synchronisation; origin is the layer's number
  std::optional<runtime::HostStep> host;
};

struct Plan {
  std::vector<PlannedLayer> layers;
  std::vector<PlannedStep> steps;
  runtime::Bundle bundle; ///< complete but for names of tensors at the edge, which the model's signature has
};

/// Plans the program. Errors: ExitCode::TargetCannot with the tensor, the memory and the bytes where
/// something can never fit.
llvm::Expected<Plan> plan(const isa::Description &description, const reference::Program &program,
                          const PlanOptions &options);
/// With layers that cover() gave for the same program and options.
llvm::Expected<Plan> plan(const isa::Description &description, const reference::Program &program,
                          const PlanOptions &options, const std::vector<PlannedLayer> &layers);

/// What must hold: every command is in range (isa::check), steps of the program are covered once and in
/// order, no command's bytes leave their memory, no wait is without a signal before it in the stream.
llvm::Error verify(const isa::Description &description, const reference::Program &program, const Plan &plan);

} // namespace tenon::plan
