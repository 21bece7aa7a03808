// Collecting mistakes, and the likely repair of a misspelt name.
#include "core/isa/loader/Mistakes.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <tuple>

namespace tenon::isa::loader {

void Mistakes::add(Place place, std::string message, std::string repair) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  if (place.line) {
    diagnostic.line = place.line;
    diagnostic.column = place.column;
  }
  list.push_back(std::move(diagnostic));
}

void Mistakes::add(llvm::Error error, Place place, const std::string &repair) {
  for (Diagnostic &diagnostic : report(std::move(error)).diagnostics) {
    if (!diagnostic.line && place.line) {
      diagnostic.line = place.line;
      diagnostic.column = place.column;
    }
    if (diagnostic.repair.empty())
      diagnostic.repair = repair;
    list.push_back(std::move(diagnostic));
  }
}

void Mistakes::shift(size_t first, unsigned lines) {
  for (Diagnostic &diagnostic : llvm::MutableArrayRef(list).drop_front(first))
    if (diagnostic.line)
      *diagnostic.line += lines;
}

std::vector<Diagnostic> Mistakes::take(llvm::ArrayRef<SourceFile> files) {
  auto place = [](const Diagnostic &found) {
    return std::tuple(found.line.value_or(0), found.column.value_or(0));
  };
  auto whole = [&](const Diagnostic &found) {
    return std::tuple(place(found), llvm::StringRef(found.message), llvm::StringRef(found.repair));
  };
  std::sort(list.begin(), list.end(),
            [&](const Diagnostic &left, const Diagnostic &right) { return whole(left) < whole(right); });
  auto same = [&](const Diagnostic &left, const Diagnostic &right) { return whole(left) == whole(right); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
  if (full()) {
    list.resize(most);
    add({}, "there are more than " + std::to_string(most) + " mistakes; the others are not listed",
        "correct these first");
  }
  for (Diagnostic &diagnostic : list) {
    const SourceFile *file = diagnostic.line ? fileOf(files, *diagnostic.line) : &files.front();
    diagnostic.file = file->path;
    if (diagnostic.line)
      *diagnostic.line -= file->before;
  }
  return std::move(list);
}

std::string quoted(llvm::StringRef text) {
  constexpr size_t longest = 60;
  std::string shown = text.take_front(longest).str();
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  return "'" + shown + (text.size() > longest ? "..." : "") + "'";
}

std::string listed(llvm::ArrayRef<std::string> names) {
  constexpr size_t most = 12;
  std::string text = llvm::join(names.take_front(most), ", ");
  return names.size() > most ? text + ", and " + std::to_string(names.size() - most) + " more" : text;
}

std::string suggestion(llvm::StringRef wrong, llvm::ArrayRef<std::string> known) {
  constexpr size_t longest = 64; // of what is compared: the time is the product of both lengths
  if (known.empty())
    return "there is none";
  const std::string *closest = nullptr;
  unsigned best = 0;
  for (const std::string &name : known) {
    if (wrong.size() > longest || name.size() > longest)
      continue;
    // A third of the letters, rounded up; names of one or two letters are all near each other.
    auto length = unsigned(std::max(wrong.size(), name.size()));
    unsigned most = length < 3 ? 0 : (length + 2) / 3;
    unsigned distance = wrong.edit_distance_insensitive(name, /*AllowReplacements=*/true, most);
    if (distance <= most && (!closest || distance < best)) {
      closest = &name;
      best = distance;
    }
  }
  return closest ? "did you mean " + quoted(*closest) + "?" : "known: " + listed(known);
}

namespace {

constexpr llvm::StringLiteral words[] = {"if",        "then", "else", "and",   "or",   "not",
                                         "sum",       "any",  "by",   "dense", "none", "keep",
                                         "undefined", "yes",  "true", "no",    "false"};

} // namespace

bool isLabel(llvm::StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) &&
         llvm::all_of(text, [](char letter) { return llvm::isAlnum(letter) || letter == '_'; });
}

bool isName(llvm::StringRef text) { return isLabel(text) && !llvm::is_contained(words, text); }

bool isVariantName(llvm::StringRef text) {
  auto part = [](char letter) {
    return llvm::isAlnum(letter) || letter == '-' || letter == '_' || letter == '.';
  };
  return !text.empty() && llvm::isAlnum(text.front()) && llvm::all_of(text, part);
}

std::string noName(llvm::StringRef text) {
  if (llvm::is_contained(words, text))
    return quoted(text) + " is a word of the language and cannot be a name";
  return quoted(text) + " is no name: letters, digits and _, no digit first";
}

} // namespace tenon::isa::loader
