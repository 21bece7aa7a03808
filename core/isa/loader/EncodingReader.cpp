// How an intrinsic is encoded, when it may be used, and what it costs.
#include "core/isa/loader/Names.h"
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa::loader {

std::optional<Command> readCommand(Reading &reading, const TreeNode &node, const NameSet &known,
                                   llvm::ArrayRef<llvm::StringRef> reserved, const std::string &what) {
  const TreeNode *name = node.find("word");
  int index = name ? reference(reading, reading.description.words, name->piece(), "word") : -1;
  if (index < 0)
    return std::nullopt;
  const Word &word = reading.description.words[size_t(index)];
  Command command;
  command.word = unsigned(index);
  command.place = node.place;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const TreeKey &key = node.keys[i];
    if (key.text == "word" || llvm::is_contained(reserved, key.text))
      continue;
    int field = indexOf(word.fields, key.text);
    if (field < 0) {
      reading.mistakes.add(key.place, "word " + quoted(word.name) + " has no field " + quoted(key.text),
                           suggestion(key.text, namesOf(word.fields)));
      continue;
    }
    if (auto constant = word.fields[size_t(field)].constant) {
      reading.mistakes.add(key.place,
                           "field " + quoted(key.text) + " of word " + quoted(word.name) + " is always " +
                               std::to_string(*constant) + ", and " + what + " gives it a value",
                           "remove it here, or the constant there");
      continue;
    }
    std::optional<Expression> value = readExpression(reading, node.items[i].piece());
    if (value && checkNames(*value, {known, "field " + quoted(key.text)}, reading.mistakes))
      command.fields.push_back({unsigned(field), std::move(*value)});
  }
  return command;
}

namespace {

class EncodingReader {
public:
  EncodingReader(Reading &reading, Intrinsic &intrinsic, const TreeNode &node)
      : reading(reading), intrinsic(intrinsic), node(node), what("intrinsic " + quoted(intrinsic.family)),
        scalars(scalarNames(reading.parameters, intrinsic)),
        operands(operandNames(reading.parameters, intrinsic)) {}

  void read() {
    readClauses("where", intrinsic.where);
    readClauses("prefer", intrinsic.prefer);
    if (const TreeNode *needs = node.find("needs"))
      for (size_t i = 0; i < needs->keys.size(); ++i)
        readNeed(needs->keys[i], needs->items[i].piece());
    readAdvances();
    if (const TreeNode *sets = node.find("sets"))
      readSets(*sets);
    readForms();
    if (const TreeNode *timing = node.find("timing"))
      readTiming(*timing);
  }

private:
  Reading &reading;
  Intrinsic &intrinsic;
  const TreeNode &node;
  std::string what;
  NameSet scalars, operands;

  std::optional<Expression> expression(const Piece &text, const NameSet &known, const std::string &where,
                                       bool fractions = false) {
    std::optional<Expression> value = readExpression(reading, text);
    if (value && !checkNames(*value, {known, where, fractions}, reading.mistakes))
      return std::nullopt;
    return value;
  }

  void readClauses(llvm::StringRef key, std::vector<Clause> &clauses) {
    const TreeNode *list = node.find(key);
    for (const Piece &text : list ? piecesOf(*list) : std::vector<Piece>())
      if (auto condition = expression(text, operands, "a clause of " + key.str()))
        clauses.push_back({std::move(*condition), text.text.str(), text.place});
  }

  /// The register and slot of "ld" or "ld3[s]"; a register of several slots needs the slot's name.
  std::optional<std::pair<int, std::string>> readSlot(const Piece &text) {
    std::optional<Bracketed> parts = readBracketed(reading, text, "register");
    if (!parts)
      return std::nullopt;
    int index = reference(reading, reading.description.registers, parts->head, "register");
    if (index < 0)
      return std::nullopt;
    const Register &reg = reading.description.registers[size_t(index)];
    if (!parts->bracketed && reg.count == 1)
      return std::pair(index, std::string());
    if (!parts->bracketed) {
      reading.mistakes.add(text.place,
                           "register " + quoted(reg.name) + " has " + std::to_string(reg.count) +
                               " slots, and none is named",
                           "write " + reg.name + "[s], with any name for s");
      return std::nullopt;
    }
    if (reg.count == 1 || parts->parts.size() != 1 || !isName(parts->parts[0].text)) {
      reading.mistakes.add(text.place,
                           quoted(text.text) + " names no slot: register " + quoted(reg.name) + " has " +
                               std::to_string(reg.count),
                           reg.count == 1 ? "write " + reg.name
                                          : "write " + reg.name + "[s], with any name for s");
      return std::nullopt;
    }
    return std::pair(index, parts->parts[0].text.str());
  }

