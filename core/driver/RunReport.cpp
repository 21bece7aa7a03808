// Writing the report of a run.
#include "core/driver/RunReport.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tenon::driver {

namespace {

double layerSeconds(const Layer &layer, const RunMeasure &measure) {
  double seconds = 0;
  for (unsigned step : layer.steps)
    seconds += measure.stepSeconds[step];
  return seconds;
}

template <typename Value> Json orNull(const std::optional<Value> &value) {
  return value ? Json(*value) : Json(nullptr);
}

Json layerJson(const LayerRow &layer, bool described) {
  Json row = {{"name", layer.name},
              {"nodes", layer.nodes},
              {"op", layer.op},
              {"where", layer.onTarget ? "target" : "host"},
              {"intrinsics", layer.intrinsics},
              {"macs", orNull(layer.macs)},
              {"cycles", orNull(layer.cycles)},
              {"bound_cycles", layer.cycles ? Json(layer.boundCycles) : Json(nullptr)},
              {"utilisation", orNull(layer.utilisation())},
              {"stalls", layer.stalls}};
  if (layer.seconds)
    row["seconds"] = *layer.seconds;
  if (!described)
    return row;
  row["declared_cycles"] = orNull(layer.declaredCycles);
  row["declared_unit"] = layer.declaredUnit.empty() ? Json(nullptr) : Json(layer.declaredUnit);
  row["reason"] = layer.reason.empty() ? Json(nullptr) : Json(layer.reason);
  return row;
}

std::string macsText(const std::optional<int64_t> &macs) { return macs && *macs ? grouped(*macs) : "-"; }

std::string shortened(const std::string &text, size_t longest) {
  return text.size() > longest ? text.substr(0, longest - 3) + "..." : text;
}

/// The intrinsics; a bundle does not know them.
std::string doneBy(const LayerRow &layer) {
  return layer.intrinsics.empty() ? "target" : llvm::join(layer.intrinsics, " ");
}

std::string roundedText(double cycles) { return grouped(uint64_t(std::llround(cycles))); }

std::string layerTable(const RunSummary &summary) {
  constexpr size_t longestOp = 24, longestName = 32, longestIntrinsics = 42;
  std::vector<std::vector<std::string>> rows = {
      {"node", "op", "done by", "MACs", "declared", "unit", "name"}};
  for (const LayerRow &layer : summary.layers)
    rows.push_back({layer.index ? std::to_string(*layer.index) : "", shortened(layer.op, longestOp),
                    layer.onTarget ? shortened(doneBy(layer), longestIntrinsics) : "HOST",
                    macsText(layer.macs), layer.declaredCycles ? roundedText(*layer.declaredCycles) : "-",
                    layer.declaredUnit.empty() ? "-" : layer.declaredUnit,
                    shortened(layer.name, longestName)});
  return table(rows, "rllrrll");
}

std::string ratioText(double cycles, double bound) {
  return bound > 0 ? fmt::format("{:.3f}", cycles / bound) : "-";
}

/// "120 weights", of the largest.
std::string stallText(const Causes &stalls) {
  auto largest = std::max_element(stalls.begin(), stalls.end(),
                                  [](const auto &a, const auto &b) { return a.second < b.second; });
  return largest == stalls.end() ? "-" : grouped(largest->second) + " " + largest->first;
}

/// The layers with what was measured, then what belongs to none, then the sums.
std::string cycleTable(const RunSummary &summary) {
  constexpr size_t longestOp = 24, longestName = 32, longestIntrinsics = 26;
  std::vector<std::vector<std::string>> rows = {
      {"node", "op", "done by", "MACs", "cycles", "bound", "of bound", "largest stall", "name"}};
  int64_t macs = 0;
  double bound = 0;
  for (const LayerRow &layer : summary.layers) {
    bool here = layer.cycles.has_value();
    uint64_t cycles = layer.cycles.value_or(0);
    macs += layer.macs.value_or(0);
    bound += layer.boundCycles;
    std::string by = layer.ofModel ? shortened(doneBy(layer), longestIntrinsics) : "-";
    rows.push_back({layer.index ? std::to_string(*layer.index) : "",
                    layer.ofModel ? shortened(layer.op, longestOp) : "no layer", layer.onTarget ? by : "HOST",
                    macsText(layer.macs), here ? grouped(cycles) : "-",
                    here && layer.ofModel ? roundedText(layer.boundCycles) : "-",
                    here ? ratioText(double(cycles), layer.boundCycles) : "-",
                    layer.ofModel ? stallText(layer.stalls) : "-", shortened(layer.name, longestName)});
  }
  uint64_t total = summary.cycles.value_or(0);
  rows.push_back({"", "total", "", macsText(macs), grouped(total), roundedText(bound),
                  ratioText(double(total), bound), "", ""});
  return table(rows, "rllrrrrll");
}

/// What the table does not say: how much belongs to no layer, and how good the description's own estimate is.
std::string cycleText(const RunSummary &summary) {
  uint64_t outside = 0;
  double declared = 0;
  for (const LayerRow &layer : summary.layers) {
    outside += layer.ofModel ? 0 : layer.cycles.value_or(0);
    declared += layer.declaredCycles.value_or(0);
  }
  uint64_t total = summary.cycles.value_or(0);
  double cycles = double(total), hundred = 100;
  std::string text =
      fmt::format("cycles: {} of one inference, {} of them ({:.2f} %) of no layer\n", grouped(total),
                  grouped(outside), cycles > 0 ? hundred * double(outside) / cycles : 0.0);
  if (declared > 0 && cycles > 0)
    text += fmt::format("declared: {} by the description's timing, {:+.1f} % against the measured\n",
                        roundedText(declared), hundred * (declared - cycles) / cycles);
  return text + "bound: of the unit that is busy longest, by the same timing, if nothing else took time\n";
}

/// Falling back is loud: a line for each layer of the host.
std::string fallbackText(const RunSummary &summary) {
  std::string text;
  for (const LayerRow &layer : summary.layers)
    if (!layer.onTarget)
      text += fmt::format("  {}: {} MACs{}\n", llvm::join(layer.nodes, " + "),
                          layer.macs ? grouped(*layer.macs) : "?",
                          layer.reason.empty() ? "" : "; " + layer.reason);
  if (text.empty())
    return "nothing falls back to the host\n";
  std::optional<int64_t> macs = summary.fallbackMacs();
  return "falls back to the host" + (macs ? ", " + grouped(*macs) + " MACs" : std::string()) + ":\n" + text;
}

} // namespace

