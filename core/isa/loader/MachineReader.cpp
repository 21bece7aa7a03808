// Parameters, memories, queues, words and registers.
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::isa::loader {

void readParameters(Reading &reading, const TreeNode &section, const LoadOptions &options) {
  for (size_t i = 0; i < section.keys.size(); ++i) {
    const TreeKey &key = section.keys[i];
    Parameter parameter{key.text, 0, key.place};
    Bounds bounds{"parameter " + quoted(key.text), std::numeric_limits<int64_t>::min()};
    // The file's own value must be right also where the command line replaces it.
    std::optional<int64_t> value = readNumber(reading, section.items[i].piece(), bounds);
    auto replaced = options.parameters.find(key.text);
    parameter.value = replaced != options.parameters.end() ? replaced->second : value.value_or(1);
    reading.description.parameters.push_back(std::move(parameter));
    reading.parameters.add(key.text);
  }
}

namespace {

Memory::Kind memoryKind(llvm::StringRef text) {
  if (text == "global")
    return Memory::Kind::Global;
  if (text == "scratchpad")
    return Memory::Kind::Scratchpad;
  if (text == "registers")
    return Memory::Kind::Registers;
  if (text == "cache")
    return Memory::Kind::Cache;
  return text == "rotating" ? Memory::Kind::Rotating : Memory::Kind::Table;
}

class MemoryReader {
public:
  MemoryReader(Reading &reading, const TreeKey &key, const TreeNode &node)
      : reading(reading), node(node), what("memory " + quoted(key.text)) {
    memory.name = key.text;
    memory.place = key.place;
  }

  Memory read() {
    const TreeNode *kind = node.find("kind");
    if (!kind)
      return memory;
    memory.kind = memoryKind(kind->text);
    bool registers = memory.kind == Memory::Kind::Registers;
    std::vector<llvm::StringRef> needed = {registers ? "count" : "bytes"};
    if (registers)
      needed.push_back("row");
    if (memory.kind == Memory::Kind::Rotating)
      needed.push_back("copies");
    checkKindKeys(reading, node, Section::Memory, kind->text, needed, what);
    readRow();
    readCapacity();
    memory.base = number("base", 0, int64_t(1) << 62, 0);
    memory.align = number("align", 1, mostBytes, 1);
    memory.copies = number("copies", 1, mostOfAnything, 1);
    memory.banks = number("banks", 1, mostOfAnything, 1);
    constexpr int64_t mostSpaces = 1 << 24; // what LLVM can write
    memory.space = unsigned(number("space", 0, mostSpaces - 1, 0));
    memory.lineBytes = number("line", 1, int64_t(1) << 16, 64);
    checkParts();
    if (const TreeNode *swizzle = node.find("swizzle"))
      readSwizzle(reading, memory, swizzle->piece(), what);
    return memory;
  }

private:
  Reading &reading;
  const TreeNode &node;
  std::string what;
  Memory memory;

  int64_t number(llvm::StringRef key, int64_t low, int64_t high, int64_t otherwise) {
    const TreeNode *value = node.find(key);
    return !value ? otherwise
                  : readNumber(reading, value->piece(), {key.str() + " of " + what, low, high})
                        .value_or(otherwise);
  }

  void readRow() {
    const TreeNode *row = node.find("row");
    if (row && row->items.size() == 2) {
      Bounds bounds{"row of " + what, 1, mostOfAnything};
      std::optional<int64_t> elements = readNumber(reading, row->items[0].piece(), bounds);
      std::optional<ElementType> type = readElementType(reading, row->items[1].piece(), what);
      if (!elements || !type)
        return;
      memory.rowElements = *elements;
      memory.rowElement = *type;
      memory.rowBytes = uint64_t(*elements) * type->scalar.storageBytes();
      memory.unit = Memory::Unit::Row;
    } else if (row) {
      reading.mistakes.add(row->place,
                           "the row of " + what + " has " + std::to_string(row->items.size()) + " entries",
                           "write [ELEMENTS, TYPE]");
    }
    const TreeNode *unit = node.find("unit");
    if (unit && unit->text == "row" && !row)
      reading.mistakes.add(unit->place, "unit of " + what + " is row, and it declares no row",
                           "add row: [ELEMENTS, TYPE]");
    if (unit && unit->text == "byte")
      memory.unit = Memory::Unit::Byte;
  }

  void readCapacity() {
    if (const TreeNode *bytes = node.find("bytes"))
      memory.bytes = uint64_t(
          readBytes(reading, bytes->piece(), {"bytes of " + what, 1, mostBytes}).value_or(memory.rowBytes));
    if (memory.kind == Memory::Kind::Registers)
      memory.bytes = uint64_t(number("count", 1, int64_t(1) << 16, 1)) * memory.rowBytes;
    if (memory.rowBytes && memory.bytes % memory.rowBytes)
      reading.mistakes.add(node.find("bytes")->place,
                           "bytes of " + what + " is " + std::to_string(memory.bytes) + ", and its row has " +
                               std::to_string(memory.rowBytes) + " bytes",
                           "make the capacity a multiple of the row");
  }

  void checkParts() {
    uint64_t units = memory.units();
    if (units && units % uint64_t(memory.banks))
      reading.mistakes.add(node.find("banks")->place,
                           what + " has " + std::to_string(units) + " units, and " +
                               std::to_string(memory.banks) + " banks do not divide them",
                           "make the banks equal");
    if (units && uint64_t(memory.align) > units)
      reading.mistakes.add(node.find("align")->place,
                           "align of " + what + " is " + std::to_string(memory.align) + ", and it has " +
                               std::to_string(units) + " units",
                           "make it smaller");
  }
};

} // namespace

void readMemories(Reading &reading, const TreeNode &section) {
  for (size_t i = 0; i < section.keys.size(); ++i)
    reading.description.memories.push_back(MemoryReader(reading, section.keys[i], section.items[i]).read());
}

void readQueues(Reading &reading, const TreeNode &section) {
  for (size_t i = 0; i < section.keys.size(); ++i) {
    Queue queue{section.keys[i].text, 1, section.keys[i].place};
    if (const TreeNode *depth = section.items[i].find("depth"))
      queue.depth =
          readNumber(reading, depth->piece(), {"depth of queue " + quoted(queue.name), 1, 65536}).value_or(1);
    reading.description.queues.push_back(std::move(queue));
  }
}

namespace {

/// "hi..lo", "hi..lo = constant", "bit".
std::optional<Field> readField(Reading &reading, const TreeKey &key, const TreeNode &node, unsigned bits,
                               const std::string &word) {
  std::string what = "field " + quoted(key.text) + " of " + word;
  Field field;
  field.name = key.text;
  field.place = key.place;
  Piece text = node.piece();
  size_t equals = text.text.find('=');
  std::optional<Range> range =
      readRange(reading, text.until(std::min(equals, text.text.size())), {what, 0, int64_t(bits) - 1});
  if (!range)
    return std::nullopt;
  if (range->low < range->high) {
    reading.mistakes.add(
        node.place, what + " is " + std::to_string(range->low) + ".." + std::to_string(range->high),
        "the high bit comes first: write " + std::to_string(range->high) + ".." + std::to_string(range->low));
    return std::nullopt;
  }
  field.high = unsigned(range->low);
  field.low = unsigned(range->high);
  constexpr unsigned mostBits = 64;
  if (field.width() > mostBits) {
    reading.mistakes.add(node.place, what + " has " + std::to_string(field.width()) + " bits; it may have 64",
                         "make two fields of it");
    return std::nullopt;
  }
  if (equals == llvm::StringRef::npos)
    return field;
  int64_t most =
      field.width() >= 63 ? std::numeric_limits<int64_t>::max() : (int64_t(1) << field.width()) - 1;
  if (auto value = readNumber(reading, text.from(equals + 1), {"the constant of " + what, 0, most}))
    field.constant = uint64_t(*value);
  return field;
}

} // namespace

void readWords(Reading &reading, const TreeNode &section) {
  for (size_t i = 0; i < section.keys.size(); ++i) {
    const TreeNode &node = section.items[i];
    Word word;
    word.name = section.keys[i].text;
    word.place = section.keys[i].place;
    std::string what = "word " + quoted(word.name);
    constexpr int64_t mostBits = 512;
    if (const TreeNode *bits = node.find("bits")) {
      auto value = readNumber(reading, bits->piece(), {"bits of " + what, 8, mostBits});
      word.bits = unsigned(value.value_or(mostBits));
      if (value && word.bits % 8)
        reading.mistakes.add(bits->place, "bits of " + what + " is " + std::to_string(word.bits),
                             "make it a multiple of 8");
    }
    for (size_t k = 0; k < node.keys.size(); ++k) {
      if (node.keys[k].text == "bits")
        continue;
      if (node.keys[k].text == "word" || node.keys[k].text == "on")
        reading.mistakes.add(node.keys[k].place,
                             quoted(node.keys[k].text) + " is a key of commands and no field's name",
                             "choose another name");
      else if (auto field = readField(reading, node.keys[k], node.items[k], word.bits, what))
        word.fields.push_back(std::move(*field));
    }
    reading.description.words.push_back(std::move(word));
  }
}

namespace {

/// The values of an integer type, as far as 64 bits with a sign go.
Bounds boundsOf(const ElementType &type, std::string what) {
  unsigned width = type.scalar.width;
  if (type.isSigned)
    return {std::move(what), llvm::minIntN(width), llvm::maxIntN(width)};
  return {std::move(what), 0, width >= 63 ? std::numeric_limits<int64_t>::max() : (int64_t(1) << width) - 1};
}

std::optional<RegisterCell> readCell(Reading &reading, const TreeKey &key, const TreeNode &node,
                                     const std::string &of) {
  std::string what = "cell " + quoted(key.text) + " of " + of;
  Piece text = node.piece();
  size_t equals = std::min(text.text.find('='), text.text.size());
  std::optional<ElementType> type = readElementType(reading, text.until(equals), what);
  if (!type)
    return std::nullopt;
  if (!type->scalar.isInteger()) {
    reading.mistakes.add(node.place, what + " is " + type->str() + "; a cell is an integer",
                         "write the integer type of the same bits");
    return std::nullopt;
  }
  RegisterCell cell{key.text, *type, std::nullopt, key.place};
  if (equals < text.text.size())
    cell.atReset = readNumber(reading, text.from(equals + 1), boundsOf(*type, what + " after reset"));
  return cell;
}

} // namespace

void readRegisters(Reading &reading, const TreeNode &section) {
  for (size_t i = 0; i < section.keys.size(); ++i) {
    const TreeKey &key = section.keys[i];
    std::optional<Bracketed> parts = readBracketed(reading, {key.text, key.place}, "register");
    if (!parts)
      continue;
    Register reg;
    reg.name = parts->head.text.str();
    reg.place = key.place;
    std::string what = "register " + quoted(reg.name);
    if (parts->bracketed && parts->parts.size() == 1)
      reg.count = readNumber(reading, parts->parts[0], {"count of " + what, 1, int64_t(1) << 16}).value_or(1);
    else if (parts->bracketed)
      reading.mistakes.add(key.place, what + " has no one count in its brackets",
                           "write " + reg.name + "[3]");
    if (indexOf(reading.description.registers, reg.name) >= 0)
      reading.mistakes.add(key.place, what + " is there twice", "remove one of them");
    for (size_t k = 0; k < section.items[i].keys.size(); ++k)
      if (auto cell = readCell(reading, section.items[i].keys[k], section.items[i].items[k], what))
        reg.cells.push_back(std::move(*cell));
    if (section.items[i].keys.empty())
      reading.mistakes.add(key.place, what + " has no cells", "write {CELL: TYPE}");
    reading.description.registers.push_back(std::move(reg));
  }
}

} // namespace tenon::isa::loader
