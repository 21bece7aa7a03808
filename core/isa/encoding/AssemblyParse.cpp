// Reads instructions from text, a line at a time.
#include "core/isa/encoding/Assembly.h"

#include "core/isa/encoding/Strides.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace tenon::isa {

namespace {

/// What is left of a line, and where.
class Line {
public:
  Line(llvm::StringRef of, unsigned lineNumber) : text(of.split('#').first), rest(text), number(lineNumber) {}

  void skipSpace() { rest = rest.ltrim(" \t\r"); }
  bool atEnd() {
    skipSpace();
    return rest.empty();
  }
  bool take(char wanted) {
    skipSpace();
    return rest.consume_front(llvm::StringRef(&wanted, 1));
  }
  bool isNext(char wanted) const { return rest.starts_with(llvm::StringRef(&wanted, 1)); }
  /// A name with dots; empty where none stands.
  llvm::StringRef name() {
    skipSpace();
    size_t end = 0;
    while (end < rest.size() && (llvm::isAlnum(rest[end]) || rest[end] == '_' || rest[end] == '.'))
      ++end;
    if (end > 0 && llvm::isDigit(rest[0]))
      end = 0;
    return advance(end);
  }
  /// Up to and with the first `last`; empty where there is none.
  llvm::StringRef upTo(char last) {
    size_t end = rest.find(last);
    return end == llvm::StringRef::npos ? llvm::StringRef() : advance(end + 1);
  }
  std::optional<int64_t> integer() {
    skipSpace();
    size_t end = !rest.empty() && rest[0] == '-' ? 1 : 0;
    while (end < rest.size() && llvm::isAlnum(rest[end]))
      ++end;
    llvm::StringRef digits = rest.take_front(end);
    const bool negative = digits.consume_front("-");
    const bool isHex = digits.consume_front("0x");
    uint64_t value = 0;
    if ((!isHex && digits.size() > 1 && digits[0] == '0') || digits.getAsInteger(isHex ? 16 : 10, value))
      return std::nullopt;
    if (value > uint64_t(INT64_MAX) + (negative ? 1 : 0))
      return std::nullopt;
    advance(end);
    return static_cast<int64_t>(negative ? 0 - value : value);
  }
  llvm::StringRef word() const {
    return rest.take_until([](char c) { return c == ' ' || c == '\t' || c == '\r'; });
  }

  llvm::Error wrong(std::string message, std::string repair = "") const {
    Diagnostic diagnostic;
    diagnostic.message = printable(std::move(message));
    diagnostic.line = number;
    diagnostic.column = static_cast<unsigned>(text.size() - rest.size()) + 1;
    diagnostic.repair = std::move(repair);
    return failure(ExitCode::WrongInput, std::move(diagnostic));
  }
  llvm::StringRef mark() const { return rest; }
  void back(llvm::StringRef to) { rest = to; }

private:
  llvm::StringRef advance(size_t count) {
    llvm::StringRef taken = rest.take_front(count);
    rest = rest.drop_front(count);
    return taken;
  }

  llvm::StringRef text, rest;
  unsigned number;
};

/// The number of the entry with the name, -1 where there is none.
template <typename List> int find(const List &list, llvm::StringRef name) {
  for (auto [number, entry] : llvm::enumerate(list))
    if (name == entry.name)
      return static_cast<int>(number);
  return -1;
}

class LineParser {
public:
  LineParser(const Description &of, Line &from) : description(of), line(from) {}

  llvm::Expected<Instruction> parse() {
    llvm::StringRef start = line.mark();
    llvm::StringRef name = line.name();
    if (name == "wait" || name == "signal") {
      llvm::StringRef afterName = line.mark();
      if (find(description.syncs, line.name()) >= 0 && !line.isNext('=')) {
        line.back(afterName);
        return syncCommand(name == "wait");
      }
    }
    line.back(start);
    if (llvm::Error error = intrinsicName())
      return std::move(error);
    while (!line.atEnd())
      if (llvm::Error error = item())
        return std::move(error);
    if (llvm::Error error = finish())
      return std::move(error);
    return std::move(result);
  }

private:
  const Intrinsic &intrinsic() const { return description.intrinsics[result.intrinsic]; }

  llvm::Error intrinsicName() {
    line.skipSpace();
    llvm::StringRef start = line.mark();
    std::string name = line.name().str();
    if (!name.empty() && line.isNext('{'))
      name += line.upTo('}').str();
    auto withoutSpace = [](llvm::StringRef text) {
      std::string kept;
      llvm::copy_if(text, std::back_inserter(kept), [](char c) { return c != ' '; });
      return kept;
    };
    for (auto [number, candidate] : llvm::enumerate(description.intrinsics)) {
      if (withoutSpace(candidate.name) != withoutSpace(name))
        continue;
      result.intrinsic = static_cast<unsigned>(number);
      result.queue = static_cast<unsigned>(std::max(candidate.queue, 0));
      result.sizes.assign(candidate.sizes.size(), 0);
      result.values.assign(candidate.values.size(), 0);
      result.operands.assign(candidate.operands.size(), {});
      if (candidate.sets >= 0)
        result.cells.assign(description.registers[static_cast<size_t>(candidate.sets)].cells.size(), 0);
      strides.resize(candidate.operands.size());
      return llvm::Error::success();
    }
    line.back(start);
    return line.wrong("there is no instruction " + (name.empty() ? line.word().str() : name), nearest(name));
  }

