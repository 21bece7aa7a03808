// Writing tenon.timeline/1.
#include "core/driver/TimelineReport.h"

#include "core/driver/FileOutput.h"

#include "llvm/Support/Path.h"

#include <set>

namespace tenon::driver {

namespace {

const char *basisName(TimeBasis basis) {
  switch (basis) {
  case TimeBasis::Measured:
    return "measured";
  case TimeBasis::Counted:
    return "counted";
  case TimeBasis::Declared:
    return "declared";
  }
  return "";
}

Json commandsJson(const Timeline &timeline) {
  Json commands = Json::array();
  for (const TimedCommand &command : timeline.commands)
    commands.push_back({{"step", command.step},
                        {"layer", command.layer},
                        {"queue", command.queue},
                        {"name", command.name},
                        {"begin", command.begin},
                        {"end", command.end},
                        {"causes", command.causes}});
  return commands;
}

Json roofJson(const Roof &roof) {
  return {{"intrinsic", roof.intrinsic}, {"unit", roof.unit}, {"per_cycle", roof.perCycle}};
}

Json memoriesJson(const isa::Description &description, const plan::Plan &plan, const Timeline &timeline) {
  std::vector<std::vector<Lifetime>> found(description.memories.size());
  for (Lifetime &life : lifetimes(description, plan, timeline))
    found[life.memory].push_back(std::move(life));
  Json memories = Json::array();
  for (auto [memory, here] : llvm::zip_equal(description.memories, found))
    memories.push_back(memoryJson(memory.name, memory.bytes * uint64_t(memory.copies), here));
  return memories;
}

std::vector<Traffic> layerTraffic(const isa::Description &description, const plan::Plan &plan) {
  std::vector<Traffic> traffic(plan.layers.size());
  for (const plan::PlannedStep &step : plan.steps)
    for (const isa::Instruction &instruction : step.instructions) {
      Traffic moved = trafficOf(description, instruction);
      traffic[instruction.origin].readBytes += moved.readBytes;
      traffic[instruction.origin].writtenBytes += moved.writtenBytes;
    }
  return traffic;
}

} // namespace

Json roofsJson(const Roofs &roofs) {
  Json bytes = Json::array(), each = Json::array();
  for (const Roof &roof : roofs.bytes)
    bytes.push_back(roofJson(roof));
  for (const Roof &roof : roofs.each)
    each.push_back(roofJson(roof));
  return {{"macs", roofs.macs ? roofJson(*roofs.macs) : Json(nullptr)},
          {"each", std::move(each)},
          {"bytes", std::move(bytes)},
          {"bytes_per_cycle", roofs.bytes.empty() ? Json(nullptr) : Json(roofs.bytesPerCycle())},
          {"not_rated", roofs.notRated}};
}

Json memoryJson(const std::string &name, uint64_t bytes, llvm::ArrayRef<Lifetime> lifetimes) {
  Json lives = Json::array(), live = Json::array();
  for (const Lifetime &life : lifetimes)
    lives.push_back({{"address", life.address},
                     {"bytes", life.bytes},
                     {"begin", life.begin},
                     {"end", life.end},
                     {"layer", life.layer ? Json(*life.layer) : Json(nullptr)},
                     {"what", life.what}});
  for (const LiveBytes &moment : liveBytes(lifetimes))
    live.push_back({{"at", moment.at}, {"bytes", moment.bytes}});
  return {{"name", name}, {"bytes", bytes}, {"lifetimes", std::move(lives)}, {"live", std::move(live)}};
}

std::vector<std::vector<int>> layerInputs(const reference::Program &program,
                                          llvm::ArrayRef<std::vector<unsigned>> layers) {
  std::map<unsigned, int> makerOf; ///< of a buffer
  for (unsigned input : program.inputs)
    makerOf[program.values[input].buffer] = -1;
  for (auto [number, layer] : llvm::enumerate(layers))
    for (unsigned step : layer)
      for (unsigned result : program.steps[step].results)
        makerOf[program.values[result].buffer] = int(number);
  std::vector<std::vector<int>> inputs;
  for (auto [number, layer] : llvm::enumerate(layers)) {
    std::set<int> makers;
    for (unsigned step : layer)
      for (unsigned operand : program.steps[step].operands) {
        auto maker = makerOf.find(program.values[operand].buffer);
        if (maker != makerOf.end() && maker->second != int(number))
          makers.insert(maker->second);
      }
    inputs.emplace_back(makers.begin(), makers.end());
  }
  return inputs;
}

Json timelineJson(const LoadedModel &loaded, const LoadedTarget &target, const plan::Plan &plan,
                  const Timeline &timeline, const std::string &engine) {
  std::vector<std::vector<unsigned>> steps;
  for (const plan::PlannedLayer &layer : plan.layers)
    steps.push_back(layer.steps);
  std::vector<LayerIdentity> identities = identify(loaded.optimised.program, plan.layers);
  std::vector<std::vector<int>> inputs = layerInputs(loaded.optimised.program, steps);
  std::vector<Traffic> traffic = layerTraffic(target.description, plan);
  Json layers = Json::array(), queues = Json::array(), host = Json::array();
  for (auto [number, layer] : llvm::enumerate(plan.layers))
    layers.push_back({{"name", identities[number].name},
                      {"op", identities[number].op},
                      {"nodes", identities[number].nodes},
                      {"output", identities[number].output},
                      {"macs", layer.macs},
                      {"where", layer.lowering ? "target" : "host"},
                      {"inputs", inputs[number]},
                      {"read_bytes", traffic[number].readBytes},
                      {"written_bytes", traffic[number].writtenBytes}});
  for (const isa::Queue &queue : target.description.queues)
    queues.push_back(queue.name);
  for (const HostMoment &moment : timeline.host)
    host.push_back({{"step", moment.step}, {"layer", moment.layer}, {"at", moment.at}});
  return {{"schema", "tenon.timeline/1"},
          {"model", loaded.path},
          {"target", target.entry.name},
          {"engine", engine},
          {"unit", "cycles"},
          {"basis", basisName(timeline.basis)},
          {"end", timeline.end},
          {"roofs", roofsJson(roofsOf(target.description, *loaded.context))},
          {"layers", std::move(layers)},
          {"queues", std::move(queues)},
          {"commands", commandsJson(timeline)},
          {"host", std::move(host)},
          {"memories", memoriesJson(target.description, plan, timeline)}};
}

Json layerTimelineJson(const RunSummary &summary, const reference::Program &program,
                       llvm::ArrayRef<std::vector<unsigned>> layers) {
  std::vector<std::vector<int>> inputs = layerInputs(program, layers);
  Json rows = Json::array(), commands = Json::array();
  double now = 0;
  for (auto [number, row] : llvm::enumerate(summary.layers)) {
    rows.push_back({{"name", row.name},
                    {"op", row.op},
                    {"nodes", row.nodes},
                    {"output", row.output},
                    {"macs", row.macs ? Json(*row.macs) : Json(nullptr)},
                    {"where", row.onTarget ? "target" : "host"},
                    {"inputs", inputs[number]},
                    {"read_bytes", nullptr},
                    {"written_bytes", nullptr}});
    double end = now + row.seconds.value_or(0);
    commands.push_back({{"step", number},
                        {"layer", number},
                        {"queue", "layers"},
                        {"name", row.op},
                        {"begin", now},
                        {"end", end},
                        {"causes", Json::object()}});
    now = end;
  }
  return {{"schema", "tenon.timeline/1"},
          {"model", summary.model},
          {"target", summary.target},
          {"engine", nullptr},
          {"unit", "seconds"},
          {"basis", "counted"},
          {"end", now},
          {"roofs", nullptr},
          {"layers", std::move(rows)},
          {"queues", {"layers"}},
          {"commands", std::move(commands)},
          {"host", Json::array()},
          {"memories", Json::array()}};
}

llvm::Error writeReportFolder(const std::string &folder, const Json &run, const Json &explain,
                              const Json &timeline) {
  std::pair<const char *, const Json *> files[] = {
      {"run.json", &run}, {"explain.json", &explain}, {"timeline.json", &timeline}};
  for (auto [name, value] : files) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    if (value->is_null())
      continue;
    if (llvm::Error wrong = writeFile(path, jsonText(*value)))
      return wrong;
  }
  return llvm::Error::success();
}

} // namespace tenon::driver
