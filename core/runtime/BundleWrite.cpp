// The manifest as JSON, and the folder's files.
#include "core/runtime/Bundle.h"
#include "core/runtime/BundleFolderWrite.h"
#include "core/runtime/BundleFormat.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

#include <nlohmann/json.hpp>

namespace tenon::runtime {
namespace {

using Json = nlohmann::ordered_json;

Json toJson(const Location &location) {
  Json json;
  if (location.hostBuffer)
    json["hostBuffer"] = *location.hostBuffer;
  else
    json["address"] = location.address;
  json["bytes"] = location.bytes;
  return json;
}

Json toJson(const BundleTensor &tensor) {
  return {
      {"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}, {"at", toJson(tensor.location)}};
}

Json toJson(const std::vector<BundleTensor> &tensors) {
  Json json = Json::array();
  for (const BundleTensor &tensor : tensors)
    json.push_back(toJson(tensor));
  return json;
}

Json toJson(const DeviceStep &step) {
  Json ranges = Json::array();
  for (const CommandRange &range : step.ranges)
    ranges.push_back({{"offset", range.offset}, {"bytes", range.bytes}, {"layer", range.layer}});
  return {{"where", "device"}, {"offset", step.offset}, {"bytes", step.bytes}, {"ranges", ranges}};
}

Json toJson(const HostStep &step) {
  Json operands = Json::array();
  for (const HostOperand &operand : step.operands)
    operands.push_back(
        {{"at", toJson(operand.location)}, {"reads", operand.reads}, {"writes", operand.writes}});
  return {{"where", "host"}, {"function", step.function}, {"layer", step.layer}, {"operands", operands}};
}

Json fileJson(llvm::StringRef content) { return {{"bytes", content.size()}, {"sha256", sha256(content)}}; }

/// Where each constant lies in weights.bin: one after the other.
Json constantsJson(const Bundle &bundle) {
  Json json = Json::array();
  uint64_t offset = 0;
  for (const Segment &segment : bundle.constants) {
    json.push_back({{"at", toJson(segment.location)}, {"offset", offset}});
    offset += segment.content.size();
  }
  return json;
}

Json manifestJson(const Bundle &bundle) {
  Json json;
  json["schema"] = schemaPrefix + std::to_string(schemaVersion);
  json["version"] = bundle.productVersion;
  json["target"] = bundle.target;
  json["description"] = {{"sha256", bundle.descriptionHash}};
  json["parameters"] = Json::object();
  for (const auto &[name, value] : bundle.parameters)
    json["parameters"][name] = value;
  json["memory"] = {{"name", bundle.memory}, {"bytes", bundle.memoryBytes}};
  json["hostBuffers"] = bundle.hostBuffers;
  json["inputs"] = toJson(bundle.inputs);
  json["outputs"] = toJson(bundle.outputs);
  json["tensors"] = Json::array();
  for (const WatchedTensor &watched : bundle.tensors) {
    Json tensor = toJson(watched.tensor);
    tensor["steps"] = watched.steps;
    json["tensors"].push_back(std::move(tensor));
  }
  json["layers"] = Json::array();
  for (const Layer &layer : bundle.layers)
    json["layers"].push_back(layer.name);
  json["constants"] = constantsJson(bundle);
  json["steps"] = Json::array();
  for (const Step &step : bundle.steps) { // it is one of the two: checkBundle has seen to it
    if (step.device)
      json["steps"].push_back(toJson(*step.device));
    else if (step.host)
      json["steps"].push_back(toJson(*step.host));
  }
  return json;
}

llvm::StringRef textOf(llvm::ArrayRef<uint8_t> bytes) { return llvm::toStringRef(bytes); }

llvm::Error writeFiles(const Bundle &bundle, llvm::StringRef folder, const BundleLimits &limits) {
  std::vector<uint8_t> weights;
  for (const Segment &segment : bundle.constants)
    weights.insert(weights.end(), segment.content.begin(), segment.content.end());
  std::pair<const char *, llvm::StringRef> files[] = {{commandsName, textOf(bundle.commands)},
                                                      {weightsName, textOf(weights)},
                                                      {hostName, bundle.hostSource},
                                                      {descriptionName, bundle.description}};
  Json manifest = manifestJson(bundle);
  for (auto [name, content] : files) {
    manifest["files"][name] = fileJson(content);
    if (llvm::Error error = writeNewFile((folder + "/" + name).str(), content))
      return error;
  }
  // Names come from models: bytes that are no UTF-8 become the replacement character.
  std::string text = manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (text.size() > limits.manifestBytes)
    return wrongInput("the bundle's manifest has " + std::to_string(text.size()) + " bytes, the most is " +
                      std::to_string(limits.manifestBytes));
  return writeNewFile((folder + "/" + manifestName).str(), text);
}

} // namespace

llvm::Error writeBundle(const Bundle &bundle, llvm::StringRef folder, const BundleLimits &limits) {
  if (llvm::Error error = checkBundle(bundle, limits))
    return error;
  return replaceBundleFolder(folder,
                             [&](llvm::StringRef aside) { return writeFiles(bundle, aside, limits); });
}

} // namespace tenon::runtime
