// The text before it is YAML: UTF-8, and nothing in it that a reader cannot see.
#include "core/isa/loader/Tree.h"

#include "llvm/Support/ConvertUTF.h"

namespace tenon::isa::loader {

namespace {

Place placeAt(llvm::StringRef text, size_t offset) {
  llvm::StringRef before = text.take_front(offset);
  size_t lineBreak = before.rfind('\n');
  size_t lineStart = lineBreak == llvm::StringRef::npos ? 0 : lineBreak + 1;
  return {unsigned(before.count('\n')) + 1, unsigned(offset - lineStart) + 1};
}

/// Where the first byte is that is not UTF-8.
std::optional<size_t> firstBadByte(llvm::StringRef text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.data());
  const llvm::UTF8 *at = begin;
  if (llvm::isLegalUTF8String(&at, begin + text.size()))
    return std::nullopt;
  return size_t(at - begin);
}

/// Where the first character is that YAML or a terminal treats as a command: controls but for tab and line
/// end, those of Latin-1 (C2 80 to C2 9F), and the byte order mark.
std::optional<size_t> firstControl(llvm::StringRef text) {
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    bool lineEnd = byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && !lineEnd) || byte == 0x7f)
      return i;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0)
      return i;
    if (text.substr(i).starts_with("\xEF\xBB\xBF"))
      return i;
  }
  return std::nullopt;
}

} // namespace

bool checkCharacters(llvm::StringRef text, Mistakes &mistakes) {
  if (auto offset = firstBadByte(text)) {
    mistakes.add(placeAt(text, *offset), "the text is not UTF-8 here", "save the file as UTF-8");
    return false;
  }
  if (auto offset = firstControl(text)) {
    bool mark = text[*offset] == '\xEF';
    mistakes.add(placeAt(text, *offset),
                 mark ? "there is a byte order mark here" : "there is a control character here", "remove it");
    return false;
  }
  return true;
}

} // namespace tenon::isa::loader
