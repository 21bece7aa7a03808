// From the intrinsics of the file to one tree for each member: `like` and `for`.
#include "core/isa/loader/Readers.h"
#include "core/isa/loader/Shape.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

namespace {

/// Bounds against descriptions that copy themselves: bytes of text, nodes and members of all that is made.
struct Budget {
  size_t bytes = size_t(4) << 20;
  size_t nodes = 200'000;
  size_t members = 4096;

  bool spend(const TreeNode &node) {
    size_t size = node.text.size();
    for (const TreeKey &key : node.keys)
      size += key.text.size();
    if (nodes == 0 || bytes < size)
      return false;
    --nodes;
    bytes -= size;
    return llvm::all_of(node.items, [&](const TreeNode &item) { return spend(item); });
  }
};

constexpr llvm::StringLiteral mergedKeys[] = {"operands", "sizes", "values", "timing", "needs", "command"};

/// Whether a mapping's entries join those of the one that it is like. A command that names its word is whole.
bool joins(llvm::StringRef name, const TreeNode &own) {
  return llvm::is_contained(mergedKeys, name) && !(name == "command" && own.find("word"));
}

/// Resolves `like` in place, each intrinsic after the one that it copies.
class LikeResolver {
public:
  LikeResolver(TreeNode &section, Budget &budget, Mistakes &mistakes)
      : section(section), budget(budget), mistakes(mistakes), states(section.keys.size(), State::Untouched) {}

  void run() {
    for (size_t i = 0; i < section.keys.size(); ++i)
      resolve(i);
  }

private:
  enum class State : uint8_t { Untouched, Active, Done };
  TreeNode &section;
  Budget &budget;
  Mistakes &mistakes;
  std::vector<State> states;

  /// The chain of `like` is walked down and copied on the way back, without recursion: it may be long.
  void resolve(size_t start) {
    std::vector<size_t> chain;
    for (std::optional<size_t> at = start; at && states[*at] != State::Done; at = copiedBy(*at)) {
      if (states[*at] == State::Active) {
        mistakes.add(section.items[*at].find("like")->place,
                     "intrinsic " + quoted(section.keys[*at].text) + " is like itself",
                     "break the cycle of `like`");
        for (size_t member : chain)
          drop(member);
        break;
      }
      states[*at] = State::Active;
      chain.push_back(*at);
    }
    for (size_t i = chain.size(); i-- > 0;) {
      if (const TreeNode *like = section.items[chain[i]].find("like"); like && like->isScalar())
        copy(indexOfKey(like->text), chain[i]);
      states[chain[i]] = State::Done;
    }
  }

  size_t indexOfKey(llvm::StringRef name) const {
    return size_t(llvm::find_if(section.keys, [&](const TreeKey &key) { return key.text == name; }) -
                  section.keys.begin());
  }

  /// Ends an intrinsic's part in `like`, after a mistake.
  void drop(size_t number) {
    TreeNode &node = section.items[number];
    for (size_t i = 0; i < node.keys.size(); ++i)
      if (node.keys[i].text == "like")
        return node.remove(i);
  }

  std::optional<size_t> copiedBy(size_t number) {
    const TreeNode *like = section.items[number].find("like");
    if (!like || !like->isScalar())
      return std::nullopt;
    size_t index = indexOfKey(like->text);
    if (index < section.keys.size())
      return index;
    std::vector<std::string> names;
    for (const TreeKey &key : section.keys)
      names.push_back(key.text);
    mistakes.add(like->place, "unknown intrinsic " + quoted(like->text), suggestion(like->text, names));
    drop(number);
    return std::nullopt;
  }

  void copy(size_t from, size_t to) {
    TreeNode merged = section.items[from];
    TreeNode &own = section.items[to];
    if (!budget.spend(merged)) {
      mistakes.add(own.place, "`like` copies more than a description may hold", "copy less");
      return drop(to);
    }
    merged.place = own.place;
    merge(merged, own, /*deeper=*/true);
    own = std::move(merged);
    drop(to);
  }

