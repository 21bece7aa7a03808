// Reading the comments back, and lines that differ in nothing but the names of their values.
#include "core/codegen/RowPlaces.h"

#include "llvm/ADT/SmallVector.h"

#include <cctype>
#include <set>

namespace tenon::codegen {
namespace {

/// The line with every %name as "%".
std::string withoutNames(llvm::StringRef line) {
  std::string text;
  for (size_t i = 0; i < line.size(); ++i) {
    text += line[i];
    if (line[i] != '%')
      continue;
    auto isNameCharacter = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' || c == '$';
    };
    while (i + 1 < line.size() && isNameCharacter(line[i + 1]))
      ++i;
  }
  return text;
}

} // namespace

std::optional<RowPlace> rowPlace(llvm::StringRef line) {
  static constexpr llvm::StringLiteral marker = "; row ";
  size_t at = line.rfind(marker);
  if (at == llvm::StringRef::npos)
    return std::nullopt;
  auto [rest, column] = line.substr(at + marker.size()).trim().rsplit(':');
  auto [file, number] = rest.rsplit(':');
  RowPlace place;
  if (file.empty() || number.getAsInteger(10, place.line) || column.getAsInteger(10, place.column))
    return std::nullopt;
  place.file = file.str();
  return place;
}

RowLines rowLines(llvm::StringRef module) {
  RowLines rows;
  std::set<std::string> seen;
  unsigned number = 0;
  while (!module.empty()) {
    auto [line, rest] = module.split('\n');
    module = rest;
    ++number;
    std::optional<RowPlace> place = rowPlace(line);
    if (!place)
      continue;
    rows.places.emplace(number, *place);
    if (seen.insert(withoutNames(line.trim())).second)
      rows.distinct.push_back(number);
  }
  return rows;
}

} // namespace tenon::codegen
