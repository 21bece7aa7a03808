// Synchronisation, and the keys that depend on a kind.
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

void checkKindKeys(Reading &reading, const TreeNode &node, Section section, llvm::StringRef kind,
                   llvm::ArrayRef<llvm::StringRef> needed, const std::string &what) {
  for (const TreeKey &name : node.keys) {
    const Key *key = findKey(section, name.text);
    llvm::SmallVector<llvm::StringRef> kinds;
    llvm::StringRef(key ? key->kinds : "").split(kinds, ' ', -1, /*KeepEmpty=*/false);
    if (!kinds.empty() && !llvm::is_contained(kinds, kind))
      reading.mistakes.add(name.place,
                           quoted(name.text) + " belongs to kind " + llvm::join(kinds, ", ") + "; " + what +
                               " is of kind " + kind.str(),
                           "remove it, or change the kind");
  }
  for (llvm::StringRef name : needed)
    if (!node.find(name))
      reading.mistakes.add(node.place, what + " has no " + quoted(name),
                           "add " + name.str() + ": " + textOf(findKey(section, name)->form).what.str());
}

namespace {

class SyncReader {
public:
  SyncReader(Reading &reading, const TreeKey &key, const TreeNode &node)
      : reading(reading), node(node), what("sync " + quoted(key.text)) {
    sync.name = key.text;
    sync.place = key.place;
  }

  void read() {
    auto &list = reading.description.syncs;
    if (const TreeNode *kind = node.find("kind"))
      readKind(kind->text);
    list.push_back(sync);
    for (llvm::StringRef key : {"wait", "signal"})
      if (const TreeNode *command = node.find(key))
        readSyncCommand(*command, key == "wait", unsigned(list.size() - 1));
  }

private:
  Reading &reading;
  const TreeNode &node;
  std::string what;
  Sync sync;

  int64_t number(llvm::StringRef key) {
    const TreeNode *value = node.find(key);
    return !value ? 1
                  : readNumber(reading, value->piece(), {key.str() + " of " + what, 1, mostOfAnything})
                        .value_or(1);
  }

  unsigned queue(llvm::StringRef key) {
    const TreeNode *value = node.find(key);
    int index = value ? reference(reading, reading.description.queues, value->piece(), "queue") : -1;
    return unsigned(std::max(index, 0));
  }

  void readKind(llvm::StringRef kind) {
    if (kind == "interlock") {
      sync.kind = Sync::Kind::Interlock;
      checkKindKeys(reading, node, Section::Sync, kind, {"between"}, what);
      readBetween();
    } else if (kind == "semaphore") {
      sync.kind = Sync::Kind::Semaphore;
      checkKindKeys(reading, node, Section::Sync, kind, {"count", "max"}, what);
      sync.count = number("count");
      sync.max = number("max");
    } else {
      sync.kind = Sync::Kind::Tokens;
      checkKindKeys(reading, node, Section::Sync, kind, {"from", "to", "max"}, what);
      sync.max = number("max");
      sync.from = queue("from");
      sync.to = queue("to");
      if (node.find("from") && node.find("to") && sync.from == sync.to)
        reading.mistakes.add(node.find("to")->place, what + " goes from a queue to the same queue",
                             "commands of one queue are in order without it");
    }
  }

  void readBetween() {
    const TreeNode *between = node.find("between");
    if (!between)
      return;
    for (const Piece &name : piecesOf(*between)) {
      int index = reference(reading, reading.description.queues, name, "queue");
      if (index >= 0 && llvm::is_contained(sync.queues, unsigned(index)))
        reading.mistakes.add(name.place, what + " has queue " + quoted(name.text) + " twice",
                             "remove one of them");
      else if (index >= 0)
        sync.queues.push_back(unsigned(index));
    }
  }

  void readSyncCommand(const TreeNode &command, bool isWait, unsigned number) {
    SyncCommand result;
    result.sync = number;
    result.isWait = isWait;
    std::string whose = std::string(isWait ? "wait" : "signal") + " of " + what;
    const TreeNode *on = command.find("on");
    bool tokens = sync.kind == Sync::Kind::Tokens;
    if (on)
      result.queue = reference(reading, reading.description.queues, on->piece(), "queue");
    else if (tokens)
      result.queue = int(isWait ? sync.to : sync.from);
    NameSet known = reading.parameters;
    if (sync.kind == Sync::Kind::Semaphore)
      known.add("id");
    if (sync.kind == Sync::Kind::Semaphore && isWait)
      known.add("count");
    if (!on && !tokens)
      known.add("queue");
    std::optional<Command> read = readCommand(reading, command, known, {"on"}, whose);
    if (!read)
      return;
    result.command = std::move(*read);
    if (!on && !tokens && reading.description.queues.size() > 1 && !mentionsQueue(result.command))
      reading.mistakes.add(command.place, "nothing says which queue " + whose + " goes down",
                           "add on: QUEUE, or a field with the value queue");
    reading.description.syncCommands.push_back(std::move(result));
  }

  static bool mentionsQueue(const Command &command) {
    std::vector<std::string> names;
    for (const FieldAssignment &field : command.fields)
      field.value.collectNames(names);
    return llvm::is_contained(names, "queue");
  }
};

} // namespace

void readSyncs(Reading &reading, const TreeNode &section) {
  for (size_t i = 0; i < section.keys.size(); ++i)
    SyncReader(reading, section.keys[i], section.items[i]).read();
}

} // namespace tenon::isa::loader
