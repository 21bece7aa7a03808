// Reports of native code.
#include "core/driver/NativeReport.h"

#include "core/driver/FileOutput.h"

#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

std::string shortened(const std::string &text, size_t longest) {
  return text.size() > longest ? text.substr(0, longest - 3) + "..." : text;
}

std::string doneBy(const LayerRow &row) {
  return row.portable ? "portable code" : llvm::join(row.intrinsics, " ");
}

std::string portableText(const std::vector<LayerRow> &rows) {
  std::string text;
  int64_t macs = 0;
  for (const LayerRow &row : rows) {
    int64_t here = row.macs.value_or(0);
    if (!row.portable || here == 0)
      continue;
    macs += here;
    text +=
        fmt::format("  {}: {} MACs; {}\n", llvm::join(row.nodes, " + "), grouped(uint64_t(here)), row.reason);
  }
  if (text.empty())
    return "every multiplication is done by a declared intrinsic\n";
  return fmt::format("no declared intrinsic does {} MACs:\n{}", grouped(uint64_t(macs)), text);
}

std::string argumentText(const native::NativeArgument &argument) {
  return fmt::format("{} + {}",
                     argument.place == native::NativeArgument::Place::Weights ? "weights" : "arena",
                     argument.offset);
}

std::string launchText(const native::Launch &launch) {
  std::string arguments;
  for (const native::NativeArgument &argument : launch.arguments)
    arguments += (arguments.empty() ? "" : ", ") + argumentText(argument);
  std::string text = fmt::format("  kernel {}({}), {} {}", launch.kernel, arguments,
                                 grouped(uint64_t(launch.items)), launch.items == 1 ? "item" : "items");
  if (launch.threadsPerBlock > 1)
    text += fmt::format(" of {} threads", launch.threadsPerBlock);
  if (launch.sharedBytes)
    text += fmt::format(", {} bytes shared", grouped(launch.sharedBytes));
  return text + "\n    " + launch.what + "\n";
}

std::string planText(const LoadedModel &loaded, const LoadedTarget &target, const NativeModel &model,
                     const std::vector<LayerRow> &rows) {
  std::string text = fmt::format("{} on {}\n\n", loaded.path, target.entry.name);
  for (auto [number, row] : llvm::enumerate(rows)) {
    text += fmt::format("layer {}: {}\n  {}; {} MACs\n", number, llvm::join(row.nodes, " + "), doneBy(row),
                        grouped(uint64_t(row.macs.value_or(0))));
    if (row.portable)
      text += "  no intrinsic: " + row.reason + "\n";
    for (const native::Launch &launch : model.plan.launches)
      if (launch.layer == int(number))
        text += launchText(launch);
    text += "\n";
  }
  for (const native::Launch &launch : model.plan.launches)
    if (launch.layer < 0)
      text += "of no layer\n" + launchText(launch) + "\n";
  return text + fmt::format("arena: {} bytes, of which the busiest launch needs {}\nweights: {} bytes\n",
                            grouped(model.plan.arenaBytes), grouped(model.plan.arenaLeast),
                            grouped(model.bundle.weights.size()));
}

Json launchJson(const native::Launch &launch) {
  Json arguments = Json::array();
  for (const native::NativeArgument &argument : launch.arguments)
    arguments.push_back(
        {{"place", argument.place == native::NativeArgument::Place::Weights ? "weights" : "arena"},
         {"offset", argument.offset}});
  return {{"kernel", launch.kernel},
          {"what", launch.what},
          {"items", launch.items},
          {"threads_per_block", launch.threadsPerBlock},
          {"shared_bytes", launch.sharedBytes},
          {"arguments", std::move(arguments)}};
}

Json planJson(const LoadedModel &loaded, const LoadedTarget &target, const NativeModel &model,
              const std::vector<LayerRow> &rows) {
  Json layers = Json::array();
  for (auto [number, row] : llvm::enumerate(rows)) {
    Json launches = Json::array();
    for (const native::Launch &launch : model.plan.launches)
      if (launch.layer == int(number))
        launches.push_back(launchJson(launch));
    layers.push_back({{"name", row.name},
                      {"nodes", row.nodes},
                      {"steps", model.plan.layers[number].steps},
                      {"macs", row.macs.value_or(0)},
                      {"intrinsics", row.intrinsics},
                      {"reason", row.portable ? Json(row.reason) : Json(nullptr)},
                      {"kernels", std::move(launches)}});
  }
  return {{"schema", "tenon.plan/1"},
          {"model", loaded.path},
          {"target", target.entry.name},
          {"layers", std::move(layers)},
          {"arena_bytes", model.plan.arenaBytes},
          {"arena_least_bytes", model.plan.arenaLeast},
          {"weights_bytes", model.bundle.weights.size()}};
}

} // namespace

