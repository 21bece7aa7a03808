// Module text. All functions of a module share one group of attributes, which the description's code gives.
#include "core/native/ir/IrModule.h"

#include "core/isa/Description.h"
#include "core/native/ir/SpliceText.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

namespace tenon::native {

using isa::Description;
using isa::Level;

static std::string attributesOf(const isa::Code &code) {
  std::string text = "nounwind";
  std::string features;
  for (const std::string &feature : code.features) {
    bool hasSign = !feature.empty() && (feature.front() == '+' || feature.front() == '-');
    features += (features.empty() ? "" : ",") + std::string(hasSign ? "" : "+") + feature;
  }
  if (!features.empty())
    text += " \"target-features\"=\"" + features + "\"";
  if (code.vectorBytes > 0)
    text += " \"prefer-vector-width\"=\"" + std::to_string(code.vectorBytes * 8) + "\"";
  return text + " \"frame-pointer\"=\"none\"";
}

IrModule::IrModule(const Description &description) {
  if (!description.code)
    return;
  triple = description.code->triple;
  attributes = attributesOf(*description.code);
}

void IrModule::declare(llvm::StringRef declaration) { declared.insert(declaration.str()); }

void IrModule::global(llvm::StringRef line) { globals += line.str() + "\n"; }

void IrModule::add(llvm::StringRef text) { functions += "\n" + text.str(); }

void IrModule::add(const Kernel &kernel) {
  for (const std::string &declaration : kernel.declarations)
    declare(declaration);
  add(kernel.text);
}

std::string IrModule::text() const {
  std::string result;
  if (!triple.empty())
    result += "target triple = \"" + triple + "\"\n\n";
  result += globals;
  for (const std::string &declaration : declared)
    result += declaration + "\n";
  return result + functions + "\nattributes #0 = { " + attributes + " }\n";
}

bool isParallelMachine(const Description &description) {
  return llvm::any_of(description.levels, [](const Level &level) { return level.kind == Level::Kind::Grid; });
}

unsigned globalSpace(const Description &description) {
  for (const isa::Memory &memory : description.memories)
    if (memory.kind == isa::Memory::Kind::Global)
      return memory.space;
  return 0;
}

static std::string inSpace(unsigned space, llvm::StringRef name) {
  return space ? "addrspace(" + std::to_string(space) + ") " + name.str() : name.str();
}

std::string pointerText(unsigned space, llvm::StringRef name) { return "ptr " + inSpace(space, name); }

std::string argumentPointer(const Description &description, unsigned number) {
  return inSpace(globalSpace(description), "%arg" + std::to_string(number));
}

std::string statusPointer(const Description &description) {
  return inSpace(globalSpace(description), "%status");
}

llvm::SmallVector<PointerArgument> pointerArguments(const Description &description,
                                                    llvm::ArrayRef<KernelArgument> arguments,
                                                    llvm::ArrayRef<uint64_t> aligns) {
  llvm::SmallVector<PointerArgument> result;
  for (auto [i, argument] : llvm::enumerate(arguments))
    result.push_back({globalSpace(description), i < aligns.size() ? aligns[i] : 1, argument.writes});
  return result;
}

std::string defineKernel(const Description &description, llvm::StringRef name,
                         llvm::ArrayRef<PointerArgument> arguments, const IrFunction &body) {
  bool isParallel = isParallelMachine(description);
  std::string convention = description.code ? description.code->kernelConvention : "";
  std::string text = "define " + (convention.empty() ? "" : convention + " ") + "void @" + name.str() + "(";
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    text += argument.space ? "ptr addrspace(" + std::to_string(argument.space) + ")" : "ptr";
    text += " noalias nocapture";
    if (!argument.writes)
      text += " readonly";
    if (argument.align > 1)
      text += " align " + std::to_string(argument.align);
    text += " %arg" + std::to_string(i) + ", ";
  }
  unsigned space = globalSpace(description);
  text += space ? "ptr addrspace(" + std::to_string(space) + ")" : "ptr";
  text += " noalias nocapture %status";
  if (!isParallel)
    text += ", i64 %begin, i64 %end";
  return text + ") #0 {\n" + body.text() + "  ret void\n}\n";
}

std::string emitIndex(IrFunction &function, llvm::StringRef indexText) {
  llvm::SmallVector<llvm::StringRef> lines;
  indexText.split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string result = "0";
  std::map<std::string, std::string, std::less<>> names; // the same level may be asked for twice
  for (llvm::StringRef line : lines) {
    std::string text = renameLocals(line.trim(), [&](llvm::StringRef name) {
      auto [place, isNew] = names.try_emplace(name.str());
      if (isNew)
        place->second = function.fresh(name);
      return place->second;
    });
    if (text.empty())
      continue;
    if (std::optional<std::string> declaration = declarationOf(text))
      function.declare(*declaration);
    if (text.front() == '%')
      function.line(text);
    else
      result = function.value(text);
  }
  return result;
}

} // namespace tenon::native
