// Reads the manifest key by key, strictly: every key is there, has its type and is known. Then the other
// files, each with the size and the hash that the manifest has for it.
#include "core/runtime/Bundle.h"
#include "core/runtime/BundleFormat.h"
#include "core/runtime/FileFailure.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/JsonReader.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

#include <nlohmann/json.hpp>

namespace tenon::runtime {
namespace {

using Json = nlohmann::json;
using Reader = JsonReader;

Location readLocation(const Reader &json) {
  Location location;
  if (json.has("hostBuffer")) {
    json.only({"hostBuffer", "bytes"});
    location.hostBuffer = json.key("hostBuffer").index();
  } else {
    json.only({"address", "bytes"});
    location.address = json.key("address").number();
  }
  location.bytes = json.key("bytes").number();
  return location;
}

BundleTensor readTensor(const Reader &json) {
  BundleTensor tensor;
  tensor.name = json.key("name").text();
  tensor.type = json.key("type").text();
  json.key("shape").each([&](const Reader &extent) { tensor.shape.push_back(extent.integer()); });
  tensor.location = readLocation(json.key("at"));
  return tensor;
}

std::vector<BundleTensor> readTensors(const Reader &json) {
  std::vector<BundleTensor> tensors;
  json.each([&](const Reader &item) {
    item.only({"name", "type", "shape", "at"});
    tensors.push_back(readTensor(item));
  });
  return tensors;
}

Step readStep(const Reader &json) {
  Step step;
  std::string where = json.key("where").text();
  if (where == "device") {
    json.only({"where", "offset", "bytes", "ranges"});
    DeviceStep &device = step.device.emplace();
    device.offset = json.key("offset").number();
    device.bytes = json.key("bytes").number();
    json.key("ranges").each([&](const Reader &range) {
      range.only({"offset", "bytes", "layer"});
      device.ranges.push_back(
          {range.key("offset").number(), range.key("bytes").number(), range.key("layer").index()});
    });
  } else if (where == "host") {
    json.only({"where", "function", "layer", "operands"});
    HostStep &host = step.host.emplace();
    host.function = json.key("function").text();
    host.layer = json.key("layer").index();
    json.key("operands").each([&](const Reader &operand) {
      operand.only({"at", "reads", "writes"});
      host.operands.push_back(
          {readLocation(operand.key("at")), operand.key("reads").boolean(), operand.key("writes").boolean()});
    });
  } else {
    json.key("where").fail("a step is where '" + where + "', it must be device or host");
  }
  return step;
}

/// Of a file beside the manifest.
struct FileFacts {
  uint64_t bytes = 0;
  std::string sha256;
};

FileFacts readFacts(const Reader &json) {
  json.only({"bytes", "sha256"});
  return {json.key("bytes").number(), json.key("sha256").text()};
}

struct Manifest {
  Bundle bundle; ///< without what the other files hold
  std::vector<uint64_t> constantOffsets;
  FileFacts commands, weights, host, description;
};

Manifest readManifest(const Reader &json) {
  Manifest manifest;
  Bundle &bundle = manifest.bundle;
  json.only({"schema", "version", "target", "description", "parameters", "memory", "hostBuffers", "inputs",
             "outputs", "tensors", "layers", "constants", "steps", "files"});
  bundle.productVersion = json.key("version").text();
  bundle.target = json.key("target").text();
  json.key("description").only({"sha256"});
  bundle.descriptionHash = json.key("description").key("sha256").text();
  json.key("parameters").eachKey([&](const std::string &name, const Reader &value) {
    bundle.parameters[name] = value.integer();
  });
  json.key("memory").only({"name", "bytes"});
  bundle.memory = json.key("memory").key("name").text();
  bundle.memoryBytes = json.key("memory").key("bytes").number();
  json.key("hostBuffers").each([&](const Reader &bytes) { bundle.hostBuffers.push_back(bytes.number()); });
  bundle.inputs = readTensors(json.key("inputs"));
  bundle.outputs = readTensors(json.key("outputs"));
  json.key("tensors").each([&](const Reader &tensor) {
    tensor.only({"name", "type", "shape", "at", "steps"});
    bundle.tensors.push_back({readTensor(tensor), tensor.key("steps").index()});
  });
  json.key("layers").each([&](const Reader &layer) { bundle.layers.push_back({layer.text()}); });
  json.key("constants").each([&](const Reader &constant) {
    constant.only({"at", "offset"});
    bundle.constants.push_back({readLocation(constant.key("at")), {}});
    manifest.constantOffsets.push_back(constant.key("offset").number());
  });
  json.key("steps").each([&](const Reader &step) { bundle.steps.push_back(readStep(step)); });
  Reader files = json.key("files");
  files.only({commandsName, weightsName, hostName, descriptionName});
  manifest.commands = readFacts(files.key(commandsName));
  manifest.weights = readFacts(files.key(weightsName));
  manifest.host = readFacts(files.key(hostName));
  manifest.description = readFacts(files.key(descriptionName));
  return manifest;
}

llvm::Error checkSchema(const Reader &json) {
  std::string schema = json.key("schema").text();
  llvm::StringRef version(schema);
  unsigned found = 0;
  if (!version.consume_front(schemaPrefix) || version.getAsInteger(10, found))
    return wrongInput("the schema is '" + printable(schema) + "', a bundle's is " + schemaPrefix +
                      std::to_string(schemaVersion));
  if (found == schemaVersion)
    return llvm::Error::success();
  return failureAt(ExitCode::WrongInput, "",
                   "the bundle has version " + std::to_string(found) +
                       " of the schema, this program reads version " + std::to_string(schemaVersion),
                   found > schemaVersion ? "use the program that wrote it, or a newer one"
                                         : "compile the model again");
}

llvm::Expected<Manifest> parseManifest(llvm::StringRef text) {
  constexpr int mostDepth = 16;
  auto parsed = parseJson(text, mostDepth);
  if (!parsed)
    return parsed.takeError();
  Json json = std::move(*parsed);
  std::string mistake;
  Reader reader(json, "the manifest", mistake);
  if (mistake.empty() && json.is_object() && json.contains("schema") && json["schema"].is_string())
    if (llvm::Error error = checkSchema(reader))
      return std::move(error);
  Manifest manifest = readManifest(reader);
  (void)reader.key("schema").text();
  if (!mistake.empty())
    return wrongInput(printable(mistake));
  return manifest;
}

class FolderReader {
public:
  FolderReader(llvm::StringRef folder, const BundleLimits &limits) : folder(folder), limits(limits) {}
  llvm::Expected<Bundle> read() const;

private:
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readPart(llvm::StringRef name,
                                                               uint64_t mostBytes) const;
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readPart(llvm::StringRef name, uint64_t mostBytes,
                                                               const FileFacts &facts) const;
  llvm::Error takeWeights(Manifest &manifest, llvm::StringRef weights) const;
  std::string pathOf(llvm::StringRef name) const { return (folder + "/" + name).str(); }

