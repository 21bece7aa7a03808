// Looking for a model.
#include "core/driver/ModelPath.h"

#include "core/support/Error.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdlib>
#include <set>

namespace tenon::driver {

namespace {

bool isModel(llvm::StringRef path) {
  llvm::StringRef ending = llvm::sys::path::extension(path);
  return ending == ".tflite" || ending == ".onnx" || ending == ".mlir";
}

bool hasWord(llvm::StringRef stem, llvm::StringRef name) {
  return ("_" + stem + "_").str().find(("_" + name + "_").str()) != std::string::npos;
}

std::set<std::string> modelsIn(const std::vector<std::string> &folders) {
  std::set<std::string> found;
  for (const std::string &folder : folders)
    for (const char *below : {"", "models"}) {
      llvm::SmallString<128> place(folder);
      llvm::sys::path::append(place, below);
      std::error_code code;
      for (llvm::sys::fs::directory_iterator file(place, code), end; file != end && !code;
           file.increment(code))
        if (isModel(file->path()))
          found.insert(file->path());
    }
  return found;
}

} // namespace

std::vector<std::string> modelFolders() {
  std::vector<std::string> folders;
  const char *variable = std::getenv("TENON_MODELS");
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(variable ? variable : "").split(parts, ':', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts)
    folders.push_back(part.str());
  return folders;
}

llvm::Expected<std::string> findModel(const std::string &model, const std::vector<std::string> &folders) {
  if (llvm::sys::fs::exists(model) || llvm::StringRef(model).contains('/') || isModel(model))
    return model;
  std::set<std::string> all = modelsIn(folders), found;
  for (const std::string &path : all)
    if (hasWord(llvm::sys::path::stem(path), model))
      found.insert(path);
  if (found.size() == 1)
    return *found.begin();
  Diagnostic diagnostic;
  if (found.empty()) {
    diagnostic.message = "there is no file '" + model + "', and no model of that name in " +
                         (folders.empty() ? "TENON_MODELS, which is not set" : llvm::join(folders, ":"));
    diagnostic.repair = folders.empty() ? "give a path, or set TENON_MODELS to a folder of models"
                                        : "known: " + llvm::join(all, ", ");
  } else {
    diagnostic.message = "'" + model + "' may be any of " + llvm::join(found, ", ");
    diagnostic.repair = "give the path";
  }
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

} // namespace tenon::driver
