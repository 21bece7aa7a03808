// Loading a model.
#include "core/driver/LoadedModel.h"

#include "core/driver/ModelPath.h"
#include "core/driver/WrongUse.h"
#include "core/support/Error.h"

namespace tenon::driver {

namespace {

llvm::Expected<mlir::func::FuncOp> functionOf(mlir::ModuleOp module) {
  if (auto main = module.lookupSymbol<mlir::func::FuncOp>("main"))
    return main;
  auto functions = llvm::to_vector(module.getOps<mlir::func::FuncOp>());
  if (functions.size() == 1 && !functions.front().isExternal())
    return functions.front();
  return wrongInput("the module has " + std::to_string(functions.size()) +
                    " functions and none is called main");
}

llvm::Expected<import::SizeBindings> parseBindings(llvm::ArrayRef<std::string> arguments) {
  import::SizeBindings bindings;
  for (const std::string &argument : arguments) {
    auto [name, number] = llvm::StringRef(argument).rsplit('=');
    int64_t size = 0;
    if (name.empty() || number.getAsInteger(10, size) || size < 1)
      return wrongUse("--bind " + argument + " is not NAME=SIZE with a size of at least 1",
                      "give the name of a symbolic size and a number, as in --bind N=1");
    if (!bindings.try_emplace(name.str(), size).second)
      return wrongUse("--bind names the size " + name.str() + " twice", "give each name once");
  }
  return bindings;
}

} // namespace

llvm::Expected<LoadedModel> loadModel(const std::string &model, const import::ImportLimits &limits,
                                      llvm::ArrayRef<std::string> bindings) {
  llvm::Expected<import::SizeBindings> sizes = parseBindings(bindings);
  if (!sizes)
    return sizes.takeError();
  llvm::Expected<std::string> path = findModel(model, modelFolders());
  if (!path)
    return path.takeError();
  LoadedModel loaded;
  loaded.path = *path;
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  loaded.context = std::make_unique<mlir::MLIRContext>(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModel(*loaded.context, *path, limits, *sizes);
  if (!module)
    return module.takeError();
  loaded.module = std::move(*module);
  llvm::Expected<mlir::func::FuncOp> function = functionOf(*loaded.module);
  if (!function)
    return withPlace(function.takeError(), *path);
  llvm::Expected<reference::Program> program = reference::programOf(*function);
  if (!program)
    return withPlace(program.takeError(), *path);
  loaded.function = *function;
  loaded.program = std::move(*program);
  loaded.signature = signatureOf(*function);
  return loaded;
}

} // namespace tenon::driver
