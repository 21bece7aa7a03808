// How vectors lie on the disk; readme.txt describes it.
#include "core/vectors/VectorFiles.h"

#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Encode.h"
#include "core/runtime/BundleFolderWrite.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>
#include <set>

namespace tenon::vectors {

extern const char *const readmeText; // of readme.txt, embedded

namespace {

namespace fs = llvm::sys::fs;
using Json = nlohmann::json;

constexpr const char *readmeName = "README.txt", *descriptionName = "target.yaml";
constexpr uint64_t mostIndexBytes = uint64_t(256) << 20;

llvm::Error refused(llvm::StringRef file, std::string message, std::string repair = "") {
  Diagnostic diagnostic;
  diagnostic.file = file.str();
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

llvm::Error systemFailed(llvm::StringRef file, std::error_code code) {
  return failure(ExitCode::SystemFailed, file.str() + " cannot be written: " + code.message());
}

llvm::Error makeFolder(const std::string &path) {
  std::error_code code = fs::create_directories(path);
  return code ? systemFailed(path, code) : llvm::Error::success();
}

/// Names in the folder that are of earlier vectors.
std::set<std::string> ownNames(llvm::StringRef folder) {
  std::set<std::string> names;
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      readFile((folder + "/" + indexName).str(), mostIndexBytes);
  if (!file) {
    llvm::consumeError(file.takeError()); // it has no index: nothing is ours
    return names;
  }
  llvm::StringRef text = (*file)->getBuffer();
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("schema", Json()) != schema || !json.contains("layers"))
    return names;
  names = {indexName, readmeName, descriptionName};
  for (const Json &layer : json["layers"])
    if (layer.is_object() && layer.contains("folder") && layer["folder"].is_string())
      names.insert(layer["folder"].get<std::string>());
  return names;
}

std::string commandsHex(const LayerStream &stream) {
  std::string text;
  for (size_t i = 0; i < stream.offsets.size(); ++i) {
    uint64_t end = i + 1 < stream.offsets.size() ? stream.offsets[i + 1] : stream.bytes.size();
    for (uint64_t at = end; at-- > stream.offsets[i];)
      text += fmt::format("{:02x}", stream.bytes[at]);
    text += "\n";
  }
  return text;
}

std::string commandsText(const isa::Description &description, const LayerVectors &layer) {
  std::string text =
      fmt::format("# {}: {} commands for {}\n", layer.name, layer.stream.commands.size(), description.name);
  for (auto [command, offset] : llvm::zip_equal(layer.stream.commands, layer.stream.offsets))
    text += fmt::format("{}  # byte {:#x}, {}\n", isa::print(description, command.instruction), offset,
                        command.number ? fmt::format("command {} of the model", *command.number)
                                       : std::string("made for this layer alone"));
  return text;
}

std::string hexOf(llvm::ArrayRef<Region> regions) {
  std::string text;
  for (const Region &region : regions) {
    text += fmt::format("@{:x}\n", region.address);
    for (uint8_t byte : region.bytes)
      text += fmt::format("{:02x}\n", byte);
  }
  return text;
}

llvm::StringRef bytesText(llvm::ArrayRef<uint8_t> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// One of before and after: the files of its memories, and their lines.
llvm::Error writeContents(const isa::Description &description, const std::string &folder,
                          llvm::StringRef when, const Contents &contents, std::string &lines, Json &list) {
  list = Json::array();
  if (llvm::Error error = makeFolder(folder + "/" + when.str()))
    return error;
  for (const auto &[memory, map] : contents) {
    std::vector<Region> regions = map.regions();
    if (regions.empty())
      continue;
    const std::string &name = description.memories[memory].name;
    std::vector<uint8_t> all;
    for (const Region &region : regions) {
      lines +=
          fmt::format("{} {} {} {} {}\n", when.str(), name, region.address, region.bytes.size(), all.size());
      list.push_back({{"memory", name},
                      {"address", region.address},
                      {"bytes", region.bytes.size()},
                      {"offset", all.size()}});
      all.insert(all.end(), region.bytes.begin(), region.bytes.end());
    }
    std::string path = folder + "/" + when.str() + "/" + name;
    if (llvm::Error error = runtime::writeNewFile(path + ".hex", hexOf(regions)))
      return error;
    if (llvm::Error error = runtime::writeNewFile(path + ".bin", bytesText(all)))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error writeLayer(const isa::Description &description, const LayerVectors &layer,
                       const std::string &folder, Json &entry) {
  if (llvm::Error error = makeFolder(folder))
    return error;
  std::set<std::string> intrinsics;
  for (const StreamCommand &command : layer.stream.commands)
    if (command.number)
      intrinsics.insert(description.intrinsics[command.instruction.intrinsic].name);
  entry = {{"folder", layer.folder},
           {"name", layer.name},
           {"op", layer.op},
           {"nodes", layer.nodes},
           {"macs", layer.macs},
           {"intrinsics", intrinsics},
           {"commands", layer.stream.commands.size()},
           {"command_bytes", layer.stream.bytes.size()}};
  std::string lines;
  if (llvm::Error error =
          writeContents(description, folder, "before", layer.state.before, lines, entry["before"]))
    return error;
  if (llvm::Error error =
          writeContents(description, folder, "after", layer.state.after, lines, entry["after"]))
    return error;
  const std::pair<const char *, std::string> files[] = {{"regions.txt", lines},
                                                        {"commands.hex", commandsHex(layer.stream)},
                                                        {"commands.bin", bytesText(layer.stream.bytes).str()},
                                                        {"commands.txt", commandsText(description, layer)}};
  for (const auto &[name, text] : files)
    if (llvm::Error error = runtime::writeNewFile(folder + "/" + name, text))
      return error;
  return llvm::Error::success();
}

const char *kindText(isa::Memory::Kind kind) {
  switch (kind) {
  case isa::Memory::Kind::Global:
    return "global";
  case isa::Memory::Kind::Scratchpad:
    return "scratchpad";
  case isa::Memory::Kind::Registers:
    return "registers";
  case isa::Memory::Kind::Rotating:
    return "rotating";
  case isa::Memory::Kind::Table:
    return "table";
  case isa::Memory::Kind::Cache:
    return "cache";
  }
  llvm_unreachable("all kinds are listed");
}

Json machineJson(const isa::Description &description) {
  Json memories = Json::array(), registers = Json::array();
  for (const isa::Memory &memory : description.memories)
    memories.push_back({{"name", memory.name},
                        {"kind", kindText(memory.kind)},
                        {"bytes", memory.bytes},
                        {"row_bytes", memory.rowBytes},
                        {"copies", memory.copies},
                        {"base", memory.base}});
  for (const isa::Register &reg : description.registers) {
    Json cells = Json::object();
    for (const isa::RegisterCell &cell : reg.cells)
      cells[cell.name] = cell.atReset ? Json(*cell.atReset) : Json(nullptr);
    registers.push_back({{"name", reg.name}, {"slots", reg.count}, {"at_reset", cells}});
  }
  return {{"memories", memories}, {"registers", registers}};
}

llvm::Error fill(const isa::Description &description, const VectorSet &set, const std::string &folder) {
  Json index = machineJson(description);
  index["schema"] = schema;
  index["model"] = set.model;
  index["target"] = set.target;
  index["description_hash"] = description.hash();
  index["parameters"] = set.parameters;
  index["inputs"] = set.inputs;
  index["host_layers"] = set.hostLayers;
  index["layers"] = Json::array();
  for (const LayerVectors &layer : set.layers) {
    Json entry;
    if (llvm::Error error = writeLayer(description, layer, folder + "/" + layer.folder, entry))
      return error;
    index["layers"].push_back(std::move(entry));
  }
  if (llvm::Error error = runtime::writeNewFile(folder + "/" + readmeName, readmeText))
    return error;
  if (llvm::Error error = runtime::writeNewFile(folder + "/" + descriptionName, description.text))
    return error;
  std::string text = index.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return runtime::writeNewFile(folder + "/" + indexName, text);
}

} // namespace

std::string folderName(unsigned number, llvm::StringRef op) {
  std::string text;
  for (char c : op)
    if (llvm::isAlnum(c))
      text += llvm::toLower(c);
    else if (!text.empty() && text.back() != '-')
      text += '-';
  return fmt::format("{:03}-{}", number, llvm::StringRef(text).take_front(60).rtrim('-').str());
}

llvm::Error checkVectorFolder(llvm::StringRef folder) {
  fs::file_status status;
  if (fs::status(folder, status))
    return llvm::Error::success(); // nothing there
  if (!fs::is_directory(status))
    return refused(folder, "is there and is no folder, vectors are one", "name another folder");
  std::set<std::string> own = ownNames(folder);
  std::error_code code;
  for (fs::directory_iterator file(folder, code), end; file != end && !code; file.increment(code))
    if (std::string name = llvm::sys::path::filename(file->path()).str(); !own.count(name))
      return refused(folder, "holds '" + name + "', which is no part of vectors, and would be replaced",
                     "name another folder, or remove this one");
  return code ? systemFailed(folder, code) : llvm::Error::success();
}

llvm::Error writeVectors(const isa::Description &description, const VectorSet &set, llvm::StringRef path) {
  llvm::StringRef folder = path.size() > 1 ? path.rtrim('/') : path;
  if (llvm::Error error = checkVectorFolder(folder))
    return error;
  if (llvm::StringRef parent = llvm::sys::path::parent_path(folder); !parent.empty())
    if (llvm::Error error = makeFolder(parent.str()))
      return error;
  llvm::SmallString<128> aside;
  fs::createUniquePath(folder + ".%%%%%%%%.part", aside, /*MakeAbsolute=*/false);
  if (std::error_code code = fs::create_directory(aside, /*IgnoreExisting=*/false))
    return systemFailed(folder, code);
  auto remove = llvm::make_scope_exit([&] { (void)fs::remove_directories(aside); });
  if (llvm::Error error = fill(description, set, aside.str().str()))
    return error;
  if (std::error_code code = fs::remove_directories(folder, /*IgnoreErrors=*/false))
    return systemFailed(folder, code);
  if (std::error_code code = fs::rename(aside, folder))
    return systemFailed(folder, code);
  return llvm::Error::success();
}

} // namespace tenon::vectors
