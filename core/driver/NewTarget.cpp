// The files are written aside; the folder gets its name when all are there.
#include "core/driver/NewTarget.h"

#include "core/driver/FileOutput.h"
#include "core/driver/WrongUse.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

namespace fs = llvm::sys::fs;

constexpr size_t mostNameBytes = 64;

llvm::Error checkName(const std::string &name) {
  std::string repair = "give a name such as my-chip";
  if (name.empty() || name.size() > mostNameBytes)
    return wrongUse(
        fmt::format("the name has {} characters, a target's has 1 to {}", name.size(), mostNameBytes),
        repair);
  if (!llvm::isLower(name.front()))
    return wrongUse(fmt::format("the name '{}' begins with '{}', a target's begins with a letter from a to z",
                                name, name.front()),
                    repair);
  for (char c : name)
    if (!llvm::isLower(c) && !llvm::isDigit(c) && c != '-' && c != '_')
      return wrongUse(
          fmt::format("the name '{}' has '{}', a target's has letters from a to z, digits, - and _", name, c),
          repair);
  return llvm::Error::success();
}

std::string renamed(llvm::StringRef text, llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, newTargetName);
  return llvm::join(parts, name);
}

llvm::Error writeFiles(const std::string &folder, const std::string &name) {
  for (const NewTargetFile &file : newTargetFiles()) {
    std::string path = folder + "/" + file.name;
    std::string inner = llvm::sys::path::parent_path(path).str();
    if (std::error_code code = fs::create_directories(inner))
      return failure(ExitCode::SystemFailed, inner + " cannot be made: " + code.message());
    if (llvm::Error wrong = writeFile(path, renamed(file.text, name)))
      return wrong;
    bool isProgram = llvm::StringRef(file.text).starts_with("#!");
    if (!isProgram)
      continue;
    if (std::error_code code = fs::setPermissions(path, fs::all_read | fs::owner_write | fs::all_exe))
      return failure(ExitCode::SystemFailed, path + " cannot be made executable: " + code.message());
  }
  return llvm::Error::success();
}

std::string newTargetText(const std::string &folder) {
  std::string text = folder + "\n";
  for (const NewTargetFile &file : newTargetFiles())
    text += "  " + file.name + "\n";
  return text + "it compiles and runs as it is: " + folder + "/check; " + folder +
         "/README.md says what next\n";
}

} // namespace

llvm::Error makeNewTarget(const NewTargetCommand &command) {
  if (llvm::Error wrong = checkName(command.name))
    return wrong;
  if (!fs::is_directory(command.parent))
    return wrongUse("--in " + command.parent + " is no folder", "make it first, or leave --in out");
  llvm::SmallString<128> path(command.parent == "." ? "" : command.parent);
  llvm::sys::path::append(path, command.name);
  std::string folder = path.str().str();
  if (fs::exists(folder))
    return wrongUse(folder + " is there already, and nothing is replaced",
                    "choose another name, or another folder with --in");
  llvm::SmallString<128> aside;
  if (std::error_code code = fs::createUniqueDirectory(folder + ".new", aside))
    return failure(ExitCode::SystemFailed, command.parent + " cannot be written to: " + code.message());
  auto remove = llvm::make_scope_exit([&] { (void)fs::remove_directories(aside); });
  if (llvm::Error wrong = writeFiles(aside.str().str(), command.name))
    return wrong;
  fs::setPermissions(aside, fs::all_read | fs::all_exe | fs::owner_write);
  if (std::error_code code = fs::rename(aside, folder))
    return failure(ExitCode::SystemFailed, folder + " cannot be made: " + code.message());
  remove.release();
  Json files = Json::array();
  for (const NewTargetFile &file : newTargetFiles())
    files.push_back(file.name);
  if (llvm::Error wrong = writeJson(command.report, {{"schema", "tenon.new-target/1"},
                                                     {"target", command.name},
                                                     {"folder", folder},
                                                     {"files", std::move(files)}}))
    return wrong;
  return printText(command.report, newTargetText(folder));
}

} // namespace tenon::driver
