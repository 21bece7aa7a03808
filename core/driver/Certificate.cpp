// Hashes say what was checked: whoever changes the description, the device or its sources has to check again.
#include "core/driver/Certificate.h"

#include "core/check/CounterexampleText.h"
#include "core/isa/encoding/Assembly.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

namespace tenon::driver {

namespace {

llvm::Error addFile(const std::string &path, const std::string &name, llvm::SHA256 &hash) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return failure(ExitCode::SystemFailed, path + " cannot be read: " + file.getError().message());
  hash.update(name);
  hash.update(llvm::StringRef("\0", 1));
  hash.update((*file)->getBuffer());
  return llvm::Error::success();
}

std::string hexadecimal(llvm::ArrayRef<uint8_t> bytes) { return llvm::toHex(bytes, /*LowerCase=*/true); }

Json hashes(const std::vector<std::pair<std::string, std::string>> &files) {
  Json list = Json::array();
  for (const auto &[path, hash] : files)
    list.push_back({{"path", path}, {"sha256", hash}});
  return list;
}

Json partJson(const check::Part &part) {
  Json json = {{"name", part.name}, {"cases", part.cases}};
  if (!part.notChecked.empty())
    json["not_checked"] = part.notChecked;
  if (part.tally.drawn > 0) {
    json["drawn"] = part.tally.drawn;
    json["legal"] = part.tally.legal;
    json["telling"] = part.tally.telling;
  }
  if (part.tally.neighbours > 0) {
    json["neighbours"] = part.tally.neighbours;
    json["neighbours_told_apart"] = part.tally.apart.size();
    json["neighbours_missed"] = part.missed;
  }
  if (part.unreached > 0)
    json["unreached"] = part.unreached;
  for (const auto &[kind, count] : part.tally.refusals)
    json["refusals"][kind] = count;
  return json;
}

} // namespace

llvm::Expected<std::string> contentHash(const std::string &path) {
  llvm::SHA256 hash;
  if (!llvm::sys::fs::is_directory(path)) {
    if (llvm::Error error = addFile(path, "", hash))
      return std::move(error);
    return hexadecimal(hash.final());
  }
  std::vector<std::string> files;
  std::error_code wrong;
  for (llvm::sys::fs::recursive_directory_iterator at(path, wrong), end; at != end && !wrong;
       at.increment(wrong))
    if (llvm::sys::fs::is_regular_file(at->path()))
      files.push_back(at->path());
  if (wrong)
    return failure(ExitCode::SystemFailed, path + " cannot be read: " + wrong.message());
  llvm::sort(files);
  for (const std::string &file : files)
    if (llvm::Error error = addFile(file, file.substr(path.size()), hash))
      return std::move(error);
  return hexadecimal(hash.final());
}

Json checkedJson(const CheckCommand &command, const CheckedDevice &checked,
                 const check::CheckResult &result) {
  Json parameters = Json::object(), options = Json::object(), intrinsics = Json::array();
  for (const isa::Parameter &parameter : checked.target->description.parameters)
    parameters[parameter.name] = parameter.value;
  for (const auto &[name, value] : checked.device->options)
    options[name] = value;
  for (size_t part = 0; part + 1 < result.parts.size(); ++part)
    intrinsics.push_back(partJson(result.parts[part]));
  const auto &engine = checked.device->engine;
  return {{"tenon", command.program.version},
          {"target", checked.target->description.name},
          {"description_sha256", checked.target->description.hash()},
          {"parameters", std::move(parameters)},
          {"engine", checked.device->name},
          {"options", std::move(options)},
          {"random_timing", engine && engine->random},
          {"seed", command.options.seed},
          {"cases", result.run},
          {"bytes_compared", result.bytes},
          {"device_openings", result.openings},
          {"left_out_for_room", result.noRoom},
          {"out_of_time", result.outOfTime},
          {"seconds", result.seconds},
          {"intrinsics", std::move(intrinsics)},
          {"sequences", partJson(result.parts.back())["cases"]}};
}

llvm::Expected<Json> certificateJson(const CheckCommand &command, const CheckedDevice &checked,
                                     const check::CheckResult &result) {
  Json json = {{"schema", "tenon.certificate/1"}};
  json.update(checkedJson(command, checked, result));
  Json device = nullptr;
  if (!checked.device->plugin.empty()) {
    auto hash = contentHash(checked.device->plugin);
    if (!hash)
      return hash.takeError();
    device = {{"file", llvm::sys::path::filename(checked.device->plugin).str()}, {"sha256", *hash}};
  }
  json["device"] = std::move(device);
  std::vector<std::pair<std::string, std::string>> sources;
  if (checked.device->engine)
    for (const std::string &path : checked.device->engine->sources) {
      auto hash = contentHash(path);
      if (!hash)
        return hash.takeError();
      llvm::StringRef name(path);
      name.consume_front(llvm::sys::path::parent_path(checked.target->description.path).str() + "/");
      sources.emplace_back(name.str(), *hash);
    }
  json["sources"] = hashes(sources);
  return json;
}

Json counterexampleJson(const isa::Description &description, const check::Counterexample &example,
                        const std::string &replay) {
  Json commands = Json::array(), before = Json::array(), after = Json::array();
  for (const isa::Instruction &instruction : example.stream.instructions)
    commands.push_back(isa::print(description, instruction));
  for (const check::Window &window : example.smallest.windows)
    before.push_back({{"memory", description.memories[window.memory].name},
                      {"address", window.begin},
                      {"bytes", hexadecimal(contentsBefore(example.smallest, window))}});
  for (const check::Contents &contents : example.expected)
    after.push_back({{"memory", description.memories[contents.window.memory].name},
                     {"address", contents.window.begin},
                     {"bytes", hexadecimal(contents.bytes)},
                     {"defined", llvm::all_of(contents.defined, [](uint8_t one) { return one == 1; })
                                     ? Json(true)
                                     : Json(hexadecimal(contents.defined))}});
  return {{"schema", "tenon.counterexample/1"},
          {"case", example.number},
          {"outcome", outcomeText(description, example)},
          {"timing_seed", example.timingSeed},
          {"replay", replay},
          {"commands", std::move(commands)},
          {"stream", hexadecimal(example.stream.bytes)},
          {"before", std::move(before)},
          {"expected", std::move(after)}};
}

} // namespace tenon::driver
