// From a file to a Description: tree, shape, parts, checks.
#include "core/isa/encoding/Check.h"
#include "core/isa/loader/Excerpt.h"
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

void readVersion(Reading &reading, const TreeNode &root) {
  const TreeNode *version = root.find("tenon");
  if (!version)
    return;
  if (version->text != "1")
    reading.mistakes.add(
        version->place, "version " + quoted(version->text) + " of the language is unknown; this is version 1",
        "write tenon: 1");
  if (root.keys.front().text != "tenon")
    reading.mistakes.add(root.keys.front().place, quoted(root.keys.front().text) + " comes before 'tenon'",
                         "begin the description with tenon: 1");
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
  description.text = text.str();
  description.path = path.str();
  Mistakes mistakes;
  Reading reading{description, mistakes, {}};
  auto refused = [&] { return llvm::make_error<DescriptionMistakes>(mistakes.take(path), text.str()); };
  if (text.size() > options.mostBytes)
    mistakes.add({}, "the description has " + std::to_string(text.size()) + " bytes; at most " +
                         std::to_string(options.mostBytes) + " are read");
  std::optional<TreeNode> root = mistakes.empty() ? parseTree(text, mistakes) : std::nullopt;
  if (root && !root->isMapping())
    mistakes.add(root->place, "the description is no mapping", "begin it with tenon: 1");
  if (!root || !root->isMapping())
    return refused();
  checkOuterShape(*root, mistakes);
  readVersion(reading, *root);
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
  return parseDescription((*buffer)->getBuffer(), path, options);
}

} // namespace tenon::isa
