// Writes the C++ header: constants, and a struct for each command with the fields that vary.
#include "core/isa/encoding/Encode.h"
#include "core/isa/encoding/Generate.h"
#include "core/isa/encoding/GeneratedNames.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

constexpr llvm::StringLiteral helpers = R"(
/// Bits low .. low + width - 1 of a command, little end first.
template <std::size_t Bytes>
constexpr std::uint64_t readBits(const std::array<std::uint8_t, Bytes> &bytes, unsigned low, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i)
    value |= std::uint64_t(bytes[(low + i) / 8] >> ((low + i) % 8) & 1) << i;
  return value;
}

/// The bits must be zero before.
template <std::size_t Bytes>
constexpr void writeBits(std::array<std::uint8_t, Bytes> &bytes, unsigned low, unsigned width,
                         std::uint64_t value) {
  for (unsigned i = 0; i < width; ++i)
    bytes[(low + i) / 8] = std::uint8_t(bytes[(low + i) / 8] | (value >> i & 1) << ((low + i) % 8));
}

constexpr std::int64_t signExtend(std::uint64_t value, unsigned width) {
  const bool isNegative = width < 64 && (value >> (width - 1) & 1) != 0;
  return std::int64_t(isNegative ? value | ~std::uint64_t(0) << width : value);
}

constexpr bool fitsUnsigned(std::uint64_t value, unsigned width) {
  return width >= 64 || value >> width == 0;
}
constexpr bool fitsSigned(std::int64_t value, unsigned width) {
  return width >= 64 ||
         (value >= -(std::int64_t(1) << (width - 1)) && value < std::int64_t(1) << (width - 1));
}
)";

/// Also for the smallest number, which has no literal of its own.
std::string literal(int64_t value) {
  return value == INT64_MIN ? "INT64_MIN" : "INT64_C(" + std::to_string(value) + ")";
}

std::string bytesText(const WordBits &bits, unsigned bytes) {
  std::vector<std::string> list;
  list.reserve(bytes);
  for (unsigned byte = 0; byte < bytes; ++byte)
    list.push_back("0x" + llvm::utohexstr(bits.get(8 * byte, 8), true));
  return "{" + llvm::join(list, ", ") + "}";
}

class Header {
public:
  explicit Header(const CommandSet &of) : commands(of), description(of.description()) {}

  std::string write() {
    text = "// Command words of " + commentText(description.name) +
           ", made from its description; changes belong there.\n"
           "#pragma once\n\n#include <array>\n#include <cstddef>\n#include <cstdint>\n\n";
    const std::string space = GeneratedNames(GeneratedLanguage::Cpp).add(description.name);
    text += "namespace " + space + " {\n\n";
    text += "/// SHA-256 of the description.\ninline constexpr char descriptionHash[] = \"" +
            description.hash() + "\";\n";
    parameters();
    memories();
    queues();
    words();
    host();
    text += helpers;
    for (const CommandPlan &plan : commands.plans())
      command(plan);
    text += "\n} // namespace " + space + "\n";
    return std::move(text);
  }

private:
  void constant(GeneratedNames &names, const std::string &name, const std::string &value,
                const char *type = "std::int64_t") {
    text += "inline constexpr " + std::string(type) + " " + names.add(name) + " = " + value + ";\n";
  }

  void parameters() {
    if (description.parameters.empty())
      return;
    text += "\nnamespace parameter {\n";
    GeneratedNames names(GeneratedLanguage::Cpp);
    for (const Parameter &parameter : description.parameters)
      constant(names, parameter.name, literal(parameter.value));
    text += "} // namespace parameter\n";
  }

  /// An address in a command is `base` plus the place in units of `unitBytes`.
  void memories() {
    text += "\n/// An address counts units of unitBytes and has `base` added.\nstruct Memory {\n  "
            "std::uint64_t bytes, "
            "unitBytes;\n  std::int64_t base, align;\n};\nnamespace memory {\n";
    GeneratedNames names(GeneratedLanguage::Cpp);
    for (const Memory &memory : description.memories)
      constant(names, memory.name,
               "{UINT64_C(" + std::to_string(memory.bytes) + "), UINT64_C(" +
                   std::to_string(memory.unitBytes()) + "), " + literal(memory.base) + ", " +
                   literal(memory.align) + "}",
               "Memory");
    text += "} // namespace memory\n";
  }

  void queues() {
    if (description.queues.empty())
      return;
    GeneratedNames names(GeneratedLanguage::Cpp);
    text += "\nenum class Queue : unsigned {\n";
    for (auto [number, queue] : llvm::enumerate(description.queues))
      text += "  " + names.add(queue.name) + " = " + std::to_string(number) + ",\n";
    text += "};\n";
  }

  void words() {
    text += "\nstruct Field {\n  unsigned low, width;\n};\nnamespace word {\n";
    GeneratedNames scopes(GeneratedLanguage::Cpp);
    for (const Word &word : description.words) {
      const std::string scope = scopes.add(word.name);
      GeneratedNames names(GeneratedLanguage::Cpp);
      names.add("bits");
      text +=
          "namespace " + scope + " {\ninline constexpr unsigned bits = " + std::to_string(word.bits) + ";\n";
      for (const Field &field : word.fields)
        constant(names, field.name,
                 "{" + std::to_string(field.low) + ", " + std::to_string(field.width()) + "}", "Field");
      text += "} // namespace " + scope + "\n";
    }
    text += "} // namespace word\n";
  }

