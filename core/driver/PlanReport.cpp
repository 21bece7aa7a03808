// Printing a plan.
#include "core/driver/PlanReport.h"

#include "core/driver/FileOutput.h"
#include "core/driver/LoweringReport.h"
#include "core/isa/encoding/Assembly.h"

#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

std::string stepsText(const plan::PlannedLayer &layer) {
  return llvm::join(llvm::map_range(layer.steps, [](unsigned step) { return std::to_string(step); }), " ");
}

std::string layerText(const LoadedTarget &target, const plan::PlannedLayer &layer, size_t number) {
  std::string text = fmt::format("layer {}: {}\n  steps {}; {} MACs\n", number, layer.name, stepsText(layer),
                                 grouped(uint64_t(layer.macs)));
  if (!layer.lowering)
    return text + "  host: " + hostReason(target.description, layer) + "\n";
  text += loweringText(target.description, layer, "  ");
  for (const auto &[memory, taken] : footprintTexts(target.description, layer))
    text += "  " + memory + ": " + taken + " at once\n";
  return text;
}

std::string stepText(const LoadedTarget &target, const plan::Plan &plan, const plan::PlannedStep &step,
                     size_t number) {
  if (step.host)
    return fmt::format("step {}: host calls {} for layer {} ({})\n", number, step.host->function,
                       step.host->layer, plan.layers[step.host->layer].name);
  std::string text = fmt::format("step {}: {} commands\n", number, grouped(step.instructions.size()));
  std::optional<unsigned> layer;
  for (const isa::Instruction &instruction : step.instructions) {
    if (layer != instruction.origin)
      text += fmt::format("  # layer {}: {}\n", instruction.origin, plan.layers[instruction.origin].name);
    layer = instruction.origin;
    text += "  " + isa::print(target.description, instruction) + "\n";
  }
  return text;
}

} // namespace

std::string planText(const LoadedModel &loaded, const LoadedTarget &target, const plan::Plan &plan) {
  std::string text = fmt::format("{} on {}\n\n", loaded.path, target.entry.name);
  for (auto [number, layer] : llvm::enumerate(plan.layers))
    text += layerText(target, layer, number) + "\n";
  for (auto [number, step] : llvm::enumerate(plan.steps))
    text += stepText(target, plan, step, number) + "\n";
  return text;
}

Json planJson(const LoadedModel &loaded, const LoadedTarget &target, const plan::Plan &plan) {
  Json layers = Json::array(), steps = Json::array();
  std::vector<LayerIdentity> identities = identify(loaded.optimised.program, plan.layers);
  for (auto [layer, identity] : llvm::zip_equal(plan.layers, identities)) {
    Json row = {
        {"name", identity.name}, {"nodes", identity.nodes}, {"steps", layer.steps}, {"macs", layer.macs}};
    row["where"] = layer.lowering ? "target" : "host";
    row["lowering"] = layer.lowering ? loweringJson(target.description, layer) : Json(nullptr);
    row["reason"] = layer.lowering ? Json(nullptr) : Json(hostReason(target.description, layer));
    row["footprint"] = Json::object();
    if (layer.lowering)
      for (const auto &[memory, taken] : footprintTexts(target.description, layer))
        row["footprint"][memory] = taken;
    layers.push_back(std::move(row));
  }
  for (const plan::PlannedStep &step : plan.steps) {
    if (step.host) {
      steps.push_back({{"where", "host"}, {"function", step.host->function}, {"layer", step.host->layer}});
      continue;
    }
    Json commands = Json::array();
    for (const isa::Instruction &instruction : step.instructions)
      commands.push_back(
          {{"layer", instruction.origin}, {"text", isa::print(target.description, instruction)}});
    steps.push_back({{"where", "device"}, {"commands", std::move(commands)}});
  }
  return {{"schema", "tenon.plan/1"},
          {"model", loaded.path},
          {"target", target.entry.name},
          {"layers", std::move(layers)},
          {"steps", std::move(steps)}};
}

llvm::Error writePlan(const std::string &file, const LoadedModel &loaded, const LoadedTarget &target,
                      const plan::Plan &plan, const ReportOptions &options) {
  if (file.empty())
    return llvm::Error::success();
  if (file == "-") {
    ReportOptions always = options;
    always.quiet = false; // it was asked for
    return printText(always, planText(loaded, target, plan));
  }
  bool json = llvm::StringRef(file).ends_with(".json");
  return writeFile(file, json ? jsonText(planJson(loaded, target, plan)) : planText(loaded, target, plan));
}

} // namespace tenon::driver