  std::string nearest(llvm::StringRef name) const {
    std::string best;
    unsigned fewest = 4; // further away is no slip of the pen
    for (const Intrinsic &candidate : description.intrinsics)
      if (unsigned distance = name.edit_distance(candidate.name, true, fewest); distance < fewest) {
        best = "did you mean " + candidate.name;
        fewest = distance;
      }
    return best;
  }

  llvm::Error item() {
    line.skipSpace();
    llvm::StringRef start = line.mark();
    std::string name = line.name().str();
    if (name.empty())
      return line.wrong("'" + line.word().str() + "' is no name", "write name=number");
    if ((name == "wait" || name == "signal") && !line.isNext('=')) {
      SyncUse use;
      if (llvm::Error error = sync(name == "wait", use))
        return error;
      result.syncs.push_back(use);
      return llvm::Error::success();
    }
    std::optional<int64_t> slot;
    if (line.take('[')) {
      slot = line.integer();
      if (!slot || !line.take(']'))
        return line.wrong("a slot is a number in brackets", "write " + name + "[0].cell=number");
      name += line.name().str();
    }
    const std::string key = slot ? name + "[" + std::to_string(*slot) + "]" : name;
    if (!seen.insert(name).second) {
      line.back(start);
      return line.wrong(name + " is given twice", "remove one of the two");
    }
    if (!line.take('='))
      return line.wrong("'=' is missing after " + key);
    if (int operand = find(intrinsic().operands, name); operand >= 0 && !slot)
      return place(static_cast<unsigned>(operand));
    llvm::StringRef valueStart = line.mark();
    std::optional<int64_t> value = line.integer();
    if (!value)
      return line.wrong("'" + line.word().str() + "' is no number of 64 bits");
    if (assign(name, slot, *value))
      return llvm::Error::success();
    line.back(slot ? valueStart : start);
    return line.wrong(intrinsic().name + " has no " + key, "its names are " + names());
  }

  bool assign(llvm::StringRef name, std::optional<int64_t> slot, int64_t value) {
    if (cell(name, slot, value))
      return true;
    if (slot)
      return false;
    if (int size = find(intrinsic().sizes, name); size >= 0)
      result.sizes[static_cast<size_t>(size)] = value;
    else if (int declared = find(intrinsic().values, name); declared >= 0)
      result.values[static_cast<size_t>(declared)] = value;
    else if (llvm::any_of(intrinsic().needs, [&](const Need &need) { return name == need.slot; }))
      result.slots[name.str()] = value;
    else
      return stride(name, value);
    return true;
  }

  bool stride(llvm::StringRef name, int64_t value) {
    auto [operandName, rest] = name.split('.');
    int operand = find(intrinsic().operands, operandName);
    if (operand < 0 || !rest.consume_front("stride."))
      return false;
    int axis = find(intrinsic().operands[static_cast<size_t>(operand)].axes, rest);
    if (axis < 0)
      return false;
    strides[static_cast<size_t>(operand)].push_back({static_cast<unsigned>(axis), value});
    return true;
  }

  bool cell(llvm::StringRef name, std::optional<int64_t> slot, int64_t value) {
    if (intrinsic().sets < 0)
      return false;
    const Register &sets = description.registers[static_cast<size_t>(intrinsic().sets)];
    if (!name.consume_front(sets.name + "."))
      return false;
    int number = find(sets.cells, name);
    if (number < 0 || (slot && setsSlot && *slot != *setsSlot))
      return false;
    setsSlot = slot ? slot : setsSlot;
    result.setsSlot = setsSlot.value_or(0);
    result.cells[static_cast<size_t>(number)] = value;
    return true;
  }

  /// spad[3]
  llvm::Error place(unsigned operand) {
    line.skipSpace();
    llvm::StringRef start = line.mark();
    llvm::StringRef memory = line.name();
    int number = find(description.memories, memory);
    if (number < 0) {
      line.back(start);
      return line.wrong("there is no memory " + line.word().str(),
                        "write " + intrinsic().operands[operand].name + "=memory[address]");
    }
    std::optional<int64_t> address;
    if (line.take('['))
      address = line.integer();
    if (!address || !line.take(']'))
      return line.wrong("an address is a number in brackets", "write " + memory.str() + "[0]");
    result.operands[operand] = {static_cast<unsigned>(number), *address, {}};
    return llvm::Error::success();
  }

