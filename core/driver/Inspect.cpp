// The tables of tenon inspect and tenon targets.
#include "core/driver/Inspect.h"

#include "core/driver/FileOutput.h"
#include "core/driver/Layers.h"
#include "core/driver/OptimisedModel.h"
#include "core/driver/WrongUse.h"

#include "mlir/IR/OperationSupport.h"

#include <fmt/format.h>

#include <algorithm>

namespace tenon::driver {

namespace {

Json tensorJson(const ModelTensor &tensor) {
  bool quantised = tensor.scale != 0;
  return {{"name", tensor.name},
          {"type", tensor.elementText()},
          {"shape", std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end())},
          {"scale", quantised ? Json(tensor.scale) : Json(nullptr)},
          {"zero_point", quantised ? Json(tensor.zeroPoint) : Json(nullptr)}};
}

Json tensorsJson(llvm::ArrayRef<ModelTensor> tensors) {
  Json list = Json::array();
  for (const ModelTensor &tensor : tensors)
    list.push_back(tensorJson(tensor));
  return list;
}

struct Totals {
  int64_t macs = 0;
  uint64_t liveBytes = 0;
};

Totals totalsOf(const std::vector<Layer> &layers) {
  Totals totals;
  for (const Layer &layer : layers) {
    totals.macs += layer.macs;
    totals.liveBytes = std::max(totals.liveBytes, layer.liveBytes);
  }
  return totals;
}

Json inspectJson(const LoadedModel &loaded, const std::vector<Layer> &layers) {
  Json nodes = Json::array();
  for (const Layer &layer : layers) {
    Json outputs = Json::array();
    for (const LayerTensor &output : layer.outputs) {
      Json entry = tensorJson(output.tensor);
      entry["index"] = output.index;
      outputs.push_back(std::move(entry));
    }
    nodes.push_back({{"name", layer.name},
                     {"node", layer.node},
                     {"op", layer.op},
                     {"outputs", std::move(outputs)},
                     {"macs", layer.macs},
                     {"live_bytes", layer.liveBytes}});
  }
  Totals totals = totalsOf(layers);
  return {{"schema", "tenon.inspect/1"},
          {"model", loaded.path},
          {"inputs", tensorsJson(loaded.signature.inputs)},
          {"outputs", tensorsJson(loaded.signature.outputs)},
          {"macs", totals.macs},
          {"constant_bytes", constantBytes(loaded.program)},
          {"peak_live_bytes", totals.liveBytes},
          {"nodes", std::move(nodes)}};
}

std::string quantisationText(const ModelTensor &tensor) {
  return tensor.scale == 0 ? "-" : fmt::format("{:.6g}, {}", tensor.scale, tensor.zeroPoint);
}

std::string inspectText(const LoadedModel &loaded, const std::vector<Layer> &layers) {
  std::string text = loaded.path + "\n";
  for (const ModelTensor &tensor : loaded.signature.inputs)
    text += "  input   " + tensor.text() + "  scale, zero point " + quantisationText(tensor) + "\n";
  for (const ModelTensor &tensor : loaded.signature.outputs)
    text += "  output  " + tensor.text() + "  scale, zero point " + quantisationText(tensor) + "\n";
  std::vector<std::vector<std::string>> rows = {
      {"op", "output", "scale, zero point", "MACs", "live bytes", "name"}};
  for (const Layer &layer : layers) {
    std::string quantisation = layer.outputs.empty() ? "" : quantisationText(layer.outputs.back().tensor);
    rows.push_back({layer.op, outputText(layer), quantisation, layer.macs ? grouped(layer.macs) : "-",
                    grouped(layer.liveBytes), shortName(layer)});
  }
  Totals totals = totalsOf(layers);
  text += "\n" + table(rows, "lllrrl");
  text +=
      fmt::format("\n{} MACs; constants {} bytes; activations {} bytes live at most\n", grouped(totals.macs),
                  grouped(constantBytes(loaded.program)), grouped(totals.liveBytes));
  return text;
}

/// The module with its locations; `readable` leaves out large constants.
std::string irText(mlir::ModuleOp module, bool readable) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  constexpr int64_t longestConstant = 16;
  auto flags = mlir::OpPrintingFlags().enableDebugInfo();
  module->print(stream, readable ? flags.elideLargeElementsAttrs(longestConstant) : flags);
  return text + "\n";
}

} // namespace

llvm::Error inspect(const InspectCommand &command) {
  llvm::Expected<LoadedModel> loaded = loadModel(command.model, command.limits, command.bindings);
  if (!loaded)
    return loaded.takeError();
  if (!command.optimised && command.graph.asksForSomething())
    return wrongUse(
        "--no-graph-passes, --layout, --pass-plugin and --passes change what planners see, the model is "
        "shown as it was imported",
        "give --optimised, too");
  if (command.optimised) {
    if (llvm::Error wrong = optimise(*loaded, command.graph))
      return wrong;
    std::swap(loaded->module, loaded->optimised.module);
    std::swap(loaded->program, loaded->optimised.program);
  }
  std::vector<Layer> layers = layersOf(loaded->program);
  if (!command.saveIr.empty())
    if (llvm::Error wrong = writeFile(command.saveIr, irText(*loaded->module, /*readable=*/false)))
      return wrong;
  if (llvm::Error wrong = writeJson(command.report, inspectJson(*loaded, layers)))
    return wrong;
  return printText(command.report, command.printIr ? irText(*loaded->module, /*readable=*/true)
                                                   : inspectText(*loaded, layers));
}

} // namespace tenon::driver
