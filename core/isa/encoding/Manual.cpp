// Writes the manual: everything that someone needs who programs the target by hand.
#include "core/isa/Semantics.h"
#include "core/isa/encoding/Encode.h"
#include "core/isa/encoding/Generate.h"
#include "core/isa/encoding/ManualText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string code(llvm::StringRef text) { return text.empty() ? "" : ("`" + text + "`").str(); }

class Manual {
public:
  explicit Manual(const CommandSet &of) : commands(of), description(of.description()) {}

  std::string write() {
    text = "# " + markdown(description.name) + "\n\n";
    paragraph(description.doc);
    parameters();
    memories();
    queuesAndSyncs();
    registers();
    host();
    text += "## Instructions\n\n";
    paragraph("A command's bytes are stored little end first. A negative number is two's complement in its "
              "field. Bits "
              "in no field are 0. Addresses and strides count the memory's units; `x.addr` has the memory's "
              "base added.");
    for (unsigned number = 0; number < description.intrinsics.size(); ++number)
      intrinsic(number);
    syncCommands();
    return std::move(text);
  }

private:
  void paragraph(llvm::StringRef words) {
    if (!words.trim().empty())
      text += markdown(words) + "\n\n";
  }

  void parameters() {
    Rows rows;
    for (const Parameter &parameter : description.parameters)
      rows.push_back({code(parameter.name), std::to_string(parameter.value)});
    if (!rows.empty())
      text += "## Parameters\n\n" + markdownTable({"Parameter", "Value"}, rows);
  }

  void memories() {
    Rows rows;
    for (const Memory &memory : description.memories)
      rows.push_back({code(memory.name), kindText(memory.kind),
                      bytesText(memory.bytes) +
                          (memory.copies > 1 ? ", " + std::to_string(memory.copies) + " copies" : ""),
                      unitText(memory), "0x" + llvm::utohexstr(static_cast<uint64_t>(memory.base), true),
                      std::to_string(memory.align), std::to_string(memory.banks)});
    text += "## Memories\n\n" +
            markdownTable({"Memory", "Kind", "Capacity", "An address counts", "Base", "Alignment", "Banks"},
                          rows);
  }

  void queuesAndSyncs() {
    Rows queues, syncs;
    for (const Queue &queue : description.queues)
      queues.push_back({code(queue.name), std::to_string(queue.depth)});
    for (const Sync &sync : description.syncs)
      syncs.push_back({code(sync.name), syncText(description, sync)});
    if (!queues.empty())
      text += "## Queues\n\nCommands of one queue run in order.\n\n" +
              markdownTable({"Queue", "Commands that wait in it"}, queues);
    if (!syncs.empty())
      text += "## Synchronisation\n\n" + markdownTable({"Name", "Meaning"}, syncs);
  }

  void registers() {
    Rows rows;
    for (const Register &reg : description.registers)
      for (const RegisterCell &one : reg.cells)
        rows.push_back({code(reg.name + (reg.count > 1 ? "[" + std::to_string(reg.count) + "]" : "")),
                        code(one.name), one.type.str(),
                        one.atReset ? std::to_string(*one.atReset) : "unknown"});
    if (!rows.empty())
      text += "## Registers\n\n" + markdownTable({"Register", "Cell", "Type", "After reset"}, rows);
  }

  /// The host's registers, field by field, and the codes in them.
  void host() {
    const Host &of = description.host;
    Rows registers, codes;
    for (const HostRegister &each : of.registers) {
      std::string offsets = "0x" + llvm::utohexstr(static_cast<uint64_t>(each.offset), true);
      if (each.count)
        offsets += "..0x" + llvm::utohexstr(static_cast<uint64_t>(each.end() - 4), true);
      registers.push_back({std::move(offsets), code(each.name), "", accessText(each.access), each.doc});
      for (const HostField &field : each.fields)
        registers.push_back(
            {"", "", code(field.name) + ", " + bitsText(field.high, field.low), "",
             field.codes < 0 ? "" : "a code of " + code(of.codes[static_cast<size_t>(field.codes)].name)});
    }
    for (const HostCodes &group : of.codes)
      for (const HostCode &one : group.codes)
        codes.push_back({code(group.name), std::to_string(one.number), code(one.name)});
    if (!registers.empty())
      text += "## Registers of the host\n\nOf 32 bits each; bits in no field are 0.\n\n" +
              markdownTable({"Offset", "Register", "Field, bits", "Host", "Meaning"}, registers);
    if (!codes.empty())
      text += "## Codes\n\n" + markdownTable({"Group", "Number", "Name"}, codes);
  }

  void intrinsic(unsigned number) {
    const Intrinsic &of = description.intrinsics[number];
    text += "### " + markdown(of.name) + "\n\n";
    paragraph(of.doc);
    if (of.queue >= 0)
      text += "Queue: " + code(description.queues[static_cast<size_t>(of.queue)].name) + "\n\n";
    sizesAndValues(of);
    operands(of);
    const std::string meaning = str(of);
    if (!meaning.empty())
      text += "Meaning (the sizes run in the order listed, last innermost):\n\n```\n" + markdown(meaning) +
              "\n```\n\n";
    conditions(of);
    Instruction instruction;
    instruction.intrinsic = number;
    if (const CommandPlan *plan = commands.planOf(instruction))
      encoding(*plan);
    for (const auto &[name, other] :
         {std::pair("LLVM", of.llvm), std::pair("Assembly", of.assembly), std::pair("Call", of.call)})
      if (!other.empty())
        text += std::string(name) + ":\n\n```\n" + markdown(other) + "\n```\n\n";
    timing(of.timing);
  }

