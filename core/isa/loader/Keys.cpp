// Looking up rows of the table of keys.
#include "core/isa/loader/Keys.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cassert>

namespace tenon::isa::loader {

std::vector<const Key *> keysOf(Section section) {
  std::vector<const Key *> keys;
  for (const Key &key : keyTable())
    if (key.section == section)
      keys.push_back(&key);
  return keys;
}

const Key *findKey(Section section, llvm::StringRef name) {
  const Key *open = nullptr;
  for (const Key &key : keyTable()) {
    if (key.section != section)
      continue;
    if (key.naming != Naming::Fixed)
      open = &key;
    else if (key.name == name)
      return &key;
  }
  return open;
}

const FormText &textOf(Form form) {
  const FormText *found = llvm::find_if(formTable(), [&](const FormText &row) { return row.form == form; });
  assert(found != formTable().end() && "every form has its row");
  return *found;
}

const SectionText &textOf(Section section) {
  const SectionText *found =
      llvm::find_if(sectionTable(), [&](const SectionText &row) { return row.section == section; });
  assert(found != sectionTable().end() && "every section has its row");
  return *found;
}

std::vector<std::string> choicesOf(const Key &key, bool supported) {
  auto [now, later] = llvm::StringRef(key.words).split('|');
  llvm::SmallVector<llvm::StringRef> words;
  (supported ? now : later).split(words, ' ', -1, /*KeepEmpty=*/false);
  return std::vector<std::string>(words.begin(), words.end());
}

} // namespace tenon::isa::loader
