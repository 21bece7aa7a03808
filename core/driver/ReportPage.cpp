// Gathering the files, and putting them into the page as data: what is drawn is the page's own script's.
#include "core/driver/ReportPage.h"

#include "core/driver/FileOutput.h"
#include "core/driver/Trace.h"
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

  void checkTimeline(JsonReader reader) {
    size_t layers = 0;
    reader.key("unit").text();
    reader.key("layers").each([&](JsonReader) { ++layers; });
    reader.key("queues").each([](JsonReader queue) { queue.text(); });
    reader.key("commands").each([&](JsonReader command) {
      command.key("queue").text();
      command.key("name").text();
      JsonReader layer = command.key("layer");
      if (unsigned number = layer.isNull() ? 0 : layer.index(); !layer.isNull() && number >= layers)
        command.fail(fmt::format("{}.layer is {}, there are {} layers", command.place(), number, layers));
      if (command.key("begin").real() > command.key("end").real())
        command.fail(command.place() + " ends before it begins");
    });
    reader.key("memories").each([](JsonReader memory) {
      memory.key("name").text();
      memory.key("lifetimes").each([](JsonReader life) { life.key("address").number(); });
      if (memory.has("live"))
        memory.key("live").each([](JsonReader moment) {
          moment.key("at").real();
          moment.key("bytes").number();
        });
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