  /// What the host sees: byte offsets, the fields there, and the codes in them.
  void host() {
    const Host &of = description.host;
    if (!of.registers.empty()) {
      text += "\nnamespace host {\n";
      GeneratedNames scopes(GeneratedLanguage::Cpp);
      for (const HostRegister &each : of.registers)
        hostRegister(each, scopes.add(each.name));
      text += "} // namespace host\n";
    }
    if (of.codes.empty())
      return;
    text += "\nnamespace code {\n";
    GeneratedNames scopes(GeneratedLanguage::Cpp);
    for (const HostCodes &group : of.codes) {
      const std::string scope = scopes.add(group.name);
      GeneratedNames names(GeneratedLanguage::Cpp);
      text += "namespace " + scope + " {\n";
      for (const HostCode &code : group.codes)
        constant(names, code.name, "UINT32_C(" + std::to_string(code.number) + ")", "std::uint32_t");
      text += "} // namespace " + scope + "\n";
    }
    text += "} // namespace code\n";
  }

  void hostRegister(const HostRegister &of, const std::string &scope) {
    GeneratedNames names(GeneratedLanguage::Cpp);
    text += "/// " + (of.doc.empty() ? commentText(of.name) : commentText(of.doc)) + "\nnamespace " + scope +
            " {\n";
    constant(names, "offset", "0x" + llvm::utohexstr(static_cast<uint64_t>(of.offset), true),
             "std::uint64_t");
    if (of.count)
      constant(names, "count", std::to_string(*of.count), "std::uint64_t");
    for (const HostField &field : of.fields)
      constant(names, field.name,
               "{" + std::to_string(field.low) + ", " + std::to_string(field.width()) + "}", "Field");
    text += "} // namespace " + scope + "\n";
  }

  struct Member {
    std::string name;
    const Field *field;
    bool isSigned;
    std::string holds;

    std::string range() const { return std::to_string(field->low) + ", " + std::to_string(field->width()); }
  };

  std::vector<Member> membersOf(const CommandPlan &plan, GeneratedNames &names) const {
    std::vector<Member> members;
    for (const Equation &equation : plan.equations()) {
      if (equation.isCell)
        continue;
      const Field &field = plan.word().fields[equation.number];
      if (!field.constant)
        members.push_back({names.add(field.name), &field, equation.isSigned, equation.expression->str()});
    }
    return members;
  }

  void command(const CommandPlan &plan) {
    const std::string name = structs.add(commandName(description, plan.reference()));
    GeneratedNames names(GeneratedLanguage::Cpp);
    for (const char *own : {"constantMask", "constantBits", "holes", "size", "Bytes", "fits", "pack",
                            "matches", "unpack", "bytes", "result", name.c_str()})
      names.add(own);
    std::vector<Member> members = membersOf(plan, names);
    text += "\n/// " + commentText(plan.reference().name(description)) + ", a word " +
            commentText(plan.word().name) + "\nstruct " + name + " {\n";
    for (const Member &member : members)
      text += std::string("  ") + (member.isSigned ? "std::int64_t " : "std::uint64_t ") + member.name +
              " = 0; ///< " + commentText(member.holds) + "\n";
    const std::string bytes = std::to_string(plan.bytes());
    text += "\n  static constexpr std::size_t size = " + bytes +
            ";\n  using Bytes = std::array<std::uint8_t, size>;\n";
    text +=
        "  static constexpr Bytes constantMask = " + bytesText(plan.constantMask | plan.holes, plan.bytes()) +
        ";\n";
    text += "  static constexpr Bytes constantBits = " + bytesText(plan.constantBits, plan.bytes()) + ";\n\n";
    functions(name, members);
    text += "};\n";
  }

  void functions(const std::string &name, llvm::ArrayRef<Member> members) {
    text += "  /// Whether every field holds its number; pack() keeps the low bits of those that do not.\n"
            "  constexpr bool fits() const {\n    return true";
    for (const Member &member : members)
      text += std::string(" &&\n           ") + (member.isSigned ? "fitsSigned(" : "fitsUnsigned(") +
              member.name + ", " + std::to_string(member.field->width()) + ")";
    text += ";\n  }\n  constexpr Bytes pack() const {\n    Bytes bytes = constantBits;\n";
    for (const Member &member : members)
      text += "    writeBits(bytes, " + member.range() + ", " +
              (member.isSigned ? "std::uint64_t(" + member.name + ")" : member.name) + ");\n";
    text +=
        "    return bytes;\n  }\n"
        "  /// Whether the bytes are this command: constant fields, and zero in the bits of no field.\n"
        "  static constexpr bool matches(const Bytes &bytes) {\n    for (std::size_t i = 0; i < size; ++i)\n"
        "      if ((bytes[i] & constantMask[i]) != constantBits[i])\n        return false;\n"
        "    return true;\n  }\n  static constexpr " +
        name + " unpack([[maybe_unused]] const Bytes &bytes) {\n    " + name + " result;\n";
    for (const Member &member : members) {
      std::string read = "readBits(bytes, " + member.range() + ")";
      text += "    result." + member.name + " = " +
              (member.isSigned ? "signExtend(" + read + ", " + std::to_string(member.field->width()) + ")"
                               : read) +
              ";\n";
    }
    text += "    return result;\n  }\n";
  }

  /// Names of the namespace that the helpers take.
  static GeneratedNames withHelpers() {
    GeneratedNames names(GeneratedLanguage::Cpp);
    for (const char *own :
         {"descriptionHash", "parameter", "memory", "word", "host", "code", "Memory", "Queue", "Field",
          "readBits", "writeBits", "signExtend", "fitsUnsigned", "fitsSigned"})
      names.add(own);
    return names;
  }

  const CommandSet &commands;
  const Description &description;
  GeneratedNames structs = withHelpers();
  std::string text;
};

} // namespace

llvm::Expected<std::string> cppHeader(const Description &description) {
  auto commands = CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  return Header(*commands).write();
}

} // namespace tenon::isa
