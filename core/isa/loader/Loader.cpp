// From a file to a Description: tree, shape, parts, checks.
#include "core/isa/encoding/Check.h"
#include "core/isa/loader/Excerpt.h"
#include "core/isa/loader/Extend.h"
#include "core/isa/loader/Readers.h"
#include "core/isa/loader/Shape.h"

#include "core/support/FileInput.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

using namespace loader;

/// A target's name is part of command lines and file names.
void readTarget(Reading &reading, const TreeNode &name) {
  reading.description.name = name.text;
  bool right =
      !name.text.empty() && llvm::isAlnum(name.text.front()) && llvm::all_of(name.text, [](char letter) {
        return llvm::isAlnum(letter) || letter == '-' || letter == '_';
      });
  if (!right)
    reading.mistakes.add(name.place, quoted(name.text) + " cannot be a target's name",
                         "use letters, digits, - and _");
}

/// What a description has of its own or by what it extends.
void checkParts(const TreeNode &root, Mistakes &mistakes) {
  for (llvm::StringRef key : {"memories", "intrinsics"})
    if (!root.find(key))
      mistakes.add(root.place, "the description has no " + quoted(key),
                   "add " + key.str() + ": " + textOf(Form::Mapping).what.str());
}

/// A list of variants is no description of a machine.
bool refuseVariants(const TreeNode &root, Mistakes &mistakes) {
  for (llvm::StringRef key : {"variants", "choose"})
    if (const TreeNode *variants = root.find(key)) {
      std::vector<std::string> names;
      for (const TreeNode &file : variants->items)
        names.push_back(file.text);
      mistakes.add(variants->place, "the file chooses among variants and describes no machine itself",
                   names.empty() ? "remove it" : "give the file of a variant: " + listed(names));
      return true;
    }
  return false;
}

void readParts(Reading &reading, TreeNode &root, const LoadOptions &options) {
  auto part = [&](llvm::StringRef key, auto read) {
    if (const TreeNode *section = root.find(key))
      read(*section);
  };
  part("target", [&](const TreeNode &node) { readTarget(reading, node); });
  part("doc", [&](const TreeNode &node) { reading.description.doc = node.text; });
  part("parameters", [&](const TreeNode &node) { readParameters(reading, node, options); });
  part("code", [&](const TreeNode &node) { readCode(reading, node); });
  part("libraries", [&](const TreeNode &node) { readLibraries(reading, node); });
  part("levels", [&](const TreeNode &node) { readLevels(reading, node); });
  part("memories", [&](const TreeNode &node) { readMemories(reading, node); });
  part("queues", [&](const TreeNode &node) { readQueues(reading, node); });
  part("words", [&](const TreeNode &node) { readWords(reading, node); });
  part("registers", [&](const TreeNode &node) { readRegisters(reading, node); });
  part("sync", [&](const TreeNode &node) { readSyncs(reading, node); });
  part("host", [&](const TreeNode &node) { readHost(reading, node); });
  if (TreeNode *section = root.find("intrinsics"))
    for (const Member &member : expandIntrinsics(*section, reading.mistakes))
      if (!reading.mistakes.full())
        readIntrinsic(reading, member);
}

llvm::Error checkReplacements(const Description &description, const LoadOptions &options) {
  for (const auto &[name, value] : options.parameters)
    if (!description.parameter(name)) {
      Diagnostic diagnostic;
      diagnostic.message = "target " + quoted(description.name) + " has no parameter " + quoted(name);
      diagnostic.repair = suggestion(name, namesOf(description.parameters));
      return failure(ExitCode::WrongUse, std::move(diagnostic));
    }
  return llvm::Error::success();
}

} // namespace

llvm::Expected<Description> parseDescription(llvm::StringRef text, llvm::StringRef path,
                                             const LoadOptions &options) {
  Description description;
  description.path = path.str();
  Mistakes mistakes;
  Reading reading{description, mistakes, {}};
  auto refused = [&] {
    return llvm::make_error<DescriptionMistakes>(mistakes.take(description.files), description.files);
  };
  std::optional<TreeNode> root =
      readExtended(text, path, {options.mayExtend, options.mostBytes}, description.files, mistakes);
  if (!root || refuseVariants(*root, mistakes))
    return refused();
  description.text = description.files.size() == 1 ? text.str() : flatten(*root);
  if (description.text.size() > options.mostBytes) {
    mistakes.add(root->place,
                 "the description and what it extends have " + std::to_string(description.text.size()) +
                     " bytes together; they may have " + std::to_string(options.mostBytes),
                 "extend less");
    return refused();
  }
  checkOuterShape(*root, mistakes);
  checkParts(*root, mistakes);
  readParts(reading, *root, options);
  if (mistakes.empty())
    if (llvm::Error wrong = checkReplacements(description, options))
      return wrong;
  if (mistakes.empty())
    checkDescription(reading);
  if (mistakes.empty())
    checkEncoding(description, mistakes.list);
  if (!mistakes.empty())
    return refused();
  return description;
}

llvm::Expected<Description> loadDescription(llvm::StringRef path, const LoadOptions &options) {
  auto buffer = readFile(path, options.mostBytes);
  if (!buffer)
    return buffer.takeError();
  LoadOptions extending = options;
  extending.mayExtend = true;
  return parseDescription((*buffer)->getBuffer(), path, extending);
}

} // namespace tenon::isa
