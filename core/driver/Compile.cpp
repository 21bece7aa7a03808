// From a model to a folder.
#include "core/driver/Compile.h"

#include "core/driver/PlanReport.h"
#include "core/driver/PlannedModel.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

struct WrittenFile {
  std::string name;
  uint64_t bytes = 0;
};

/// What lies in the folder now, by name.
std::vector<WrittenFile> filesIn(const std::string &folder) {
  std::vector<WrittenFile> files;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end; file != end && !code;
       file.increment(code)) {
    uint64_t bytes = 0;
    if (!llvm::sys::fs::file_size(file->path(), bytes))
      files.push_back({llvm::sys::path::filename(file->path()).str(), bytes});
  }
  llvm::sort(files, [](const WrittenFile &a, const WrittenFile &b) { return a.name < b.name; });
  return files;
}

Json compileJson(const CompileCommand &command, const LoadedModel &loaded, const LoadedTarget &target,
                 const plan::Plan &plan, const std::vector<WrittenFile> &files) {
  Json list = Json::array(), layers = Json::array();
  for (const WrittenFile &file : files)
    list.push_back({{"name", file.name}, {"bytes", file.bytes}});
  std::vector<LayerIdentity> identities = identify(loaded.program, plan.layers);
  for (auto [layer, identity] : llvm::zip_equal(plan.layers, identities))
    layers.push_back(
        {{"name", identity.name}, {"nodes", identity.nodes}, {"where", layer.lowering ? "target" : "host"}});
  return {{"schema", "tenon.compile/1"}, {"model", loaded.path}, {"target", target.entry.name},
          {"folder", command.folder},    {"files", list},        {"layers", layers}};
}

std::string compileText(const CompileCommand &command, const LoadedModel &loaded, const LoadedTarget &target,
                        const plan::Plan &plan, const std::vector<WrittenFile> &files) {
  std::string text = fmt::format("{} for {} in {}\n\n", loaded.path, target.entry.name, command.folder);
  std::vector<std::vector<std::string>> rows = {{"file", "bytes"}};
  for (const WrittenFile &file : files)
    rows.push_back({file.name, grouped(file.bytes)});
  text += table(rows, "lr") + "\n";
  size_t fallen = 0;
  for (const plan::PlannedLayer &layer : plan.layers)
    if (!layer.lowering) {
      text += fallen++ ? "" : "falls back to the host:\n";
      text += fmt::format("  {}: {} MACs; {}\n", layer.name, grouped(uint64_t(layer.macs)),
                          hostReason(target.description, layer));
    }
  return text + (fallen ? "" : "nothing falls back to the host\n");
}

} // namespace

llvm::Error compile(const CompileCommand &command, const target::Registry &registry) {
  auto target = loadTarget(command.machine, registry, "tenon compile");
  if (!target)
    return target.takeError();
  auto loaded = loadModel(command.model, command.limits);
  if (!loaded)
    return loaded.takeError();
  auto model = planModel(*loaded, *target, {}, command.program.version);
  if (!model)
    return model.takeError();
  if (llvm::Error wrong = writePlan(command.planFile, *loaded, *target, model->plan, command.report))
    return wrong;
  if (llvm::Error wrong = runtime::writeBundle(model->plan.bundle, command.folder))
    return wrong;
  std::vector<WrittenFile> files = filesIn(command.folder);
  if (llvm::Error wrong =
          writeJson(command.report, compileJson(command, *loaded, *target, model->plan, files)))
    return wrong;
  return printText(command.report, compileText(command, *loaded, *target, model->plan, files));
}

} // namespace tenon::driver
