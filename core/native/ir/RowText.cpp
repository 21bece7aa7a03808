// Rows written as LLVM's text, line by line: operands become the names of their values, cast where a line
// wants another type of the same width; locals are renamed apart.
#include "core/native/ir/RowWriter.h"
#include "core/native/ir/SpliceText.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::native {

using isa::Description;
using isa::Intrinsic;
using isa::OperandDeclaration;
using nest::ScalarType;
using Access = OperandDeclaration::Access;

static const isa::Level *lanesOf(const Description &description) {
  return description.level(isa::Level::Kind::Lanes);
}

bool isRegister(const Description &description, const OperandDeclaration &operand) {
  return llvm::all_of(operand.memories, [&](unsigned memory) {
    return description.memories[memory].kind == isa::Memory::Kind::Registers;
  });
}

static const isa::Memory *fileOf(const Description &description, const OperandDeclaration &operand) {
  for (unsigned memory : operand.memories)
    if (description.memories[memory].kind == isa::Memory::Kind::Registers)
      return &description.memories[memory];
  return nullptr;
}

bool isWordCharacter(char c) { return llvm::isAlnum(c) || c == '_'; }

namespace {

/// As rows write it: half and bfloat by name.
std::string elementText(const ScalarType &type) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return "half";
  case ScalarType::Kind::BFloat16:
    return "bfloat";
  case ScalarType::Kind::Float32:
    return "float";
  case ScalarType::Kind::Float64:
    return "double";
  case ScalarType::Kind::Integer:
    break;
  }
  return "i" + std::to_string(8 * type.storageBytes());
}

/// "extractvalue {T, U} %x, 1" -> "U".
std::string memberType(llvm::StringRef whole, llvm::StringRef instruction) {
  unsigned number = 0;
  if (instruction.rsplit(',').second.trim().getAsInteger(10, number))
    return "";
  llvm::StringRef members = whole.trim().drop_front().drop_back(), type;
  for (unsigned i = 0; i <= number; ++i) {
    type = takeType(members);
    members = members.ltrim();
    members.consume_front(",");
  }
  return type.str();
}

/// The result's type of an instruction without a name.
std::string resultType(llvm::StringRef instruction) {
  llvm::StringRef text = instruction.trim();
  size_t to = text.rfind(" to ");
  llvm::StringRef opcode = text.take_while(isWordCharacter);
  if (to != llvm::StringRef::npos && opcode != "call") {
    llvm::StringRef rest = text.drop_front(to + 4);
    return takeType(rest).str();
  }
  if (opcode == "getelementptr")
    return "ptr";
  llvm::SmallVector<llvm::StringRef> types;
  for (llvm::StringRef rest = text.drop_front(opcode.size()); !rest.empty();) {
    llvm::StringRef type = takeType(rest);
    if (!type.empty()) {
      types.push_back(type);
      if (opcode == "call")
        break;
      continue;
    }
    rest = rest.ltrim();
    llvm::StringRef word = rest.take_while([](char c) { return !llvm::isSpace(c) && c != ','; });
    rest = rest.drop_front(std::max<size_t>(word.size(), rest.empty() ? 0 : 1));
  }
  if (types.empty())
    return "";
  if (opcode == "extractelement")
    return types[0].drop_back().split(" x ").second.trim().str();
  if (opcode == "extractvalue")
    return memberType(types[0], text);
  if (opcode == "select" && types.size() > 1)
    return types[1].str();
  if (opcode == "shufflevector" && types.size() > 2) { // the mask's length, the vectors' element
    llvm::StringRef count = types[2].drop_front().split(" x ").first, element = types[0].split(" x ").second;
    return "<" + count.trim().str() + " x " + element.str();
  }
  return types[0].str();
}

} // namespace

llvm::Error RowWriter::wrong(isa::Place place, const std::string &message) const {
  Diagnostic diagnostic;
  diagnostic.message = description.locate(place) + ": row '" + row.name + "': " + message;
  return failure(ExitCode::WrongInput, std::move(diagnostic));
}

