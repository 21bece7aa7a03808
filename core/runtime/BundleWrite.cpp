// The manifest as JSON, and the folder: everything goes into a folder beside it, which then takes its place.
#include "core/runtime/Bundle.h"
#include "core/runtime/BundleFormat.h"
#include "core/runtime/FileFailure.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <set>

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

llvm::Error systemFailed(llvm::StringRef path, llvm::StringRef what, std::error_code code) {
  return failureAt(ExitCode::SystemFailed, path.str(), (what + ": " + code.message()).str());
}

llvm::Error writeFile(llvm::StringRef path, llvm::StringRef content) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code, llvm::sys::fs::CD_CreateNew);
  if (!code) {
    stream << content;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  return code ? systemFailed(path, "cannot be written", code) : llvm::Error::success();
}

/// What stands in the way is a bundle, an empty folder or nothing.
llvm::Error checkReplaceable(llvm::StringRef folder) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(folder, status))
    return llvm::Error::success(); // nothing there
  auto refused = [&](std::string message) {
    return failureAt(ExitCode::WrongUse, folder.str(), std::move(message),
                     "name another folder, or remove this one");
  };
  if (!llvm::sys::fs::is_directory(status))
    return refused("is there and is no folder, a bundle is one");
  std::set<std::string> own = {manifestName, commandsName, weightsName, hostName, descriptionName};
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end; file != end && !code;
       file.increment(code)) {
    std::string name = llvm::sys::path::filename(file->path()).str();
    if (!own.count(name))
      return refused("holds '" + name + "', which is no part of a bundle, and would be replaced");
  }
  return code ? systemFailed(folder, "cannot be read", code) : llvm::Error::success();
}

/// Puts the finished folder in the place of what is there.
llvm::Error replaceFolder(llvm::StringRef finished, llvm::StringRef folder) {
  if (!llvm::sys::fs::exists(folder)) {
    if (std::error_code code = llvm::sys::fs::rename(finished, folder))
      return systemFailed(folder, "cannot be written", code);
    return llvm::Error::success();
  }
  std::string old = (finished + ".old").str();
  if (std::error_code code = llvm::sys::fs::rename(folder, old))
    return systemFailed(folder, "cannot be replaced", code);
  if (std::error_code code = llvm::sys::fs::rename(finished, folder)) {
    (void)llvm::sys::fs::rename(old, folder); // the first failure is the one to report
    return systemFailed(folder, "cannot be replaced", code);
  }
  if (std::error_code code = llvm::sys::fs::remove_directories(old, /*IgnoreErrors=*/false))
    return systemFailed(old, "the bundle that was replaced cannot be removed", code);
  return llvm::Error::success();
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
    if (llvm::Error error = writeFile((folder + "/" + name).str(), content))
      return error;
  }
  // Names come from models: bytes that are no UTF-8 become the replacement character.
  std::string text = manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (text.size() > limits.manifestBytes)
    return wrongInput("the bundle's manifest has " + std::to_string(text.size()) + " bytes, the most is " +
                      std::to_string(limits.manifestBytes));
  return writeFile((folder + "/" + manifestName).str(), text);
}

} // namespace

llvm::Error writeBundle(const Bundle &bundle, llvm::StringRef path, const BundleLimits &limits) {
  if (llvm::Error error = checkBundle(bundle, limits))
    return error;
  llvm::StringRef folder = path.size() > 1 ? path.rtrim('/') : path;
  if (llvm::Error error = checkReplaceable(folder))
    return error;
  llvm::StringRef parent = llvm::sys::path::parent_path(folder);
  if (!parent.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(parent))
      return systemFailed(parent, "cannot be made", code);
  llvm::SmallString<128> aside;
  llvm::sys::fs::createUniquePath(folder + ".%%%%%%%%.part", aside, /*MakeAbsolute=*/false);
  if (std::error_code code = llvm::sys::fs::create_directory(aside, /*IgnoreExisting=*/false))
    return systemFailed(folder, "cannot be written", code);
  auto remove = llvm::make_scope_exit([&] { (void)llvm::sys::fs::remove_directories(aside); });
  if (llvm::Error error = writeFiles(bundle, aside, limits))
    return error;
  return replaceFolder(aside, folder);
}

} // namespace tenon::runtime
