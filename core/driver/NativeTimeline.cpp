// Launches run one after the other, so their times laid end to end are the timeline, and a block of the arena
// lives from the begin of its first launch to the end of its last.
#include "core/driver/NativeTimeline.h"

#include "core/driver/Roofs.h"
#include "core/driver/TimelineReport.h"

#include <set>

namespace tenon::driver {

namespace {

struct Span {
  double begin = 0, end = 0;
};

std::vector<Span> spansOf(llvm::ArrayRef<double> seconds) {
  std::vector<Span> spans;
  double now = 0;
  for (double one : seconds) {
    spans.push_back({now, now + one});
    now += one;
  }
  return spans;
}

const char *kindName(native::PlacedBlock::Kind kind) {
  switch (kind) {
  case native::PlacedBlock::Kind::Input:
    return "input";
  case native::PlacedBlock::Kind::Output:
    return "output";
  case native::PlacedBlock::Kind::Tensor:
    return "tensor";
  case native::PlacedBlock::Kind::Temporary:
    return "temporary";
  }
  return "";
}

std::optional<unsigned> layerOf(const native::Launch &launch) {
  return launch.layer < 0 ? std::nullopt : std::optional<unsigned>(launch.layer);
}

/// The layers' commands, then the kernels'. `model`: what every kernel's symbol begins with.
Json commandsJson(const native::NativePlan &plan, const std::string &model, llvm::ArrayRef<Span> spans,
                  const Json &layers) {
  Json commands = Json::array();
  std::map<int, Span> layerSpans;
  for (auto [launch, span] : llvm::zip_equal(plan.launches, spans))
    layerSpans.try_emplace(launch.layer, span).first->second.end = span.end;
  for (auto [layer, span] : layerSpans)
    if (layer >= 0)
      commands.push_back({{"step", layer},
                          {"layer", layer},
                          {"queue", "layers"},
                          {"name", layers[size_t(layer)]["op"]},
                          {"begin", span.begin},
                          {"end", span.end},
                          {"causes", Json::object()}});
  for (auto [number, launch] : llvm::enumerate(plan.launches)) {
    llvm::StringRef name(launch.kernel);
    name.consume_front(model + "_");
    commands.push_back({{"step", number},
                        {"layer", launch.layer < 0 ? Json(nullptr) : Json(launch.layer)},
                        {"queue", "kernels"},
                        {"name", name.str()},
                        {"what", launch.what},
                        {"begin", spans[number].begin},
                        {"end", spans[number].end},
                        {"causes", Json::object()}});
  }
  return commands;
}

std::vector<Lifetime> arenaLifetimes(const native::NativePlan &plan, llvm::ArrayRef<Span> spans) {
  std::vector<Lifetime> lifetimes;
  for (const native::PlacedBlock &block : plan.blocks) {
    if (block.bytes == 0)
      continue;
    bool isThere = block.first < 0, stays = size_t(block.last) >= spans.size();
    Lifetime life;
    life.address = block.offset;
    life.bytes = block.bytes;
    life.begin = isThere ? 0 : spans[size_t(block.first)].begin;
    life.end = stays ? spans.back().end : spans[size_t(std::max(block.last, 0))].end;
    life.layer = isThere ? std::nullopt : layerOf(plan.launches[size_t(block.first)]);
    life.what = kindName(block.kind);
    lifetimes.push_back(std::move(life));
  }
  llvm::sort(lifetimes, [](const Lifetime &a, const Lifetime &b) {
    return std::tuple(a.begin, a.address) < std::tuple(b.begin, b.address);
  });
  return lifetimes;
}

/// Every tensor and constant that a layer's kernels touch, once; what the layer makes itself is not read.
void addTraffic(const native::NativePlan &plan, Json &layers) {
  for (auto [number, layer] : llvm::enumerate(layers)) {
    std::set<std::pair<bool, uint64_t>> seen; // offsets in the weights, blocks of the arena
    uint64_t read = 0, written = 0;
    for (const native::Launch &launch : plan.launches)
      for (const native::NativeArgument &argument : launch.arguments) {
        bool isWeights = argument.place == native::NativeArgument::Place::Weights;
        bool isTemporary =
            !isWeights && plan.blocks[argument.block].kind == native::PlacedBlock::Kind::Temporary;
        if (launch.layer != int(number) || isTemporary ||
            !seen.emplace(isWeights, isWeights ? argument.offset : argument.block).second)
          continue;
        (argument.writes ? written : read) += argument.bytes;
      }
    layer["read_bytes"] = read;
    layer["written_bytes"] = written;
  }
}

void addRoofs(const isa::Description &description, Json &timeline) {
  if (description.level(isa::Level::Kind::Grid)) {
    timeline["roofs_missing"] =
        "the description says what a block does in a cycle, and neither how many blocks "
        "run at once nor how fast the memory is that they share";
    return;
  }
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  Roofs roofs = roofsOf(description, context);
  if (roofs.macs && !roofs.bytes.empty())
    timeline["roofs"] = roofsJson(roofs);
  else
    timeline["roofs_missing"] = !roofs.macs
                                    ? "no intrinsic that multiplies has a timing with units that are busy"
                                    : "no move from or to global memory has a timing with units that are "
                                      "busy";
}

} // namespace

Json nativeTimelineJson(const RunSummary &summary, const reference::Program &program,
                        const LoadedTarget &target, const NativeModel &model, const NativeResult &result,
                        unsigned threads) {
  const native::NativePlan &plan = model.plan;
  std::vector<std::vector<unsigned>> steps;
  for (const native::NativeLayer &layer : plan.layers)
    steps.push_back(layer.steps);
  Json timeline = layerTimelineJson(summary, program, steps);
  timeline["threads"] = threads;
  timeline["device"] = result.device.empty() ? Json(nullptr) : Json(result.device);
  addTraffic(plan, timeline["layers"]);
  addRoofs(target.description, timeline);
  if (result.launchSeconds.size() != plan.launches.size() || plan.launches.empty())
    return timeline;
  std::vector<Span> spans = spansOf(result.launchSeconds);
  timeline["end"] = spans.back().end;
  timeline["queues"] = {"layers", "kernels"};
  timeline["commands"] = commandsJson(plan, model.bundle.name, spans, timeline["layers"]);
  timeline["memories"] = Json::array({memoryJson("arena", plan.arenaBytes, arenaLifetimes(plan, spans))});
  return timeline;
}

} // namespace tenon::driver
