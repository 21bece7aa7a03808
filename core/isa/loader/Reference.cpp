// The language reference and the JSON Schema, generated from the table of keys.
#include "core/isa/loader/Reference.h"

#include "core/isa/loader/Keys.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

using namespace loader;
using Json = nlohmann::ordered_json;

/// A | would end a cell of a table.
std::string cell(llvm::StringRef text) {
  std::string result;
  for (char letter : text)
    result += letter == '|' ? std::string("\\|") : std::string(1, letter);
  return result;
}

std::string valueText(const Key &key) {
  if (key.form == Form::Mapping)
    return "[" + textOf(key.inner).name.str() + "](#" +
           llvm::join(llvm::split(textOf(key.inner).name, ' '), "-") + ")";
  if (key.form == Form::Choice)
    return llvm::join(choicesOf(key), ", ");
  return cell(textOf(key.form).syntax);
}

std::string keyLine(const Key &key) {
  std::string name = key.naming == Naming::Fixed ? "`" + key.name.str() + "`" : "*" + key.name.str() + "*";
  std::string meaning = cell(key.meaning);
  if (!key.kinds.empty())
    meaning += " (kind " + llvm::join(llvm::split(key.kinds, ' '), ", ") + ")";
  llvm::StringRef required = key.presence == Presence::Required ? "yes"
                             : key.presence == Presence::Copied ? "unless copied"
                                                                : "";
  return "| " + name + " | " + valueText(key) + " | " + required.str() + " | " + meaning + " |\n";
}

std::string sectionText(const SectionText &section) {
  std::string text = "\n## " + section.name.str() + "\n\n" + section.meaning.str() + "\n";
  if (!section.example.empty())
    text += "\n```yaml\n" + section.example.str() + "\n```\n";
  text += "\n| key | value | required | meaning |\n|---|---|---|---|\n";
  std::vector<std::string> later;
  for (const Key *key : keysOf(section.section)) {
    if (key->presence == Presence::NotYet)
      later.push_back("`" + key->name.str() + "`");
    else
      text += keyLine(*key);
  }
  if (!later.empty())
    text += "\nNot yet supported, and refused by name: " + llvm::join(later, ", ") + ".\n";
  return text;
}

Json formSchema(Form form) {
  const FormText &row = textOf(form);
  Json text = {{"type", {"string", "integer"}}};
  if (form == Form::Version)
    return {{"const", 1}};
  Json types = Json::array();
  if (row.scalar)
    types.push_back(text);
  if (row.sequence)
    types.push_back({{"type", "array"}, {"items", text}});
  if (row.mapping)
    types.push_back({{"type", "object"}, {"additionalProperties", text}});
  Json schema = types.size() == 1 ? types[0] : Json{{"anyOf", types}};
  schema["$comment"] = row.syntax.str();
  return schema;
}

std::string reference(Section section) {
  return "#/$defs/" + llvm::join(llvm::split(textOf(section).name, ' '), "-");
}

Json valueSchema(const Key &key) {
  Json schema;
  if (key.form == Form::Mapping)
    schema = {{"$ref", reference(key.inner)}};
  else if (key.form == Form::Choice)
    schema = {{"enum", choicesOf(key)}};
  else
    schema = formSchema(key.form);
  schema["description"] = key.meaning.str();
  return schema;
}

/// The keys that a section takes where it has no fixed ones.
std::string pattern(Naming naming) {
  const std::string name = "[A-Za-z_][A-Za-z0-9_]*";
  switch (naming) {
  case Naming::Fixed:
    return "";
  case Naming::Name:
  case Naming::Label:
    return "^" + name + "$";
  case Naming::Number:
    return "^(" + name + "|[0-9]+)$";
  case Naming::Counted:
    return "^" + name + "(\\[.+\\])?$";
  case Naming::Cell:
    return "^" + name + "(\\[" + name + "\\])?\\." + name + "$";
  case Naming::Variant:
    return "^[A-Za-z0-9][A-Za-z0-9._-]*$";
  case Naming::Dotted:
    return "^" + name + "(\\." + name + ")*$";
  }
  return "";
}

Json sectionSchema(Section section) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}};
  Json required = Json::array();
  for (const Key *key : keysOf(section)) {
    if (key->presence == Presence::NotYet)
      continue;
    bool fixed = key->naming == Naming::Fixed;
    schema[fixed ? "properties" : "patternProperties"][fixed ? key->name.str() : pattern(key->naming)] =
        valueSchema(*key);
    if (key->presence == Presence::Required)
      required.push_back(key->name.str());
  }
  if (!required.empty())
    schema["required"] = std::move(required);
  return schema;
}

} // namespace

std::string languageReference() {
  std::string text =
      "# The description language\n\n"
      "A chip is one YAML document in UTF-8, without anchors, aliases and tags. Names are letters, digits "
      "and "
      "_. Numbers are decimal or 0x, and every number may be an expression over parameters. Within "
      "braces an expression with a comma or a bracket is quoted.\n";
  for (const SectionText &section : sectionTable())
    text += sectionText(section);
  return text;
}

Json descriptionSchema() {
  Json schema = sectionSchema(Section::Description);
  Json whole = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "A description of a chip"}};
  whole.update(schema);
  // A whole machine, one that is made of another, or a list of variants.
  whole["anyOf"] = {
      {{"required", {"memories", "intrinsics"}}}, {{"required", {"extends"}}}, {{"required", {"variants"}}}};
  for (const SectionText &section : sectionTable())
    if (section.section != Section::Description) {
      llvm::StringRef name(section.name);
      whole["$defs"][llvm::join(llvm::split(name, ' '), "-")] = sectionSchema(section.section);
    }
  return whole;
}

} // namespace tenon::isa
