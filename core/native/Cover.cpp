// The longest chain from each step; its sum of products in every gathered form that some row takes; the
// cheapest of these. Rows decide nothing but by their types, sizes, memories and declared cycles.
#include "core/native/Cover.h"

#include "core/match/Gather.h"
#include "core/match/Pieces.h"
#include "core/match/Rewrites.h"
#include "core/native/GatherCost.h"
#include "core/native/ProductRows.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <set>
#include <tuple>

namespace tenon::native {

using match::Computation;
using match::TensorSource;

namespace {

/// Rows that take the same gathered form.
struct RowGroup {
  match::GatherForm form;
  bool accumulates = false, isWhole = false;
  std::vector<unsigned> rows;
};

struct Choice {
  std::shared_ptr<const Computation> original;
  std::shared_ptr<const match::Matches> matches;
  const match::Match *match = nullptr;
  double cycles = 0;
  double repeated = 0; ///< elements that lie in memory once more for it
};

class Coverer {
public:
  Coverer(const isa::Description &target, const reference::Program &steps, const CoverOptions &wanted)
      : description(target), program(steps), options(wanted) {}

  llvm::Expected<NativeLayer> layerFrom(unsigned step, const std::vector<bool> &covered) {
    NativeLayer layer;
    layer.steps = {step};
    match::ComputationChain chain = match::computationsFrom(program, step, options.keepTensors);
    auto longest = llvm::find_if(llvm::reverse(chain.prefixes), [&](const Computation &prefix) {
      return llvm::none_of(prefix.steps, [&](unsigned part) { return covered[part]; });
    });
    bool hasForm = longest != chain.prefixes.rend();
    if (hasForm) {
      layer.steps = longest->steps;
      layer.original = std::make_shared<const Computation>(std::move(*longest));
    }
    nameLayer(layer);
    if (!hasForm) {
      readRows(*program.steps[step].nest->statements.front().destination.indices.getContext());
      giveReasons(layer, chain.reason);
      layer.reason = chain.reason;
      return layer;
    }
    readRows(*match::contextOf(*layer.original));
    if (layer.original->core < 0) {
      giveReasons(layer, "the model has no sum here");
      layer.reason = "it has no sum of products";
      return layer;
    }
    auto shorter =
        llvm::ArrayRef(chain.prefixes).take_front(size_t(std::distance(longest, chain.prefixes.rend())) - 1);
    if (llvm::Error error = choose(layer, shorter))
      return std::move(error);
    return layer;
  }

private:
  void nameLayer(NativeLayer &layer) const {
    layer.name = plan::nameOf(program, layer.steps);
    layer.macs = plan::macsOf(program, layer.steps);
  }

  /// Groups the description's rows by the form that they take.
  void readRows(mlir::MLIRContext &context) {
    if (!rows.empty() || description.intrinsics.empty())
      return;
    rows = productRows(description, context);
    for (const RowUse &row : rows) {
      if (!row.product)
        continue;
      auto same = llvm::find_if(groups, [&](const RowGroup &group) {
        return group.form.first == row.product->first && group.form.second == row.product->second &&
               group.form.multiple == row.product->multiple &&
               group.accumulates == row.product->accumulates && group.isWhole == row.product->isWhole;
      });
      if (same == groups.end()) {
        groups.push_back({{row.product->first, row.product->second, row.product->multiple},
                          row.product->accumulates,
                          row.product->isWhole,
                          {}});
        same = std::prev(groups.end());
      }
      same->rows.push_back(row.product->intrinsic);
    }
  }

  /// What is said of every row by itself, and `reason` of those that would take a sum of products.
  void giveReasons(NativeLayer &layer, const std::string &reason) const {
    for (auto [number, row] : llvm::enumerate(rows))
      layer.candidates.push_back({unsigned(number), false, row.product ? reason : row.reason,
                                  row.product ? "" : row.repair, std::nullopt, ""});
  }

  /// A sum that starts from constants costs nothing more than one that starts from 0.
  static bool startIsKnown(const Computation &computation) {
    match::ComputationTerms terms(computation);
    return match::readsOnlyConstants(terms, *terms.init);
  }

  /// Chooses a row for the longest chain; or, where none takes that, one that does a shorter chain as a
  /// whole.
  llvm::Error choose(NativeLayer &layer, llvm::ArrayRef<Computation> shorter) {
    giveReasons(layer, "");
    std::optional<Choice> best;
    if (llvm::Error error = tryGroups(layer, layer.original, false, best))
      return error;
    for (const Computation &prefix : llvm::reverse(shorter))
      if (!best)
        if (llvm::Error error = tryGroups(layer, std::make_shared<const Computation>(prefix), true, best))
          return error;
    if (!best) {
      layer.reason = reasonOf(layer);
      return llvm::Error::success();
    }
    if (best->original != layer.original) {
      layer.original = best->original;
      layer.steps = layer.original->steps;
      nameLayer(layer);
    }
    layer.matches = std::move(best->matches);
    layer.match = best->match;
    layer.cycles = best->cycles;
    return options.certify ? certify(layer) : llvm::Error::success();
  }

