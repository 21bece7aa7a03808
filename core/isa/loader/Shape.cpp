// The shape of a description's tree.
#include "core/isa/loader/Shape.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

namespace {

std::vector<std::string> supportedNames(Section section) {
  std::vector<std::string> names;
  for (const Key *key : keysOf(section))
    if (key->naming == Naming::Fixed && key->presence != Presence::NotYet)
      names.push_back(key->name.str());
  return names;
}

std::string kindText(const TreeNode &node) {
  switch (node.kind) {
  case TreeNode::Kind::Null:
    return "nothing";
  case TreeNode::Kind::Scalar:
    return quoted(node.text);
  case TreeNode::Kind::Sequence:
    return "a list";
  case TreeNode::Kind::Mapping:
    return "a mapping";
  }
  return "";
}

class ShapeCheck {
public:
  ShapeCheck(Mistakes &mistakes, bool outer) : mistakes(mistakes), outer(outer) {}

  void mapping(TreeNode &node, Section section, const std::string &what) {
    node.filter([&](const TreeKey &key, TreeNode &value) {
      return !mistakes.full() && entry(key, value, section, what);
    });
    for (const Key *key : keysOf(section))
      if ((key->presence == Presence::Required || key->presence == Presence::Copied) &&
          !node.find(key->name) && !refused.contains(key))
        mistakes.add(node.place, what + " has no " + quoted(key->name),
                     "add " + key->name.str() + ": " + textOf(key->form).what.str());
  }

private:
  Mistakes &mistakes;
  bool outer;
  llvm::SmallPtrSet<const Key *, 4> refused; ///< required keys that are there, but wrong

  bool entry(const TreeKey &name, TreeNode &value, Section section, const std::string &what) {
    const Key *key = findKey(section, name.text);
    if (!key) {
      mistakes.add(name.place, "unknown key " + quoted(name.text) + " in " + what,
                   suggestion(name.text, supportedNames(section)));
      return false;
    }
    if (key->presence == Presence::NotYet) {
      mistakes.add(name.place, quoted(name.text) + " is not yet supported", "remove it");
      return false;
    }
    if (nameIsRight(name, *key) && formIsRight(name, value, *key, what))
      return true;
    refused.insert(key);
    return false;
  }

  bool nameIsRight(const TreeKey &name, const Key &key) {
    llvm::StringRef text = name.text;
    auto wrong = [&](const std::string &form) {
      mistakes.add(name.place, quoted(text) + " is no " + form,
                   key.naming == Naming::Variant ? "use letters, digits, -, _ and dots"
                                                 : "write " + key.name.lower());
      return false;
    };
    switch (key.naming) {
    case Naming::Fixed:
      return true;
    case Naming::Label:
      if (!isLabel(text))
        mistakes.add(name.place, noName(text), "choose another name");
      return isLabel(text);
    case Naming::Number:
      if (llvm::all_of(text, llvm::isDigit))
        return true;
      [[fallthrough]];
    case Naming::Name:
      if (!isName(text))
        mistakes.add(name.place, noName(text), "choose another name");
      return isName(text);
    case Naming::Counted: {
      llvm::StringRef head = text.take_until([](char letter) { return letter == '['; });
      if (!isName(head) || (head.size() < text.size() && !text.ends_with("]")))
        return wrong("register");
      return true;
    }
    case Naming::Cell: {
      auto [reg, cell] = text.split('.');
      auto [head, slot] = reg.split('[');
      bool slotRight = head.size() == reg.size() || (slot.consume_back("]") && isName(slot));
      return (isName(head) && slotRight && isName(cell)) || wrong("register's cell");
    }
    case Naming::Variant:
      return isVariantName(text) || wrong("variant's name");
    case Naming::Dotted: {
      llvm::SmallVector<llvm::StringRef> parts;
      text.split(parts, '.');
      return llvm::all_of(parts, isName) || wrong("unit");
    }
    }
    return true;
  }

  bool formIsRight(const TreeKey &name, TreeNode &value, const Key &key, const std::string &what) {
    const FormText &form = textOf(key.form);
    std::string subject = key.naming == Naming::Fixed ? quoted(name.text) + " of " + what
                                                      : singular(key.section) + quoted(name.text);
    if (value.kind == TreeNode::Kind::Null) {
      mistakes.add(name.place, subject + " has no value", "write " + form.what.str() + " after the colon");
      return false;
    }
    bool right = value.isScalar() ? form.scalar : value.isSequence() ? form.sequence : form.mapping;
    if (!right) {
      mistakes.add(value.place, subject + " is " + kindText(value) + "; it takes " + form.what.str(),
                   "write " + form.syntax.str());
      return false;
    }
    for (const TreeNode &item : value.items)
      if (value.isSequence() && !item.isScalar()) {
        mistakes.add(item.place.line ? item.place : value.place,
                     subject + " has " + kindText(item) + " in its list", "write " + form.syntax.str());
        return false;
      }
    if (key.form == Form::Choice)
      return choiceIsRight(value, key, subject);
    bool left = outer && key.section == Section::Intrinsics;
    if (value.isMapping() && key.inner != Section::None && !left)
      ShapeCheck(mistakes, outer).mapping(value, key.inner, subject);
    return true;
  }

  bool choiceIsRight(const TreeNode &value, const Key &key, const std::string &subject) {
    std::vector<std::string> words = choicesOf(key);
    if (llvm::is_contained(words, value.text))
      return true;
    if (llvm::is_contained(choicesOf(key, /*supported=*/false), value.text))
      mistakes.add(value.place, quoted(value.text) + " is not yet supported", "known: " + listed(words));
    else
      mistakes.add(value.place, subject + " is " + quoted(value.text), suggestion(value.text, words));
    return false;
  }

  /// "memory " in front of a memory's name.
  static std::string singular(Section section) {
    switch (section) {
    case Section::Variants:
      return "variant ";
    case Section::Parameters:
      return "parameter ";
    case Section::Memories:
      return "memory ";
    case Section::Queues:
      return "queue ";
    case Section::Levels:
      return "level ";
    case Section::Syncs:
      return "sync ";
    case Section::Words:
      return "word ";
    case Section::Registers:
      return "register ";
    case Section::Register:
      return "cell ";
    case Section::Intrinsics:
      return "intrinsic ";
    case Section::Sizes:
      return "size ";
    case Section::Values:
      return "value ";
    case Section::Operands:
      return "operand ";
    case Section::HostRegisters:
      return "host register ";
    case Section::HostCodes:
      return "codes ";
    case Section::HostCodeGroup:
      return "code ";
    case Section::HostRegister:
    case Section::Word:
    case Section::Command:
    case Section::SyncCommand:
      return "field ";
    default:
      return "";
    }
  }
};

} // namespace

void checkShape(TreeNode &mapping, Section section, const std::string &what, Mistakes &mistakes) {
  ShapeCheck(mistakes, /*outer=*/false).mapping(mapping, section, what);
}

void checkOuterShape(TreeNode &description, Mistakes &mistakes) {
  ShapeCheck(mistakes, /*outer=*/true).mapping(description, Section::Description, "the description");
}

} // namespace tenon::isa::loader