/// Of an operand that is only written: "c.3" says that there are four.
size_t RowWriter::registersNamed(const std::string &operand) const {
  size_t count = 1;
  for (const isa::TextLine &line : row.llvmLines)
    if (llvm::StringRef text = line.text; text.starts_with(operand + ".")) {
      unsigned part = 0;
      text = text.drop_front(operand.size() + 1);
      if (!text.consumeInteger(10, part))
        count = std::max<size_t>(count, part + 1);
    }
  return count;
}

/// Where all lanes of a group run the instruction together, it must stay where it is.
std::string RowWriter::attributes() const {
  return lanesOf(description) ? " convergent \"tenon.row\"=\"" + row.name + "\"" : "";
}

llvm::Expected<std::optional<RowWriter::Named>> RowWriter::named(llvm::StringRef word,
                                                                 isa::Place place) const {
  auto [name, part] = word.split('.');
  for (auto [i, operand] : llvm::enumerate(row.operands)) {
    if (operand.name != name)
      continue;
    Named found{unsigned(i), 0};
    bool isPart = word.contains('.');
    if (isPart && part.getAsInteger(10, found.part))
      return std::nullopt;
    size_t count = current[i].size();
    if (!isPart && count != 1)
      return wrong(place, "'" + word.str() + "' is " + std::to_string(count) +
                              " registers; name one of them, as '" + word.str() + ".0'");
    if (found.part >= count)
      return wrong(place, "'" + word.str() + "' names register " + std::to_string(found.part) + " of " +
                              std::to_string(count));
    return std::optional(found);
  }
  return std::nullopt;
}

std::string RowWriter::castTo(const std::string &value, const std::string &from, const std::string &to,
                              isa::Place place) {
  if (from == to || from.empty() || to.empty())
    return value;
  return f.value("bitcast " + from + " " + value + " to " + to + comment(place));
}

/// The text with operands' values for their names. Each is preceded by the type that the line wants, or
/// shares it with the one before.
llvm::Expected<std::string> RowWriter::substituted(llvm::StringRef text, isa::Place place) {
  std::string result, wanted;
  while (!text.empty()) {
    char first = text.front();
    if (first == '%' || first == '@' || first == '"') { // names that are not ours
      size_t end = first == '"' ? text.find('"', 1) : 1;
      end = end == llvm::StringRef::npos ? text.size()
            : first == '"'               ? end + 1
                                         : 1 + text.drop_front(1)
                                     .take_while([](char c) { return isWordCharacter(c) || c == '.'; })
                                     .size();
      result += text.take_front(end).str();
      text = text.drop_front(end);
      continue;
    }
    if (!isWordCharacter(first) && first != '<' && first != '{' && first != '[') {
      result += first;
      text = text.drop_front();
      continue;
    }
    llvm::StringRef rest = text, type = takeType(rest);
    // "<i32 1, i32 2>" is a constant of the type before it.
    if (!type.empty() && !(first == '<' && !type.contains(" x "))) {
      wanted = type.str();
      result += wanted;
      text = rest;
      continue;
    }
    if (!isWordCharacter(first)) {
      result += first;
      text = text.drop_front();
      continue;
    }
    llvm::StringRef word = text.take_while([](char c) { return isWordCharacter(c) || c == '.'; });
    text = text.drop_front(word.size());
    llvm::Expected<std::optional<Named>> found = named(word, place);
    if (!found)
      return found.takeError();
    auto number = names.find(word.str());
    if (!found->has_value() || wanted.empty()) {
      result += number != names.end() && !wanted.empty() ? std::to_string(number->second) : word.str();
      continue;
    }
    auto [operand, part] = found->value();
    const std::string &value = current[operand][part];
    if (value.empty())
      return wrong(place, "'" + word.str() + "' is read before it is written");
    if (isRegister(description, row.operands[operand])) {
      result += castTo(value, registerType(description, row, operand), wanted, place);
    } else if (value.front() == '%' || !llvm::StringRef(wanted).starts_with("ptr")) {
      result += value;
    } else { // the pointer's address space belongs to the type
      llvm::StringRef name = llvm::StringRef(value).split(") ").second;
      result += wanted == "ptr" ? value : name.str();
    }
  }
  return result;
}

