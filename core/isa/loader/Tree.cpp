// From yaml-cpp's events to the tree.
#include "core/isa/loader/Tree.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace tenon::isa::loader {

Piece Piece::trimmed() const {
  llvm::StringRef left = text.ltrim();
  Piece rest = from(text.size() - left.size());
  return {rest.text.rtrim(), rest.place};
}

Piece Piece::from(size_t offset) const { return {text.drop_front(offset), placeWithin(text, offset, place)}; }

const TreeNode *TreeNode::find(llvm::StringRef key) const {
  for (size_t i = 0; i < keys.size(); ++i)
    if (keys[i].text == key)
      return &items[i];
  return nullptr;
}

TreeNode *TreeNode::find(llvm::StringRef key) {
  return const_cast<TreeNode *>(static_cast<const TreeNode *>(this)->find(key));
}

void TreeNode::remove(size_t index) {
  keys.erase(keys.begin() + std::ptrdiff_t(index));
  items.erase(items.begin() + std::ptrdiff_t(index));
}

void TreeNode::filter(llvm::function_ref<bool(TreeKey &, TreeNode &)> keep) {
  std::vector<TreeKey> keptKeys;
  std::vector<TreeNode> keptItems;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!keep(keys[i], items[i]))
      continue;
    keptKeys.push_back(std::move(keys[i]));
    keptItems.push_back(std::move(items[i]));
  }
  keys = std::move(keptKeys);
  items = std::move(keptItems);
}

namespace {

/// Ends the parser from within an event: what follows has no meaning.
struct StopParsing {};

class TreeBuilder : public YAML::EventHandler {
public:
  TreeBuilder(llvm::StringRef text, Mistakes &mistakes) : mistakes(mistakes) { text.split(lines, '\n'); }

  std::optional<TreeNode> root;

