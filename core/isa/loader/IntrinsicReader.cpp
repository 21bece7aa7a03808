// An intrinsic's meaning: sizes, values, semantics.
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace tenon::isa::loader {

namespace {

std::optional<Size> readChoices(Reading &reading, Size size, const TreeNode &node, const Bounds &bounds) {
  for (const TreeNode &item : node.items) {
    std::optional<int64_t> choice = readNumber(reading, item.piece(), bounds);
    if (!choice)
      return std::nullopt;
    if (!size.choices.empty() && *choice <= size.choices.back()) {
      reading.mistakes.add(item.place,
                           bounds.what + " lists " + std::to_string(*choice) + " after " +
                               std::to_string(size.choices.back()),
                           "list every choice once, the smallest first");
      return std::nullopt;
    }
    size.choices.push_back(*choice);
  }
  if (size.choices.empty()) {
    reading.mistakes.add(node.place, bounds.what + " has no choices", "write [SIZE, ...]");
    return std::nullopt;
  }
  size.low = size.choices.front();
  size.high = size.choices.back();
  return size;
}

std::optional<Size> readSize(Reading &reading, const TreeKey &key, const TreeNode &node,
                             const std::string &of) {
  Size size;
  size.name = key.text;
  size.place = key.place;
  Bounds bounds{"size " + quoted(key.text) + " of " + of, 1, mostOfAnything};
  if (node.isSequence())
    return readChoices(reading, std::move(size), node, bounds);
  Piece text = node.piece();
  size_t by = text.text.find(" by ");
  std::optional<Range> range = readRange(reading, text.until(std::min(by, text.text.size())), bounds);
  if (!range)
    return std::nullopt;
  size.low = range->low;
  size.high = range->high;
  if (size.low > size.high) {
    reading.mistakes.add(node.place,
                         bounds.what + " is " + node.text + ", from " + std::to_string(size.low) +
                             " down to " + std::to_string(size.high),
                         "the low end comes first");
    return std::nullopt;
  }
  if (by == llvm::StringRef::npos)
    return size;
  auto step = readNumber(reading, text.from(by + 4), {"the step of " + bounds.what, 1, mostOfAnything});
  size.step = step.value_or(1);
  if (int64_t rest = (size.high - size.low) % size.step) {
    reading.mistakes.add(node.place,
                         bounds.what + " goes by " + std::to_string(size.step) + " from " +
                             std::to_string(size.low) + " and never reaches " + std::to_string(size.high),
                         "end it at " + std::to_string(size.high - rest));
    return std::nullopt;
  }
  return size;
}

/// The smallest type that holds a range.
ElementType smallestType(const Range &range) {
  if (range.low >= 0)
    return {nest::ScalarType::integer(std::max(1U, llvm::Log2_64(uint64_t(range.high) | 1) + 1)), false};
  uint64_t furthest = std::max(uint64_t(~range.low), uint64_t(std::max<int64_t>(range.high, 0)));
  return {nest::ScalarType::integer((furthest ? llvm::Log2_64(furthest) + 1 : 0) + 1), true};
}

std::optional<ValueDeclaration> readValue(Reading &reading, const TreeKey &key, const TreeNode &node,
                                          const std::string &of) {
  std::string what = "value " + quoted(key.text) + " of " + of;
  ValueDeclaration value{key.text, {}, 0, 0, key.place};
  std::optional<ElementType> type = parseElementType(llvm::StringRef(node.text).trim());
  if (!type) {
    std::optional<Range> range =
        readRange(reading, node.piece(), {what, std::numeric_limits<int64_t>::min()});
    if (!range)
      return std::nullopt;
    if (range->low > range->high) {
      reading.mistakes.add(node.place, what + " is " + quoted(node.text), "the low end comes first");
      return std::nullopt;
    }
    value.type = smallestType(*range);
    value.low = range->low;
    value.high = range->high;
    return value;
  }
  unsigned width = type->scalar.width;
  if (!type->scalar.isInteger() || (!type->isSigned && width == 64)) {
    reading.mistakes.add(node.place,
                         what + " has type " + type->str() +
                             "; a value is an integer of 64 bits with a sign or smaller",
                         "use an integer type, or a range");
    return std::nullopt;
  }
  value.type = *type;
  value.low = type->isSigned ? llvm::minIntN(width) : 0;
  value.high = type->isSigned ? llvm::maxIntN(width) : int64_t(llvm::maxUIntN(width));
  return value;
}

/// Every name stands for one thing in an intrinsic's expressions.
void checkDistinct(Reading &reading, const Intrinsic &intrinsic) {
  std::map<std::string, std::string> seen;
  auto add = [&](const std::string &name, const std::string &kind, Place place) {
    auto [earlier, isNew] = seen.emplace(name, kind);
    if (!isNew)
      reading.mistakes.add(place,
                           quoted(name) + " is a " + kind + " of intrinsic " + quoted(intrinsic.family) +
                               " and a " + earlier->second,
                           "rename one of them");
  };
  for (const Parameter &parameter : reading.description.parameters)
    add(parameter.name, "parameter", parameter.place);
  for (const Sync &sync : reading.description.syncs)
    add(sync.name, "sync", sync.place);
  for (const auto &[key, code] : intrinsic.memberCode)
    add(key, "key of `for`", intrinsic.place);
  for (const Size &size : intrinsic.sizes)
    add(size.name, "size", size.place);
  for (const ValueDeclaration &value : intrinsic.values)
    add(value.name, "value", value.place);
  for (const OperandDeclaration &operand : intrinsic.operands)
    add(operand.name, "operand", operand.place);
}

/// A text in braces that no key of the family has replaced.
void checkBraces(Reading &reading, const Intrinsic &intrinsic, const Piece &text) {
  size_t open = text.text.find('{');
  if (open == llvm::StringRef::npos)
    return;
  llvm::StringRef inside = text.text.substr(open + 1).take_until([](char letter) { return letter == '}'; });
  std::vector<std::string> keys;
  for (const auto &[key, choice] : intrinsic.member) {
    keys.push_back(key);
    keys.push_back(key + ".code");
  }
  reading.mistakes.add(text.from(open).place, "{" + inside.str() + "} is no key of `for`",
                       suggestion(inside, keys));
}

void readSemantics(Reading &reading, Intrinsic &intrinsic, const TreeNode *node, size_t mistakesBefore) {
  std::vector<StatementText> statements;
  for (const Piece &text : node ? piecesOf(*node) : std::vector<Piece>()) {
    checkBraces(reading, intrinsic, text);
    statements.push_back({text.text.str(), text.place});
  }
  if (statements.empty() && !intrinsic.operands.empty())
    reading.mistakes.add(intrinsic.place,
                         "intrinsic " + quoted(intrinsic.family) + " has operands and no semantics",
                         "add semantics: what it computes");
  // What it computes is checked against declarations that are right: else one mistake is told many times.
  if (!statements.empty() && reading.mistakes.list.size() == mistakesBefore)
    checkSemantics(intrinsic, reading.description, statements, reading.mistakes.list);
}

} // namespace

void readIntrinsic(Reading &reading, const Member &member) {
  const TreeNode &node = member.node;
  size_t mistakesBefore = reading.mistakes.list.size();
  Intrinsic intrinsic;
  intrinsic.name = member.name;
  intrinsic.family = member.family;
  intrinsic.member = member.choices;
  intrinsic.memberCode = member.codes;
  intrinsic.place = member.place;
  std::string what = "intrinsic " + quoted(member.family);
  if (const TreeNode *doc = node.find("doc"))
    intrinsic.doc = doc->text;
  if (const TreeNode *queue = node.find("queue"))
    intrinsic.queue = reference(reading, reading.description.queues, queue->piece(), "queue");
  if (const TreeNode *sizes = node.find("sizes"))
    for (size_t i = 0; i < sizes->keys.size(); ++i) {
      Size fallback{sizes->keys[i].text, 1, 1, 1, {}, sizes->keys[i].place};
      intrinsic.sizes.push_back(readSize(reading, sizes->keys[i], sizes->items[i], what).value_or(fallback));
    }
  if (const TreeNode *values = node.find("values"))
    for (size_t i = 0; i < values->keys.size(); ++i) {
      ValueDeclaration fallback{values->keys[i].text, {}, 0, 0, values->keys[i].place};
      intrinsic.values.push_back(
          readValue(reading, values->keys[i], values->items[i], what).value_or(fallback));
    }
  if (const TreeNode *operands = node.find("operands"))
    readOperands(reading, intrinsic, *operands);
  checkDistinct(reading, intrinsic);
  readSemantics(reading, intrinsic, node.find("semantics"), mistakesBefore);
  readEncoding(reading, intrinsic, node);
  restoreColumns(member, reading.mistakes, mistakesBefore);
  reading.description.intrinsics.push_back(std::move(intrinsic));
}

} // namespace tenon::isa::loader
