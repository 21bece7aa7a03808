// Writes the SystemVerilog package.
#include "core/isa/encoding/Encode.h"
#include "core/isa/encoding/Generate.h"
#include "core/isa/encoding/GeneratedNames.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

std::string upper(llvm::StringRef name) { return name.upper(); }

std::string literal(int64_t value) {
  if (value == INT64_MIN)
    return "64'sh8000000000000000";
  return value < 0 ? "-64'sd" + std::to_string(-value) : "64'sd" + std::to_string(value);
}

std::string bitsLiteral(const WordBits &bits, unsigned width) {
  std::string digits;
  for (unsigned low = 0; low < width; low += 4)
    digits.insert(digits.begin(),
                  llvm::hexdigit(static_cast<unsigned>(bits.get(low, std::min(4U, width - low))), true));
  return std::to_string(width) + "'h" + digits;
}

class Package {
public:
  explicit Package(const CommandSet &of) : commands(of), description(of.description()) {}

  std::string write() {
    const std::string name = GeneratedNames(GeneratedLanguage::SystemVerilog).add(description.name + "_pkg");
    text = "// " + commentText(description.name) +
           ": made from its description; changes belong there.\npackage " + name +
           ";\n\n  localparam string DESCRIPTION_HASH = \"" + description.hash() + "\";\n";
    names.add("DESCRIPTION_HASH");
    for (const Parameter &parameter : description.parameters)
      number(parameter.name, parameter.value);
    memories();
    queues();
    for (const Word &word : description.words)
      structOf(word);
    for (const CommandPlan &plan : commands.plans())
      command(plan);
    host();
    text += "\nendpackage\n";
    return std::move(text);
  }

private:
  void number(llvm::StringRef name, int64_t value) {
    text += "  localparam longint " + names.add(name) + " = " + literal(value) + ";\n";
  }

  void memories() {
    text += "\n  // An address in a command counts units of UNIT_BYTES and has BASE added.\n";
    for (const Memory &memory : description.memories) {
      const std::string name = upper(memory.name);
      number(name + "_BYTES", static_cast<int64_t>(memory.bytes));
      number(name + "_UNIT_BYTES", memory.unitBytes());
      number(name + "_BASE", memory.base);
      number(name + "_ALIGN", memory.align);
      number(name + "_BANKS", memory.banks);
      if (memory.kind == Memory::Kind::Rotating)
        number(name + "_COPIES", memory.copies);
    }
  }

  void queues() {
    text += "\n  // How many commands wait in a queue.\n";
    for (const Queue &queue : description.queues)
      number("QUEUE_" + upper(queue.name) + "_DEPTH", queue.depth);
    for (auto [index, queue] : llvm::enumerate(description.queues))
      number("QUEUE_" + upper(queue.name), static_cast<int64_t>(index));
  }

  /// Highest bit first, as packed structs are.
  void structOf(const Word &word) {
    std::vector<const Field *> fields;
    fields.reserve(word.fields.size());
    for (const Field &field : word.fields)
      fields.push_back(&field);
    llvm::sort(fields, [](const Field *a, const Field *b) { return a->low > b->low; });
    GeneratedNames members(GeneratedLanguage::SystemVerilog);
    text += "\n  typedef struct packed { // word " + commentText(word.name) + ", " +
            std::to_string(word.bits) + " bits\n";
    unsigned next = word.bits;
    auto hole = [&](unsigned above) {
      if (above < next)
        member(members.add("zero_" + std::to_string(next - 1) + "_" + std::to_string(above)), next - 1, above,
               ", in no field");
    };
    for (const Field *field : fields) {
      hole(field->high + 1);
      member(members.add(field->name), field->high, field->low,
             field->constant ? ", always " + std::to_string(*field->constant) : "");
      next = field->low;
    }
    hole(0);
    text += "  } " + names.add(word.name + "_t") + ";\n";
  }

  void member(const std::string &name, unsigned high, unsigned low, const std::string &note) {
    const std::string range = "[" + std::to_string(high - low) + ":0] ";
    text += "    logic " + range + name + "; // bits " + std::to_string(high) + ".." + std::to_string(low) +
            note + "\n";
  }

  void command(const CommandPlan &plan) {
    const unsigned bits = plan.word().bits;
    const std::string name = plan.reference().name(description);
    const std::string prefix = prefixes.add(upper(commandName(description, plan.reference())));
    auto vector = [&](const std::string &wanted, const WordBits &value) {
      text += "  localparam logic [" + std::to_string(bits - 1) + ":0] " + names.add(wanted) + " = " +
              bitsLiteral(value, bits) + ";\n";
    };
    text += "\n  // " + commentText(name) + ", word " + commentText(plan.word().name) +
            ": a command is one if (word & MASK) == BITS\n";
    vector(prefix + "_MASK", plan.constantMask | plan.holes);
    vector(prefix + "_BITS", plan.constantBits);
    for (const Field &field : plan.word().fields) {
      if (!(plan.constantMask & WordBits::ones(field.low, 1)).any())
        continue;
      WordBits value;
      value.set(0, field.width(), plan.constantBits.get(field.low, field.width()));
      text += "  localparam logic [" + std::to_string(field.width() - 1) + ":0] " +
              names.add(prefix + "_" + upper(field.name)) + " = " + bitsLiteral(value, field.width()) + ";\n";
    }
  }

  void constant(const std::string &type, const std::string &name, const std::string &value) {
    text += "  localparam " + type + " " + names.add(name) + " = " + value + ";\n";
  }

  /// A number of `bits` bits, as wide as what a module compares it with.
  void constant(unsigned bits, const std::string &name, int64_t value, bool isHexadecimal) {
    WordBits digits;
    digits.set(0, bits, static_cast<uint64_t>(value));
    constant("logic [" + std::to_string(bits - 1) + ":0]", name,
             isHexadecimal ? bitsLiteral(digits, bits) : std::to_string(bits) + "'d" + std::to_string(value));
  }

  void host() {
    const Host &of = description.host;
    if (!of.registers.empty())
      text +=
          "\n  // The host's registers: byte offsets, how many there are, and the bits of their fields.\n";
    const unsigned offsetBits = llvm::Log2_64_Ceil(static_cast<uint64_t>(of.window));
    for (const HostRegister &each : of.registers) {
      const std::string name = "REGISTER_" + upper(each.name);
      constant(offsetBits, name, each.offset, /*isHexadecimal=*/true);
      if (each.count)
        constant("int", name + "_COUNT", std::to_string(*each.count));
      for (const HostField &field : each.fields) {
        constant("int", name + "_" + upper(field.name) + "_HIGH", std::to_string(field.high));
        constant("int", name + "_" + upper(field.name) + "_LOW", std::to_string(field.low));
      }
    }
    if (!of.codes.empty())
      text += "\n  // Numbers that stand in fields of the host's registers.\n";
    for (const HostCodes &group : of.codes)
      for (const HostCode &code : group.codes)
        constant(group.bits, "CODE_" + upper(group.name) + "_" + upper(code.name), code.number,
                 /*isHexadecimal=*/false);
  }

  const CommandSet &commands;
  const Description &description;
  GeneratedNames names{GeneratedLanguage::SystemVerilog}, prefixes{GeneratedLanguage::SystemVerilog};
  std::string text;
};

} // namespace

llvm::Expected<std::string> systemVerilogPackage(const Description &description) {
  auto commands = CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  return Package(*commands).write();
}

} // namespace tenon::isa
