// Encodings that are text: lines of LLVM, a line of assembly, a call of a library; what they require, and how
// their floats behave.
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

namespace {

bool isPart(char letter) { return llvm::isAlnum(letter) || letter == '_'; }

/// Whether the name of an operand stands in the text: not as a part of a word, and no LLVM name %a or @a.
bool mentions(llvm::StringRef text, llvm::StringRef name) {
  for (size_t at = text.find(name); at != llvm::StringRef::npos; at = text.find(name, at + 1)) {
    size_t end = at + name.size();
    char before = at == 0 ? ' ' : text[at - 1];
    bool other = isPart(before) || before == '%' || before == '@' || before == '.';
    if (!other && (end == text.size() || !isPart(text[end])))
      return true;
  }
  return false;
}

std::vector<TextLine> linesOf(Piece text) {
  std::vector<TextLine> lines;
  for (size_t at = 0; at <= text.text.size();) {
    size_t end = std::min(text.text.find('\n', at), text.text.size());
    Piece line = text.until(end).from(at).trimmed();
    if (!line.text.empty())
      lines.push_back({line.text.str(), line.place});
    at = end + 1;
  }
  return lines;
}

class TextReader {
public:
  TextReader(Reading &reading, Intrinsic &intrinsic, const TreeNode &node)
      : reading(reading), intrinsic(intrinsic), node(node), what("intrinsic " + quoted(intrinsic.family)) {}

  void read() {
    readLines("llvm", intrinsic.llvm, intrinsic.llvmLines);
    readLines("asm", intrinsic.assembly, intrinsic.assemblyLines);
    if (const TreeNode *text = node.find("call"))
      readCall(*text);
    if (const TreeNode *list = node.find("requires"))
      readRequires(*list);
    if (const TreeNode *numerics = node.find("numerics"))
      readNumerics(*numerics);
    checkCode();
  }

private:
  Reading &reading;
  Intrinsic &intrinsic;
  const TreeNode &node;
  std::string what;

  void readLines(llvm::StringRef key, std::string &whole, std::vector<TextLine> &lines) {
    const TreeNode *text = node.find(key);
    if (!text)
      return;
    whole = text->text;
    lines = linesOf(text->piece());
    if (lines.empty())
      return reading.mistakes.add(text->place, key.str() + " of " + what + " is empty",
                                  "write its instruction");
    for (const OperandDeclaration &operand : intrinsic.operands)
      if (!mentions(whole, operand.name))
        reading.mistakes.add(text->place,
                             key.str() + " of " + what + " never mentions operand " + quoted(operand.name),
                             "write the operand's name where the instruction has it");
  }

  void readCall(const TreeNode &text) {
    intrinsic.call = text.text;
    std::optional<Expression> call = readExpression(reading, text.piece());
    if (!call)
      return;
    if (call->kind != Expression::Kind::Call || !call->names.empty() || !isLabel(call->text))
      return reading.mistakes.add(text.place, "call of " + what + " is " + quoted(call->str()) + ", no call",
                                  "write SYMBOL(ARGUMENT, ...)");
    NameSet known = operandNames(reading.parameters, intrinsic);
    std::vector<std::string> mentioned;
    bool right = true;
    for (const Expression &argument : call->arguments) {
      right &= checkNames(argument, {known, "an argument of a call"}, reading.mistakes);
      argument.collectNames(mentioned);
    }
    for (const OperandDeclaration &operand : intrinsic.operands)
      if (right && !llvm::is_contained(mentioned, operand.name + ".addr"))
        reading.mistakes.add(
            text.place, "call of " + what + " does not get the address of operand " + quoted(operand.name),
            "add " + operand.name + ".addr to its arguments");
    intrinsic.callText = CallText{call->text, std::move(call->arguments), call->place};
  }

  void readRequires(const TreeNode &list) {
    for (const Piece &feature : piecesOf(list)) {
      if (isLlvmName(feature.text))
        intrinsic.requiredFeatures.push_back(feature.text.str());
      else
        reading.mistakes.add(feature.place, quoted(feature.text) + " is no feature's name",
                             "write LLVM's name, without + and -");
    }
  }

  void readNumerics(const TreeNode &numerics) {
    auto is = [&](llvm::StringRef key, llvm::StringRef word) {
      const TreeNode *value = numerics.find(key);
      return value && value->text == word;
    };
    intrinsic.numerics = {is("fused", "yes"), is("order", "any")};
    bool floats = llvm::any_of(intrinsic.operands, [](const OperandDeclaration &operand) {
      return operand.access != OperandDeclaration::Access::Read && !operand.type.scalar.isInteger();
    });
    if (!floats)
      reading.mistakes.add(numerics.place, what + " has numerics and writes no float",
                           "remove them: integers are exact");
  }

  void checkCode() {
    bool native = reading.description.code.has_value();
    if (const TreeNode *command = node.find("command"); command && native)
      reading.mistakes.add(command->place,
                           what + " is encoded as a command, and the description encodes to native code",
                           "give it llvm, asm or call instead");
    if (const TreeNode *list = node.find("requires"); list && !native)
      reading.mistakes.add(list->place, what + " requires features, and the description has no 'code'",
                           "add code: {triple: ..., features: [...]}");
  }
};

} // namespace

void readTexts(Reading &reading, Intrinsic &intrinsic, const TreeNode &node) {
  TextReader(reading, intrinsic, node).read();
}

} // namespace tenon::isa::loader
