// The report of tenon run, as a table and as tenon.run/1.
#pragma once

#include "core/driver/Account.h"
#include "core/driver/Layers.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/Run.h"

namespace tenon::driver {

struct RunMeasure {
  double compileSeconds = 0; ///< from the model's file to the program
  double seconds = 0;        ///< of one inference
  std::vector<double> stepSeconds;
  size_t inferences = 1;
};

/// A layer as tenon.run/1 has it.
struct LayerRow {
  std::string name, op, output;
  std::vector<std::string> nodes;
  std::optional<int64_t> index; ///< of the first node in the model
  bool onTarget = false;
  std::vector<std::string> intrinsics;
  std::optional<int64_t> macs; ///< unknown in a compiled bundle
  /// What the description's timing says of its commands, of the unit that is busy longest; not measured.
  std::optional<double> declaredCycles;
  std::string declaredUnit;
  std::optional<uint64_t> cycles; ///< measured
  double boundCycles = 0;         ///< declared, if nothing but the busiest unit took time
  Causes stalls;
  bool portable = false;         ///< on the target, but by no declared intrinsic
  std::optional<double> seconds; ///< measured
  bool ofModel = true;           ///< false: what belongs to no layer, named after its cause

  /// The bound's part of the measured cycles.
  std::optional<double> utilisation() const;
  std::string reason; ///< why it is the host's
};

/// How the outputs compare with the reference's, where they are as they must be.
struct VerifiedOutputs {
  bool bitExact = true;
  double maxAbsError = 0;
  std::optional<double> bound; ///< the largest that an element may be off by; nothing where none may be
  double mostOfBound = 0;      ///< the largest error as a part of its own element's bound
  size_t tensors = 0;          ///< that were compared before the outputs; bounds are from one to the next
  size_t elements = 0;         ///< of the outputs
  size_t notNumbers = 0;       ///< of these: NaN in the reference, where any other NaN is as good
};

struct MemoryRow {
  std::string name;
  uint64_t capacityBytes = 0, peakBytes = 0;
};

struct RunSummary {
  std::string model, target, engine; ///< engine: empty where the target has none
  bool isDescribed = false;          ///< the target has a description
  double compileSeconds = 0, seconds = 0;
  size_t inferences = 1;
  std::optional<VerifiedOutputs> verified; ///< nothing: not compared; a difference is an error before this
  std::vector<LayerRow> layers;
  std::vector<MemoryRow> memory;
  std::optional<uint64_t> cycles; ///< measured; the layers' add up to it
  size_t hostCopies = 0;          ///< of tensors into other places, by the host, besides its layers

  /// Puts the account of the layers into rows: layer n of the bundle is row `rowOf[n]`. What belongs to no
  /// layer becomes a row for each cause.
  void addAccount(const Account &account, llvm::ArrayRef<size_t> rowOf);

  /// MACs that no declared intrinsic did; nothing where a layer's are not known.
  std::optional<int64_t> fallbackMacs() const;
};

Json runJson(const RunSummary &summary);

RunSummary referenceSummary(const RunCommand &command, const LoadedModel &loaded,
                            const std::vector<Layer> &layers, const RunMeasure &measure);
std::string referenceText(const RunCommand &command, const LoadedModel &loaded,
                          const std::vector<Layer> &layers, const RunMeasure &measure);

/// "verified against the reference: ..."; empty where it was not.
std::string verifiedText(const RunSummary &summary);

/// The table of a run on a described chip, what fell back and why, and its memories.
std::string targetText(const RunCommand &command, const RunSummary &summary);

} // namespace tenon::driver
