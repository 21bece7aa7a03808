// A file: what it includes, the helpers that it uses, and a function for each nest with its operands, locals
// and sequential loops.
#include "core/host/EmitC.h"

#include "core/host/CAccess.h"
#include "core/host/CStatement.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;

namespace tenon::host {
namespace {

using nest::Nest;
using nest::Operand;

llvm::Error wrong(const llvm::Twine &message) { return failure(ExitCode::OwnFault, message.str()); }

llvm::Error checkName(llvm::StringRef name) {
  bool isIdentifier = !name.empty() && !llvm::isDigit(name.front()) &&
                      llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  if (!isIdentifier || name.starts_with("_") || name.starts_with("tenon"))
    return wrong("the function's name '" + name +
                 "' is not a C identifier that begins with a letter and not with \"tenon\"");
  return llvm::Error::success();
}

int64_t elementCount(const Operand &operand) {
  int64_t count = 1;
  for (int64_t extent : operand.shape)
    count *= extent;
  return count;
}

class FunctionEmitter {
public:
  FunctionEmitter(const HostFunction &function, CHelpers &helpers)
      : nest(function.nest), name(function.name), helpers(helpers) {}

  std::string emit();

private:
  void emitBlock(unsigned first, unsigned end, unsigned depth);
  bool declareBuffers(CText &head) const;

  const Nest &nest;
  const std::string &name;
  CHelpers &helpers;
  CText body;
};

/// The statements [first, end), with the sequential loops around `depth` open.
void FunctionEmitter::emitBlock(unsigned first, unsigned end, unsigned depth) {
  bool isSequential = depth < nest.loops.size() && nest.loops[depth].sequential;
  auto isInside = [&](unsigned i) {
    return isSequential && llvm::is_contained(nest.statements[i].loops, depth);
  };
  for (unsigned i = first; i < end;) {
    if (!isInside(i)) {
      emitStatement(nest, i++, helpers, body);
      continue;
    }
    unsigned blockEnd = i + 1;
    while (blockEnd < end && isInside(blockEnd))
      ++blockEnd;
    bool loops = nest.loops[depth].extent > 1;
    body.open(loops ? loopHead(depth, nest.loops[depth].extent) : "");
    emitBlock(i, blockEnd, depth + 1);
    body.close();
    i = blockEnd;
  }
}

/// Whether any is used.
bool FunctionEmitter::declareBuffers(CText &head) const {
  unsigned bound = 0;
  bool any = false;
  std::set<unsigned> written;
  for (const nest::Statement &statement : nest.statements)
    written.insert(statement.destination.operand);
  for (auto [i, operand] : llvm::enumerate(nest.operands)) {
    unsigned buffer = operand.local ? 0 : bound++;
    if (operand.local || !body.operands.count(i))
      continue;
    std::string type = (written.count(i) ? "" : "const ") + storageType(operand.type);
    head.line(type + " *restrict const " + operandPointer(i) + " = buffers[" + std::to_string(buffer) + "];");
    any = true;
  }
  return any;
}

std::string FunctionEmitter::emit() {
  emitBlock(0, nest.statements.size(), 0);
  CText head;
  SmallVector<std::string> owned;
  auto own = [&](const std::string &pointer, int64_t count, const std::string &type) {
    owned.push_back(pointer);
    head.line(type + " *restrict const " + pointer + " = calloc(" + integerLiteral(count) + ", sizeof(" +
              type + "));");
  };
  bool usesBuffers = declareBuffers(head);
  for (auto [i, operand] : llvm::enumerate(nest.operands))
    if (operand.local && body.operands.count(i))
      own(operandPointer(i), elementCount(operand), storageType(operand.type));
  for (unsigned statement : body.startMaps)
    own(startMap(statement), elementCount(nest.operands[nest.statements[statement].destination.operand]),
        "unsigned char");
  if (!owned.empty()) {
    SmallVector<std::string> missing;
    for (const std::string &pointer : owned)
      missing.push_back("!" + pointer);
    head.open("if (" + llvm::join(missing, " || ") + ")");
    head.line("status = " + std::to_string(int32_t(HostStatus::OutOfMemory)) + ";");
    head.line("goto done;");
    head.close();
  }
  bool leaves = body.leavesEarly || !owned.empty();
  std::string result = "int32_t " + name + "(void *const *buffers) {\n";
  if (!usesBuffers)
    result += "  (void)buffers;\n";
  if (leaves)
    result += "  int32_t status = 0;\n";
  result += head.text() + body.text();
  if (leaves)
    result += "done:\n";
  for (const std::string &pointer : owned)
    result += "  free(" + pointer + ");\n";
  return result + (leaves ? "  return status;\n}\n" : "  return 0;\n}\n");
}

} // namespace

llvm::Expected<std::string> emitC(ArrayRef<HostFunction> functions) {
  CHelpers helpers;
  llvm::StringSet<> names;
  std::string bodies, declarations;
  for (const HostFunction &function : functions) {
    if (llvm::Error error = checkName(function.name))
      return std::move(error);
    if (!names.insert(function.name).second)
      return wrong("two functions have the name '" + function.name + "'");
    if (llvm::Error error = verify(function.nest))
      return std::move(error);
    declarations += "int32_t " + function.name + "(void *const *buffers);\n";
    bodies += "\n" + FunctionEmitter(function, helpers).emit();
  }
  std::string result =
      "/* Operators of a model that run on the host. Each function takes its tensors' buffers and returns "
      "0, or:\n";
  for (int32_t status = 1; status <= int32_t(HostStatus::OutOfMemory); ++status)
    result += " * " + std::to_string(status) + ": " + hostStatusText(status) + "\n";
  result += " */\n#include <float.h>\n#include <math.h>\n#include <stdint.h>\n#include <stdlib.h>\n"
            "#include <string.h>\n\n"
            "#if FLT_EVAL_METHOD != 0\n"
            "#error \"floats must be evaluated in their own type\"\n#endif\n"
            "#ifdef __clang__\n#pragma STDC FP_CONTRACT OFF\n#endif\n\n";
  return result + declarations + "\n" + helpers.definitions() + bodies;
}

} // namespace tenon::host
