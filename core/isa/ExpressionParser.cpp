// From text to a tree: precedence climbing, with bounds on the length, the nesting and the height.
#include "core/isa/Expression.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace tenon::isa {

Place placeWithin(llvm::StringRef text, size_t offset, Place start) {
  if (start.line == 0)
    return start;
  llvm::StringRef before = text.take_front(offset);
  size_t newline = before.rfind('\n');
  size_t lineStart = newline == llvm::StringRef::npos ? 0 : newline + 1;
  return {start.line + unsigned(before.count('\n')), start.column + unsigned(before.size() - lineStart)};
}

namespace {

using Kind = Expression::Kind;

/// How tightly operators bind, loosest first.
enum Level : unsigned {
  Loosest,
  Or,
  And,
  Not,
  Comparison,
  BitOr,
  BitXor,
  BitAnd,
  Shift,
  Sum,
  Product,
  Minus
};

std::optional<Level> binaryLevel(llvm::StringRef text) {
  struct Row {
    llvm::StringLiteral text;
    Level level;
  };
  static constexpr Row rows[] = {
      {"or", Or},         {"and", And},      {"==", Comparison}, {"!=", Comparison}, {"<", Comparison},
      {"<=", Comparison}, {">", Comparison}, {">=", Comparison}, {"|", BitOr},       {"^", BitXor},
      {"&", BitAnd},      {"<<", Shift},     {">>", Shift},      {"+", Sum},         {"-", Sum},
      {"*", Product},     {"/", Product},    {"%", Product},
  };
  for (const Row &row : rows)
    if (row.text == text)
      return row.level;
  return std::nullopt;
}

struct Token {
  enum class Kind : uint8_t { End, Number, Name, Word, Symbol };
  Kind kind = Kind::End;
  llvm::StringRef text; ///< part of the parsed text
};

bool isWord(llvm::StringRef name) {
  return llvm::is_contained({"if", "then", "else", "or", "and", "not"}, name);
}

bool isNameStart(char c) { return llvm::isAlpha(c) || c == '_'; }
bool isNamePart(char c) { return llvm::isAlnum(c) || c == '_'; }

/// The characters of the next number: digits, a point, an exponent with its sign.
size_t numberLength(llvm::StringRef rest) {
  size_t length = 0;
  bool hexadecimal = rest.starts_with_insensitive("0x");
  while (length < rest.size()) {
    char c = rest[length];
    bool signOfExponent =
        (c == '+' || c == '-') && !hexadecimal && length && llvm::toLower(rest[length - 1]) == 'e';
    if (!isNamePart(c) && c != '.' && !signOfExponent)
      break;
    ++length;
  }
  return length;
}

class Parser {
public:
  Parser(llvm::StringRef text, Place place) : text(text), start(place) {}

  llvm::Expected<Expression> parse() {
    if (text.size() > expressionLengthLimit)
      return wrong(0, "an expression of " + llvm::Twine(text.size()) + " characters, the most is " +
                          llvm::Twine(expressionLengthLimit));
    if (llvm::Error error = advance())
      return error;
    llvm::Expected<Tree> tree = parseLevel(Loosest);
    if (!tree)
      return tree.takeError();
    if (token.kind != Token::Kind::End)
      return unexpected("the end");
    return std::move(tree->root);
  }

private:
  struct Tree {
    Expression root;
    unsigned height = 1;
  };

  size_t offset() const { return token.text.data() - text.data(); }
  bool at(llvm::StringRef symbol) const {
    return (token.kind == Token::Kind::Symbol || token.kind == Token::Kind::Word) && token.text == symbol;
  }

  llvm::Error wrong(size_t where, const llvm::Twine &message, llvm::StringRef repair = "") const {
    Place place = placeWithin(text, where, start);
    Diagnostic diagnostic;
    diagnostic.message = message.str();
    if (place.line) {
      diagnostic.line = place.line;
      diagnostic.column = place.column;
    }
    diagnostic.repair = repair.str();
    return failure(ExitCode::WrongInput, std::move(diagnostic));
  }

  llvm::Error unexpected(llvm::StringRef wanted) const {
    if (token.kind == Token::Kind::End)
      return wrong(offset(), "the expression ends where " + wanted + " is expected",
                   "quote this expression if it has commas or brackets inside braces");
    return wrong(offset(), "'" + token.text + "' stands where " + wanted + " is expected");
  }

  llvm::Error advance();
  llvm::Error expect(llvm::StringRef symbol) {
    if (!at(symbol))
      return unexpected(("'" + symbol + "'").str());
    return advance();
  }

  llvm::Expected<Tree> combine(Kind kind, llvm::StringRef name, std::vector<Tree> arguments, size_t where) {
    Tree result;
    result.root.kind = kind;
    result.root.text = name.str();
    result.root.place = placeWithin(text, where, start);
    for (Tree &argument : arguments) {
      result.height = std::max(result.height, argument.height + 1);
      result.root.arguments.push_back(std::move(argument.root));
    }
    if (result.height > expressionHeightLimit)
      return wrong(where,
                   "the expression is more than " + llvm::Twine(expressionHeightLimit) + " operators deep");
    return result;
  }

