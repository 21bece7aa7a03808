// Listing targets and engines.
#include "core/driver/Targets.h"

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

llvm::Error listTargets(const target::Registry &registry, const ReportOptions &options) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"target", "from", "engine", "runs here"}};
  for (const target::TargetEntry &entry : registry.targets) {
    Json engines = Json::array();
    std::vector<Place> places = placesOf(entry, registry.plugins);
    for (const Place &place : places) {
      bool first = &place == &places.front();
      rows.push_back({first ? entry.name : "", first ? entry.source : "",
                      place.engine.empty() ? "-" : place.engine,
                      place.whyNot.empty() ? "yes" : "no: " + place.whyNot});
      if (!place.engine.empty())
        engines.push_back(
            {{"name", place.engine}, {"runs_here", place.whyNot.empty()}, {"why_not", whyNot(place)}});
    }
    list.push_back({{"name", entry.name},
                    {"from", entry.source},
                    {"engines", std::move(engines)},
                    {"runs_here", places.front().whyNot.empty()}, // the default engine
                    {"why_not", whyNot(places.front())}});
  }
  if (llvm::Error wrong = writeJson(options, {{"schema", "tenon.targets/2"}, {"targets", std::move(list)}}))
    return wrong;
  return printText(options, table(rows, "llll"));
}

} // namespace tenon::driver
