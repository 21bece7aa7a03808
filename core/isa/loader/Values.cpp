// Numbers, ranges, types and expressions from their text.
#include "core/isa/loader/Values.h"

#include "llvm/Support/MathExtras.h"

namespace tenon::isa::loader {

std::optional<Expression> readExpression(Reading &reading, Piece text) {
  Piece inner = text.trimmed();
  llvm::Expected<Expression> parsed = parseExpression(inner.text, inner.place);
  if (parsed)
    return std::move(*parsed);
  reading.mistakes.add(parsed.takeError(), inner.place, "write an expression");
  return std::nullopt;
}

namespace {

std::string rangeText(const Bounds &bounds) {
  if (bounds.high == std::numeric_limits<int64_t>::max())
    return "at least " + std::to_string(bounds.low);
  return std::to_string(bounds.low) + " to " + std::to_string(bounds.high);
}

/// Evaluated over the parameters; `scale` is the unit's bytes.
std::optional<int64_t> evaluated(Reading &reading, Piece text, int64_t scale, const Bounds &bounds) {
  std::optional<Expression> expression = readExpression(reading, text);
  if (!expression || !checkNames(*expression, {reading.parameters, "a number"}, reading.mistakes))
    return std::nullopt;
  llvm::Expected<int64_t> value =
      evaluate(*expression, [&](llvm::StringRef name) { return reading.description.parameter(name); });
  if (!value) {
    reading.mistakes.add(value.takeError(), text.place, "change the expression");
    return std::nullopt;
  }
  int64_t scaled = 0;
  bool tooLarge = llvm::MulOverflow(*value, scale, scaled);
  if (!tooLarge && scaled >= bounds.low && scaled <= bounds.high)
    return scaled;
  reading.mistakes.add(text.trimmed().place,
                       bounds.what + " is " + (tooLarge ? "beyond 64 bits" : std::to_string(scaled)) +
                           "; it may be " + rangeText(bounds),
                       "change the number");
  return std::nullopt;
}

} // namespace

std::optional<int64_t> readNumber(Reading &reading, Piece text, const Bounds &bounds) {
  return evaluated(reading, text, 1, bounds);
}

std::optional<int64_t> readBytes(Reading &reading, Piece text, const Bounds &bounds) {
  Piece inner = text.trimmed();
  struct Unit {
    llvm::StringLiteral name;
    int64_t bytes;
  };
  constexpr Unit units[] = {{"KiB", int64_t(1) << 10}, {"MiB", int64_t(1) << 20}, {"GiB", int64_t(1) << 30}};
  for (const Unit &unit : units)
    if (inner.text.ends_with(unit.name))
      return evaluated(reading, inner.until(inner.text.size() - unit.name.size()), unit.bytes, bounds);
  return evaluated(reading, inner, 1, bounds);
}

std::optional<Range> readRange(Reading &reading, Piece text, const Bounds &bounds) {
  size_t dots = text.text.find("..");
  if (dots == llvm::StringRef::npos) {
    std::optional<int64_t> value = readNumber(reading, text, bounds);
    return value ? std::optional(Range{*value, *value}) : std::nullopt;
  }
  std::optional<int64_t> low = readNumber(reading, text.until(dots), bounds);
  std::optional<int64_t> high = readNumber(reading, text.from(dots + 2), bounds);
  return low && high ? std::optional(Range{*low, *high}) : std::nullopt;
}

std::optional<ElementType> readElementType(Reading &reading, Piece text, const std::string &what) {
  Piece inner = text.trimmed();
  std::optional<ElementType> type = parseElementType(inner.text);
  if (!type)
    reading.mistakes.add(inner.place, what + " has the unknown type " + quoted(inner.text),
                         "types are i1 to i64, u1 to u64, f16, bf16, f32, f64");
  return type;
}

std::optional<Bracketed> readBracketed(Reading &reading, Piece text, const std::string &what) {
  Bracketed result;
  Piece inner = text.trimmed();
  size_t open = inner.text.find('[');
  if (open == llvm::StringRef::npos) {
    result.head = inner;
    return result;
  }
  result.bracketed = true;
  result.head = inner.until(open).trimmed();
  if (!inner.text.ends_with("]") || inner.text.count('[') != 1 || inner.text.count(']') != 1) {
    reading.mistakes.add(inner.place, what + " is " + quoted(inner.text) + ", and its brackets do not close",
                         "write one pair of brackets at the end");
    return std::nullopt;
  }
  size_t begin = open + 1, close = inner.text.size() - 1;
  while (begin < close || (begin == close && !result.parts.empty())) {
    size_t comma = std::min(inner.text.find(',', begin), close);
    result.parts.push_back(inner.until(comma).from(begin).trimmed());
    begin = comma + 1;
  }
  return result;
}

std::vector<Piece> piecesOf(const TreeNode &node) {
  if (node.isScalar())
    return {node.piece()};
  std::vector<Piece> pieces;
  for (const TreeNode &item : node.items)
    pieces.push_back(item.piece());
  return pieces;
}

} // namespace tenon::isa::loader