std::optional<double> LayerRow::utilisation() const {
  if (!cycles || *cycles == 0 || boundCycles <= 0)
    return std::nullopt;
  return boundCycles / double(*cycles);
}

void RunSummary::addAccount(const Account &account, llvm::ArrayRef<size_t> rowOf) {
  for (auto [layer, row] : llvm::zip_equal(account.layers, rowOf)) {
    LayerRow &to = layers[row];
    if (!to.onTarget)
      continue;
    to.declaredCycles = layer.boundCycles + layer.extraCycles;
    to.declaredUnit = layer.busiestUnit;
    to.boundCycles = layer.boundCycles;
    if (account.measured) {
      to.cycles = layer.cycles();
      to.stalls = layer.stalls();
    }
  }
  if (!account.measured)
    return;
  cycles = account.cycles;
  for (const auto &[cause, count] : account.outside) {
    LayerRow row;
    row.name = cause;
    row.ofModel = false;
    row.onTarget = true;
    row.macs = 0;
    row.cycles = count;
    row.stalls = {{cause, count}};
    layers.push_back(std::move(row));
  }
}

std::optional<int64_t> RunSummary::fallbackMacs() const {
  int64_t macs = 0;
  for (const LayerRow &layer : layers) {
    if (!layer.macs)
      return std::nullopt;
    macs += layer.onTarget && !layer.portable ? 0 : *layer.macs;
  }
  return macs;
}

Json runJson(const RunSummary &summary) {
  Json rows = Json::array(), memory = Json::array();
  for (const LayerRow &layer : summary.layers)
    rows.push_back(layerJson(layer, summary.isDescribed));
  for (const MemoryRow &row : summary.memory)
    memory.push_back(
        {{"name", row.name}, {"capacity_bytes", row.capacityBytes}, {"peak_bytes", row.peakBytes}});
  Json verified = nullptr;
  if (summary.verified) {
    const VerifiedOutputs &found = *summary.verified;
    verified = {{"against", target::referenceName},
                {"bit_exact", found.bitExact},
                {"max_abs_error", found.maxAbsError == 0 ? Json(0) : Json(found.maxAbsError)}};
    if (found.bound) {
      verified["bound"] = *found.bound;
      verified["most_of_bound"] = found.mostOfBound;
      verified["tensors"] = found.tensors;
    }
    if (found.notNumbers > 0)
      verified["nan_elements"] = found.notNumbers;
  }
  Json run = {{"schema", "tenon.run/1"},
              {"model", summary.model},
              {"target", summary.target},
              {"engine", summary.engine.empty() ? Json(nullptr) : Json(summary.engine)},
              {"cycles", orNull(summary.cycles)},
              {"seconds", summary.seconds},
              {"compile_seconds", summary.compileSeconds},
              {"verified", std::move(verified)},
              {"fallback_macs", orNull(summary.fallbackMacs())},
              {"layers", std::move(rows)},
              {"memory", std::move(memory)}};
  if (!summary.engine.empty())
    run["host_copies"] = summary.hostCopies;
  return run;
}

