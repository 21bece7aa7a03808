// What became of every intrinsic for every layer.
#include "core/driver/Explain.h"

#include "core/driver/LoweringReport.h"
#include "core/driver/OptimisedModel.h"
#include "core/driver/PlannedModel.h"
#include "core/driver/WrongUse.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

/// The members of one family, whose fate is told together where it is the same.
struct FamilyFate {
  std::string name;
  bool legal = false;
  std::string reason, repair;
  std::optional<double> cycles;
};

/// A layer as it is told, whatever kind of machine it is for.
struct ToldLayer {
  int64_t macs = 0;
  llvm::ArrayRef<plan::Candidate> candidates;
  std::vector<std::string> intrinsics; ///< that do it; empty: none does
  Json chosen;                         ///< null: none does
  std::string chosenText;
  std::string reason; ///< why none does
};

ToldLayer told(const isa::Description &description, const plan::PlannedLayer &layer) {
  ToldLayer result;
  result.macs = layer.macs;
  result.candidates = layer.candidates;
  if (!layer.lowering) {
    result.reason = hostReason(description, layer);
    return result;
  }
  result.intrinsics = intrinsicsOf(description, *layer.lowering);
  result.chosen = loweringJson(description, layer);
  result.chosenText = loweringText(description, layer, "    ");
  return result;
}

ToldLayer told(const isa::Description &description, const native::NativeLayer &layer) {
  ToldLayer result;
  result.macs = layer.macs;
  result.candidates = layer.candidates;
  if (!layer.match) {
    result.reason = layer.reason;
    return result;
  }
  result.intrinsics = {description.intrinsics[layer.match->intrinsic].family};
  result.chosen = mappingJson(description, layer);
  result.chosenText = mappingText(description, layer, "    ");
  return result;
}

/// What an intrinsic is for, where it is not for computing.
enum class Purpose : uint8_t { Computes, Moves, Configures };

Purpose purposeOf(const isa::Intrinsic &intrinsic) {
  if (intrinsic.semantics.statements.empty())
    return Purpose::Configures;
  return intrinsic.isMove() ? Purpose::Moves : Purpose::Computes;
}

std::string reasonOf(const isa::Intrinsic &intrinsic, const plan::Candidate &candidate) {
  switch (purposeOf(intrinsic)) {
  case Purpose::Configures:
    return "sets registers or synchronises: the planner places it where it is needed";
  case Purpose::Moves:
    if (!candidate.legal)
      return "a move: the planner uses it to bring operands to where they are read";
    break;
  case Purpose::Computes:
    break;
  }
  if (candidate.legal)
    return candidate.cycles ? "" : candidate.unplanned;
  // Members of a family are told as one: a reason that names its own is the family's.
  std::string reason = candidate.reason, own = "'" + intrinsic.name + "'",
              family = "'" + intrinsic.family + "'";
  for (size_t at = reason.find(own); at != std::string::npos; at = reason.find(own, at + family.size()))
    reason.replace(at, own.size(), family);
  return reason;
}

std::vector<FamilyFate> fatesOf(const isa::Description &description, const ToldLayer &layer) {
  std::vector<FamilyFate> fates;
  for (const plan::Candidate &candidate : layer.candidates) {
    const isa::Intrinsic &intrinsic = description.intrinsics[candidate.intrinsic];
    std::string reason = reasonOf(intrinsic, candidate);
    FamilyFate *last = fates.empty() ? nullptr : &fates.back();
    if (last && last->name == intrinsic.family &&
        (candidate.legal || last->legal || last->reason == reason)) {
      // One member that fits is enough: they differ in what they start from.
      if (candidate.legal && (!last->legal || (candidate.cycles && candidate.cycles < last->cycles)))
        *last = {intrinsic.family, true, reason, "", candidate.cycles};
      else if (candidate.legal && !last->cycles && last->reason.empty())
        last->reason = reason;
      continue;
    }
    fates.push_back({intrinsic.family, candidate.legal, reason,
                     purposeOf(intrinsic) == Purpose::Computes ? candidate.repair : "", candidate.cycles});
  }
  return fates;
}

Json opJson(const isa::Description &description, const ToldLayer &layer, const LayerIdentity &identity) {
  Json candidates = Json::array();
  for (const FamilyFate &fate : fatesOf(description, layer))
    candidates.push_back({{"intrinsic", fate.name},
                          {"legal", fate.legal},
                          {"reason", fate.reason.empty() ? Json(nullptr) : Json(fate.reason)},
                          {"repair", fate.repair.empty() ? Json(nullptr) : Json(fate.repair)},
                          {"cost_cycles", fate.cycles ? Json(*fate.cycles) : Json(nullptr)}});
  return {{"name", identity.name},
          {"op", identity.op},
          {"nodes", identity.nodes},
          {"part", identity.part},
          {"parts", identity.parts},
          {"macs", layer.macs},
          {"chosen", layer.chosen},
          {"reason", layer.chosen.is_null() ? Json(layer.reason) : Json(nullptr)},
          {"candidates", std::move(candidates)}};
}

