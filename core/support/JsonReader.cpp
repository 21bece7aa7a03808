// The parser takes the last of two equal keys and any depth: both are stopped here.
#include "core/support/JsonReader.h"

#include "core/support/Error.h"
#include "core/support/Text.h"

#include <set>
#include <vector>

namespace tenon {

namespace {

/// A thrown text: the parser's way to be stopped.
struct Stopped {
  std::string why;
};

} // namespace

llvm::Expected<nlohmann::json> parseJson(llvm::StringRef text, int mostDepth) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> keys; ///< of the objects that are open
  auto watch = [&](int depth, Event event, nlohmann::json &value) {
    if (depth > mostDepth)
      throw Stopped{"is nested deeper than " + std::to_string(mostDepth) + " levels, a manifest has fewer"};
    if (event == Event::object_start)
      keys.emplace_back();
    if (event == Event::object_end)
      keys.pop_back();
    if (event == Event::key && !keys.back().insert(value.get<std::string>()).second)
      throw Stopped{"has the key '" + value.get<std::string>() + "' twice in one object"};
    return true;
  };
  try {
    return nlohmann::json::parse(text.begin(), text.end(), watch);
  } catch (const nlohmann::json::exception &wrong) {
    return wrongInput("is not JSON: " + printable(wrong.what()));
  } catch (const Stopped &stopped) {
    return wrongInput(printable(stopped.why));
  }
}

} // namespace tenon
