// What the table of keys says, for people and for editors.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace tenon::isa {

/// The language reference in Markdown.
std::string languageReference();

/// The JSON Schema of a description (draft 2020-12): its shape, not what concerns several parts.
nlohmann::ordered_json descriptionSchema();

} // namespace tenon::isa