llvm::Error RowWriter::writeLine(const isa::TextLine &line) {
  llvm::StringRef text = llvm::StringRef(line.text).trim();
  if (text.empty() || text.front() == ';')
    return llvm::Error::success();
  std::string renamed = renameLocals(text, [&](llvm::StringRef name) {
    auto [place, isNew] = locals.try_emplace(name.str());
    if (isNew)
      place->second = f.fresh(name);
    return place->second;
  });
  text = renamed;
  // "name = instruction", where the first '=' stands after one word.
  llvm::StringRef target = text.take_while([](char c) { return isWordCharacter(c) || c == '.' || c == '%'; });
  llvm::StringRef after = text.drop_front(target.size()).ltrim();
  bool assigns = after.starts_with("=");
  llvm::StringRef instruction = assigns ? after.drop_front().trim() : text;
  llvm::Expected<std::string> written = substituted(instruction, line.place);
  if (!written)
    return written.takeError();
  bool isCall = llvm::StringRef(*written).contains("call ");
  if (std::optional<std::string> declaration = declarationOf(*written))
    f.declare(*declaration);
  std::string end = (isCall ? attributes() : "") + comment(line.place);
  if (!assigns || target.starts_with("%")) {
    f.line((assigns ? target.str() + " = " : "") + *written + end);
    return llvm::Error::success();
  }
  llvm::Expected<std::optional<Named>> found = named(target, line.place);
  if (!found)
    return found.takeError();
  if (!*found)
    return wrong(line.place, "'" + target.str() + "' is no operand; locals begin with %");
  auto [operand, part] = **found;
  if (!writes(operand) || !isRegister(description, row.operands[operand]))
    return wrong(line.place, "'" + target.str() + "' is assigned, but it is no register that the row writes");
  std::string type = resultType(*written);
  std::string value = f.value(*written + end);
  current[operand][part] = castTo(value, type, registerType(description, row, operand), line.place);
  return llvm::Error::success();
}

RowWriter::Result RowWriter::result() const {
  Result values;
  for (unsigned i = 0; i < row.operands.size(); ++i)
    if (writes(i) && isRegister(description, row.operands[i]))
      values[i] = current[i];
  return values;
}

llvm::Expected<RowWriter::Result> RowWriter::write() {
  if (current.size() != row.operands.size())
    return failure(ExitCode::OwnFault, "row '" + row.name + "' has " + std::to_string(row.operands.size()) +
                                           " operands, " + std::to_string(current.size()) + " were given");
  if (!row.assemblyLines.empty()) {
    if (llvm::Error error = writeAssembly())
      return std::move(error);
    return result();
  }
  if (row.llvmLines.empty())
    return wrong(row.place, "it has neither `llvm:` nor `asm:`");
  for (const isa::TextLine &line : row.llvmLines)
    if (llvm::Error error = writeLine(line))
      return std::move(error);
  for (unsigned i = 0; i < row.operands.size(); ++i)
    for (auto [part, value] : llvm::enumerate(current[i]))
      if (value.empty())
        return wrong(row.place, "register " + std::to_string(part) + " of '" + row.operands[i].name +
                                    "' is never assigned");
  return result();
}

std::string registerType(const Description &description, const Intrinsic &row, unsigned operand) {
  const OperandDeclaration &declared = row.operands[operand];
  const isa::Memory *file = fileOf(description, declared);
  if (!file)
    return "ptr";
  std::string element = elementText(declared.type.scalar);
  int64_t elementBytes = declared.type.scalar.storageBytes();
  if (const isa::Level *lanes = lanesOf(description)) {
    int64_t bytes = int64_t(file->rowBytes) / std::max<int64_t>(lanes->most, 1);
    bool isWhole = declared.type.scalar.isFloat() && elementBytes == bytes;
    return isWhole ? element : "i" + std::to_string(8 * bytes);
  }
  int64_t count = int64_t(file->rowBytes) / elementBytes;
  return count <= 1 ? element : "<" + std::to_string(count) + " x " + element + ">";
}

llvm::Expected<std::map<unsigned, llvm::SmallVector<std::string>>>
emitRow(IrFunction &function, const Description &description, const Intrinsic &row,
        llvm::ArrayRef<RowOperand> operands, const std::map<std::string, int64_t> &names) {
  return RowWriter(function, description, row, operands, names).write();
}

} // namespace tenon::native
