// Just enough of LLVM's grammar: types, locals, and calls.
#include "core/native/ir/SpliceText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::native {
namespace {

bool isNameCharacter(char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '$' || c == '-'; }

/// The end of the bracket that the text begins with; npos if it is never closed.
size_t endOfBracket(llvm::StringRef text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (llvm::StringRef("<{[(").contains(text[i]))
      ++depth;
    else if (llvm::StringRef(">}])").contains(text[i]) && --depth == 0)
      return i + 1;
  }
  return llvm::StringRef::npos;
}

bool isTypeWord(llvm::StringRef word) {
  if (word.size() > 1 && word.front() == 'i' && llvm::all_of(word.drop_front(), llvm::isDigit))
    return true;
  static constexpr llvm::StringRef words[] = {"void", "half",  "bfloat",  "float",   "double",
                                              "ptr",  "fp128", "x86_amx", "metadata"};
  return llvm::is_contained(words, word);
}

/// The types of a call's arguments, joined with ", ".
std::string argumentTypes(llvm::StringRef arguments) {
  std::string types;
  while (!(arguments = arguments.ltrim()).empty()) {
    llvm::StringRef type = takeType(arguments);
    if (type.empty())
      break;
    types += (types.empty() ? "" : ", ") + type.str();
    // To the comma outside all brackets.
    size_t at = 0;
    while (at < arguments.size() && arguments[at] != ',') {
      size_t end =
          llvm::StringRef("<{[(").contains(arguments[at]) ? endOfBracket(arguments.drop_front(at)) : 1;
      at = end == llvm::StringRef::npos ? arguments.size() : at + end;
    }
    arguments = arguments.drop_front(std::min(at + 1, arguments.size()));
  }
  return types;
}

} // namespace

llvm::StringRef takeType(llvm::StringRef &text) {
  llvm::StringRef rest = text.ltrim();
  if (rest.empty())
    return {};
  size_t end = 0;
  if (llvm::StringRef("<{[").contains(rest.front())) {
    end = endOfBracket(rest);
    if (end == llvm::StringRef::npos)
      return {};
  } else {
    llvm::StringRef word = rest.take_while(isNameCharacter);
    if (!isTypeWord(word))
      return {};
    end = word.size();
    llvm::StringRef after = rest.drop_front(end).ltrim();
    if (word == "ptr" && after.starts_with("addrspace(") && after.contains(')'))
      end = size_t(after.data() - rest.data()) + after.find(')') + 1;
  }
  llvm::StringRef type = rest.take_front(end);
  text = rest.drop_front(end);
  return type;
}

std::string renameLocals(llvm::StringRef line, llvm::function_ref<std::string(llvm::StringRef)> rename) {
  std::string result;
  while (!line.empty()) {
    size_t at = line.find('%');
    result += line.substr(0, at).str();
    if (at == llvm::StringRef::npos)
      break;
    line = line.drop_front(at + 1);
    llvm::StringRef name = line.take_while(isNameCharacter);
    result += name.empty() ? "%" : rename(name);
    line = line.drop_front(name.size());
  }
  return result;
}

std::optional<std::string> declarationOf(llvm::StringRef line) {
  size_t call = line.find("call ");
  if (call == llvm::StringRef::npos || (call > 0 && isNameCharacter(line[call - 1])))
    return std::nullopt;
  llvm::StringRef rest = line.drop_front(call + 5);
  llvm::StringRef type;
  while ((type = takeType(rest)).empty()) { // flags and calling conventions come before the type
    rest = rest.ltrim();
    llvm::StringRef word = rest.take_until([](char c) { return c == ' '; });
    if (word.empty())
      return std::nullopt;
    rest = rest.drop_front(word.size());
  }
  rest = rest.ltrim();
  if (!rest.starts_with("@"))
    return std::nullopt;
  llvm::StringRef name = rest.take_front(1 + rest.drop_front(1).take_while(isNameCharacter).size());
  rest = rest.drop_front(name.size()).ltrim();
  size_t end = rest.starts_with("(") ? endOfBracket(rest) : llvm::StringRef::npos;
  if (end == llvm::StringRef::npos)
    return std::nullopt;
  return "declare " + type.str() + " " + name.str() + "(" + argumentTypes(rest.slice(1, end - 1)) + ")";
}

} // namespace tenon::native