  void OnDocumentStart(const YAML::Mark &mark) override {
    if (!root)
      return;
    mistakes.add(placeOf(mark), "a second document starts here",
                 "a description is one document; remove '---'");
    throw StopParsing();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    refuseAnchor(mark, anchor);
    TreeNode node;
    node.place = placeOf(mark);
    put(std::move(node));
  }
  void OnAlias(const YAML::Mark &mark, YAML::anchor_t) override {
    mistakes.add(placeOf(mark), "a description has no aliases (*name)",
                 "quote the text if it is an expression, or repeat what the alias stands for");
    TreeNode node;
    node.place = placeOf(mark);
    put(std::move(node));
  }
  void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                const std::string &value) override {
    refuseAnchor(mark, anchor);
    refuseTag(mark, tag);
    TreeNode node;
    node.kind = TreeNode::Kind::Scalar;
    node.place = textPlace(mark);
    node.text = value;
    if (llvm::any_of(value, [](char letter) { return llvm::isPrint(letter) ? false : isControl(letter); }))
      mistakes.add(node.place, "an escape gives a control character", "remove it");
    put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(TreeNode::Kind::Sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(TreeNode::Kind::Mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

private:
  /// A collection that is being filled. In a mapping, keys and values take turns.
  struct Level {
    TreeNode node;
    std::optional<TreeKey> key;
    llvm::StringSet<> seen;
  };

  Mistakes &mistakes;
  llvm::SmallVector<llvm::StringRef> lines;
  std::vector<Level> levels;

  static bool isControl(char letter) {
    auto byte = static_cast<unsigned char>(letter);
    return (byte < 0x20 && letter != '\n' && letter != '\t') || byte == 0x7f;
  }

  static Place placeOf(const YAML::Mark &mark) {
    return mark.is_null() ? Place() : Place{unsigned(mark.line) + 1, unsigned(mark.column) + 1};
  }

  /// Where the text of a scalar begins: after its quotation mark, or on the line after a block scalar's mark.
  Place textPlace(const YAML::Mark &mark) const {
    Place place = placeOf(mark);
    if (!place.line || place.line > lines.size())
      return place;
    llvm::StringRef rest =
        lines[place.line - 1].drop_front(std::min<size_t>(place.column - 1, lines[place.line - 1].size()));
    if (rest.starts_with("\"") || rest.starts_with("'"))
      return {place.line, place.column + 1};
    if (!rest.starts_with("|") && !rest.starts_with(">"))
      return place;
    for (unsigned line = place.line; line < lines.size(); ++line)
      if (llvm::StringRef content = lines[line].ltrim(); !content.empty())
        return {line + 1, unsigned(lines[line].size() - content.size()) + 1};
    return place;
  }

  void refuseAnchor(const YAML::Mark &mark, YAML::anchor_t anchor) {
    if (anchor)
      mistakes.add(placeOf(mark), "a description has no anchors (&name)",
                   "quote the text if it is an expression");
  }

  void refuseTag(const YAML::Mark &mark, const std::string &tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      mistakes.add(placeOf(mark), "a description has no tags, and YAML takes " + quoted(tag) + " for one",
                   "quote the text if it is an expression");
  }

  void open(TreeNode::Kind kind, const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor) {
    refuseAnchor(mark, anchor);
    refuseTag(mark, tag);
    if (levels.size() >= treeDepthLimit) {
      mistakes.add(placeOf(mark), "more than " + std::to_string(treeDepthLimit) + " levels of nesting",
                   "a description needs fewer than ten");
      throw StopParsing();
    }
    Level level;
    level.node.kind = kind;
    level.node.place = placeOf(mark);
    levels.push_back(std::move(level));
  }

  void close() {
    TreeNode node = std::move(levels.back().node);
    levels.pop_back();
    put(std::move(node));
  }

  void put(TreeNode node) {
    if (levels.empty()) {
      root = std::move(node);
      return;
    }
    if (mistakes.full())
      throw StopParsing();
    Level &level = levels.back();
    if (level.node.items.size() >= treeEntryLimit) {
      mistakes.add(node.place,
                   "more than " + std::to_string(treeEntryLimit) + " entries of one list or mapping",
                   "make a family of what is alike");
      throw StopParsing();
    }
    if (level.node.kind == TreeNode::Kind::Sequence) {
      level.node.items.push_back(std::move(node));
    } else if (!level.key) {
      takeKey(level, std::move(node));
    } else {
      // A second value of a key is dropped: it has been refused.
      if (level.seen.insert(level.key->text).second) {
        level.node.keys.push_back(std::move(*level.key));
        level.node.items.push_back(std::move(node));
      }
      level.key.reset();
    }
  }

  void takeKey(Level &level, TreeNode node) {
    if (!node.isScalar())
      mistakes.add(node.place,
                   "a key must be a name, not " +
                       std::string(node.kind == TreeNode::Kind::Null ? "nothing" : "a list or a mapping"),
                   "quote it if it is an expression");
    else if (level.seen.contains(node.text))
      mistakes.add(node.place, "key " + quoted(node.text) + " is there twice", "remove one of them");
    level.key = TreeKey{std::move(node.text), node.place};
  }
};

/// yaml-cpp's message, in words that say what to do.
void addSyntaxError(const YAML::Exception &wrong, Mistakes &mistakes) {
  Place place;
  if (!wrong.mark.is_null())
    place = {unsigned(wrong.mark.line) + 1, unsigned(wrong.mark.column) + 1};
  mistakes.add(
      place, "the YAML is broken: " + wrong.msg,
      "look at indentation and brackets here and on the line before, and quote expressions in braces");
}

} // namespace

std::optional<TreeNode> parseTree(llvm::StringRef text, Mistakes &mistakes) {
  if (!checkCharacters(text, mistakes) || !checkFlow(text, mistakes))
    return std::nullopt;
  TreeBuilder builder(text, mistakes);
  std::istringstream stream(text.str());
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopParsing &) {
    return std::nullopt;
  } catch (const YAML::Exception &wrong) {
    addSyntaxError(wrong, mistakes);
    return std::nullopt;
  }
  if (!builder.root || builder.root->kind == TreeNode::Kind::Null) {
    mistakes.add({1, 1}, "the description is empty", "begin it with 'tenon: 1'");
    return std::nullopt;
  }
  return std::move(builder.root);
}

} // namespace tenon::isa::loader