std::vector<LayerRow> nativeRows(const LoadedModel &loaded, const LoadedTarget &target,
                                 const native::NativePlan &plan) {
  std::vector<LayerRow> rows;
  std::vector<LayerIdentity> identities = identify(loaded.optimised.program, plan);
  for (auto [number, identity] : llvm::enumerate(identities)) {
    LayerRow row;
    row.name = identity.name;
    row.op = identity.op;
    row.output = identity.output;
    row.nodes = identity.nodes;
    row.index = identity.index;
    row.macs = plan.layers[number].macs;
    row.onTarget = true;
    row.intrinsics = plan.results[number].intrinsics;
    row.portable = row.intrinsics.empty();
    if (row.portable)
      row.reason = portableReason(target.description, plan, unsigned(number));
    else
      row.declaredCycles = plan.layers[number].cycles;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<MemoryRow> nativeMemory(const LoadedTarget &target, const runtime::NativeBundle &bundle) {
  uint64_t capacity = 0;
  for (const isa::Memory &memory : target.description.memories)
    if (memory.kind == isa::Memory::Kind::Global)
      capacity = memory.bytes;
  return {{"arena", capacity, bundle.arenaBytes}, {"weights", capacity, bundle.weights.size()}};
}

std::string nativeLayersText(const std::vector<LayerRow> &rows) {
  constexpr size_t longestOp = 32, longestName = 40, longestIntrinsics = 42;
  bool timed = llvm::any_of(rows, [](const LayerRow &row) { return row.seconds.has_value(); });
  std::vector<std::vector<std::string>> cells = {{"node", "op", "done by", "MACs", "ms", "name"}};
  for (const LayerRow &row : rows)
    cells.push_back({row.index ? std::to_string(*row.index) : "", shortened(row.op, longestOp),
                     shortened(doneBy(row), longestIntrinsics),
                     row.macs && *row.macs ? grouped(uint64_t(*row.macs)) : "-",
                     row.seconds ? fmt::format("{:.3f}", *row.seconds * 1e3) : "-",
                     shortened(row.name, longestName)});
  if (!timed)
    for (std::vector<std::string> &row : cells)
      row.erase(row.begin() + 4);
  return table(cells, timed ? "rllrrl" : "rllrl") + "\n" + portableText(rows);
}

std::string nativeText(const RunCommand &command, const RunSummary &summary) {
  std::string text = fmt::format("{} on {}, {} {}\n\n", summary.model, summary.target, command.threads,
                                 command.threads == 1 ? "thread" : "threads");
  text += nativeLayersText(summary.layers);
  for (const MemoryRow &row : summary.memory)
    text += fmt::format("{}: {} bytes\n", row.name, grouped(row.peakBytes));
  int64_t macs = 0;
  for (const LayerRow &row : summary.layers)
    macs += row.macs.value_or(0);
  text += fmt::format("compiled in {:.3f} s, {:.3f} ms an inference", summary.compileSeconds,
                      summary.seconds * 1e3);
  if (macs > 0 && summary.seconds > 0)
    text += fmt::format(": {:.0f} million MACs a second", double(macs) / 1e6 / summary.seconds);
  text += "\n";
  if (summary.inferences > 1)
    text += fmt::format("{} inferences; the times are the last one's\n", summary.inferences);
  if (command.input.files.empty())
    text += fmt::format("input: random, --seed {}\n", command.input.seed);
  return text;
}

llvm::Error writeNativePlan(const std::string &file, const LoadedModel &loaded, const LoadedTarget &target,
                            const NativeModel &model, const ReportOptions &options) {
  if (file.empty())
    return llvm::Error::success();
  std::vector<LayerRow> rows = nativeRows(loaded, target, model.plan);
  if (file == "-") {
    ReportOptions always = options;
    always.quiet = false; // it was asked for
    return printText(always, planText(loaded, target, model, rows));
  }
  bool json = llvm::StringRef(file).ends_with(".json");
  return writeFile(file, json ? jsonText(planJson(loaded, target, model, rows))
                              : planText(loaded, target, model, rows));
}

} // namespace tenon::driver
