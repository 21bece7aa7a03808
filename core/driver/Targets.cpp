// Listing targets and engines.
#include "core/driver/Targets.h"

#include "core/driver/NativeProcess.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::driver {

namespace {

/// An engine, or a target without one, on this host.
struct Place {
  std::string engine; ///< empty: the target has none
  std::string whyNot; ///< empty: it runs here
};

std::string textOf(llvm::Error error) {
  FailureReport found = report(std::move(error));
  return llvm::join(llvm::map_range(found.diagnostics, toString), "; ");
}

std::vector<Place> placesOf(const target::TargetEntry &entry, const target::PluginPath &plugins) {
  if (entry.description.empty())
    return {{"", ""}};
  auto engines = target::enginesOf(entry.description);
  if (!engines)
    return {{"", textOf(engines.takeError())}};
  std::vector<Place> places;
  for (const target::Engine &engine : *engines) {
    auto plugin = target::findPlugin(engine, plugins);
    places.push_back({engine.name, plugin ? "" : textOf(plugin.takeError())});
  }
  return places;
}

Json whyNot(const Place &place) { return place.whyNot.empty() ? Json(nullptr) : Json(place.whyNot); }

} // namespace

namespace {

/// What the list says of one target: its rows and its JSON.
class TargetLines {
public:
  TargetLines(const target::Registry &registry, const target::TargetEntry &entry, const std::string &program)
      : registry(registry), entry(entry), program(program) {}

  std::vector<std::vector<std::string>> rows;
  Json json;

  void write() {
    auto variants = registry.variantsOf(entry);
    if (!variants)
      return writeWhole({{"", textOf(variants.takeError())}});
    if (variants->empty())
      return writeWhole(placesOf(entry, registry.plugins));
    writeVariants(*variants);
  }

private:
  const target::Registry &registry;
  const target::TargetEntry &entry;
  const std::string &program;
  std::map<std::string, Place> launchers; ///< by the plugin's path: asking takes a while

  /// Where a variant's code runs: on this host, or on the machine behind the launcher of the manifest.
  Place placeOf(const target::VariantEntry &variant) {
    if (!variant.launched)
      return {"", variant.whyNot};
    auto engines = target::enginesOf(variant.description);
    if (!engines)
      return {"", textOf(engines.takeError())};
    const target::Engine &engine = engines->front();
    auto plugin = target::findPlugin(engine, registry.plugins);
    if (!plugin)
      return {engine.name, textOf(plugin.takeError())};
    if (plugin->empty())
      return {"", variant.whyNot};
    auto [asked, isNew] = launchers.try_emplace(*plugin, Place{engine.name, ""});
    if (!isNew)
      return asked->second;
    auto machine = machineBehind(*plugin, program);
    if (!machine)
      asked->second.whyNot = textOf(machine.takeError());
    return asked->second;
  }

  static std::string runsHere(const std::string &whyNot) { return whyNot.empty() ? "yes" : "no: " + whyNot; }

  void writeWhole(const std::vector<Place> &places) {
    Json engines = Json::array();
    for (const Place &place : places) {
      bool first = &place == &places.front();
      rows.push_back({first ? entry.name : "", first ? entry.source : "",
                      place.engine.empty() ? "-" : place.engine, runsHere(place.whyNot)});
      if (!place.engine.empty())
        engines.push_back(
            {{"name", place.engine}, {"runs_here", place.whyNot.empty()}, {"why_not", whyNot(place)}});
    }
    writeJson(places.front(), std::move(engines), Json::array()); // the default engine
  }

  void writeVariants(const std::vector<target::VariantEntry> &variants) {
    auto chosen = registry.find(entry.name);
    std::string choice = chosen ? chosen->name : "";
    Place whole{"", chosen ? "" : textOf(chosen.takeError())};
    std::vector<Place> places;
    for (const target::VariantEntry &variant : variants) {
      places.push_back(placeOf(variant));
      if (variant.name == choice &&
          !places.back().whyNot.empty()) // the file may choose one that does not run
        whole.whyNot = choice + ": " + places.back().whyNot;
    }
    std::string here = whole.whyNot.empty() ? "yes: " + choice : "no: " + whole.whyNot;
    if (!choice.empty() && !whole.whyNot.empty())
      here = "no: it is " + choice; // whose own row says why not
    rows.push_back({entry.name, entry.source, "-", here});
    Json list = Json::array();
    for (const auto &[variant, place] : llvm::zip_equal(variants, places)) {
      rows.push_back({variant.name, variant.description, place.engine.empty() ? "-" : place.engine,
                      runsHere(place.whyNot)});
      list.push_back({{"name", variant.name},
                      {"from", variant.description},
                      {"chosen", variant.name == choice},
                      {"runs_here", place.whyNot.empty()},
                      {"why_not", whyNot(place)}});
    }
    writeJson(whole, Json::array(), std::move(list));
  }

  void writeJson(const Place &whole, Json engines, Json variants) {
    json = {{"name", entry.name},
            {"from", entry.source},
            {"engines", std::move(engines)},
            {"variants", std::move(variants)},
            {"runs_here", whole.whyNot.empty()},
            {"why_not", whyNot(whole)}};
  }
};

} // namespace

llvm::Error listTargets(const target::Registry &registry, const std::string &program,
                        const ReportOptions &options) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"target", "from", "engine", "runs here"}};
  for (const target::TargetEntry &entry : registry.targets) {
    TargetLines lines(registry, entry, program);
    lines.write();
    rows.insert(rows.end(), lines.rows.begin(), lines.rows.end());
    list.push_back(std::move(lines.json));
  }
  if (llvm::Error wrong = writeJson(options, {{"schema", "tenon.targets/3"}, {"targets", std::move(list)}}))
    return wrong;
  return printText(options, table(rows, "llll"));
}

} // namespace tenon::driver