  static bool isNone(const TreeNode &node) { return node.isScalar() && node.text == "none"; }

  static void merge(TreeNode &into, const TreeNode &own, bool deeper) {
    for (size_t i = 0; i < own.keys.size(); ++i) {
      llvm::StringRef name = own.keys[i].text;
      auto place = llvm::find_if(into.keys, [&](const TreeKey &key) { return key.text == name; });
      auto index = size_t(place - into.keys.begin());
      bool there = place != into.keys.end();
      if (isNone(own.items[i]) && there) {
        into.remove(index);
      } else if (there && deeper && own.items[i].isMapping() && into.items[index].isMapping() &&
                 joins(name, own.items[i])) {
        merge(into.items[index], own.items[i], /*deeper=*/false);
      } else if (there) {
        into.keys[index] = own.keys[i];
        into.items[index] = own.items[i];
      } else {
        into.keys.push_back(own.keys[i]);
        into.items.push_back(own.items[i]);
      }
    }
  }
};

/// A key of `for`, and its choices with what {key.code} stands for.
struct FamilyKey {
  std::string name;
  std::vector<std::pair<std::string, std::string>> choices;
};

class FamilyExpander {
public:
  FamilyExpander(Budget &budget, Mistakes &mistakes) : budget(budget), mistakes(mistakes) {}

  std::vector<Member> members;

  void expand(const TreeKey &name, TreeNode node) {
    std::string what = "intrinsic " + quoted(name.text);
    std::vector<FamilyKey> keys = takeKeys(what, node);
    size_t count = 1;
    for (const FamilyKey &key : keys) {
      count *= key.choices.size();
      if (count > budget.members)
        return mistakes.add(name.place, "the families of the description have more members than it may hold",
                            "make families of fewer choices");
    }
    budget.members -= count;
    for (size_t number = 0; number < count; ++number)
      if (!addMember(name, node, keys, number))
        return;
  }

private:
  Budget &budget;
  Mistakes &mistakes;
  std::vector<Replacement> *replacements = nullptr; ///< of the member that is made

  /// Takes `for` out of the intrinsic: it alone is held against the table of keys before texts are replaced.
  std::vector<FamilyKey> takeKeys(const std::string &what, TreeNode &node) {
    TreeNode own;
    own.kind = TreeNode::Kind::Mapping;
    node.filter([&](TreeKey &key, TreeNode &item) {
      if (key.text != "for")
        return true;
      own.keys.push_back(std::move(key));
      own.items.push_back(std::move(item));
      return false;
    });
    checkShape(own, Section::Intrinsic, what, mistakes);
    std::vector<FamilyKey> keys;
    for (const TreeNode &section : own.items)
      for (size_t k = 0; k < section.keys.size(); ++k)
        keys.push_back(readKey(section.keys[k], section.items[k]));
    return keys;
  }

  FamilyKey readKey(const TreeKey &name, const TreeNode &node) {
    FamilyKey key{name.text, {}};
    for (size_t i = 0; i < node.items.size(); ++i) {
      const TreeNode &item = node.items[i];
      std::string choice = node.isMapping() ? node.keys[i].text : item.text;
      if (llvm::any_of(key.choices, [&](const auto &other) { return other.first == choice; }))
        mistakes.add(item.place, "choice " + quoted(choice) + " of " + quoted(name.text) + " is there twice",
                     "remove one of them");
      key.choices.emplace_back(choice, item.text);
    }
    if (key.choices.empty())
      mistakes.add(name.place, quoted(name.text) + " of `for` has no choices", "write [CHOICE, ...]");
    return key;
  }

