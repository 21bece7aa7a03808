// One process, a thread for each queue, a counter for each memory. The format counts in microseconds and
// viewers keep whole nanoseconds: both ends of a slice are rounded to them, so slices that touch still do and
// none overlap.
#include "core/driver/Trace.h"

#include <cmath>
#include <map>

namespace tenon::driver {

namespace {

constexpr int process = 1;

std::string textAt(const Json &object, const char *key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A name in one line.
std::string layerName(const Json &layer) {
  return textAt(layer, "op") + (textAt(layer, "name").empty() ? "" : " " + textAt(layer, "name"));
}

class TraceWriter {
public:
  explicit TraceWriter(const Json &timeline)
      : timeline(timeline), nanoseconds(textAt(timeline, "unit") == "seconds" ? 1e9 : 1e3) {}

  Json write() {
    addMetadata("process_name", 0,
                {{"name", textAt(timeline, "model") + " on " + textAt(timeline, "target")}});
    for (const Json &queue : timeline["queues"])
      addThread(queue.get<std::string>());
    for (const Json &command : timeline["commands"])
      addSlice(command);
    for (const Json &memory : timeline["memories"])
      addCounter(memory);
    Json events = std::move(metadata);
    for (auto &[time, event] : timed)
      events.push_back(std::move(event));
    bool seconds = textAt(timeline, "unit") == "seconds";
    return {{"traceEvents", std::move(events)},
            {"displayTimeUnit", "ns"},
            {"otherData",
             {{"unit", seconds ? "a microsecond is one" : "a microsecond is one cycle"},
              {"basis", textAt(timeline, "basis")}}}};
  }

private:
  int64_t rounded(double time) const { return std::llround(time * nanoseconds); }
  static double microseconds(int64_t nanoseconds) { return double(nanoseconds) / 1000; }

  void addMetadata(const char *name, int thread, Json arguments) {
    metadata.push_back(
        {{"ph", "M"}, {"pid", process}, {"tid", thread}, {"name", name}, {"args", std::move(arguments)}});
  }

  int addThread(const std::string &name) {
    auto [found, isNew] = threads.try_emplace(name, int(threads.size()) + 1);
    if (isNew) {
      addMetadata("thread_name", found->second, {{"name", name}});
      addMetadata("thread_sort_index", found->second, {{"sort_index", found->second}});
    }
    return found->second;
  }

  void addSlice(const Json &command) {
    int thread = addThread(textAt(command, "queue"));
    int64_t begin = rounded(command["begin"].get<double>()), end = rounded(command["end"].get<double>());
    if (end <= begin)
      return; // no time was its own
    const Json &layer = command["layer"];
    Json details = {{"layer", layer.is_null() ? "" : layerName(timeline["layers"][layer.get<size_t>()])}};
    if (std::string what = textAt(command, "what"); !what.empty())
      details["what"] = what;
    if (auto causes = command.find("causes"); causes != command.end() && causes->is_object())
      details.update(*causes);
    Json event = {{"ph", "X"},
                  {"pid", process},
                  {"tid", thread},
                  {"ts", microseconds(begin)},
                  {"dur", microseconds(end - begin)},
                  {"cat", textAt(command, "queue")},
                  {"name", textAt(command, "name")},
                  {"args", std::move(details)}};
    timed.emplace(begin, std::move(event));
  }

  void addCounter(const Json &memory) {
    auto live = memory.find("live");
    if (live == memory.end() || !live->is_array())
      return; // an older file
    for (const Json &moment : *live) {
      int64_t at = rounded(moment["at"].get<double>());
      Json event = {{"ph", "C"},
                    {"pid", process},
                    {"tid", 0},
                    {"ts", microseconds(at)},
                    {"name", textAt(memory, "name") + ", bytes alive"},
                    {"args", {{"bytes", moment["bytes"]}}}};
      timed.emplace(at, std::move(event));
    }
  }

  const Json &timeline;
  double nanoseconds; ///< of the trace, in a unit of the timeline
  std::map<std::string, int> threads;
  Json metadata = Json::array();
  std::multimap<int64_t, Json> timed; ///< by nanosecond; those of one keep their order
};

} // namespace

Json traceJson(const Json &timeline) { return TraceWriter(timeline).write(); }

} // namespace tenon::driver
