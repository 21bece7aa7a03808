// Costs of two plans, and what is said of them.
#include "core/driver/LayoutChoice.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

double pointsOf(const reference::Program &program, llvm::ArrayRef<unsigned> steps) {
  double points = 0;
  for (unsigned step : steps)
    if (program.steps[step].nest)
      for (const nest::Statement &statement : program.steps[step].nest->statements) {
        double box = 1;
        for (unsigned loop : statement.loops)
          box *= double(program.steps[step].nest->loops[loop].extent);
        points += box;
      }
  return points;
}

std::string costText(const DeclaredCost &cost) {
  return fmt::format("{} declared cycles and {} points that no intrinsic does",
                     grouped(uint64_t(cost.cycles + 0.5)), grouped(uint64_t(cost.points)));
}

Json costJson(const std::optional<DeclaredCost> &cost) {
  return cost ? Json{{"cycles", cost->cycles}, {"points_without_intrinsic", cost->points}} : Json(nullptr);
}

} // namespace

DeclaredCost costOf(const reference::Program &program, llvm::ArrayRef<plan::PlannedLayer> layers) {
  DeclaredCost cost;
  for (const plan::PlannedLayer &layer : layers)
    (layer.lowering ? cost.cycles : cost.points) +=
        layer.lowering ? layer.cycles : pointsOf(program, layer.steps);
  return cost;
}

DeclaredCost costOf(const reference::Program &program, llvm::ArrayRef<native::NativeLayer> layers) {
  DeclaredCost cost;
  for (const native::NativeLayer &layer : layers)
    (layer.match ? cost.cycles : cost.points) += layer.match ? layer.cycles : pointsOf(program, layer.steps);
  return cost;
}

std::string layoutText(const LayoutChoice &choice) {
  const graph::LayoutChanges &changes = choice.changes;
  if (!changes.any())
    return "";
  std::string text = choice.anew ? "layout: channels innermost" : "layout: as in the model";
  if (choice.asModel && choice.asLaidOut)
    text += fmt::format("\n  channels innermost: {}\n  as in the model:    {}", costText(*choice.asLaidOut),
                        costText(*choice.asModel));
  else
    text += ", as asked for";
  text += fmt::format(
      "\n  channels innermost {} {} tensors in another order, needs {} transpositions and has no use for "
      "{} of the model's\n",
      choice.anew ? "puts" : "would put", changes.tensors, changes.transpositions.size(), changes.copiesGone);
  for (const graph::LayoutChanges::Transposition &each : changes.transpositions)
    text +=
        fmt::format("    {} to {}, {} bytes, for {}\n", each.from, each.to, grouped(each.bytes), each.node);
  return text;
}

Json layoutJson(const LayoutChoice &choice) {
  const graph::LayoutChanges &changes = choice.changes;
  if (!changes.any())
    return nullptr;
  Json transpositions = Json::array();
  for (const graph::LayoutChanges::Transposition &each : changes.transpositions)
    transpositions.push_back(
        {{"node", each.node}, {"from", each.from}, {"to", each.to}, {"bytes", each.bytes}});
  return {{"chosen", choice.anew ? "channels-innermost" : "model"},
          {"cost_as_in_the_model", costJson(choice.asModel)},
          {"cost_channels_innermost", costJson(choice.asLaidOut)},
          {"tensors", changes.tensors},
          {"transpositions", std::move(transpositions)},
          {"transpositions_gone", changes.copiesGone}};
}

} // namespace tenon::driver
