// Finds expressions that YAML's braces and brackets tear apart, by reading the text as YAML's scanner does
// but keeping an expression whole.
#include "core/isa/loader/Tree.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

namespace {

class FlowCheck {
public:
  FlowCheck(llvm::StringRef text, Mistakes &mistakes) : text(text), mistakes(mistakes) {}

  bool run() {
    size_t before = mistakes.list.size();
    while (at < text.size() && !stopped && !mistakes.full())
      step();
    if (!stopped && !open.empty())
      reportUnclosed(open.front());
    return mistakes.list.size() == before;
  }

private:
  llvm::StringRef text;
  Mistakes &mistakes;
  size_t at = 0, lineStart = 0;
  unsigned line = 1;
  struct Opener {
    char letter;
    Place place;
    size_t mistakes; ///< how many there were
  };
  std::vector<Opener> open; ///< braces and brackets
  int parent = -1;          ///< column (from 0) of the key or dash whose value is read, in block style
  bool stopped = false;

  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  bool atLineEnd() const { return at >= text.size() || text[at] == '\n'; }
  bool isBlank(char letter) const {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || !letter;
  }
  Place place() const { return {line, unsigned(at - lineStart) + 1}; }
  void advance() {
    if (text[at++] != '\n')
      return;
    ++line;
    lineStart = at;
    if (open.empty())
      parent = -1;
  }
  void skipLine() {
    while (!atLineEnd())
      advance();
  }

  /// One token; `at` stands where a token may begin.
  void step() {
    char letter = peek();
    if (isBlank(letter))
      return advance();
    if (letter == '#' && (at == lineStart || isBlank(text[at - 1])))
      return skipLine();
    if (letter == '"' || letter == '\'')
      return skipQuoted(letter);
    if (letter == '[' || letter == '{')
      return openBracket(letter);
    if ((letter == ']' || letter == '}') && !open.empty())
      return closeBracket(letter);
    if ((letter == ',' && !open.empty()) || letter == ':')
      return advance();
    if ((letter == '-' || letter == '?') && isBlank(peek(1))) {
      parent = int(at - lineStart);
      return advance();
    }
    if (letter == '&' || letter == '*' || letter == '!')
      return skipWord();
    if (open.empty() && (letter == '|' || letter == '>'))
      return skipBlockScalar();
    return open.empty() ? readBlockScalar() : readFlowScalar();
  }

  void openBracket(char letter) {
    open.push_back({letter, place(), mistakes.list.size()});
    advance();
    stopped = open.size() > treeDepthLimit;
    if (stopped)
      mistakes.add(open.back().place,
                   "more than " + std::to_string(treeDepthLimit) + " brackets are open here",
                   "close them, or nest less");
  }

  void closeBracket(char letter) {
    Opener opener = open.back();
    if ((letter == ']') == (opener.letter == '[')) {
      open.pop_back();
      return advance();
    }
    stopped = true;
    mistakes.list.resize(opener.mistakes);
    mistakes.add(place(),
                 std::string("'") + letter + "' closes the '" + opener.letter + "' of line " +
                     std::to_string(opener.place.line),
                 "close brackets by their own kind");
  }

  /// What came after it was read as if it stood in the bracket: those mistakes are none.
  void reportUnclosed(const Opener &opener) {
    mistakes.list.resize(opener.mistakes);
    mistakes.add(opener.place, std::string("this '") + opener.letter + "' is never closed", "close it");
  }

  void skipWord() {
    while (at < text.size() && !isBlank(peek()) &&
           !(!open.empty() && llvm::StringRef(",[]{}").contains(peek())))
      advance();
  }

  void skipQuoted(char mark) {
    auto column = int(at - lineStart);
    for (advance(); at < text.size(); advance()) {
      if (peek() == '\\' && mark == '"' && at + 1 < text.size()) {
        advance();
      } else if (peek() == mark) {
        advance();
        if (mark == '"' || peek() != mark)
          break;
      }
    }
    if (open.empty() && peek() == ':')
      parent = column;
  }

  unsigned indentation(size_t from) const {
    return unsigned(text.substr(from).take_while([](char letter) { return letter == ' '; }).size());
  }

  /// What follows | or >: all lines as deep as the first one.
  void skipBlockScalar() {
    int least = parent + 1;
    skipLine();
    while (at < text.size()) {
      auto spaces = int(indentation(at + 1));
      char first = peek(1 + size_t(spaces));
      bool empty = first == '\n' || first == '\r';
      if (!empty && spaces < least)
        return;
      least = empty ? least : std::max(least, spaces);
      advance(); // the line's end
      skipLine();
    }
  }

  /// Plain text outside of braces: nothing in it matters but the key that it may be, and its further lines.
  void readBlockScalar() {
    auto column = int(at - lineStart);
    for (; !atLineEnd(); advance()) {
      if (peek() == ':' && isBlank(peek(1))) {
        parent = column;
        return;
      }
      if (peek() == '#' && isBlank(text[at - 1]))
        return skipLine();
    }
    int key = parent;
    while (at < text.size()) {
      unsigned spaces = indentation(at + 1);
      char first = peek(1 + spaces);
      if (int(spaces) <= key || first == '#' || isBlank(first) || key < 0)
        return;
      advance();
      skipLine();
    }
  }

  /// Plain text within braces. YAML ends it at a comma or bracket; an expression goes on.
  void readFlowScalar() {
    size_t begin = at;
    Place start = place();
    int round = 0, other = 0;
    bool broken = false;
    for (; at < text.size(); advance()) {
      char letter = peek();
      bool opens = letter == '[' || letter == '{', closes = letter == ']' || letter == '}';
      bool within = round > 0 || other > 0;
      if (letter == '\n' && within && broken)
        break;
      if (!within && (letter == ',' || closes || (letter == ':' && endsKey()) ||
                      (letter == '#' && isBlank(text[at - 1]))))
        break;
      broken |= opens || (letter == ',' && within) || (letter == ':' && within && isBlank(peek(1)));
      broken |= letter == ')' && !round;
      round += letter == '(' ? 1 : letter == ')' && round ? -1 : 0;
      other += opens ? 1 : closes ? -1 : 0;
      if (other < 0)
        break;
    }
    if (!broken && !round && !other)
      return;
    llvm::StringRef whole = text.slice(begin, at).rtrim();
    bool complete = !round && !other && !whole.contains('\n') && !whole.contains('"');
    mistakes.add(start, "braces and commas tear " + quoted(whole) + " apart",
                 "quote this expression" + (complete ? ": \"" + whole.str() + "\"" : std::string()));
  }

  bool endsKey() const { return isBlank(peek(1)) || llvm::StringRef(",[]{}").contains(peek(1)); }
};

} // namespace

bool checkFlow(llvm::StringRef text, Mistakes &mistakes) { return FlowCheck(text, mistakes).run(); }

} // namespace tenon::isa::loader
