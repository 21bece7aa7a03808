// Gathering the files, and putting them into the page as data: what is drawn is the page's own script's.
#include "core/driver/ReportPage.h"

#include "core/driver/FileOutput.h"
#include "core/driver/WrongUse.h"
#include "core/support/FileInput.h"
#include "core/support/JsonReader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

namespace tenon::driver {

/// Generated from core/driver/page and the plotting library: pieces, and a null pointer behind the last.
extern const char *const reportPageBegin[];
extern const char *const reportPageEnd[];

namespace {

constexpr uint64_t mostBytes = uint64_t(512) << 20;
constexpr int mostDepth = 64;

/// Kinds of files, and their names in the page's data.
struct Kind {
  const char *schema, *name;
};
constexpr Kind kinds[] = {
    {"tenon.run/1", "run"}, {"tenon.explain/1", "explain"}, {"tenon.timeline/1", "timeline"}};

std::string textAt(const Json &object, const char *key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// What was read, and from where.
class Gathered {
public:
  /// A folder's files of other kinds are left alone; a file that is named must be of one of the kinds.
  llvm::Error add(const std::string &path) {
    if (!llvm::sys::fs::is_directory(path))
      return addFile(path, /*named=*/true);
    std::error_code code;
    std::vector<std::string> files;
    for (llvm::sys::fs::directory_iterator at(path, code), end; at != end && !code; at.increment(code))
      if (llvm::StringRef(at->path()).ends_with(".json"))
        files.push_back(at->path());
    if (code)
      return failure(ExitCode::SystemFailed, path + " cannot be read: " + code.message());
    llvm::sort(files); // the order of a folder is its file system's
    for (const std::string &file : files)
      if (llvm::Error wrong = addFile(file, /*named=*/false))
        return wrong;
    return llvm::Error::success();
  }

  llvm::Error finish() const {
    if (data.contains("run") || data.contains("explain"))
      return llvm::Error::success();
    return wrongUse("nothing to report: no tenon.run/1 or tenon.explain/1 is among the files",
                    "tenon run MODEL --report-dir DIR writes them");
  }

  Json data = Json::object();

private:
  llvm::Error addFile(const std::string &path, bool named) {
    auto file = readFile(path, mostBytes);
    if (!file)
      return file.takeError();
    auto parsed = parseJson((*file)->getBuffer(), mostDepth);
    if (!parsed)
      return withPlace(parsed.takeError(), path);
    Json value = Json::parse((*file)->getBuffer().str(), nullptr, /*allow_exceptions=*/false);
    std::string schema = value.is_object() ? textAt(value, "schema") : "";
    const auto *kind = llvm::find_if(kinds, [&](const Kind &each) { return schema == each.schema; });
    if (kind == std::end(kinds))
      return named ? wrongSchema(path, schema) : llvm::Error::success();
    if (data.contains(kind->name))
      return withPlace(
          wrongInput(std::string("a second ") + kind->schema + ", the first is " + places[kind->name]), path);
    for (const auto &[name, other] : data.items())
      for (const char *key : {"model", "target"})
        if (textAt(other, key) != textAt(value, key))
          return withPlace(wrongInput(fmt::format("the {} is '{}', in {} it is '{}'", key, textAt(value, key),
                                                  places[name], textAt(other, key))),
                           path);
    data[kind->name] = std::move(value);
    places[kind->name] = path;
    return checkShape(kind->name);
  }

  static llvm::Error wrongSchema(const std::string &path, const std::string &schema) {
    return withPlace(wrongInput(schema.empty() ? "no schema is named"
                                               : "the schema is " + schema +
                                                     ", a report is made of tenon.run/1, tenon.explain/1 and "
                                                     "tenon.timeline/1"),
                     path);
  }

  /// What the page and the trace rely on.
  llvm::Error checkShape(const std::string &name) {
    std::string mistake;
    const nlohmann::json value = data[name];
    JsonReader reader(value, "the file", mistake);
    if (name == "run")
      reader.key("layers").each([](JsonReader layer) {
        layer.key("name").text();
        layer.key("nodes").each([](JsonReader node) { node.text(); });
        layer.key("stalls").eachKey([](const std::string &, JsonReader cycles) { cycles.number(); });
      });
    else if (name == "explain")
      reader.key("ops").each([](JsonReader op) {
        op.key("nodes").each([](JsonReader node) { node.text(); });
        op.key("candidates").each([](JsonReader candidate) { candidate.key("intrinsic").text(); });
      });
    else
      checkTimeline(reader);
    return mistake.empty() ? llvm::Error::success() : withPlace(wrongInput(mistake), places[name]);
  }

  static double realAt(JsonReader reader, const nlohmann::json &object, const char *key) {
    reader.key(key); // which says where it is missing
    auto found = object.find(key);
    if (found == object.end() || !found->is_number()) {
      reader.fail(reader.place() + "." + key + " is no number");
      return 0;
    }
    return found->get<double>();
  }

  void checkTimeline(JsonReader reader) {
    size_t layers = 0, number = 0;
    reader.key("unit").text();
    reader.key("layers").each([&](JsonReader) { ++layers; });
    reader.key("queues").each([](JsonReader queue) { queue.text(); });
    const nlohmann::json all = data["timeline"].contains("commands") ? data["timeline"]["commands"] : Json();
    reader.key("commands").each([&](JsonReader command) {
      command.key("queue").text();
      command.key("name").text();
      if (unsigned layer = command.key("layer").index(); layer >= layers)
        command.fail(fmt::format("{}.layer is {}, there are {} layers", command.place(), layer, layers));
      const nlohmann::json &object = all[number++];
      if (realAt(command, object, "begin") > realAt(command, object, "end"))
        command.fail(command.place() + " ends before it begins");
    });
    reader.key("memories").each([](JsonReader memory) {
      memory.key("name").text();
      memory.key("lifetimes").each([](JsonReader life) { life.key("address").number(); });
    });
  }

  std::map<std::string, std::string> places;
};

/// JSON between script tags: no end tag may stand in it.
std::string embedded(const Json &data) {
  std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace), safe;
  safe.reserve(text.size());
  for (char c : text)
    safe += c == '<' ? "\\u003c" : std::string(1, c);
  return safe;
}

std::string pageText(const Json &data) {
  std::string text;
  for (const char *const *piece = reportPageBegin; *piece; ++piece)
    text += *piece;
  text += embedded(data);
  for (const char *const *piece = reportPageEnd; *piece; ++piece)
    text += *piece;
  return text;
}

/// A name in one line.
std::string layerName(const Json &layer) {
  return textAt(layer, "op") + (textAt(layer, "name").empty() ? "" : " " + textAt(layer, "name"));
}

/// One process, a thread for each queue; microseconds stand for cycles, as the format has no other unit.
Json traceJson(const Json &timeline) {
  bool seconds = textAt(timeline, "unit") == "seconds";
  double scale = seconds ? 1e6 : 1;
  Json events = Json::array();
  std::map<std::string, int> threadOf;
  events.push_back({{"ph", "M"},
                    {"pid", 1},
                    {"name", "process_name"},
                    {"args", {{"name", textAt(timeline, "model") + " on " + textAt(timeline, "target")}}}});
  auto addThread = [&](const std::string &name) {
    int number = int(threadOf.size()) + 1;
    if (!threadOf.try_emplace(name, number).second)
      return;
    events.push_back(
        {{"ph", "M"}, {"pid", 1}, {"tid", number}, {"name", "thread_name"}, {"args", {{"name", name}}}});
  };
  for (const Json &queue : timeline["queues"])
    addThread(queue.get<std::string>());
  for (const Json &command : timeline["commands"]) {
    double begin = command["begin"].get<double>(), end = command["end"].get<double>();
    std::string queue = textAt(command, "queue");
    addThread(queue);
    if (end <= begin)
      continue; // no cycle was its own
    Json details = {{"layer", layerName(timeline["layers"][command["layer"].get<size_t>()])}};
    if (auto causes = command.find("causes"); causes != command.end() && causes->is_object())
      details.update(*causes);
    events.push_back({{"ph", "X"},
                      {"pid", 1},
                      {"tid", threadOf[queue]},
                      {"ts", begin * scale},
                      {"dur", (end - begin) * scale},
                      {"name", textAt(command, "name")},
                      {"args", std::move(details)}});
  }
  return {{"traceEvents", std::move(events)},
          {"displayTimeUnit", "ns"},
          {"otherData",
           {{"unit", seconds ? "a microsecond is one" : "a microsecond is one cycle"},
            {"basis", textAt(timeline, "basis")}}}};
}

} // namespace

llvm::Error writeReportPage(const ReportPageCommand &command) {
  if (command.page.empty() && command.trace.empty())
    return wrongUse("neither --html nor --trace says what to write", "add --html report.html");
  Gathered gathered;
  for (const std::string &input : command.inputs)
    if (llvm::Error wrong = gathered.add(input))
      return wrong;
  if (llvm::Error wrong = gathered.finish())
    return wrong;
  bool timed = gathered.data.contains("timeline");
  if (!command.trace.empty() && !timed)
    return wrongUse("--trace needs a tenon.timeline/1, none is among the files",
                    "tenon run MODEL --report-dir DIR writes one");
  std::string text;
  if (!command.page.empty()) {
    if (llvm::Error wrong = writeFile(command.page, pageText(gathered.data)))
      return wrong;
    text += "page: " + command.page + "\n";
  }
  if (!command.trace.empty()) {
    if (llvm::Error wrong = writeFile(command.trace, jsonText(traceJson(gathered.data["timeline"]))))
      return wrong;
    text += "trace: " + command.trace + ", for Perfetto\n";
  }
  if (!gathered.data.contains("run"))
    text += "no tenon.run/1 is among the files: nothing was measured\n";
  if (!timed)
    text += "no tenon.timeline/1 is among the files: no timeline, memories and roofline\n";
  if (llvm::Error wrong =
          writeJson(command.report, {{"schema", "tenon.report/1"},
                                     {"page", command.page.empty() ? Json(nullptr) : Json(command.page)},
                                     {"trace", command.trace.empty() ? Json(nullptr) : Json(command.trace)}}))
    return wrong;
  return printText(command.report, text);
}

} // namespace tenon::driver
