// Which steps are done together and by what: the longest chain that has a lowering, the cheapest lowering of
// it, unless two chains one after the other cost less.
#include "core/plan/Emission.h"
#include "core/plan/Plan.h"

#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

#include <set>

namespace tenon::plan {

namespace {

/// Places a tensor as if it were alone in global memory: enough to expand and cost a lowering.
GlobalView imagined() {
  GlobalView view;
  view.home = [](unsigned, llvm::ArrayRef<int64_t> shape) -> llvm::Expected<Home> {
    Home home;
    home.strides.assign(shape.size(), 1);
    for (int dimension = int(shape.size()) - 2; dimension >= 0; --dimension)
      home.strides[unsigned(dimension)] =
          home.strides[unsigned(dimension) + 1] * shape[unsigned(dimension) + 1];
    home.before.assign(shape.size(), 0);
    home.after.assign(shape.size(), 0);
    return home;
  };
  view.constant = [](std::vector<char>, int64_t) -> llvm::Expected<int64_t> { return 0; };
  view.resident = [](unsigned) -> const Resident * { return nullptr; };
  view.isInput = [](unsigned) { return true; };
  return view;
}

struct Costed {
  Lowering lowering;
  Tiling tiling;
  double cycles = 0;
  std::string busiest;
};

/// Whether moves lead to all that the lowering reads, but for sums, which are read where they were made.
llvm::Error routes(const isa::Description &description, const Lowering &lowering) {
  for (const match::Match *match : {&lowering.main(), lowering.final}) {
    if (!match)
      continue;
    for (const match::OperandBinding *binding : sources(description, *match)) {
      bool isSum = match == lowering.final &&
                   lowering.computation().sources[binding->tensor].kind == match::TensorSource::Kind::Local;
      if (!isSum)
        if (llvm::Error error =
                routeTo(description, description.intrinsics[match->intrinsic], binding->operand).takeError())
          return error;
    }
  }
  return llvm::Error::success();
}

/// How near a lowering came to a plan.
enum class Reached : uint8_t { Nothing, Routes, Fits };

llvm::Expected<Costed> expand(const isa::Description &description, Lowering lowering, Reached &reached) {
  if (llvm::Error error = routes(description, lowering))
    return error;
  reached = Reached::Routes;
  TilingProblem problem;
  problem.description = &description;
  problem.lowering = &lowering;
  for (const isa::Memory &memory : description.memories)
    problem.capacities.push_back(int64_t(memory.units()));
  auto tiling = solve(problem);
  if (!tiling)
    return tiling.takeError();
  reached = Reached::Fits;
  std::vector<isa::Instruction> instructions;
  Allocator allocator(description);
  EmissionInput input;
  input.description = &description;
  input.lowering = &lowering;
  input.tiling = *tiling;
  if (llvm::Error error = emit(input, imagined(), allocator, instructions).takeError())
    return error;
  std::map<std::string, double> busy;
  double extra = 0;
  for (const isa::Instruction &instruction : instructions) {
    auto cost = isa::cost(description, instruction);
    if (!cost)
      return cost.takeError();
    for (const auto &[unit, cycles] : cost->busy)
      busy[unit] += cycles;
    extra += cost->extra;
  }
  Costed costed{std::move(lowering), std::move(*tiling), 0, {}};
  for (const auto &[unit, cycles] : busy)
    if (cycles > costed.cycles) {
      costed.cycles = cycles;
      costed.busiest = unit;
    }
  costed.cycles += extra;
  return costed;
}

std::vector<unsigned> intrinsicsOf(const Lowering &lowering) {
  std::vector<unsigned> found;
  for (const auto *matches : {&lowering.start, &lowering.add})
    for (const match::Match *match : *matches)
      found.push_back(match->intrinsic);
  if (lowering.final)
    found.push_back(lowering.final->intrinsic);
  return found;
}

/// How many places share a row with the last index of an operand: what a diagonal can fill.
std::set<int64_t> diagonalBlocks(const isa::Description &description) {
  std::set<int64_t> blocks;
  for (const isa::Intrinsic &intrinsic : description.intrinsics) {
    unsigned reads = 0;
    for (const isa::OperandDeclaration &operand : intrinsic.operands)
      reads += operand.access == isa::OperandDeclaration::Access::Read;
    if (reads < 2)
      continue;
    for (const isa::OperandDeclaration &operand : intrinsic.operands)
      if (operand.access == isa::OperandDeclaration::Access::Read && !operand.axes.empty() &&
          operand.axes.back().size >= 0)
        blocks.insert(intrinsic.sizes[operand.axes.back().size].high);
  }
  return blocks.empty() ? std::set<int64_t>{1} : blocks;
}

class Coverer {
public:
  Coverer(const isa::Description &description, const reference::Program &program, const PlanOptions &options)
      : description(description), program(program), options(options), blocks(diagonalBlocks(description)) {}

