// An instruction's metadata can be written in place (!name !{i64 N}), so the text is enough for it.
#include "TextOfRows.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::codegen {
namespace {

/// Whether the line is an instruction by itself; of others nothing can be marked.
bool isInstruction(llvm::StringRef line) {
  if (line.starts_with("%"))
    return line.contains('=') && !line.ends_with("(") && !line.ends_with(",");
  llvm::StringRef word = line.take_until([](char c) { return c == ' '; });
  static constexpr llvm::StringLiteral words[] = {"call", "tail", "musttail", "notail", "store", "fence"};
  return llvm::is_contained(words, word);
}

} // namespace

std::string withRowNumbers(llvm::StringRef module) {
  std::string text;
  text.reserve(module.size() + module.size() / 8);
  unsigned number = 0;
  while (!module.empty()) {
    auto [line, rest] = module.split('\n');
    module = rest;
    ++number;
    size_t at = line.rfind("; row ");
    llvm::StringRef code = at == llvm::StringRef::npos ? "" : line.take_front(at).trim();
    if (isInstruction(code)) {
      std::string node = "!{i64 " + std::to_string(number) + "}";
      text += code;
      text += std::string(", !") + rowMetadata + " " + node;
      if (code.contains(" asm ")) // what the assembler refuses then has this number as its place
        text += ", !srcloc " + node;
    } else {
      text += line;
    }
    text += '\n';
  }
  return text;
}

} // namespace tenon::codegen
