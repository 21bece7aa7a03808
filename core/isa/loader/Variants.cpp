// Reading a list of variants.
#include "core/isa/loader/Variants.h"

#include "core/isa/Description.h"
#include "core/isa/loader/Excerpt.h"
#include "core/isa/loader/Extend.h"
#include "core/isa/loader/Shape.h"
#include "core/support/FileInput.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace tenon::isa {

namespace {

using namespace loader;

class VariantReader {
public:
  VariantReader(TreeNode &root, llvm::StringRef path, Mistakes &mistakes)
      : root(root), path(path), mistakes(mistakes) {}

  Variants read() {
    checkOuterShape(root, mistakes);
    for (const TreeKey &key : root.keys)
      if (!llvm::is_contained({"tenon", "target", "doc", "variants", "choose"}, key.text))
        mistakes.add(key.place,
                     quoted(key.text) + " stands beside variants; a list of them describes no machine",
                     "put it into a file that the variants extend");
    auto text = [&](llvm::StringRef key) {
      const TreeNode *node = root.find(key);
      return node ? node->text : std::string();
    };
    variants.target = text("target");
    variants.doc = text("doc");
    if (const TreeNode *list = root.find("variants"))
      for (size_t i = 0; i < list->keys.size(); ++i)
        add(list->keys[i], list->items[i]);
    if (const TreeNode *list = root.find("variants"); list && list->keys.empty())
      mistakes.add(list->place, "there are no variants", "write {NAME: FILE, ...}");
    if (const TreeNode *choose = root.find("choose"))
      readChoice(*choose);
    return std::move(variants);
  }

private:
  TreeNode &root;
  llvm::StringRef path;
  Mistakes &mistakes;
  Variants variants;

  void add(const TreeKey &name, const TreeNode &file) {
    llvm::SmallString<128> resolved(file.text);
    if (llvm::sys::path::is_relative(resolved)) {
      resolved = llvm::sys::path::parent_path(path);
      llvm::sys::path::append(resolved, file.text);
    }
    if (name.text == chooseHost)
      mistakes.add(name.place, "a variant's name is 'host', which chooses one", "choose another name");
    if (!llvm::sys::fs::is_regular_file(resolved))
      mistakes.add(file.place,
                   "variant " + quoted(name.text) + " is described by " + quoted(file.text) +
                       ", and there is no such file",
                   "write the path of a description, relative to this file");
    variants.list.push_back({name.text, resolved.str().str()});
  }

  void readChoice(const TreeNode &choose) {
    if (choose.text == chooseHost)
      return;
    std::vector<std::string> known = {chooseHost};
    for (const Variant &variant : variants.list)
      known.push_back(variant.name);
    if (!llvm::is_contained(known, choose.text))
      mistakes.add(choose.place, quoted(choose.text) + " is no variant", suggestion(choose.text, known));
    variants.choose = choose.text;
  }
};

} // namespace

llvm::Expected<std::optional<Variants>> loadVariants(llvm::StringRef path) {
  LoadOptions limits;
  auto buffer = readFile(path, limits.mostBytes);
  if (!buffer)
    return buffer.takeError();
  std::vector<SourceFile> files;
  Mistakes mistakes;
  std::optional<TreeNode> root =
      readExtended((*buffer)->getBuffer(), path, {false, limits.mostBytes}, files, mistakes);
  // What is no list of variants is read as a description, with all of its mistakes.
  if (!root || !root->find("variants"))
    return std::nullopt;
  Variants variants = VariantReader(*root, path, mistakes).read();
  if (!mistakes.empty())
    return llvm::make_error<DescriptionMistakes>(mistakes.take(files), files);
  return variants;
}

} // namespace tenon::isa
