// The folder of a native bundle: files, libraries, the link, and the manifest with the hash of each.
#include "core/runtime/Bundle.h"
#include "core/runtime/BundleFolderWrite.h"
#include "core/runtime/FileFailure.h"
#include "core/runtime/native/NativeBundle.h"
#include "core/runtime/native/NativeLink.h"
#include "core/runtime/native/native_format.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tenon::runtime {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t mostLibraryBytes = uint64_t(1) << 30;

Json toJson(const NativeTensor &tensor) {
  return {{"name", tensor.name},
          {"type", tensor.type},
          {"shape", tensor.shape},
          {"bytes", tensorBytes(tensor)},
          {"offset", tensor.offset}};
}

Json toJson(const std::vector<NativeTensor> &tensors) {
  Json list = Json::array();
  for (const NativeTensor &tensor : tensors)
    list.push_back(toJson(tensor));
  return list;
}

Json toJson(const NativeLaunch &launch) {
  Json arguments = Json::array();
  for (const NativeArgument &argument : launch.arguments)
    arguments.push_back({{"place", argument.weights ? "weights" : "arena"}, {"offset", argument.offset}});
  return {{"kernel", launch.kernel},
          {"layer", launch.layer},
          {"arguments", arguments},
          {"items", launch.items},
          {"threadsPerBlock", launch.threadsPerBlock},
          {"sharedBytes", launch.sharedBytes}};
}

Json manifestJson(const NativeBundle &bundle, const std::vector<std::string> &libraries) {
  bool isProcessor = bundle.device.empty();
  Json json;
  json["schema"] = TENON_NATIVE_SCHEMA_PREFIX + std::to_string(TENON_NATIVE_SCHEMA_VERSION);
  json["version"] = bundle.productVersion;
  json["name"] = bundle.name;
  json["target"] = bundle.target;
  json["variant"] = bundle.variant;
  json["triple"] = bundle.triple;
  json["processor"] = bundle.processor;
  json["features"] = bundle.features;
  json["device"] = bundle.device;
  json["code"] = isProcessor ? TENON_NATIVE_LIBRARY : TENON_NATIVE_MODULE;
  json["libraries"] = libraries;
  json["arenaBytes"] = bundle.arenaBytes;
  json["weightsBytes"] = bundle.weights.size();
  json["inputs"] = toJson(bundle.inputs);
  json["outputs"] = toJson(bundle.outputs);
  json["tensors"] = Json::array();
  for (const auto &[tensor, launches] : bundle.tensors) {
    Json item = toJson(tensor);
    item["launches"] = launches;
    json["tensors"].push_back(std::move(item));
  }
  json["layers"] = bundle.layers;
  json["launches"] = Json::array();
  for (const NativeLaunch &launch : bundle.launches)
    json["launches"].push_back(toJson(launch));
  return json;
}

/// Copies each library under the name that the dynamic linker looks for; gives the names.
llvm::Expected<std::vector<std::string>> copyLibraries(const NativeBundle &bundle, llvm::StringRef folder) {
  std::vector<std::string> names;
  for (const std::string &path : bundle.libraries) {
    llvm::Expected<std::string> name = libraryName(path);
    if (!name)
      return name.takeError();
    if (name->empty() || llvm::StringRef(*name).contains('/'))
      return failureAt(ExitCode::WrongInput, path,
                       "has the name '" + *name + "' for linkers, a file's name is needed");
    llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> content = readFile(path, mostLibraryBytes);
    if (!content)
      return content.takeError();
    if (llvm::Error error = writeNewFile((folder + "/" + *name).str(), (*content)->getBuffer()))
      return std::move(error);
    names.push_back(*name);
  }
  return names;
}

/// Size and hash of every file in the folder.
llvm::Expected<Json> filesJson(llvm::StringRef folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end; file != end && !code; file.increment(code))
    names.push_back(llvm::sys::path::filename(file->path()).str());
  if (code)
    return failureAt(ExitCode::SystemFailed, folder.str(), "cannot be read: " + code.message());
  std::sort(names.begin(), names.end());
  Json json = Json::object();
  for (const std::string &name : names) {
    llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> content =
        readFile((folder + "/" + name).str(), TENON_NATIVE_MOST_BYTES);
    if (!content)
      return content.takeError();
    json[name] = {{"bytes", (*content)->getBufferSize()}, {"sha256", sha256((*content)->getBuffer())}};
  }
  return json;
}

llvm::Error writeFiles(const NativeBundle &bundle, llvm::StringRef folder, const NativeBundleOptions &options,
                       NativeBundleReport &report) {
  bool isProcessor = bundle.device.empty();
  llvm::StringRef code(bundle.code.data(), bundle.code.size());
  std::vector<std::pair<std::string, std::string>> texts = {{TENON_NATIVE_DESCRIPTION, bundle.description}};
  if (isProcessor) {
    texts.emplace_back(bundle.name + ".h", cHeader(bundle));
    texts.emplace_back(TENON_NATIVE_EXAMPLE, cExample(bundle));
  }
  for (const auto &[name, text] : texts)
    if (llvm::Error error = writeNewFile((folder + "/" + name).str(), text))
      return error;
  if (llvm::Error error =
          writeNewFile((folder + "/" + TENON_NATIVE_WEIGHTS).str(), llvm::toStringRef(bundle.weights)))
    return error;
  std::string codeFile = (folder + "/" + (isProcessor ? TENON_NATIVE_OBJECT : TENON_NATIVE_MODULE)).str();
  if (llvm::Error error = writeNewFile(codeFile, code))
    return error;
  llvm::Expected<std::vector<std::string>> libraries = copyLibraries(bundle, folder);
  if (!libraries)
    return libraries.takeError();
  if (isProcessor)
    if (llvm::Error error = linkNative(bundle, folder, *libraries, options, report))
      return error;
  llvm::Expected<Json> files = filesJson(folder);
  if (!files)
    return files.takeError();
  Json manifest = manifestJson(bundle, *libraries);
  manifest["files"] = std::move(*files);
  // Names come from models: bytes that are no UTF-8 become the replacement character.
  std::string text = manifest.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (text.size() > TENON_NATIVE_MOST_MANIFEST_BYTES)
    return wrongInput("the bundle's manifest has " + std::to_string(text.size()) + " bytes, the most is " +
                      std::to_string(TENON_NATIVE_MOST_MANIFEST_BYTES));
  return writeNewFile((folder + "/" + TENON_NATIVE_MANIFEST).str(), text);
}

} // namespace

llvm::Expected<NativeBundleReport> writeNativeBundle(const NativeBundle &bundle, llvm::StringRef folder,
                                                     const NativeBundleOptions &options) {
  if (llvm::Error error = checkNativeBundle(bundle))
    return std::move(error);
  NativeBundleReport report;
  if (llvm::Error error = replaceBundleFolder(
          folder, [&](llvm::StringRef aside) { return writeFiles(bundle, aside, options, report); }))
    return std::move(error);
  return report;
}

} // namespace tenon::runtime