  llvm::Error tryGroups(NativeLayer &layer, std::shared_ptr<const Computation> original, bool wholeOnly,
                        std::optional<Choice> &best) {
    auto moved = match::addendToStart(*original);
    if (!moved)
      return moved.takeError();
    const Computation &begun = *moved && startIsKnown(**moved) ? **moved : *original;
    for (const RowGroup &group : groups) {
      if (wholeOnly && !group.isWhole)
        continue;
      if (llvm::Error error = tryGroup(layer, original, group.isWhole ? *original : begun, group, best))
        return error;
      // What a whole row starts from may be what the model adds in the end.
      if (group.isWhole && *moved)
        if (llvm::Error error = tryGroup(layer, original, **moved, group, best))
          return error;
    }
    return llvm::Error::success();
  }

  /// Of an integer sum the type of each sum is known before anything is rewritten.
  bool sumsFit(NativeLayer &layer, const RowGroup &group, std::vector<unsigned> &fitting) const {
    const nest::Statement &core = layer.original->nest.statements[unsigned(layer.original->core)];
    const nest::ScalarType &sum = layer.original->nest.operands[core.destination.operand].type;
    for (unsigned row : group.rows) {
      if (rows[row].product->sum == sum)
        fitting.push_back(row);
      else
        layer.candidates[row].reason = "the model sums in " + sum.str() + ", '" +
                                       description.intrinsics[row].family + "' in " +
                                       rows[row].product->sum.str();
    }
    return !fitting.empty();
  }

  llvm::Error tryGroup(NativeLayer &layer, const std::shared_ptr<const Computation> &original,
                       const Computation &computation, const RowGroup &group, std::optional<Choice> &best) {
    std::vector<unsigned> fitting;
    if (!sumsFit(layer, group, fitting))
      return llvm::Error::success();
    match::GatherForm swapped = {group.form.second, group.form.first, group.form.multiple};
    bool once = group.form.first == group.form.second;
    for (const match::GatherForm &form : {group.form, swapped}) {
      auto found = match::gathered(computation, form);
      if (!found)
        return found.takeError();
      if (!found->computation) {
        for (unsigned row : fitting)
          if (layer.candidates[row].reason.empty() && !layer.candidates[row].legal) {
            layer.candidates[row].reason = found->reason;
            layer.candidates[row].repair = found->repair;
          }
      } else if (llvm::Error error =
                     tryForm(layer, original, std::move(*found->computation), group, fitting, best)) {
        return error;
      }
      if (once)
        break;
    }
    return llvm::Error::success();
  }

  llvm::Error tryForm(NativeLayer &layer, const std::shared_ptr<const Computation> &original,
                      Computation computation, const RowGroup &group, llvm::ArrayRef<unsigned> fitting,
                      std::optional<Choice> &best) {
    if (!group.accumulates && !group.isWhole) {
      auto moved = match::startToFinal(computation);
      if (!moved)
        return moved.takeError();
      if (*moved)
        computation = std::move(**moved);
    }
    auto matches =
        std::make_shared<const match::Matches>(match::match(description, std::move(computation), fitting));
    for (const match::Rejection &rejection : matches->rejected) {
      plan::Candidate &candidate = layer.candidates[rejection.intrinsic];
      if (candidate.legal)
        continue;
      candidate.reason = rejection.reason;
      candidate.repair = rejection.repair;
    }
    for (const match::Match &match : matches->legal) {
      plan::Candidate &candidate = layer.candidates[match.intrinsic];
      if (std::string reason = problemOf(matches->computation, match); !reason.empty()) {
        if (!candidate.legal)
          candidate.reason = reason;
        continue;
      }
      double cycles = rowCycles(match) + gatherCycles(description, matches->computation, match) +
                      storeCycles(matches->computation, match);
      candidate.legal = true;
      candidate.reason.clear();
      candidate.repair.clear();
      candidate.cycles = std::min(candidate.cycles.value_or(cycles), cycles);
      double repeated = repeatedElements(description, matches->computation, match);
      if (!best || std::tuple(cycles, repeated, -match.useful) <
                       std::tuple(best->cycles, best->repeated, -best->match->useful))
        best = Choice{original, matches, &match, cycles, repeated};
    }
    return llvm::Error::success();
  }

