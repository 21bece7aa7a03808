// Reading a description with what it extends.
#include "core/isa/loader/Extend.h"

#include "core/isa/loader/Keys.h"
#include "core/support/FileInput.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace tenon::isa::loader {

namespace {

/// Sections whose entries have names of their own: a file's replace the base's.
constexpr llvm::StringLiteral rowSections[] = {"parameters", "levels", "memories",  "queues",
                                               "sync",       "words",  "registers", "intrinsics"};

void shift(TreeNode &node, unsigned lines) {
  if (node.place.line)
    node.place.line += lines;
  for (TreeKey &key : node.keys)
    key.place.line += lines;
  for (TreeNode &item : node.items)
    shift(item, lines);
}

void put(TreeNode &mapping, const TreeKey &key, TreeNode item) {
  auto place = llvm::find_if(mapping.keys, [&](const TreeKey &other) { return other.text == key.text; });
  if (place == mapping.keys.end()) {
    mapping.keys.push_back(key);
    mapping.items.push_back(std::move(item));
    return;
  }
  mapping.items[size_t(place - mapping.keys.begin())] = std::move(item);
  *place = key;
}

/// The texts of a scalar or a list.
TreeNode listOf(const TreeNode &node) {
  if (!node.isScalar())
    return node;
  TreeNode list;
  list.kind = TreeNode::Kind::Sequence;
  list.place = node.place;
  list.items.push_back(node);
  return list;
}

/// The base's list with those of the own that it does not have.
TreeNode joined(const TreeNode &base, const TreeNode &own) {
  TreeNode list = listOf(base);
  for (const TreeNode &item : listOf(own).items)
    if (llvm::none_of(list.items, [&](const TreeNode &other) { return other.text == item.text; }))
      list.items.push_back(item);
  return list;
}

class Reader {
public:
  Reader(const ExtendOptions &options, std::vector<SourceFile> &files, Mistakes &mistakes)
      : options(options), files(files), mistakes(mistakes) {}

  std::optional<TreeNode> read(llvm::StringRef text, llvm::StringRef path) {
    unsigned before = 0;
    if (!files.empty())
      before = files.back().before + unsigned(llvm::StringRef(files.back().text).count('\n')) + 1;
    files.push_back({path.str(), text.str(), before});
    size_t first = mistakes.list.size();
    std::optional<TreeNode> tree = readAlone(text);
    mistakes.shift(first, before);
    if (!tree)
      return std::nullopt;
    shift(*tree, before);
    const TreeNode *extends = tree->find("extends");
    if (const TreeNode *without = tree->find("without"); without && !extends)
      mistakes.add(without->place,
                   "'without' takes rows out of what the description extends, and it extends nothing",
                   "add extends: FILE, or remove it");
    if (!extends)
      return tree;
    std::string basePath;
    std::optional<TreeNode> base = readBase(*extends, path, basePath);
    return base ? std::optional(merged(std::move(*base), *tree)) : std::nullopt;
  }

private:
  const ExtendOptions &options;
  std::vector<SourceFile> &files;
  Mistakes &mistakes;
  std::vector<std::pair<llvm::sys::fs::UniqueID, std::string>> chain; ///< files that extend one another

  std::optional<TreeNode> readAlone(llvm::StringRef text) {
    if (text.size() > options.mostBytes) {
      mistakes.add({}, "the description has " + std::to_string(text.size()) + " bytes; at most " +
                           std::to_string(options.mostBytes) + " are read");
      return std::nullopt;
    }
    std::optional<TreeNode> root = parseTree(text, mistakes);
    if (!root)
      return std::nullopt;
    if (!root->isMapping()) {
      mistakes.add(root->place, "the description is no mapping", "begin it with tenon: 1");
      return std::nullopt;
    }
    const TreeNode *version = root->find("tenon");
    if (version && version->isScalar() && version->text != "1")
      mistakes.add(version->place,
                   "version " + quoted(version->text) + " of the language is unknown; this is version 1",
                   "write tenon: 1");
    if (version && root->keys.front().text != "tenon")
      mistakes.add(root->keys.front().place, quoted(root->keys.front().text) + " comes before 'tenon'",
                   "begin the description with tenon: 1");
    return root;
  }

  std::optional<TreeNode> wrong(const TreeNode &extends, std::string message, const std::string &repair) {
    mistakes.add(extends.place, std::move(message), repair);
    return std::nullopt;
  }

  /// A mark in the chain for a file that is there.
  bool enter(llvm::StringRef path) {
    llvm::sys::fs::UniqueID id;
    if (llvm::sys::fs::getUniqueID(path, id))
      return true; // the text is no file: nothing can extend it
    if (llvm::any_of(chain, [&](const auto &other) { return other.first == id; }))
      return false;
    chain.emplace_back(id, path.str());
    return true;
  }