/// A paragraph of at most `width` columns; lines after the first begin with `indent` spaces.
std::string wrapped(llvm::StringRef head, llvm::StringRef text, size_t width, size_t indent) {
  std::string all = (head + text).str();
  llvm::SmallVector<llvm::StringRef> words;
  llvm::StringRef(all).ltrim().split(words, ' ', -1, /*KeepEmpty=*/false);
  std::string line(all.size() - llvm::StringRef(all).ltrim().size(), ' '), result;
  bool first = true;
  for (llvm::StringRef word : words) {
    if (!first && line.size() + 1 + word.size() > width) {
      result += line + "\n";
      line = std::string(indent, ' ');
      first = true;
    }
    line += (first ? "" : " ") + word.str();
    first = false;
  }
  return result + line + "\n";
}

/// Intrinsics of one fate, and the fate; a reason that names its intrinsic is the same for all that share it.
using Fates = std::vector<std::pair<std::vector<std::string>, std::string>>;

Fates groupedFates(llvm::ArrayRef<FamilyFate> fates) {
  Fates groups;
  for (const FamilyFate &fate : fates) {
    std::string reason = fate.reason, own = "'" + fate.name + "'";
    for (size_t at = reason.find(own); at != std::string::npos; at = reason.find(own))
      reason.replace(at, own.size(), "the intrinsic");
    if (fate.legal)
      reason = fate.cycles ? fmt::format("fits: {} declared cycles", grouped(uint64_t(*fate.cycles + 0.5)))
               : reason.empty() ? "fits, but nothing that goes with it does"
                                : "fits, but is in no plan: " + reason;
    if (!fate.repair.empty())
      reason += " -> " + fate.repair;
    auto same = llvm::find_if(groups, [&](const auto &group) { return group.second == reason; });
    if (same == groups.end())
      groups.push_back({{fate.name}, reason});
    else
      same->first.push_back(fate.name);
  }
  return groups;
}

/// Why not, those of one reason together, and those that are not for computing.
std::string whyNotText(const isa::Description &description, const ToldLayer &layer) {
  constexpr size_t columns = 112;
  const std::vector<std::string> &chosen = layer.intrinsics;
  std::vector<std::string> moves, settings;
  for (const isa::Intrinsic &intrinsic : description.intrinsics) {
    auto &list = purposeOf(intrinsic) == Purpose::Moves ? moves : settings;
    if (purposeOf(intrinsic) != Purpose::Computes && !llvm::is_contained(list, intrinsic.family) &&
        !llvm::is_contained(chosen, intrinsic.family))
      list.push_back(intrinsic.family);
  }
  std::vector<FamilyFate> computing;
  for (FamilyFate &fate : fatesOf(description, layer)) {
    bool besides = llvm::is_contained(moves, fate.name) || llvm::is_contained(settings, fate.name);
    if (besides || llvm::is_contained(chosen, fate.name))
      continue;
    computing.push_back(std::move(fate));
  }
  std::string text = computing.empty() ? "" : "  why not\n";
  for (const auto &[names, reason] : groupedFates(computing))
    text += wrapped("    " + llvm::join(names, ", ") + ": ", reason, columns, 6);
  if (!moves.empty())
    text += wrapped("    moves: ", llvm::join(moves, ", "), columns, 6);
  if (!settings.empty())
    text += wrapped("    settings: ", llvm::join(settings, ", "), columns, 6);
  return text;
}

std::string opText(const isa::Description &description, const ToldLayer &layer,
                   const LayerIdentity &identity) {
  constexpr size_t longestNode = 72;
  std::string text;
  for (const std::string &node : identity.nodes)
    text += (text.empty() ? "" : " + ") +
            (node.size() > longestNode ? node.substr(0, longestNode - 4) + "...)" : node);
  if (identity.parts > 1)
    text += fmt::format(", part {} of {}", identity.part + 1, identity.parts);
  text += fmt::format("\n  makes {}; {} MACs\n", identity.output, grouped(uint64_t(layer.macs)));
  if (!layer.chosen.is_null())
    text += "  taken by " + llvm::join(layer.intrinsics, ", ") + "\n" + layer.chosenText;
  else
    text += (description.code ? "  PORTABLE CODE: " : "  HOST: ") + layer.reason + "\n";
  return text + whyNotText(description, layer);
}