  void sizesAndValues(const Intrinsic &of) {
    Rows rows;
    for (const Size &size : of.sizes)
      rows.push_back({code(size.name), "size", rangeText(size)});
    for (const ValueDeclaration &value : of.values)
      rows.push_back({code(value.name), "value, " + value.type.str(),
                      std::to_string(value.low) + ".." + std::to_string(value.high)});
    text += markdownTable({"Name", "Kind", "Range"}, rows);
  }

  void operands(const Intrinsic &of) {
    Rows rows;
    for (const OperandDeclaration &operand : of.operands) {
      std::vector<std::string> axes, memoryNames, strides;
      for (const Axis &axis : operand.axes) {
        axes.push_back(axis.name + (axis.extent ? ": " + axis.extent->str() : ""));
        strides.push_back(axis.name + ": " + strideText(axis.stride));
      }
      for (unsigned memory : operand.memories)
        memoryNames.push_back(code(description.memories[memory].name));
      rows.push_back({code(operand.name), operand.type.str() + "[" + llvm::join(axes, ", ") + "]",
                      llvm::join(memoryNames, " or "), accessText(operand.access),
                      operand.holds ? "layout: " + operand.holds->text : llvm::join(strides, ", "),
                      outsideText(operand)});
    }
    text += markdownTable({"Operand", "Type", "Memory", "Access", "Strides", "Outside"}, rows);
  }

  void conditions(const Intrinsic &of) {
    for (const Clause &clause : of.where)
      text += "- where " + code(clause.text) + "\n";
    for (const Clause &clause : of.prefer)
      text += "- better where " + code(clause.text) + "\n";
    for (const Need &need : of.needs) {
      const Register &reg = description.registers[need.reg];
      text += "- needs " +
              code(reg.name + (need.slot.empty() ? "" : "[" + need.slot + "]") + "." +
                   reg.cells[need.cell].name + " == " + need.value.str()) +
              "\n";
    }
    if (of.sets >= 0)
      text += "- sets " +
              code(description.registers[static_cast<size_t>(of.sets)].name +
                   (of.setsSlot.empty() ? "" : "[" + of.setsSlot + "]")) +
              "\n";
    for (unsigned memory : of.advances)
      text += "- the next copy of " + code(description.memories[memory].name) +
              " becomes current before it reads\n";
    if (!of.where.empty() || !of.prefer.empty() || !of.needs.empty() || of.sets >= 0 || !of.advances.empty())
      text += "\n";
  }

  /// Highest bit first, holes too.
  void encoding(const CommandPlan &plan) {
    const Word &word = plan.word();
    std::vector<const Field *> fields;
    fields.reserve(word.fields.size());
    for (const Field &field : word.fields)
      fields.push_back(&field);
    llvm::sort(fields, [](const Field *a, const Field *b) { return a->low > b->low; });
    Rows rows;
    unsigned next = word.bits;
    for (const Field *field : fields) {
      if (field->high + 1 < next)
        rows.push_back({bitsText(next - 1, field->high + 1), "", "0"});
      rows.push_back({bitsText(field->high, field->low), code(field->name), holds(plan, *field)});
      next = field->low;
    }
    if (next > 0)
      rows.push_back({bitsText(next - 1, 0), "", "0"});
    text += "Command, word " + code(word.name) + " of " + std::to_string(word.bits) + " bits:\n\n" +
            markdownTable({"Bits", "Field", "Holds"}, rows);
  }

  static std::string holds(const CommandPlan &plan, const Field &field) {
    for (const Equation &equation : plan.equations())
      if (!equation.isCell && &plan.word().fields[equation.number] == &field)
        return code(equation.expression->str()) + (equation.isSigned ? ", two's complement" : "");
    return std::to_string(plan.constantBits.get(field.low, field.width()));
  }

  void timing(const Timing &of) {
    Rows rows;
    if (of.latency)
      rows.push_back({"latency", code(of.latency->str())});
    for (const auto &[unit, cycles] : of.busy)
      rows.push_back({"busy: " + unit, code(cycles.str())});
    if (of.extra)
      rows.push_back({"extra", code(of.extra->str())});
    text += markdownTable({"Timing", "Cycles"}, rows);
  }

  void syncCommands() {
    for (const CommandPlan &plan : commands.plans()) {
      if (plan.reference().kind != Instruction::Kind::Sync)
        continue;
      const SyncCommand &of = description.syncCommands[plan.reference().number];
      text += "### " + plan.reference().name(description) + "\n\n";
      if (of.queue >= 0)
        text += "Queue: " + code(description.queues[static_cast<size_t>(of.queue)].name) + "\n\n";
      encoding(plan);
    }
  }

  const CommandSet &commands;
  const Description &description;
  std::string text;
};

} // namespace

llvm::Expected<std::string> manual(const Description &description) {
  auto commands = CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  std::string text = Manual(*commands).write();
  while (llvm::StringRef(text).ends_with("\n\n"))
    text.pop_back();
  return text;
}

} // namespace tenon::isa