  /// A slot's name may not be another thing's.
  void checkSlotName(const std::string &slot, Place place) {
    if (!slot.empty() && scalars.contains(slot))
      reading.mistakes.add(place, quoted(slot) + " is a slot of " + what + " and has another meaning there",
                           "choose another name for the slot");
  }

  void readNeed(const TreeKey &key, const Piece &text) {
    Piece name{key.text, key.place};
    size_t dot = name.text.rfind('.');
    auto slot = readSlot(name.until(dot));
    if (!slot)
      return;
    const Register &reg = reading.description.registers[size_t(slot->first)];
    Piece cell = name.from(dot + 1);
    int index = indexOf(reg.cells, cell.text);
    if (index < 0)
      return reading.mistakes.add(cell.place,
                                  "register " + quoted(reg.name) + " has no cell " + quoted(cell.text),
                                  suggestion(cell.text, namesOf(reg.cells)));
    checkSlotName(slot->second, key.place);
    if (auto value = expression(text, operands, "needs"))
      intrinsic.needs.push_back(
          {unsigned(slot->first), slot->second, unsigned(index), std::move(*value), key.place});
  }

  void readAdvances() {
    const TreeNode *advances = node.find("advances");
    for (const Piece &name : advances ? piecesOf(*advances) : std::vector<Piece>()) {
      int index = reference(reading, reading.description.memories, name, "memory");
      if (index >= 0 && reading.description.memories[size_t(index)].kind != Memory::Kind::Rotating)
        reading.mistakes.add(name.place, "memory " + quoted(name.text) + " has no copies to advance",
                             "its kind is not rotating");
      else if (index >= 0)
        intrinsic.advances.push_back(unsigned(index));
    }
  }

  void readSets(const TreeNode &sets) {
    auto slot = readSlot(sets.piece());
    if (!slot)
      return;
    intrinsic.sets = slot->first;
    intrinsic.setsSlot = slot->second;
    checkSlotName(slot->second, sets.place);
    for (const RegisterCell &cell : reading.description.registers[size_t(slot->first)].cells)
      if (scalars.contains(cell.name) || cell.name == slot->second)
        reading.mistakes.add(
            sets.place, "cell " + quoted(cell.name) + " of what " + what + " sets has another meaning there",
            "rename the cell, or what has its name");
    if (!node.find("command"))
      reading.mistakes.add(sets.place, what + " sets a register and has no command",
                           "add command: its cells' names are its values");
  }

  void readForms() {
    std::vector<std::string> there;
    for (llvm::StringRef form : {"command", "llvm", "asm", "call"})
      if (node.find(form))
        there.push_back(form.str());
    if (there.size() > 1)
      reading.mistakes.add(intrinsic.place,
                           what + " has " + std::to_string(there.size()) + " encodings: " + listed(there),
                           "keep one");
    readTexts(reading, intrinsic, node);
    const TreeNode *command = node.find("command");
    if (!command)
      return;
    if (!node.find("queue"))
      reading.mistakes.add(command->place, "the command of " + what + " goes down no queue",
                           "add queue: " + listed(namesOf(reading.description.queues)));
    NameSet known = encodingNames(reading.parameters, reading.description, intrinsic);
    if (intrinsic.sets >= 0) {
      for (const RegisterCell &cell : reading.description.registers[size_t(intrinsic.sets)].cells)
        known.add(cell.name);
      if (!intrinsic.setsSlot.empty())
        known.add(intrinsic.setsSlot);
    }
    intrinsic.command = readCommand(reading, *command, known, {}, what);
  }

  void readTiming(const TreeNode &timing) {
    NameSet known = encodingNames(reading.parameters, reading.description, intrinsic);
    auto cycles = [&](const TreeNode &value, const std::string &where) {
      return expression(value.piece(), known, where, /*fractions=*/true);
    };
    if (const TreeNode *latency = timing.find("latency"))
      intrinsic.timing.latency = cycles(*latency, "latency");
    if (const TreeNode *extra = timing.find("extra"))
      intrinsic.timing.extra = cycles(*extra, "extra");
    const TreeNode *busy = timing.find("busy");
    for (size_t i = 0; busy && i < busy->keys.size(); ++i)
      if (auto value = cycles(busy->items[i], "busy"))
        intrinsic.timing.busy.emplace_back(busy->keys[i].text, std::move(*value));
  }
};

} // namespace

void readEncoding(Reading &reading, Intrinsic &intrinsic, const TreeNode &node) {
  EncodingReader(reading, intrinsic, node).read();
}

} // namespace tenon::isa::loader
