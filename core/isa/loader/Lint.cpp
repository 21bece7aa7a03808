// Finding what nothing uses.
#include "core/isa/loader/Lint.h"

#include "core/isa/loader/Mistakes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <set>

namespace tenon::isa {

namespace {

using namespace loader;

class Lint {
public:
  explicit Lint(const Description &description) : description(description) {}

  std::vector<Diagnostic> run() {
    for (const SyncCommand &command : description.syncCommands)
      words.insert(command.command.word);
    for (const Intrinsic &intrinsic : description.intrinsics) {
      useParts(intrinsic);
      checkEncoding(intrinsic);
    }
    checkMachine();
    checkRegisters();
    checkParameters();
    // A size is unused where no member of its family uses it.
    for (const auto &[place, message] : unused)
      if (!message.second)
        found.add({place.first, place.second}, message.first, "remove it, or mention it in the semantics");
    return found.take(description.files);
  }

private:
  const Description &description;
  Mistakes found;
  std::set<unsigned> memories, queues, words, needs;
  std::map<std::pair<unsigned, unsigned>, std::pair<std::string, bool>>
      unused; ///< by place; whether it is used

  void useParts(const Intrinsic &intrinsic) {
    if (intrinsic.queue >= 0)
      queues.insert(unsigned(intrinsic.queue));
    if (intrinsic.command)
      words.insert(intrinsic.command->word);
    for (const Need &need : intrinsic.needs)
      needs.insert(need.reg);
    for (const OperandDeclaration &operand : intrinsic.operands)
      memories.insert(operand.memories.begin(), operand.memories.end());
    checkMeaning(intrinsic);
  }

  void mark(Place place, const std::string &what, const Intrinsic &intrinsic, bool used) {
    auto &entry = unused[{place.line, place.column}];
    entry.first = what + " of intrinsic " + quoted(intrinsic.family) + " is in no statement";
    entry.second |= used;
  }

  void checkMeaning(const Intrinsic &intrinsic) {
    std::set<unsigned> operands, sizes, values;
    auto index = [&](const SymbolicIndex &terms) {
      for (const IndexTerm &term : terms) {
        if (term.value >= 0)
          values.insert(unsigned(term.value));
        if (term.size >= 0)
          sizes.insert(unsigned(term.size));
      }
    };
    for (const SemanticStatement &statement : intrinsic.semantics.statements) {
      operands.insert(statement.destination);
      sizes.insert(statement.loops.begin(), statement.loops.end());
      llvm::for_each(statement.indices, index);
      for (const SemanticNode &node : statement.body) {
        llvm::for_each(node.indices, index);
        if (node.kind == SemanticNode::Kind::Value)
          values.insert(node.value);
        else if (node.node.op == nest::Opcode::Read)
          operands.insert(node.node.access.operand);
        else if (node.node.op == nest::Opcode::TableRead)
          operands.insert(node.node.table);
      }
    }
    std::vector<std::string> names; // a value may also matter to where a tensor ends, and what is beyond
    for (const OperandDeclaration &operand : intrinsic.operands) {
      operand.outside.value.collectNames(names);
      for (const Axis &axis : operand.axes)
        if (axis.extent)
          axis.extent->collectNames(names);
    }
    auto markAll = [&](const auto &list, const std::set<unsigned> &used, const std::string &kind) {
      for (unsigned i = 0; i < list.size(); ++i)
        mark(list[i].place, kind + " " + quoted(list[i].name), intrinsic,
             used.contains(i) || llvm::is_contained(names, list[i].name));
    };
    markAll(intrinsic.operands, operands, "operand");
    markAll(intrinsic.sizes, sizes, "size");
    markAll(intrinsic.values, values, "value");
  }

  void checkEncoding(const Intrinsic &intrinsic) {
    std::string what = "intrinsic " + quoted(intrinsic.family);
    bool encoded = intrinsic.command || !intrinsic.llvm.empty() || !intrinsic.assembly.empty() ||
                   !intrinsic.call.empty();
    if (!encoded)
      found.add(intrinsic.place, what + " has no encoding", "add command, llvm, asm or call");
    if (!intrinsic.timing.latency && intrinsic.timing.busy.empty())
      found.add(intrinsic.place, what + " has no timing: it costs nothing",
                "add timing: {latency: ..., busy: {...}}");
    if (intrinsic.semantics.statements.empty() && intrinsic.sets < 0)
      found.add(intrinsic.place, what + " computes nothing and sets nothing", "add semantics or sets");
  }

  template <typename Declared>
  void checkUsed(const std::vector<Declared> &list, const std::set<unsigned> &used, llvm::StringRef kind) {
    for (unsigned i = 0; i < list.size(); ++i)
      if (!used.contains(i))
        found.add(list[i].place, "nothing uses " + kind.str() + " " + quoted(list[i].name), "remove it");
  }

  void checkMachine() {
    for (unsigned i = 0; i < description.memories.size(); ++i)
      if (description.memories[i].kind == Memory::Kind::Cache) // it is there without being mentioned
        memories.insert(i);
    checkUsed(description.memories, memories, "memory");
    checkUsed(description.queues, queues, "queue");
    checkUsed(description.words, words, "word");
  }

  /// Numbers are evaluated when they are read, so a use is a second time that the name stands in the text.
  void checkParameters() {
    for (const Parameter &parameter : description.parameters)
      if (occurrences(parameter.name) < 2)
        found.add(parameter.place, "nothing uses parameter " + quoted(parameter.name), "remove it");
  }

  size_t occurrences(llvm::StringRef name) const {
    auto isPart = [](char letter) { return llvm::isAlnum(letter) || letter == '_'; };
    llvm::StringRef text = description.text;
    size_t count = 0;
    for (size_t at = text.find(name); at != llvm::StringRef::npos; at = text.find(name, at + name.size())) {
      size_t end = at + name.size();
      count += (at == 0 || !isPart(text[at - 1])) && (end == text.size() || !isPart(text[end]));
    }
    return count;
  }

  void checkRegisters() {
    for (unsigned i = 0; i < description.registers.size(); ++i) {
      const Register &reg = description.registers[i];
      if (!needs.contains(i))
        found.add(reg.place, "no intrinsic needs register " + quoted(reg.name), "add needs, or remove it");
    }
  }
};

} // namespace

std::vector<Diagnostic> lint(const Description &description) { return Lint(description).run(); }

} // namespace tenon::isa