  /// The layer that begins at a step, without steps that are covered.
  llvm::Expected<PlannedLayer> layerFrom(unsigned step, const std::vector<bool> &covered) {
    PlannedLayer layer;
    for (unsigned number = 0; number < description.intrinsics.size(); ++number)
      layer.candidates.push_back({number, false, {}, {}, {}, {}});
    match::ComputationChain chain = match::computationsFrom(program, step, options.keepTensors);
    layer.reason = chain.reason;
    capacityReason.clear();
    routeReason.clear();
    expandReason.clear();
    std::optional<Costed> best;
    for (auto prefix = chain.prefixes.rbegin(); prefix != chain.prefixes.rend() && !best; ++prefix) {
      if (llvm::any_of(prefix->steps, [&](unsigned part) { return covered[part]; }))
        continue;
      auto found = cheapest(*prefix, layer);
      if (!found)
        return found.takeError();
      best = std::move(*found);
      if (!best)
        continue;
      layer.steps = prefix->steps;
      if (llvm::Error error = tryInTwo(chain, size_t(&*prefix - chain.prefixes.data()), *best, layer))
        return error;
    }
    if (best) {
      // Why not is said of the form in which the layer was taken: both sides are nearest to each other there.
      note(*best->lowering.matches, layer);
      layer.lowering = std::move(best->lowering);
      layer.tiling = std::move(best->tiling);
      layer.cycles = best->cycles;
      layer.busiest = best->busiest;
      layer.reason.clear();
    } else {
      layer.steps = {step};
      for (const std::string *reason : {&routeReason, &expandReason, &capacityReason})
        if (!reason->empty())
          layer.reason = *reason;
    }
    layer.name = nameOf(program, layer.steps);
    layer.macs = macsOf(program, layer.steps);
    return layer;
  }

private:
  /// An instruction that does everything may do it slowly: a shorter chain, where it ends in a tensor of the
  /// same type, and the rest by itself.
  llvm::Error tryInTwo(const match::ComputationChain &chain, size_t whole, Costed &best,
                       PlannedLayer &layer) {
    auto typeOf = [&](size_t prefix) {
      const match::Computation &computation = chain.prefixes[prefix];
      return computation.nest.operands[computation.result].type;
    };
    const std::vector<unsigned> &all = chain.prefixes[whole].steps;
    for (size_t prefix = whole; prefix-- > 0;) {
      if (!(typeOf(prefix) == typeOf(whole)))
        continue;
      PlannedLayer trial = layer; // what the trial notes counts only if it is kept
      auto head = cheapest(chain.prefixes[prefix], trial);
      if (!head)
        return head.takeError();
      if (!*head || (*head)->cycles >= best.cycles)
        continue;
      std::vector<unsigned> headSteps = chain.prefixes[prefix].steps, rest;
      llvm::copy_if(all, std::back_inserter(rest),
                    [&](unsigned step) { return !llvm::is_contained(headSteps, step); });
      auto tail = cheapestOf(rest, trial);
      if (!tail)
        return tail.takeError();
      if (!*tail || (*head)->cycles + (*tail)->cycles >= best.cycles)
        continue;
      layer = std::move(trial);
      layer.steps = std::move(headSteps);
      best = std::move(**head);
      return llvm::Error::success();
    }
    return llvm::Error::success();
  }

  /// The cheapest lowering of exactly these steps.
  llvm::Expected<std::optional<Costed>> cheapestOf(llvm::ArrayRef<unsigned> steps, PlannedLayer &layer) {
    std::optional<Costed> none;
    auto first = llvm::find_if(steps, [&](unsigned step) { return program.steps[step].nest.has_value(); });
    if (first == steps.end())
      return none;
    match::ComputationChain chain = match::computationsFrom(program, *first, options.keepTensors);
    for (const match::Computation &prefix : chain.prefixes)
      if (prefix.steps.back() == steps.back())
        return cheapest(prefix, layer);
    return none;
  }

  llvm::Expected<std::optional<Costed>> cheapest(const match::Computation &computation, PlannedLayer &layer) {
    std::optional<Costed> best;
    auto original = std::make_shared<const match::Computation>(computation);
    for (int64_t block : blocks) {
      auto rewritten = match::rewrites(computation, {.block = block});
      if (!rewritten)
        return rewritten.takeError();
      for (const match::Computation &variant : *rewritten) {
        auto matches = std::make_shared<const match::Matches>(match::match(description, variant));
        note(*matches, layer);
        unsigned found = 0;
        for (Lowering &lowering : lowerings(description, original, matches, options.attempts)) {
          Reached reached = Reached::Nothing;
          std::vector<unsigned> intrinsics = intrinsicsOf(lowering);
          auto costed = expand(description, std::move(lowering), reached);
          if (!costed) {
            auto failed = report(costed.takeError());
            if (failed.code == ExitCode::OwnFault)
              return failure(failed.code, failed.diagnostics);
            // The first reasons are those of the longest chain and its best mappings.
            std::string &reason = reached == Reached::Fits     ? expandReason
                                  : reached == Reached::Routes ? capacityReason
                                                               : routeReason;
            if (reason.empty())
              reason = failed.diagnostics.front().message;
            for (unsigned intrinsic : intrinsics)
              if (std::string &unplanned = layer.candidates[intrinsic].unplanned; unplanned.empty())
                unplanned = failed.diagnostics.front().message;
            continue;
          }
          noteCost(*costed, layer);
          ++found;
          if (!best || costed->cycles < best->cycles)
            best = std::move(*costed);
          if (found == options.lowerings)
            break;
        }
      }
    }
    if (best)
      if (llvm::Error error = certify(*best))
        return error;
    return best;
  }

