// Reading device.json, and looking for plugins.
#include "core/target/Engines.h"

#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/JsonReader.h"
#include "core/support/Text.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cctype>

namespace tenon::target {

namespace {

constexpr const char *schema = "tenon.device/1";
constexpr uint64_t mostManifestBytes = uint64_t(1) << 20;

std::string pathIn(llvm::StringRef folder, llvm::StringRef name) {
  if (llvm::sys::path::is_absolute(name))
    return name.str();
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/false); // ".." is not textual where links are
  return path.str().str();
}

bool isName(llvm::StringRef text) {
  return !text.empty() && llvm::all_of(text, [](char c) {
    return std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) ||
           c == '-' || c == '_';
  });
}

Engine readEngine(const JsonReader &json, llvm::StringRef folder) {
  json.only({"name", "plugin", "options", "random", "sources"});
  Engine engine;
  engine.folder = folder.str();
  engine.name = json.key("name").text();
  if (!isName(engine.name))
    json.fail(json.place() + ".name is '" + engine.name +
              "', a name has small letters, digits, '-' and '_' only");
  if (json.has("plugin")) {
    engine.plugin = json.key("plugin").text();
    if (engine.plugin.empty() || llvm::StringRef(engine.plugin).contains('/'))
      json.fail(json.place() + ".plugin is '" + engine.plugin + "', it must be a file name without a folder");
  } else if (engine.name != builtInEngine) {
    json.fail(json.place() + ".plugin is missing: " + builtInEngine + " alone needs none, this is " +
              engine.name);
  }
  if (json.has("options"))
    json.key("options").eachKey([&](const std::string &name, const JsonReader &value) {
      engine.options[name] = value.isText() ? value.text() : std::to_string(value.integer());
    });
  if (json.has("random")) {
    JsonReader random = json.key("random");
    random.only({"option", "seed"});
    engine.random = {random.key("option").text(), random.key("seed").text()};
  }
  if (json.has("sources"))
    json.key("sources").each(
        [&](const JsonReader &source) { engine.sources.push_back(pathIn(folder, source.text())); });
  return engine;
}

} // namespace

llvm::Expected<std::vector<Engine>> parseEngines(llvm::StringRef text, llvm::StringRef folder) {
  constexpr int mostDepth = 8;
  auto parsed = parseJson(text, mostDepth);
  if (!parsed)
    return parsed.takeError();
  std::string mistake;
  std::vector<Engine> engines;
  JsonReader json(*parsed, "the manifest", mistake);
  json.only({"schema", "engines"});
  if (std::string found = json.key("schema").text(); found != schema)
    json.fail("schema is '" + found + "', this version reads " + schema);
  json.key("engines").each([&](const JsonReader &entry) {
    Engine engine = readEngine(entry, folder);
    if (llvm::any_of(engines, [&](const Engine &other) { return other.name == engine.name; }))
      entry.fail(entry.place() + " is a second engine " + engine.name);
    engines.push_back(std::move(engine));
  });
  if (engines.empty())
    json.fail("engines is an empty list, a target has one at least");
  if (!mistake.empty())
    return wrongInput(printable(mistake));
  return engines;
}

llvm::Expected<std::vector<Engine>> enginesOf(llvm::StringRef description) {
  llvm::StringRef folder = llvm::sys::path::parent_path(description);
  std::string path = pathIn(folder, manifestName);
  if (!llvm::sys::fs::exists(path)) {
    Engine simulator;
    simulator.name = builtInEngine;
    return std::vector<Engine>{simulator};
  }
  auto text = readFile(path, mostManifestBytes);
  if (!text)
    return text.takeError();
  auto engines = parseEngines((*text)->getBuffer(), folder.empty() ? "." : folder);
  if (!engines)
    return withPlace(engines.takeError(), path);
  return engines;
}

PluginPath pluginPath(llvm::StringRef variable, llvm::StringRef program) {
  PluginPath path;
  llvm::SmallVector<llvm::StringRef> parts;
  variable.split(parts, ':', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts)
    path.folders.push_back(part.str());
  llvm::SmallString<128> library(llvm::sys::path::parent_path(llvm::sys::path::parent_path(program)));
  llvm::sys::path::append(library, "lib");
  path.folders.push_back(library.str().str());
  return path;
}

llvm::Expected<std::string> findPlugin(const Engine &engine, const PluginPath &path) {
  if (engine.plugin.empty())
    return "";
  std::vector<std::string> places = {pathIn(engine.folder, engine.plugin)};
  for (const std::string &folder : path.folders)
    places.push_back(pathIn(folder, engine.plugin));
  for (const std::string &place : places)
    if (llvm::sys::fs::is_regular_file(place))
      return place;
  Diagnostic diagnostic;
  diagnostic.message = "the engine " + engine.name + " needs the plugin " + engine.plugin +
                       ", which is none of " + llvm::join(places, ", ");
  diagnostic.repair = std::string("build it, or name its folder in ") + pluginPathVariable;
  return failure(ExitCode::DeviceFailed, std::move(diagnostic));
}

} // namespace tenon::target
