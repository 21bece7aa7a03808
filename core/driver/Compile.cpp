// From a model to a folder.
#include "core/driver/Compile.h"

#include "core/driver/FolderContents.h"
#include "core/driver/NativeRun.h"
#include "core/driver/OptimisedModel.h"
#include "core/driver/PlanReport.h"
#include "core/driver/PlannedModel.h"
#include "core/driver/WrongUse.h"
#include "core/vectors/VectorFiles.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

Json compileJson(const CompileCommand &command, const LoadedModel &loaded, const LoadedTarget &target,
                 const plan::Plan &plan, const std::vector<WrittenFile> &files) {
  Json list = Json::array(), layers = Json::array();
  for (const WrittenFile &file : files)
    list.push_back({{"name", file.name}, {"bytes", file.bytes}});
  std::vector<LayerIdentity> identities = identify(loaded.optimised.program, plan.layers);
  for (auto [layer, identity] : llvm::zip_equal(plan.layers, identities))
    layers.push_back(
        {{"name", identity.name}, {"nodes", identity.nodes}, {"where", layer.lowering ? "target" : "host"}});
  return {{"schema", "tenon.compile/1"}, {"model", loaded.path}, {"target", target.entry.name},
          {"folder", command.folder},    {"files", list},        {"layers", layers}};
}

std::string compileText(const CompileCommand &command, const LoadedModel &loaded, const LoadedTarget &target,
                        const plan::Plan &plan, const std::vector<WrittenFile> &files) {
  std::string text = fmt::format("{} for {} in {}\n\n", loaded.path, target.entry.name, command.folder);
  text += filesText(files) + "\n";
  size_t fallen = 0;
  for (const plan::PlannedLayer &layer : plan.layers)
    if (!layer.lowering) {
      text += fallen++ ? "" : "falls back to the host:\n";
      text += fmt::format("  {}: {} MACs; {}\n", layer.name, grouped(uint64_t(layer.macs)),
                          hostReason(target.description, layer));
    }
  return text + (fallen ? "" : "nothing falls back to the host\n");
}

/// Before minutes of planning.
llvm::Error checkVectorOptions(const CompileCommand &command, const LoadedTarget &target) {
  const VectorOptions &vectors = command.vectors;
  if (vectors.folder.empty() && (!vectors.layers.empty() || !vectors.input.files.empty()))
    return wrongUse("--vectors-layer and --input say what --vectors writes, and --vectors is not given",
                    "give --vectors DIR, or leave them out");
  if (vectors.folder.empty())
    return llvm::Error::success();
  if (target.description.code)
    return wrongUse("--vectors writes commands and memories, the target " + target.entry.name +
                        " has native code",
                    "--emit writes it as text");
  return vectors::checkVectorFolder(vectors.folder);
}

std::string vectorsText(const CompileCommand &command, const WrittenVectors &written) {
  return fmt::format("vectors of {} layer{} in {}; each was run alone\n", written.layers,
                     written.layers == 1 ? "" : "s", command.vectors.folder);
}

} // namespace

llvm::Error compile(const CompileCommand &command, const target::Registry &registry) {
  auto target = loadTarget(command.machine, registry, "tenon compile");
  if (!target)
    return target.takeError();
  if (llvm::Error wrong = checkVectorOptions(command, *target))
    return wrong;
  if (target->description.code)
    return compileNative(command, std::move(*target));
  if (!command.emit.empty())
    return wrongUse("--emit writes native code as text, the target " + target->entry.name + " has commands",
                    "--dump-plan lists them");
  auto loaded = loadModel(command.model, command.limits, command.bindings);
  if (!loaded)
    return loaded.takeError();
  if (llvm::Error wrong = optimise(*loaded, command.graph, *target, command.report.quiet))
    return wrong;
  auto model = planModel(*loaded, *target, {}, command.program.version);
  if (!model)
    return model.takeError();
  if (llvm::Error wrong = writePlan(command.planFile, *loaded, *target, model->plan, command.report))
    return wrong;
  if (llvm::Error wrong = runtime::writeBundle(model->plan.bundle, command.folder))
    return wrong;
  std::string vectors;
  if (!command.vectors.folder.empty()) {
    auto written = writeModelVectors(*loaded, *target, model->plan, command.vectors, command.program.path);
    if (!written)
      return written.takeError();
    vectors = vectorsText(command, *written);
  }
  std::vector<WrittenFile> files = filesIn(command.folder);
  if (llvm::Error wrong =
          writeJson(command.report, compileJson(command, *loaded, *target, model->plan, files)))
    return wrong;
  return printText(command.report, compileText(command, *loaded, *target, model->plan, files) + vectors);
}

} // namespace tenon::driver
