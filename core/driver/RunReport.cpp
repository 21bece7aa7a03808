// Writing the report of a run.
#include "core/driver/RunReport.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

double layerSeconds(const Layer &layer, const RunMeasure &measure) {
  double seconds = 0;
  for (unsigned step : layer.steps)
    seconds += measure.stepSeconds[step];
  return seconds;
}

} // namespace

Json runJson(const RunCommand &command, const LoadedModel &loaded, const std::vector<Layer> &layers,
             const RunMeasure &measure) {
  Json rows = Json::array();
  int64_t macs = 0;
  for (const Layer &layer : layers) {
    macs += layer.macs;
    rows.push_back({{"name", layer.name},
                    {"nodes", {layer.node}},
                    {"op", layer.op},
                    {"where", "host"},
                    {"intrinsics", Json::array()},
                    {"macs", layer.macs},
                    {"cycles", nullptr},
                    {"bound_cycles", nullptr},
                    {"utilisation", nullptr},
                    {"stalls", Json::object()}});
  }
  return {{"schema", "tenon.run/1"},
          {"model", loaded.path},
          {"target", command.target},
          {"engine", nullptr},
          {"cycles", nullptr},
          {"seconds", measure.seconds},
          {"compile_seconds", measure.compileSeconds},
          {"verified", nullptr},
          {"fallback_macs", macs},
          {"layers", std::move(rows)},
          {"memory",
           {{{"name", "host"},
             {"capacity_bytes", command.memoryBytes},
             {"peak_bytes", loaded.program.peakBytes()}}}}};
}

std::string runText(const RunCommand &command, const LoadedModel &loaded, const std::vector<Layer> &layers,
                    const RunMeasure &measure) {
  std::vector<std::vector<std::string>> rows = {{"node", "op", "output", "MACs", "ms", "name"}};
  int64_t macs = 0;
  for (const Layer &layer : layers) {
    macs += layer.macs;
    rows.push_back({layer.index ? std::to_string(*layer.index) : "", layer.op, outputText(layer),
                    layer.macs ? grouped(layer.macs) : "-",
                    fmt::format("{:.3f}", layerSeconds(layer, measure) * 1e3), shortName(layer)});
  }
  std::string text = fmt::format("{} on {}\n\n", loaded.path, command.target);
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

} // namespace tenon::driver