  bool addMember(const TreeKey &name, const TreeNode &node, llvm::ArrayRef<FamilyKey> keys, size_t number) {
    Member member;
    member.node = node;
    member.family = name.text;
    member.place = name.place;
    std::vector<std::pair<std::string, std::string>> texts;
    // The last key's choices vary fastest.
    for (size_t i = keys.size(); i-- > 0;) {
      size_t position = number % keys[i].choices.size();
      number /= keys[i].choices.size();
      const auto &[choice, code] = keys[i].choices[position];
      member.choices[keys[i].name] = choice;
      member.codes[keys[i].name] = int64_t(position);
      texts.emplace_back("{" + keys[i].name + "}", choice);
      texts.emplace_back("{" + keys[i].name + ".code}", code);
    }
    member.name = name.text;
    for (size_t i = 0; i < keys.size(); ++i)
      member.name += (i ? ", " : "{") + keys[i].name + ": " + member.choices[keys[i].name];
    member.name += keys.empty() ? "" : "}";
    replacements = &member.replacements;
    if (replace(member.node, texts)) {
      size_t first = mistakes.list.size();
      checkShape(member.node, Section::Intrinsic, "intrinsic " + quoted(name.text), mistakes);
      restoreColumns(member, mistakes, first);
      members.push_back(std::move(member));
      return true;
    }
    mistakes.add(name.place, "the families of the description have more text than it may hold",
                 "make families of fewer choices");
    return false;
  }

  /// Replaces in all texts; false beyond the budget.
  bool replace(TreeNode &node, llvm::ArrayRef<std::pair<std::string, std::string>> texts) {
    if (budget.nodes == 0)
      return false;
    --budget.nodes;
    for (TreeKey &key : node.keys)
      if (!replaceIn(key.text, key.place, texts))
        return false;
    if (!replaceIn(node.text, node.place, texts))
      return false;
    return llvm::all_of(node.items, [&](TreeNode &item) { return replace(item, texts); });
  }

  bool replaceIn(std::string &text, Place place, llvm::ArrayRef<std::pair<std::string, std::string>> texts) {
    std::string result;
    size_t first = replacements->size();
    for (size_t at = 0; at < text.size();) {
      llvm::StringRef rest = llvm::StringRef(text).substr(at);
      const auto *found = rest.front() != '{' ? texts.end() : llvm::find_if(texts, [&](const auto &entry) {
        return rest.starts_with(entry.first);
      });
      bool here = found != texts.end();
      if (here)
        record(placeWithin(result, result.size(), place), found->first.size(), found->second.size());
      result += here ? found->second : std::string(1, rest.front());
      at += here ? found->first.size() : 1;
      if (result.size() > budget.bytes)
        return false;
    }
    for (size_t i = first; i < replacements->size(); ++i)
      (*replacements)[i].last = place.column + unsigned(result.size());
    budget.bytes -= std::min(budget.bytes, result.size());
    text = std::move(result);
    return true;
  }

  void record(Place place, size_t oldLength, size_t newLength) {
    if (oldLength != newLength)
      replacements->push_back(
          {place.line, place.column, place.column + unsigned(newLength), 0, unsigned(oldLength)});
  }
};

} // namespace

void restoreColumns(const Member &member, Mistakes &mistakes, size_t first) {
  for (Diagnostic &diagnostic : llvm::drop_begin(mistakes.list, first)) {
    if (!diagnostic.line || !diagnostic.column)
      continue;
    unsigned column = *diagnostic.column;
    // Each was recorded behind the ones before it, so the last one is undone first.
    for (const Replacement &replaced : llvm::reverse(member.replacements)) {
      if (replaced.line != *diagnostic.line || *diagnostic.column > replaced.last || column <= replaced.begin)
        continue;
      column = column < replaced.end ? replaced.begin
                                     : column - replaced.end + replaced.begin + replaced.oldLength;
    }
    diagnostic.column = column;
  }
}

std::vector<Member> expandIntrinsics(TreeNode &section, Mistakes &mistakes) {
  Budget budget;
  LikeResolver(section, budget, mistakes).run();
  FamilyExpander expander(budget, mistakes);
  for (size_t i = 0; i < section.keys.size() && !mistakes.full(); ++i)
    expander.expand(section.keys[i], section.items[i]);
  return std::move(expander.members);
}

} // namespace tenon::isa::loader
