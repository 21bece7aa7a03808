// A description's text as a tree of scalars, sequences and mappings, each with its place.
//
// It is made from yaml-cpp's events and not from its nodes: those have no places in their errors, take a
// duplicate key without a word, and guess types.
#pragma once

#include "core/isa/loader/Mistakes.h"

namespace tenon::isa::loader {

/// A part of the text and where it begins; both sides of a split keep their places.
struct Piece {
  llvm::StringRef text;
  Place place;

  Piece trimmed() const;
  Piece from(size_t offset) const; ///< what follows
  Piece until(size_t offset) const { return {text.take_front(offset), place}; }
};

struct TreeKey {
  std::string text;
  Place place;
};

struct TreeNode {
  enum class Kind : uint8_t { Null, Scalar, Sequence, Mapping };
  Kind kind = Kind::Null;
  std::string text;          ///< Scalar
  Place place;               ///< where the text begins, after a quotation mark
  std::vector<TreeKey> keys; ///< Mapping: the key of each item
  std::vector<TreeNode> items;

  bool isScalar() const { return kind == Kind::Scalar; }
  bool isSequence() const { return kind == Kind::Sequence; }
  bool isMapping() const { return kind == Kind::Mapping; }
  Piece piece() const { return {text, place}; }
  /// The item of a key; null where a mapping has none.
  const TreeNode *find(llvm::StringRef key) const;
  TreeNode *find(llvm::StringRef key);
  void remove(size_t index);
  /// Keeps the entries of a mapping for which `keep` (key, item) holds; it sees each once, in order.
  void filter(llvm::function_ref<bool(TreeKey &, TreeNode &)> keep);
};

/// The tree of one document. Refused, all with their places: text that is not UTF-8, control characters,
/// syntax errors, duplicate keys, anchors, aliases, tags, a second document, deep nesting, and expressions
/// that YAML's braces tear apart. Nothing where there is no tree; mistakes may also have been added where
/// there is one.
std::optional<TreeNode> parseTree(llvm::StringRef text, Mistakes &mistakes);

/// Deepest nesting of sequences and mappings, most entries of one of them.
inline constexpr unsigned treeDepthLimit = 32;
inline constexpr size_t treeEntryLimit = 4096;

/// What is wrong with the text before it is YAML: its encoding, its control characters.
bool checkCharacters(llvm::StringRef text, Mistakes &mistakes);

/// Expressions that flow style (braces and brackets) tears apart: "{busy: max(m, n)}" is two keys for YAML,
/// and
/// "{b: a[i]}" is an error that says nothing. Also bounds nesting before yaml-cpp sees the text: it keeps
/// all of a flow collection before it gives its first event.
bool checkFlow(llvm::StringRef text, Mistakes &mistakes);

} // namespace tenon::isa::loader
