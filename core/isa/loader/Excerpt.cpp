// The line and the caret of a mistake.
#include "core/isa/loader/Excerpt.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

#include <algorithm>

namespace tenon::isa {

char DescriptionMistakes::ID = 0;

DescriptionMistakes::DescriptionMistakes(std::vector<Diagnostic> diagnostics, std::vector<SourceFile> files)
    : ErrorInfo(ExitCode::WrongInput, std::move(diagnostics)), sources(std::move(files)) {}

std::string excerpt(const Diagnostic &diagnostic, llvm::ArrayRef<SourceFile> files) {
  for (const SourceFile &file : files)
    if (file.path == diagnostic.file)
      return excerpt(diagnostic, file.text);
  return "";
}

std::string excerpt(const Diagnostic &diagnostic, llvm::StringRef text) {
  constexpr size_t before = 70, longest = 110; // bytes of a long line that are shown
  if (!diagnostic.line || !diagnostic.column || *diagnostic.line == 0)
    return "";
  for (unsigned line = 1; line < *diagnostic.line; ++line) {
    size_t newline = text.find('\n');
    if (newline == llvm::StringRef::npos)
      return "";
    text = text.drop_front(newline + 1);
  }
  llvm::StringRef line = text.take_until([](char letter) { return letter == '\n' || letter == '\r'; });
  size_t column = std::min<size_t>(*diagnostic.column - 1, line.size());
  auto continues = [](char letter) { return (static_cast<unsigned char>(letter) & 0xc0) == 0x80; };
  size_t begin = column > before ? column - before : 0;
  while (begin > 0 && begin < line.size() && continues(line[begin]))
    --begin;
  llvm::StringRef shown = line.substr(begin, longest);
  while (begin + shown.size() < line.size() && !shown.empty() && continues(line[begin + shown.size()]))
    shown = shown.drop_back();
  // What a terminal may take for a command is not shown: control characters, and bytes that are no UTF-8.
  std::string copy;
  for (char letter : shown)
    copy += llvm::isASCII(letter) && !llvm::isPrint(letter) ? ' ' : letter;
  const auto *bytes = reinterpret_cast<const llvm::UTF8 *>(copy.data());
  if (!llvm::isLegalUTF8String(&bytes, bytes + copy.size()))
    return "";
  // A character of several bytes is one space, so that the caret is below its letter.
  llvm::StringRef left = line.slice(begin, column);
  auto spaces = size_t(llvm::count_if(left, [&](char letter) { return !continues(letter); }));
  return "  " + copy + "\n  " + std::string(spaces, ' ') + "^\n";
}

} // namespace tenon::isa
