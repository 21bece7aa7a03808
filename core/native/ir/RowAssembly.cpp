// Rows in a machine's own assembly: one inline assembly call whose text names registers by number.
#include "core/native/ir/RowWriter.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::native {

using isa::OperandDeclaration;
using Access = OperandDeclaration::Access;

/// In LLVM's text a quote, a backslash and what is not printed are written as hexadecimal digits.
static std::string quoted(llvm::StringRef text) {
  std::string result = "\"";
  for (char c : text)
    if (c == '"' || c == '\\' || !llvm::isPrint(c))
      result += "\\" + llvm::utohexstr(uint8_t(c), false, 2);
    else
      result += c;
  return result + "\"";
}

static const char *constraintOf(llvm::StringRef type) {
  return type == "float"                            ? "f"
         : type == "double"                         ? "d"
         : type == "i64" || type.starts_with("ptr") ? "l"
         : type == "i16"                            ? "h"
                                                    : "r";
}

llvm::Expected<RowWriter::AssemblyCall> RowWriter::assemblyCall() const {
  AssemblyCall call;
  call.numbers.resize(row.operands.size());
  llvm::SmallVector<std::string> types, constraints, arguments;
  unsigned next = 0;
  for (unsigned i = 0; i < row.operands.size(); ++i) {
    if (!writes(i) || !isRegister(description, row.operands[i]))
      continue;
    std::string type = registerType(description, row, i);
    for (size_t part = 0; part < current[i].size(); ++part) {
      types.push_back(type);
      constraints.push_back(std::string("=") + constraintOf(type));
      call.numbers[i].push_back(next++);
    }
  }
  call.results = next;
  for (unsigned i = 0; i < row.operands.size(); ++i) {
    bool inRegister = isRegister(description, row.operands[i]), isTied = inRegister && writes(i);
    call.touchesMemory |= !inRegister;
    if (inRegister && !reads(i))
      continue;
    std::string type = inRegister ? registerType(description, row, i) : "ptr";
    for (auto [part, value] : llvm::enumerate(current[i])) {
      if (value.empty())
        return wrong(row.place, "register " + std::to_string(part) + " of '" + row.operands[i].name +
                                    "' is read and has no value");
      constraints.push_back(isTied ? std::to_string(call.numbers[i][part]) : constraintOf(type));
      arguments.push_back((llvm::Twine(type) + " " + value).str());
      if (!isTied)
        call.numbers[i].push_back(next);
      ++next;
    }
  }
  if (call.touchesMemory)
    constraints.push_back("~{memory}");
  call.types = llvm::join(types, ", ");
  call.constraints = llvm::join(constraints, ",");
  call.arguments = llvm::join(arguments, ", ");
  return call;
}

/// The row's lines with "$3" or "{$3, $4}" for an operand's name.
std::string RowWriter::assemblyText(const AssemblyCall &call) const {
  std::string text;
  for (const isa::TextLine &line : row.assemblyLines) {
    if (!text.empty())
      text += '\n';
    llvm::StringRef rest = llvm::StringRef(line.text).trim();
    while (!rest.empty()) {
      llvm::StringRef word = rest.take_while(isWordCharacter);
      if (word.empty()) {
        text += rest.front() == '$' ? "$$" : std::string(1, rest.front());
        rest = rest.drop_front();
        continue;
      }
      rest = rest.drop_front(word.size());
      auto operand = llvm::find_if(row.operands, [&](const auto &one) { return one.name == word; });
      bool isModifier = !text.empty() && (text.back() == '.' || text.back() == '%');
      auto number = names.find(word.str());
      if (operand == row.operands.end() || isModifier || rest.starts_with(".")) {
        text += number != names.end() && !isModifier ? std::to_string(number->second) : word.str();
        continue;
      }
      llvm::SmallVector<std::string> own;
      for (unsigned one : call.numbers[size_t(operand - row.operands.begin())])
        own.push_back("$" + std::to_string(one));
      std::string list = llvm::join(own, ", ");
      text += own.size() > 1 ? "{" + list + "}" : list;
    }
  }
  return text;
}

llvm::Error RowWriter::writeAssembly() {
  llvm::Expected<AssemblyCall> call = assemblyCall();
  if (!call)
    return call.takeError();
  std::string type = call->results == 0 ? "void" : call->results == 1 ? call->types : "{" + call->types + "}";
  bool hasEffect = call->touchesMemory || call->results == 0;
  std::string line = "call " + type + " asm " + (hasEffect ? "sideeffect " : "") +
                     quoted(assemblyText(*call)) + ", " + quoted(call->constraints) + "(" + call->arguments +
                     ")" + attributes() + comment(row.assemblyLines[0].place);
  if (call->results == 0) {
    f.line(line);
    return llvm::Error::success();
  }
  std::string value = f.value(line);
  for (unsigned i = 0; i < row.operands.size(); ++i) {
    if (!writes(i) || !isRegister(description, row.operands[i]))
      continue;
    for (size_t part = 0; part < current[i].size(); ++part)
      current[i][part] = call->results == 1 ? value
                                            : f.value("extractvalue " + llvm::Twine(type) + " " + value +
                                                      ", " + llvm::Twine(call->numbers[i][part]));
  }
  return llvm::Error::success();
}

} // namespace tenon::native
