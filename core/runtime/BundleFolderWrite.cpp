// Aside, then renamed.
#include "core/runtime/BundleFolderWrite.h"

#include "core/runtime/BundleFormat.h"
#include "core/runtime/FileFailure.h"
#include "core/runtime/native/native_format.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <set>

namespace tenon::runtime {
namespace {

llvm::Error systemFailed(llvm::StringRef path, llvm::StringRef what, std::error_code code) {
  return failureAt(ExitCode::SystemFailed, path.str(), (what + ": " + code.message()).str());
}

/// The files that bundles have by their kind, and those that this folder's manifest lists.
std::set<std::string> ownFiles(llvm::StringRef folder) {
  std::set<std::string> names = {
      manifestName,        commandsName,        weightsName,          hostName,
      descriptionName,     TENON_NATIVE_OBJECT, TENON_NATIVE_LIBRARY, TENON_NATIVE_MODULE,
      TENON_NATIVE_EXAMPLE};
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file =
      readFile((folder + "/" + manifestName).str(), TENON_NATIVE_MOST_MANIFEST_BYTES);
  if (!file) {
    llvm::consumeError(file.takeError()); // it lists nothing then
    return names;
  }
  llvm::StringRef text = (*file)->getBuffer();
  auto json = nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("files") && json["files"].is_object())
    for (const auto &[name, value] : json["files"].items())
      names.insert(name);
  return names;
}

/// What stands in the way is a bundle, an empty folder or nothing.
llvm::Error checkReplaceable(llvm::StringRef folder) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(folder, status))
    return llvm::Error::success(); // nothing there
  auto refused = [&](std::string message) {
    return failureAt(ExitCode::WrongUse, folder.str(), std::move(message),
                     "name another folder, or remove this one");
  };
  if (!llvm::sys::fs::is_directory(status))
    return refused("is there and is no folder, a bundle is one");
  std::set<std::string> own = ownFiles(folder);
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end; file != end && !code;
       file.increment(code)) {
    std::string name = llvm::sys::path::filename(file->path()).str();
    if (!own.count(name))
      return refused("holds '" + name + "', which is no part of a bundle, and would be replaced");
  }
  return code ? systemFailed(folder, "cannot be read", code) : llvm::Error::success();
}

/// Puts the finished folder in the place of what is there.
llvm::Error replaceFolder(llvm::StringRef finished, llvm::StringRef folder) {
  if (!llvm::sys::fs::exists(folder)) {
    if (std::error_code code = llvm::sys::fs::rename(finished, folder))
      return systemFailed(folder, "cannot be written", code);
    return llvm::Error::success();
  }
  std::string old = (finished + ".old").str();
  if (std::error_code code = llvm::sys::fs::rename(folder, old))
    return systemFailed(folder, "cannot be replaced", code);
  if (std::error_code code = llvm::sys::fs::rename(finished, folder)) {
    (void)llvm::sys::fs::rename(old, folder); // the first failure is the one to report
    return systemFailed(folder, "cannot be replaced", code);
  }
  if (std::error_code code = llvm::sys::fs::remove_directories(old, /*IgnoreErrors=*/false))
    return systemFailed(old, "the bundle that was replaced cannot be removed", code);
  return llvm::Error::success();
}

} // namespace

llvm::Error writeNewFile(llvm::StringRef path, llvm::StringRef content) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code, llvm::sys::fs::CD_CreateNew);
  if (!code) {
    stream << content;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  return code ? systemFailed(path, "cannot be written", code) : llvm::Error::success();
}

llvm::Error replaceBundleFolder(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::StringRef)> fill) {
  llvm::StringRef folder = path.size() > 1 ? path.rtrim('/') : path;
  if (llvm::Error error = checkReplaceable(folder))
    return error;
  llvm::StringRef parent = llvm::sys::path::parent_path(folder);
  if (!parent.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(parent))
      return systemFailed(parent, "cannot be made", code);
  llvm::SmallString<128> aside;
  llvm::sys::fs::createUniquePath(folder + ".%%%%%%%%.part", aside, /*MakeAbsolute=*/false);
  if (std::error_code code = llvm::sys::fs::create_directory(aside, /*IgnoreExisting=*/false))
    return systemFailed(folder, "cannot be written", code);
  auto remove = llvm::make_scope_exit([&] { (void)llvm::sys::fs::remove_directories(aside); });
  if (llvm::Error error = fill(aside))
    return error;
  return replaceFolder(aside, folder);
}

} // namespace tenon::runtime
