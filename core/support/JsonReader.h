// Reads JSON that must be just so: every key is there, has its type and is known. Also from files that are
// wrong on purpose.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace tenon {

/// The text as JSON. ExitCode::WrongInput for text that is none, that is nested deeper than `mostDepth`
/// levels or that has a key of one object twice.
llvm::Expected<nlohmann::json> parseJson(llvm::StringRef text, int mostDepth);

/// A value and the way to it. The first mistake is kept; what is read after it is empty.
class JsonReader {
public:
  using Json = nlohmann::json;

  /// `whole` is what messages call the outermost value ("the manifest").
  JsonReader(const Json &json, const char *whole, std::string &mistake)
      : JsonReader(&json, whole, "", mistake) {}

  JsonReader key(const char *name) const {
    if (!expect(json->is_object(), "an object"))
      return {&nothing(), whole, path, mistake};
    std::string inner = path.empty() ? name : path + "." + name;
    auto found = json->find(name);
    if (found == json->end()) {
      fail(inner + " is missing");
      return {&nothing(), whole, inner, mistake};
    }
    return {&*found, whole, inner, mistake};
  }
  bool has(const char *name) const { return json->is_object() && json->contains(name); }
  /// Refuses keys that are not listed.
  void only(std::initializer_list<const char *> names) const {
    if (!expect(json->is_object(), "an object"))
      return;
    for (const auto &[name, value] : json->items())
      if (llvm::none_of(names, [&](const char *known) { return name == known; }))
        fail((path.empty() ? "" : path + " has ") + "the key '" + name +
             "', which this version does not know");
  }
  uint64_t number() const {
    return expect(json->is_number_unsigned(), "a whole number that is not negative") ? json->get<uint64_t>()
                                                                                     : 0;
  }
  unsigned index() const {
    uint64_t value = number();
    if (value > UINT32_MAX)
      fail(path + " is " + std::to_string(value) + ", the most is " + std::to_string(UINT32_MAX));
    return unsigned(value);
  }
  int64_t integer() const {
    bool fits =
        json->is_number_integer() && (!json->is_number_unsigned() || json->get<uint64_t>() <= INT64_MAX);
    return expect(fits, "a whole number of 64 bits") ? json->get<int64_t>() : 0;
  }
  double real() const { return expect(json->is_number(), "a number") ? json->get<double>() : 0; }
  bool isNull() const { return json->is_null(); }
  bool boolean() const { return expect(json->is_boolean(), "true or false") && json->get<bool>(); }
  std::string text() const { return expect(json->is_string(), "a text") ? json->get<std::string>() : ""; }
  bool isText() const { return json->is_string(); }
  template <class Visit> void each(Visit visit) const {
    if (!expect(json->is_array(), "a list"))
      return;
    for (size_t i = 0; i < json->size() && mistake.empty(); ++i)
      visit(JsonReader(&(*json)[i], whole, path + "[" + std::to_string(i) + "]", mistake));
  }
  template <class Visit> void eachKey(Visit visit) const {
    if (!expect(json->is_object(), "an object"))
      return;
    for (const auto &[name, value] : json->items())
      visit(name, JsonReader(&value, whole, path + "." + name, mistake));
  }
  void fail(std::string message) const {
    if (mistake.empty())
      mistake = std::move(message);
  }
  const std::string &place() const { return path; }

private:
  JsonReader(const Json *json, const char *whole, std::string path, std::string &mistake)
      : json(json), whole(whole), path(std::move(path)), mistake(mistake) {}

  static const Json &nothing() {
    static const Json json;
    return json;
  }
  bool expect(bool holds, const char *what) const {
    if (!holds)
      fail((path.empty() ? whole : path) + " is " + json->type_name() + ", it must be " + what);
    return holds;
  }

  const Json *json;
  const char *whole;
  std::string path;
  std::string &mistake;
};

} // namespace tenon