  /// sem[2] x1
  llvm::Error sync(bool isWait, SyncUse &use) {
    line.skipSpace();
    llvm::StringRef start = line.mark();
    llvm::StringRef name = line.name();
    int number = find(description.syncs, name);
    if (number < 0) {
      line.back(start);
      return line.wrong("there is no sync " + line.word().str());
    }
    use.sync = static_cast<unsigned>(number);
    use.isWait = isWait;
    if (line.take('[')) {
      std::optional<int64_t> id = line.integer();
      if (!id || !line.take(']'))
        return line.wrong("which counter is a number in brackets", "write " + name.str() + "[0]");
      use.id = *id;
    }
    line.skipSpace();
    llvm::StringRef beforeCount = line.mark();
    if (line.take('x')) {
      std::optional<int64_t> count = line.integer();
      if (count && !line.isNext('='))
        use.count = *count;
      else
        line.back(beforeCount); // a name that begins with x
    }
    return llvm::Error::success();
  }

  /// wait sem[3] x2 on execute
  llvm::Expected<Instruction> syncCommand(bool isWait) {
    result.kind = Instruction::Kind::Sync;
    SyncUse use;
    llvm::StringRef start = line.mark();
    if (llvm::Error error = sync(isWait, use))
      return std::move(error);
    result.syncs.push_back(use);
    std::optional<int64_t> command;
    while (!line.atEnd()) {
      llvm::StringRef key = line.name();
      if (key == "on") {
        int queue = find(description.queues, line.name());
        if (queue < 0)
          return line.wrong("there is no such queue");
        result.queue = static_cast<unsigned>(queue);
      } else if (key == "command" && line.take('=')) {
        command = line.integer();
      } else {
        return line.wrong("'" + key.str() + line.word().str() + "' is not expected here",
                          "write wait sem[0] x1 on queue");
      }
    }
    for (auto [number, candidate] : llvm::enumerate(description.syncCommands)) {
      if (candidate.sync != use.sync || candidate.isWait != isWait ||
          (candidate.queue >= 0 && candidate.queue != static_cast<int>(result.queue)) ||
          (command && *command != static_cast<int64_t>(number)))
        continue;
      result.syncCommand = static_cast<unsigned>(number);
      return std::move(result);
    }
    line.back(start);
    return line.wrong("no command " + std::string(isWait ? "waits for " : "signals ") +
                      description.syncs[use.sync].name + " in that queue");
  }

  std::vector<std::string> expectedNames() const {
    std::vector<std::string> expected;
    for (const Size &size : intrinsic().sizes)
      expected.push_back(size.name);
    for (const ValueDeclaration &value : intrinsic().values)
      expected.push_back(value.name);
    for (const OperandDeclaration &operand : intrinsic().operands)
      expected.push_back(operand.name);
    for (const Need &need : intrinsic().needs)
      if (!need.slot.empty() && !llvm::is_contained(expected, need.slot))
        expected.push_back(need.slot);
    if (intrinsic().sets >= 0) {
      const Register &sets = description.registers[static_cast<size_t>(intrinsic().sets)];
      for (const RegisterCell &cell : sets.cells)
        expected.push_back(sets.name + "." + cell.name);
    }
    return expected;
  }

  std::string names() const { return llvm::join(expectedNames(), ", "); }

  llvm::Error finish() {
    for (const std::string &name : expectedNames())
      if (!seen.contains(name))
        return line.wrong(name + " of " + intrinsic().name + " is missing", "write " + name + "=...");
    for (unsigned operand = 0; operand < strides.size(); ++operand) {
      auto usual = defaultStrides(description, result, operand);
      if (!usual) {
        FailureReport found = report(usual.takeError());
        return line.wrong(found.diagnostics.empty() ? "" : found.diagnostics.front().message);
      }
      result.operands[operand].strides = std::move(*usual);
      for (auto [axis, value] : strides[operand]) {
        if (axis >= result.operands[operand].strides.size())
          return line.wrong("operand " + intrinsic().operands[operand].name + " has no strides");
        result.operands[operand].strides[axis] = value;
      }
    }
    return llvm::Error::success();
  }

  const Description &description;
  Line &line;
  Instruction result;
  llvm::StringSet<> seen;
  std::optional<int64_t> setsSlot;
  std::vector<llvm::SmallVector<std::pair<unsigned, int64_t>, 2>> strides; ///< given ones, of each operand
};

} // namespace

llvm::Expected<std::vector<Instruction>> assemble(const Description &description, llvm::StringRef text,
                                                  llvm::StringRef path) {
  constexpr size_t mostMistakes = 50;
  std::vector<Instruction> instructions;
  std::vector<Diagnostic> mistakes;
  for (unsigned number = 1; !text.empty() && mistakes.size() < mostMistakes; ++number) {
    auto [first, rest] = text.split('\n');
    text = rest;
    Line line(first, number);
    if (line.atEnd())
      continue;
    llvm::Expected<Instruction> instruction = LineParser(description, line).parse();
    if (instruction) {
      instructions.push_back(std::move(*instruction));
      continue;
    }
    for (Diagnostic &diagnostic : report(instruction.takeError()).diagnostics) {
      diagnostic.file = path.str();
      mistakes.push_back(std::move(diagnostic));
    }
  }
  if (!mistakes.empty())
    return failure(ExitCode::WrongInput, std::move(mistakes));
  return instructions;
}

} // namespace tenon::isa