  llvm::Error certify(const Costed &costed) const {
    const Lowering &lowering = costed.lowering;
    std::vector<const match::Match *> used = lowering.start;
    used.insert(used.end(), lowering.add.begin(), lowering.add.end());
    if (lowering.final)
      used.push_back(lowering.final);
    for (const match::Match *match : used)
      if (llvm::Error error =
              match::certify(description, *lowering.original, lowering.computation(), *match, {}))
        return error;
    return llvm::Error::success();
  }

  static void note(const match::Matches &matches, PlannedLayer &layer) {
    for (const match::Match &match : matches.legal)
      layer.candidates[match.intrinsic].legal = true;
    for (const match::Rejection &rejection : matches.rejected) {
      Candidate &candidate = layer.candidates[rejection.intrinsic];
      candidate.reason = rejection.reason;
      candidate.repair = rejection.repair;
    }
  }

  static void noteCost(const Costed &costed, PlannedLayer &layer) {
    auto lower = [&](unsigned intrinsic) {
      std::optional<double> &cycles = layer.candidates[intrinsic].cycles;
      cycles = std::min(cycles.value_or(costed.cycles), costed.cycles);
    };
    for (unsigned intrinsic : intrinsicsOf(costed.lowering))
      lower(intrinsic);
  }

  const isa::Description &description;
  const reference::Program &program;
  const PlanOptions &options;
  std::set<int64_t> blocks;
  std::string capacityReason, expandReason, routeReason; ///< why what matched could not be planned
};

/// A node of the model that is the host's but for a step without a multiplication is the host's altogether:
/// what it would save is less than the way to the chip and back.
void leaveScrapsToHost(const reference::Program &program, std::vector<PlannedLayer> &layers) {
  std::set<const void *> hostNodes;
  auto nodeOf = [&](unsigned step) { return program.steps[step].node.getAsOpaquePointer(); };
  for (const PlannedLayer &layer : layers)
    if (!layer.lowering)
      for (unsigned step : layer.steps)
        hostNodes.insert(nodeOf(step));
  hostNodes.erase(nullptr);
  std::vector<PlannedLayer> result;
  for (PlannedLayer &layer : layers) {
    bool isScrap = layer.lowering && layer.macs == 0 &&
                   llvm::all_of(layer.steps, [&](unsigned step) { return hostNodes.contains(nodeOf(step)); });
    if (!isScrap) {
      result.push_back(std::move(layer));
      continue;
    }
    for (unsigned step : layer.steps) {
      PlannedLayer scrap;
      scrap.steps = {step};
      scrap.name = layer.name;
      scrap.candidates = layer.candidates;
      scrap.reason = "an intrinsic computes this part of the node, but none computes the rest";
      result.push_back(std::move(scrap));
    }
  }
  layers = std::move(result);
}

} // namespace

std::string nameOf(const reference::Program &program, llvm::ArrayRef<unsigned> steps) {
  std::vector<std::string> names;
  for (unsigned step : steps) {
    const reference::Step &part = program.steps[step];
    for (ir::NodeAttr node : part.nodes)
      if (!llvm::is_contained(names, ir::nodeText(node)))
        names.push_back(ir::nodeText(node));
    std::string operation = part.operation->getName().getStringRef().str();
    if (!part.node && (names.empty() || names.back() != operation))
      names.push_back(operation);
  }
  return llvm::join(names, " + ");
}

int64_t macsOf(const reference::Program &program, llvm::ArrayRef<unsigned> steps) {
  int64_t macs = 0;
  for (unsigned step : steps)
    if (program.steps[step].nest)
      macs += nest::multiplyAccumulates(*program.steps[step].nest);
  return macs;
}

llvm::Expected<std::vector<PlannedLayer>>
cover(const isa::Description &description, const reference::Program &program, const PlanOptions &options) {
  Coverer coverer(description, program, options);
  std::vector<PlannedLayer> layers;
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
  leaveScrapsToHost(program, layers);
  // A chain's later steps may read what comes between: a layer runs where its last step stands.
  llvm::sort(layers,
             [](const PlannedLayer &a, const PlannedLayer &b) { return a.steps.back() < b.steps.back(); });
  return layers;
}

} // namespace tenon::plan