/// The layers that a pattern names; an error for a pattern that names none.
llvm::Expected<std::vector<bool>> chosenLayers(const ExplainCommand &command,
                                               llvm::ArrayRef<LayerIdentity> identities) {
  std::vector<bool> chosen(identities.size(), command.operators.empty());
  for (const std::string &pattern : command.operators) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return wrongUse("--op " + pattern + " is no pattern: " + llvm::toString(glob.takeError()));
    bool any = false;
    for (auto [number, identity] : llvm::enumerate(identities)) {
      llvm::SmallVector<llvm::StringRef> ofNodes{identity.name};
      llvm::StringRef(identity.op).split(ofNodes, " + ");
      llvm::StringRef(identity.name).split(ofNodes, " + ");
      bool named = llvm::any_of(ofNodes, [&](llvm::StringRef name) { return glob->match(name); });
      chosen[number] = chosen[number] || named;
      any = any || named;
    }
    if (!any)
      return wrongUse("--op " + pattern + " names no operator of the model");
  }
  return chosen;
}

struct ToldModel {
  std::vector<ToldLayer> layers;
  std::vector<LayerIdentity> identities;
};

template <typename Layers>
ToldModel toldModel(const isa::Description &description, const reference::Program &program,
                    const Layers &layers) {
  ToldModel result;
  std::vector<std::vector<unsigned>> steps;
  for (const auto &layer : layers) {
    result.layers.push_back(told(description, layer));
    steps.push_back(layer.steps);
  }
  result.identities = identify(program, steps);
  return result;
}

Json modelJson(const LoadedModel &model, const LoadedTarget &target, Json ops) {
  return {{"schema", "tenon.explain/1"},
          {"model", model.path},
          {"target", target.entry.name},
          {"layout", layoutJson(model.optimised.layout)},
          {"ops", std::move(ops)}};
}

template <typename Layers>
Json allLayersJson(const LoadedModel &loaded, const LoadedTarget &target, const Layers &layers) {
  ToldModel model = toldModel(target.description, loaded.optimised.program, layers);
  Json ops = Json::array();
  for (auto [layer, identity] : llvm::zip_equal(model.layers, model.identities))
    ops.push_back(opJson(target.description, layer, identity));
  return modelJson(loaded, target, std::move(ops));
}

} // namespace

Json explainJson(const LoadedModel &model, const LoadedTarget &target,
                 llvm::ArrayRef<plan::PlannedLayer> layers) {
  return allLayersJson(model, target, layers);
}

Json explainJson(const LoadedModel &model, const LoadedTarget &target,
                 llvm::ArrayRef<native::NativeLayer> layers) {
  return allLayersJson(model, target, layers);
}

llvm::Error explain(const ExplainCommand &command, const target::Registry &registry) {
  auto target = loadTarget(command.machine, registry, "tenon explain");
  if (!target)
    return target.takeError();
  auto loaded = loadModel(command.model, command.limits, command.bindings);
  if (!loaded)
    return loaded.takeError();
  if (llvm::Error wrong = optimise(*loaded, command.graph, *target, command.report.quiet))
    return wrong;
  const isa::Description &description = target->description;
  ToldModel model;
  // What is told refers to the layers.
  std::vector<plan::PlannedLayer> planned;
  std::vector<native::NativeLayer> native;
  if (description.code) {
    auto layers = loaded->optimised.native ? std::move(*loaded->optimised.native)
                                           : native::cover(description, loaded->optimised.program, {});
    if (!layers)
      return withPlace(layers.takeError(), loaded->path);
    native = std::move(*layers);
    model = toldModel(description, loaded->optimised.program, native);
  } else {
    auto layers = loaded->optimised.planned ? std::move(*loaded->optimised.planned)
                                            : plan::cover(description, loaded->optimised.program, {});
    if (!layers)
      return withPlace(layers.takeError(), loaded->path);
    planned = std::move(*layers);
    model = toldModel(description, loaded->optimised.program, planned);
  }
  auto chosen = chosenLayers(command, model.identities);
  if (!chosen)
    return chosen.takeError();
  Json ops = Json::array();
  std::string text = fmt::format("{} on {}\n", loaded->path, target->entry.name);
  text += layoutText(loaded->optimised.layout);
  for (auto [number, layer] : llvm::enumerate(model.layers)) {
    if (!(*chosen)[number])
      continue;
    ops.push_back(opJson(description, layer, model.identities[number]));
    text += "\n" + opText(description, layer, model.identities[number]);
  }
  if (llvm::Error wrong = writeJson(command.report, modelJson(*loaded, *target, std::move(ops))))
    return wrong;
  return printText(command.report, text);
}

} // namespace tenon::driver