RunSummary referenceSummary(const RunCommand &command, const LoadedModel &loaded,
                            const std::vector<Layer> &layers, const RunMeasure &measure) {
  RunSummary summary;
  summary.model = loaded.path;
  summary.target = command.machine.name();
  summary.compileSeconds = measure.compileSeconds;
  summary.seconds = measure.seconds;
  summary.inferences = measure.inferences;
  for (const Layer &layer : layers) {
    LayerRow row;
    row.name = layer.name;
    row.nodes = {layer.node};
    row.op = layer.op;
    row.macs = layer.macs;
    summary.layers.push_back(std::move(row));
  }
  summary.memory = {{"host", command.memoryBytes, loaded.program.peakBytes()}};
  return summary;
}

std::string referenceText(const RunCommand &command, const LoadedModel &loaded,
                          const std::vector<Layer> &layers, const RunMeasure &measure) {
  std::vector<std::vector<std::string>> rows = {{"node", "op", "output", "MACs", "ms", "name"}};
  int64_t macs = 0;
  for (const Layer &layer : layers) {
    macs += layer.macs;
    rows.push_back({layer.index ? std::to_string(*layer.index) : "", layer.op, outputText(layer),
                    layer.macs ? grouped(layer.macs) : "-",
                    fmt::format("{:.3f}", layerSeconds(layer, measure) * 1e3), shortName(layer)});
  }
  std::string text = fmt::format("{} on {}\n\n", loaded.path, command.machine.name());
  text += table(rows, "rllrrl");
  text += fmt::format("\n{} MACs in {:.3f} ms: {:.0f} million a second; read in {:.3f} ms\n", grouped(macs),
                      measure.seconds * 1e3, static_cast<double>(macs) / 1e6 / measure.seconds,
                      measure.compileSeconds * 1e3);
  if (measure.inferences > 1)
    text += fmt::format("{} inferences; the times are the last one's\n", measure.inferences);
  text += fmt::format("memory: {} bytes at most, {} of them constants\n", grouped(loaded.program.peakBytes()),
                      grouped(constantBytes(loaded.program)));
  if (command.input.files.empty())
    text += fmt::format("input: random, --seed {}\n", command.input.seed);
  text += command.verify ? "verified: this is the reference, there is nothing to compare it with\n" : "";
  return text;
}

std::string howOutputsCompare(const VerifiedOutputs &found) {
  if (found.bitExact)
    return "verified: every output is the reference's, bit for bit\n";
  constexpr double hundred = 100;
  if (found.tensors > 0)
    return fmt::format(
        "verified: {} {} inside and every output are what the reference makes of the tensors "
        "before them, within derived bounds (the most {:.2g} % of one); the outputs lie {:.3g} "
        "from the reference's own at most\n",
        found.tensors, found.tensors == 1 ? "tensor" : "tensors", hundred * found.mostOfBound,
        found.maxAbsError);
  return fmt::format(
      "verified: every output is the reference's within its derived bound; the largest error is "
      "{:.3g}, the largest bound {:.3g}, the most of its own bound {:.2g} %\n",
      found.maxAbsError, found.bound.value_or(0), hundred * found.mostOfBound);
}

std::string verifiedText(const RunSummary &summary) {
  if (!summary.verified)
    return "not verified: --no-verify\n";
  const VerifiedOutputs &found = *summary.verified;
  std::string text = howOutputsCompare(found);
  if (found.notNumbers > 0)
    text +=
        fmt::format("of these outputs {} of {} elements are NaN, here and in the reference: inputs that give "
                    "numbers would say more\n",
                    grouped(int64_t(found.notNumbers)), grouped(int64_t(found.elements)));
  return text;
}

std::string targetText(const RunCommand &command, const RunSummary &summary) {
  std::string text = fmt::format("{} on {}, engine {}\n\n", summary.model, summary.target, summary.engine);
  text += (summary.cycles ? cycleTable(summary) : layerTable(summary)) + "\n" + fallbackText(summary);
  if (summary.hostCopies)
    text += fmt::format("the host also copies tensors from one place to another: {} {}\n", summary.hostCopies,
                        summary.hostCopies == 1 ? "copy" : "copies");
  text += summary.cycles
              ? cycleText(summary)
              : "declared: cycles that the description's timing gives the busiest unit; this engine "
                "measures none\n";
  for (const MemoryRow &row : summary.memory)
    text += fmt::format("memory {}: {} of {} bytes\n", row.name, grouped(row.peakBytes),
                        grouped(row.capacityBytes));
  text += fmt::format("compiled in {:.3f} s, simulated in {:.3f} s an inference\n", summary.compileSeconds,
                      summary.seconds);
  if (summary.inferences > 1)
    text += fmt::format("{} inferences; the times are the last one's\n", summary.inferences);
  if (command.input.files.empty())
    text += fmt::format("input: random, --seed {}\n", command.input.seed);
  return text;
}

} // namespace tenon::driver