  llvm::Expected<Tree> parseLevel(unsigned least);
  llvm::Expected<Tree> parsePrefix(unsigned least);
  llvm::Expected<Tree> parsePrimary();
  llvm::Expected<Tree> parseConditional();
  llvm::Expected<Tree> parseUnary(llvm::StringRef name, unsigned level);
  llvm::Expected<Tree> parseNamed();
  llvm::Expected<Tree> parseIndexed(llvm::StringRef name, size_t where);
  llvm::Expected<Tree> parseNumber(bool negative);
  llvm::Expected<std::vector<Tree>> parseList(llvm::StringRef open, llvm::StringRef close);

  llvm::StringRef text;
  Place start;
  Token token;
  size_t next = 0; ///< offset after the token
  unsigned depth = 0;
};

llvm::Error Parser::advance() {
  while (next < text.size() && llvm::isSpace(text[next]))
    ++next;
  llvm::StringRef rest = text.drop_front(next);
  auto take = [&](Token::Kind kind, size_t length) {
    token = {kind, rest.take_front(length)};
    next += length;
    return llvm::Error::success();
  };
  if (rest.empty())
    return take(Token::Kind::End, 0);
  if (llvm::isDigit(rest[0]))
    return take(Token::Kind::Number, numberLength(rest));
  if (isNameStart(rest[0])) {
    size_t length = rest.take_while(isNamePart).size();
    while (length + 1 < rest.size() && rest[length] == '.' && isNameStart(rest[length + 1]))
      length += 1 + rest.drop_front(length + 1).take_while(isNamePart).size();
    return take(isWord(rest.take_front(length)) ? Token::Kind::Word : Token::Kind::Name, length);
  }
  for (llvm::StringRef symbol : {"==", "!=", "<=", ">=", "<<", ">>"})
    if (rest.starts_with(symbol))
      return take(Token::Kind::Symbol, 2);
  if (llvm::StringRef("+-*/%<>|^&()[],").contains(rest[0]))
    return take(Token::Kind::Symbol, 1);
  if (rest[0] == '=')
    return wrong(next, "'=' is not an operator of expressions", "write ==");
  if (rest[0] == '?' || rest[0] == ':')
    return wrong(next, "'" + rest.take_front(1) + "' is not an operator of expressions",
                 "write if c then x else y");
  if (rest[0] == '!')
    return wrong(next, "'!' is not an operator of expressions", "write not");
  if (!llvm::isPrint(rest[0]))
    return wrong(next, "a character with the code " + llvm::Twine(unsigned(uint8_t(rest[0]))) +
                           " belongs to no expression");
  return wrong(next, "'" + rest.take_front(1) + "' belongs to no expression");
}

llvm::Expected<Parser::Tree> Parser::parseLevel(unsigned least) {
  llvm::Expected<Tree> left = parsePrefix(least);
  bool compared = false;
  while (left) {
    llvm::StringRef op = token.text;
    size_t where = offset();
    bool isOperator = token.kind == Token::Kind::Symbol || token.kind == Token::Kind::Word;
    std::optional<Level> level = isOperator ? binaryLevel(op) : std::nullopt;
    if (!level || *level < least)
      return left;
    if (*level == Comparison && compared)
      return wrong(where, "comparisons do not chain", "write a < b and b < c");
    compared = *level == Comparison;
    if (llvm::Error error = advance())
      return error;
    llvm::Expected<Tree> right = parseLevel(*level + 1);
    if (!right)
      return right;
    std::vector<Tree> sides;
    sides.push_back(std::move(*left));
    sides.push_back(std::move(*right));
    left = combine(Kind::Binary, op, std::move(sides), where);
  }
  return left;
}

llvm::Expected<Parser::Tree> Parser::parsePrefix(unsigned least) {
  if (depth == expressionDepthLimit)
    return wrong(offset(),
                 "the expression is nested more than " + llvm::Twine(expressionDepthLimit) + " deep");
  ++depth;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (at("if")) {
    if (least != Loosest)
      return wrong(offset(), "a conditional stands inside an operator", "put it in parentheses");
    return parseConditional();
  }
  if (at("not")) {
    if (least > Not)
      return wrong(offset(), "not binds more loosely than the operator before it", "put it in parentheses");
    return parseUnary("not", Not);
  }
  if (at("-"))
    return parseUnary("-", Minus);
  return parsePrimary();
}

llvm::Expected<Parser::Tree> Parser::parseConditional() {
  size_t where = offset();
  std::vector<Tree> parts;
  for (llvm::StringRef word : {"if", "then", "else"}) {
    if (llvm::Error error = expect(word))
      return error;
    llvm::Expected<Tree> part = parseLevel(Loosest);
    if (!part)
      return part;
    parts.push_back(std::move(*part));
  }
  return combine(Kind::Conditional, "", std::move(parts), where);
}

llvm::Expected<Parser::Tree> Parser::parseUnary(llvm::StringRef name, unsigned level) {
  size_t where = offset();
  if (llvm::Error error = advance())
    return error;
  if (level == Minus && token.kind == Token::Kind::Number)
    return parseNumber(/*negative=*/true);
  llvm::Expected<Tree> operand = parseLevel(level);
  if (!operand)
    return operand;
  std::vector<Tree> operands;
  operands.push_back(std::move(*operand));
  return combine(Kind::Unary, name, std::move(operands), where);
}

llvm::Expected<Parser::Tree> Parser::parsePrimary() {
  if (token.kind == Token::Kind::Number)
    return parseNumber(/*negative=*/false);
  if (token.kind == Token::Kind::Name)
    return parseNamed();
  if (!at("("))
    return unexpected("a name or a number");
  if (llvm::Error error = advance())
    return error;
  llvm::Expected<Tree> inner = parseLevel(Loosest);
  if (!inner)
    return inner;
  if (llvm::Error error = expect(")"))
    return error;
  return inner;
}

llvm::Expected<Parser::Tree> Parser::parseNamed() {
  llvm::StringRef name = token.text;
  size_t where = offset();
  if (llvm::Error error = advance())
    return error;
  if (at("["))
    return parseIndexed(name, where);
  if (!at("("))
    return combine(Kind::Name, name, {}, where);
  llvm::Expected<std::vector<Tree>> arguments = parseList("(", ")");
  if (!arguments)
    return arguments.takeError();
  return combine(Kind::Call, name, std::move(*arguments), where);
}

llvm::Expected<Parser::Tree> Parser::parseIndexed(llvm::StringRef name, size_t where) {
  llvm::Expected<std::vector<Tree>> indices = parseList("[", "]");
  if (!indices)
    return indices.takeError();
  if (!at("("))
    return combine(Kind::Index, name, std::move(*indices), where);
  if (name != "sum")
    return wrong(offset(), "'" + name + "' has indices and arguments, only sum has both");
  std::vector<std::string> names;
  for (const Tree &index : *indices) {
    if (index.root.kind != Kind::Name)
      return wrong(where, "sum is over " + llvm::Twine(index.root.str()) + ", which is not a size",
                   "write sum[k](x)");
    names.push_back(index.root.text);
  }
  llvm::Expected<std::vector<Tree>> arguments = parseList("(", ")");
  if (!arguments)
    return arguments.takeError();
  llvm::Expected<Tree> result = combine(Kind::Call, name, std::move(*arguments), where);
  if (result)
    result->root.names = std::move(names);
  return result;
}

llvm::Expected<std::vector<Parser::Tree>> Parser::parseList(llvm::StringRef open, llvm::StringRef close) {
  if (llvm::Error error = expect(open))
    return error;
  std::vector<Tree> list;
  while (true) {
    llvm::Expected<Tree> item = parseLevel(Loosest);
    if (!item)
      return item.takeError();
    list.push_back(std::move(*item));
    if (at(close))
      break;
    if (!at(","))
      return unexpected(("',' or '" + close + "'").str());
    if (llvm::Error error = advance())
      return error;
  }
  if (llvm::Error error = advance())
    return error;
  return list;
}

/// The number of a token, with a minus directly before it.
llvm::Expected<Parser::Tree> Parser::parseNumber(bool negative) {
  llvm::StringRef digits = token.text;
  size_t where = offset();
  Tree result;
  result.root.place = placeWithin(text, where, start);
  bool hexadecimal = digits.starts_with_insensitive("0x");
  bool real = !hexadecimal && digits.find_first_of(".eE") != llvm::StringRef::npos;
  llvm::StringRef whole = digits.take_while(llvm::isDigit);
  if (!hexadecimal && whole.size() > 1 && whole[0] == '0')
    return wrong(where, "the number " + digits + " begins with 0, which some read as octal",
                 "leave the 0 out, or write 0x");
  if (real) {
    result.root.kind = Kind::Real;
    if (whole.size() + 1 == digits.size() || digits.getAsDouble(result.root.real, /*AllowInexact=*/true))
      return wrong(where, "'" + digits + "' is not a number");
    if (!std::isfinite(result.root.real))
      return wrong(where, "the number " + digits + " is larger than a 64-bit float holds");
    result.root.real = negative ? -result.root.real : result.root.real;
  } else {
    llvm::StringRef plain = hexadecimal ? digits.drop_front(2) : digits;
    bool good = !plain.empty() && llvm::all_of(plain, hexadecimal ? llvm::isHexDigit : llvm::isDigit);
    if (!good)
      return wrong(where, "'" + digits + "' is not a number", "leave a space between a number and a name");
    uint64_t magnitude = 0;
    uint64_t most = uint64_t(INT64_MAX) + (negative ? 1 : 0);
    if (plain.getAsInteger(hexadecimal ? 16 : 10, magnitude) || magnitude > most)
      return wrong(where, "the number " + digits + " does not fit 64 bits");
    result.root.integer = int64_t(negative ? 0 - magnitude : magnitude);
  }
  if (llvm::Error error = advance())
    return error;
  return result;
}

} // namespace

llvm::Expected<Expression> parseExpression(llvm::StringRef text, Place place) {
  return Parser(text, place).parse();
}

} // namespace tenon::isa
