// A tree as YAML again.
#include "core/isa/loader/Extend.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

namespace {

/// Text that YAML reads as it stands, in a flow collection too.
bool isPlain(llvm::StringRef text) {
  auto part = [](char letter) { return llvm::isAlnum(letter) || letter == '_' || letter == '.'; };
  return !text.empty() && llvm::all_of(text, part) && text != "null" && text != "Null" && text != "NULL";
}

std::string scalar(llvm::StringRef text) {
  if (isPlain(text))
    return text.str();
  std::string quotes = "\"";
  for (char letter : text) {
    if (letter == '"' || letter == '\\')
      quotes += '\\';
    if (letter == '\n')
      quotes += "\\n";
    else if (letter == '\t')
      quotes += "\\t";
    else
      quotes += letter;
  }
  return quotes + "\"";
}

/// Whether a block scalar keeps the text as it is.
bool isBlock(llvm::StringRef text) {
  llvm::StringRef inside = text.drop_back(text.ends_with("\n") ? 1 : 0);
  return inside.contains('\n') && !inside.ends_with("\n") && !inside.starts_with(" ") &&
         !inside.starts_with("\n") && !text.contains('\t') && !text.contains("\xc2\x85") &&
         !text.contains("\xe2\x80\xa8") && !text.contains("\xe2\x80\xa9");
}

class Writer {
public:
  std::string text;

  void mapping(const TreeNode &node, unsigned depth) {
    for (size_t i = 0; i < node.keys.size(); ++i) {
      text += std::string(size_t(2) * depth, ' ') + scalar(node.keys[i].text) + ":";
      value(node.items[i], depth);
    }
  }

private:
  /// After the colon of a key at this depth.
  void value(const TreeNode &node, unsigned depth) {
    switch (node.kind) {
    case TreeNode::Kind::Null:
      text += "\n";
      break;
    case TreeNode::Kind::Scalar:
      if (isBlock(node.text))
        block(node.text, depth + 1);
      else
        text += " " + scalar(node.text) + "\n";
      break;
    case TreeNode::Kind::Sequence:
      text += " " + flow(node) + "\n";
      break;
    case TreeNode::Kind::Mapping:
      if (node.keys.empty()) {
        text += " {}\n";
        break;
      }
      text += "\n";
      mapping(node, depth + 1);
      break;
    }
  }

  void block(llvm::StringRef lines, unsigned depth) {
    text += lines.ends_with("\n") ? " |\n" : " |-\n";
    llvm::SmallVector<llvm::StringRef> parts;
    lines.drop_back(lines.ends_with("\n") ? 1 : 0).split(parts, '\n');
    for (llvm::StringRef line : parts)
      text += (line.empty() ? "" : std::string(size_t(2) * depth, ' ')) + line.str() + "\n";
  }

  static std::string flow(const TreeNode &node) {
    std::string list;
    for (const TreeNode &item : node.items)
      list += (list.empty() ? "" : ", ") + (item.isSequence()  ? flow(item)
                                            : item.isMapping() ? flowMapping(item)
                                                               : scalar(item.text));
    return "[" + list + "]";
  }

  static std::string flowMapping(const TreeNode &node) {
    std::string list;
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const TreeNode &item = node.items[i];
      list += (list.empty() ? "" : ", ") + scalar(node.keys[i].text) + ": " +
              (item.isSequence()  ? flow(item)
               : item.isMapping() ? flowMapping(item)
                                  : scalar(item.text));
    }
    return "{" + list + "}";
  }
};

} // namespace

std::string flatten(const TreeNode &tree) {
  Writer writer;
  writer.text = "# Written out of a description and all that it extends.\n";
  writer.mapping(tree, 0);
  return std::move(writer.text);
}

} // namespace tenon::isa::loader
