// Reading the scalars of a description: numbers, ranges, types, expressions. Each gives its value, or nothing
// after it has reported why.
#pragma once

#include "core/isa/Description.h"
#include "core/isa/loader/Names.h"
#include "core/isa/loader/Tree.h"

namespace tenon::isa::loader {

/// The description as far as it is read, and its mistakes.
struct Reading {
  Description &description;
  Mistakes &mistakes;
  NameSet parameters; ///< names of those that are read
};

/// Which numbers a key takes; `what` says whose number it is: "depth of queue 'load'".
struct Bounds {
  std::string what;
  int64_t low = 0;
  int64_t high = std::numeric_limits<int64_t>::max();
};

struct Range {
  int64_t low = 0, high = 0;
};

/// Larger than any machine's, and far from overflow when multiplied with each other once.
inline constexpr int64_t mostBytes = int64_t(1) << 48;
inline constexpr int64_t mostOfAnything = int64_t(1) << 31;

/// An expression over parameters, evaluated.
std::optional<int64_t> readNumber(Reading &reading, Piece text, const Bounds &bounds);
/// As readNumber; KiB, MiB or GiB may follow.
std::optional<int64_t> readBytes(Reading &reading, Piece text, const Bounds &bounds);
/// "low..high" or one number, which is both.
std::optional<Range> readRange(Reading &reading, Piece text, const Bounds &bounds);
std::optional<Expression> readExpression(Reading &reading, Piece text);
std::optional<ElementType> readElementType(Reading &reading, Piece text, const std::string &what);

/// "i8[m, k]": the text before the bracket, and the trimmed parts between the brackets.
struct Bracketed {
  Piece head;
  std::vector<Piece> parts;
  bool bracketed = false;
};
std::optional<Bracketed> readBracketed(Reading &reading, Piece text, const std::string &what);

/// The scalars of a form that takes one or a list of them.
std::vector<Piece> piecesOf(const TreeNode &node);

template <typename Declared> std::vector<std::string> namesOf(const std::vector<Declared> &list) {
  std::vector<std::string> names;
  names.reserve(list.size());
  for (const Declared &declared : list)
    names.push_back(declared.name);
  return names;
}
/// The number of the entry with this name; -1 where there is none.
template <typename Declared> int indexOf(const std::vector<Declared> &list, llvm::StringRef name) {
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i].name == name)
      return int(i);
  return -1;
}
/// As indexOf; an unknown name is reported: "unknown queue 'lod'".
template <typename Declared>
int reference(Reading &reading, const std::vector<Declared> &list, Piece name, const std::string &kind) {
  int index = indexOf(list, name.text);
  if (index < 0)
    reading.mistakes.add(name.place, "unknown " + kind + " " + quoted(name.text),
                         reading.mistakes.full() ? "" : suggestion(name.text, namesOf(list)));
  return index;
}

} // namespace tenon::isa::loader