  llvm::StringRef folder;
  const BundleLimits &limits;
};

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> FolderReader::readPart(llvm::StringRef name,
                                                                           uint64_t mostBytes) const {
  if (!llvm::sys::fs::exists(pathOf(name)))
    return failureAt(ExitCode::WrongInput, pathOf(name), "a bundle has this file, and it is missing",
                     "compile the model again");
  return readFile(pathOf(name), mostBytes);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
FolderReader::readPart(llvm::StringRef name, uint64_t mostBytes, const FileFacts &facts) const {
  auto wrong = [&](std::string message) {
    return failureAt(ExitCode::WrongInput, pathOf(name), std::move(message), "compile the model again");
  };
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file = readPart(name, mostBytes);
  if (!file)
    return file.takeError();
  llvm::StringRef content = (*file)->getBuffer();
  if (content.size() != facts.bytes)
    return wrong("has " + std::to_string(content.size()) + " bytes, the manifest says " +
                 std::to_string(facts.bytes));
  std::string hash = sha256(content);
  if (hash != facts.sha256)
    return wrong("has SHA-256 " + hash + ", the manifest says " + printable(facts.sha256));
  return file;
}

llvm::Error FolderReader::takeWeights(Manifest &manifest, llvm::StringRef weights) const {
  uint64_t end = 0;
  for (auto [i, segment] : llvm::enumerate(manifest.bundle.constants)) {
    uint64_t offset = manifest.constantOffsets[i], bytes = segment.location.bytes;
    if (offset != end || bytes > weights.size() - end)
      return wrongInput("constant " + std::to_string(i) + " has " + std::to_string(bytes) + " bytes at " +
                        std::to_string(offset) + " of the weights, it must start at " + std::to_string(end) +
                        " and end within their " + std::to_string(weights.size()) + " bytes");
    llvm::StringRef part = weights.substr(offset, bytes);
    segment.content.assign(part.bytes_begin(), part.bytes_end());
    end += bytes;
  }
  if (end != weights.size())
    return wrongInput("the weights have " + std::to_string(weights.size()) + " bytes, the constants need " +
                      std::to_string(end));
  return llvm::Error::success();
}

llvm::Expected<Bundle> FolderReader::read() const {
  auto text = readPart(manifestName, limits.manifestBytes);
  if (!text)
    return text.takeError();
  llvm::Expected<Manifest> manifest = parseManifest((*text)->getBuffer());
  if (!manifest)
    return withPlace(manifest.takeError(), pathOf(manifestName));
  Bundle &bundle = manifest->bundle;
  auto commands = readPart(commandsName, limits.commandBytes, manifest->commands);
  if (!commands)
    return commands.takeError();
  bundle.commands.assign((*commands)->getBuffer().bytes_begin(), (*commands)->getBuffer().bytes_end());
  auto host = readPart(hostName, limits.hostSourceBytes, manifest->host);
  if (!host)
    return host.takeError();
  bundle.hostSource = (*host)->getBuffer().str();
  auto description = readPart(descriptionName, limits.descriptionBytes, manifest->description);
  if (!description)
    return description.takeError();
  bundle.description = (*description)->getBuffer().str();
  auto weights = readPart(weightsName, limits.weightBytes, manifest->weights);
  if (!weights)
    return weights.takeError();
  if (llvm::Error error = takeWeights(*manifest, (*weights)->getBuffer()))
    return withPlace(std::move(error), pathOf(manifestName));
  if (llvm::Error error = checkBundle(bundle, limits))
    return withPlace(std::move(error), pathOf(manifestName));
  return std::move(bundle);
}

} // namespace

llvm::Expected<Bundle> readBundle(llvm::StringRef folder, const BundleLimits &limits) {
  if (!llvm::sys::fs::is_directory(folder))
    return failureAt(ExitCode::WrongUse, folder.str(), "is no folder, a bundle is one");
  return FolderReader(folder, limits).read();
}

} // namespace tenon::runtime