  /// Why a legal mapping is not taken; empty if nothing speaks against it.
  std::string problemOf(const Computation &computation, const match::Match &match) const {
    const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
    bool isWhole = rows[match.intrinsic].product->isWhole;
    if (match.part != (isWhole ? match::Match::Part::Whole : match::Match::Part::Core))
      return "'" + intrinsic.name + "' would do another part of the layer than it can";
    if (!match.accumulates)
      for (unsigned loop = computation.parallelLoops(); loop < computation.nest.loops.size(); ++loop)
        if (match::piecesOf(intrinsic, computation.nest.loops[loop].extent, match.loops[loop]).size() > 1)
          return "'" + intrinsic.name + "' starts its sum anew with each use, and k does not fit into one";
    const nest::Statement &core = computation.nest.statements[unsigned(computation.core)];
    bool isFloat = computation.nest.operands[core.destination.operand].type.isFloat();
    bool anyOrder = !isFloat || intrinsic.numerics.anyOrder || intrinsic.numerics.fused;
    for (auto [loop, places] : llvm::enumerate(match.loops)) {
      if (places.block < 0)
        continue;
      // One size along k goes through the products in the model's order; blocks of a second one do not.
      if (!anyOrder && loop >= computation.parallelLoops())
        return "'" + intrinsic.name +
               "' would add floats in another order than the model, and its numerics do not allow that";
      return "'" + intrinsic.name + "' would take " + computation.nest.loops[loop].name +
             " in blocks along two of its sizes, which kernels do not do";
    }
    return "";
  }

  double rowCycles(const match::Match &match) const {
    const isa::Timing &timing = description.intrinsics[match.intrinsic].timing;
    bool isTimed = !timing.busy.empty() || timing.extra;
    return isTimed ? match.cycles : match.uses; // a row without timing: a cycle a use
  }

  /// A sum whose lanes do not lie side by side in the result is stored element by element.
  static double storeCycles(const Computation &computation, const match::Match &match) {
    const nest::Access &last = computation.nest.statements.back().destination;
    if (last.indices.getNumResults() == 0)
      return 0;
    double elements = 1;
    for (int64_t extent : computation.nest.operands[last.operand].shape)
      elements *= double(extent);
    for (unsigned loop = 0; loop < computation.parallelLoops(); ++loop)
      if (last.indices.getResults().back().isFunctionOfDim(loop) && match.loops[loop].inner >= 0)
        return 0;
    return elements;
  }

  std::string reasonOf(const NativeLayer &layer) const {
    for (auto [candidate, row] : llvm::zip_equal(layer.candidates, rows))
      if (row.product && layer.macs > 0)
        return "no row takes its sum; '" + description.intrinsics[candidate.intrinsic].name +
               "': " + candidate.reason;
    return layer.macs > 0 ? "the description has no row that adds products in registers"
                          : "it has no sum of products";
  }

  /// Layers that differ in numbers of constants alone are rewritten and mapped in the same way.
  llvm::Error certify(const NativeLayer &layer) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    const Computation &made = layer.matches->computation;
    for (const Computation *computation : {layer.original.get(), &made}) {
      nest::print(computation->nest, stream);
      for (const TensorSource &source : computation->sources) {
        stream << unsigned(source.kind) << ' ';
        if (source.kind == TensorSource::Kind::Gathered)
          nest::print(source.gather->nest, stream);
      }
    }
    stream << layer.match->intrinsic;
    for (const match::LoopAssignment &places : layer.match->loops)
      stream << ' ' << places.inner << ' ' << places.block;
    if (!certified.insert(std::move(text)).second)
      return llvm::Error::success();
    return match::certify(description, *layer.original, made, *layer.match, {});
  }

  const isa::Description &description;
  const reference::Program &program;
  const CoverOptions &options;
  std::vector<RowUse> rows;
  std::vector<RowGroup> groups;
  std::set<std::string> certified;
};

} // namespace

llvm::Expected<std::vector<NativeLayer>>
cover(const isa::Description &description, const reference::Program &program, const CoverOptions &options) {
  Coverer coverer(description, program, options);
  std::vector<NativeLayer> layers;
  std::vector<bool> covered(program.steps.size(), false);
  for (unsigned step = 0; step < program.steps.size(); ++step) {
    if (covered[step] || !program.steps[step].nest)
      continue;
    auto layer = coverer.layerFrom(step, covered);
    if (!layer)
      return layer.takeError();
    for (unsigned part : layer->steps)
      covered[part] = true;
    layers.push_back(std::move(*layer));
  }
  // A chain's later steps may read what comes between: a layer runs where its last step stands.
  llvm::sort(layers,
             [](const NativeLayer &a, const NativeLayer &b) { return a.steps.back() < b.steps.back(); });
  return layers;
}

} // namespace tenon::native