  std::optional<TreeNode> readBase(const TreeNode &extends, llvm::StringRef path, std::string &basePath) {
    if (!extends.isScalar() || extends.text.empty())
      return wrong(extends, "'extends' is no file's path",
                   "write the path of one description, relative to this one");
    if (!options.mayExtend)
      return wrong(extends,
                   "the description extends " + quoted(extends.text) + ", and may read no other file here",
                   "load it from its own file");
    if (chain.empty())
      enter(path);
    llvm::SmallString<128> resolved(extends.text);
    if (llvm::sys::path::is_relative(resolved)) {
      resolved = llvm::sys::path::parent_path(path);
      llvm::sys::path::append(resolved, extends.text);
    }
    basePath = resolved.str().str();
    auto buffer = readFile(basePath, options.mostBytes);
    if (!buffer)
      return wrong(extends, "what the description extends cannot be read: " + messageOf(buffer.takeError()),
                   "write its path relative to this file");
    if (!enter(basePath))
      return wrong(extends, "the description extends itself, by way of " + chainText(),
                   "break the cycle of `extends`");
    if (files.size() >= extendLimit)
      return wrong(extends, "more than " + std::to_string(extendLimit) + " files extend one another",
                   "extend fewer");
    std::optional<TreeNode> base = read((*buffer)->getBuffer(), basePath);
    if (base && base->find("variants"))
      return wrong(extends, quoted(extends.text) + " lists variants and describes no machine",
                   "extend one of its variants' files");
    return base;
  }

  static std::string messageOf(llvm::Error error) {
    std::vector<std::string> texts;
    for (const Diagnostic &diagnostic : report(std::move(error)).diagnostics)
      texts.push_back(diagnostic.message);
    return llvm::join(texts, "; ");
  }

  std::string chainText() const {
    return llvm::join(
        llvm::map_range(chain, [](const auto &file) { return llvm::sys::path::filename(file.second).str(); }),
        ", ");
  }

  void takeOut(TreeNode &base, const TreeNode &without) {
    for (const TreeNode &name : listOf(without).items) {
      auto [section, row] = llvm::StringRef(name.text).split('.');
      if (row.empty())
        std::tie(section, row) = std::pair(llvm::StringRef("intrinsics"), section);
      TreeNode *rows = llvm::is_contained(rowSections, section) ? base.find(section) : nullptr;
      size_t before = rows ? rows->keys.size() : 0;
      std::vector<std::string> known = namesIn(base);
      if (rows)
        rows->filter([&](const TreeKey &key, const TreeNode &) { return key.text != row; });
      if (!rows || rows->keys.size() == before)
        mistakes.add(name.place, "what the description extends has no row " + quoted(name.text),
                     suggestion(name.text, known));
    }
  }

  /// What `without` may name.
  static std::vector<std::string> namesIn(const TreeNode &base) {
    std::vector<std::string> names;
    for (llvm::StringRef section : llvm::reverse(rowSections))
      if (const TreeNode *rows = base.find(section))
        for (const TreeKey &key : rows->keys)
          names.push_back((section == "intrinsics" ? "" : section.str() + ".") + key.text);
    return names;
  }

  TreeNode merged(TreeNode base, const TreeNode &own) {
    base.filter([](const TreeKey &key, const TreeNode &) {
      return !llvm::is_contained({"tenon", "target", "doc"}, key.text);
    });
    if (const TreeNode *without = own.find("without"))
      takeOut(base, *without);
    moveLibraries(base, own.find("extends")->text);
    TreeNode whole;
    whole.kind = TreeNode::Kind::Mapping;
    whole.place = own.place;
    for (llvm::StringRef key : {"tenon", "target", "doc"}) // in the order in which people look for them
      for (size_t i = 0; i < own.keys.size(); ++i)
        if (own.keys[i].text == key)
          put(whole, own.keys[i], own.items[i]);
    for (size_t i = 0; i < base.keys.size(); ++i)
      put(whole, base.keys[i], std::move(base.items[i]));
    for (size_t i = 0; i < own.keys.size(); ++i)
      if (!llvm::is_contained({"extends", "without"}, own.keys[i].text))
        mergeSection(whole, own.keys[i], own.items[i]);
    return whole;
  }

  static void mergeSection(TreeNode &whole, const TreeKey &key, const TreeNode &own) {
    TreeNode *base = whole.find(key.text);
    bool both = base && base->isMapping() && own.isMapping();
    if (both && llvm::is_contained(rowSections, key.text)) {
      for (size_t i = 0; i < own.keys.size(); ++i)
        put(*base, own.keys[i], own.items[i]);
    } else if (both && key.text == "code") {
      for (size_t i = 0; i < own.keys.size(); ++i) {
        const TreeNode *earlier = base->find(own.keys[i].text);
        bool add = earlier && own.keys[i].text == "features";
        put(*base, own.keys[i], add ? joined(*earlier, own.items[i]) : own.items[i]);
      }
    } else if (base && key.text == "libraries") {
      put(whole, key, joined(*base, own));
    } else {
      put(whole, key, own);
    }
  }

  /// A base's libraries lie beside the base.
  static void moveLibraries(TreeNode &base, llvm::StringRef extends) {
    TreeNode *libraries = base.find("libraries");
    if (!libraries)
      return;
    *libraries = listOf(*libraries);
    for (TreeNode &library : libraries->items)
      if (llvm::sys::path::is_relative(library.text)) {
        llvm::SmallString<128> moved(llvm::sys::path::parent_path(extends));
        llvm::sys::path::append(moved, library.text);
        library.text = moved.str().str();
      }
  }
};

} // namespace

std::optional<TreeNode> readExtended(llvm::StringRef text, llvm::StringRef path, const ExtendOptions &options,
                                     std::vector<SourceFile> &files, Mistakes &mistakes) {
  return Reader(options, files, mistakes).read(text, path);
}

} // namespace tenon::isa::loader
