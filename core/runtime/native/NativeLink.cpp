// lld in a process of its own, with the triple's libm and libc where they can be found: then symbols are
// bound to their versions, and one that nothing has is an error here and not when somebody runs the model.
#include "core/runtime/native/NativeLink.h"

#include "core/runtime/FileFailure.h"
#include "core/runtime/native/native_format.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Triple.h"

#include <optional>

namespace tenon::runtime {
namespace {

llvm::Expected<std::string> findLinker(const NativeBundleOptions &options) {
  std::vector<std::string> names = {"ld.lld-19", "ld.lld"};
  if (!options.linker.empty())
    names = {options.linker};
  for (const std::string &name : names)
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
      return *found;
  return failure(options.linker.empty() ? ExitCode::SystemFailed : ExitCode::WrongUse,
                 "a bundle's shared library needs a linker, PATH has no " + llvm::join(names, " and no ") +
                     ": install lld-19");
}

/// "aarch64-linux-gnu": how Debian names a machine's folders.
std::string folderName(const llvm::Triple &triple) {
  return (triple.getArchName() + "-" + triple.getOSName() + "-gnu").str();
}

std::vector<std::string> libraryFolders(const NativeBundle &bundle, const NativeBundleOptions &options) {
  if (!options.libraryFolders.empty())
    return options.libraryFolders;
  std::string name = folderName(llvm::Triple(bundle.triple));
  std::vector<std::string> folders = {"/lib/" + name, "/usr/lib/" + name, "/usr/" + name + "/lib"};
  if (llvm::Triple(bundle.triple).getArch() == llvm::Triple(LLVM_DEFAULT_TARGET_TRIPLE).getArch())
    folders.insert(folders.end(), {"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  return folders;
}

/// The C library's files, or nothing if one of them is in none of the folders.
std::optional<std::vector<std::string>> cLibrary(llvm::ArrayRef<std::string> folders) {
  std::vector<std::string> found;
  for (const char *name : {"libm.so.6", "libc.so.6"}) {
    auto folder = llvm::find_if(
        folders, [&](const std::string &where) { return llvm::sys::fs::exists(where + "/" + name); });
    if (folder == folders.end())
      return std::nullopt;
    found.push_back(*folder + "/" + name);
  }
  return found;
}

std::string linkerLines(llvm::StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return "";
  llvm::SmallVector<llvm::StringRef> lines;
  (*file)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string text;
  for (llvm::StringRef line : llvm::ArrayRef(lines).take_front(6))
    text += (text.empty() ? ": " : " | ") + line.trim().take_front(300).str();
  return printable(text);
}

} // namespace

llvm::Expected<std::string> libraryName(llvm::StringRef path) {
  auto refused = [&](const std::string &why) {
    return failureAt(ExitCode::WrongInput, path.str(), "is no shared library: " + why);
  };
  llvm::Expected<llvm::object::OwningBinary<llvm::object::ObjectFile>> file =
      llvm::object::ObjectFile::createObjectFile(path);
  if (!file)
    return refused(llvm::toString(file.takeError()));
  auto *elf = llvm::dyn_cast<llvm::object::ELFObjectFile<llvm::object::ELF64LE>>(file->getBinary());
  if (!elf || elf->getELFFile().getHeader().e_type != llvm::ELF::ET_DYN)
    return refused("it is of another kind");
  auto entries = elf->getELFFile().dynamicEntries();
  if (!entries)
    return refused(llvm::toString(entries.takeError()));
  std::optional<uint64_t> name, table;
  for (const auto &entry : *entries) {
    if (entry.d_tag == llvm::ELF::DT_SONAME)
      name = entry.getVal();
    if (entry.d_tag == llvm::ELF::DT_STRTAB)
      table = entry.getVal();
  }
  if (!name || !table)
    return llvm::sys::path::filename(path).str();
  llvm::Expected<const uint8_t *> text = elf->getELFFile().toMappedAddr(*table + *name);
  if (!text)
    return refused(llvm::toString(text.takeError()));
  llvm::StringRef content = elf->getData();
  const char *begin = reinterpret_cast<const char *>(*text);
  return llvm::StringRef(begin, size_t(content.end() - begin))
      .take_until([](char c) { return c == 0; })
      .str();
}

llvm::Error linkNative(const NativeBundle &bundle, llvm::StringRef folder,
                       llvm::ArrayRef<std::string> libraries, const NativeBundleOptions &options,
                       NativeBundleReport &report) {
  llvm::Expected<std::string> linker = findLinker(options);
  if (!linker)
    return linker.takeError();
  std::string object = (folder + "/" + TENON_NATIVE_OBJECT).str(),
              out = (folder + "/" + TENON_NATIVE_LIBRARY).str();
  std::vector<std::string> words = {*linker, "-shared", "--hash-style=gnu", "--build-id=none",
                                    "-z",    "now",     "--as-needed",      "-o",
                                    out,     object};
  words.insert(words.end(), {"-rpath", "$ORIGIN", "-L", folder.str()});
  for (const std::string &library : libraries)
    words.push_back("-l:" + library);
  std::vector<std::string> folders = libraryFolders(bundle, options);
  if (std::optional<std::vector<std::string>> found = cLibrary(folders)) {
    words.insert(words.end(), found->begin(), found->end());
    words.insert(words.end(), {"-z", "defs"});
  } else {
    report.warnings.push_back(std::string(TENON_NATIVE_LIBRARY) + " is linked without the C library of " +
                              bundle.triple + ", which is in none of " + llvm::join(folders, ", ") +
                              ": what loads it must have libm loaded");
  }
  std::string log = (folder + "/link.log").str();
  std::optional<llvm::StringRef> streams[] = {llvm::StringRef(""), llvm::StringRef(log),
                                              llvm::StringRef(log)};
  std::string message;
  int code =
      llvm::sys::ExecuteAndWait(*linker, llvm::SmallVector<llvm::StringRef>(words.begin(), words.end()),
                                std::nullopt, streams, options.linkSeconds, /*MemoryLimit=*/0, &message);
  std::string said = linkerLines(log);
  if (std::error_code removed = llvm::sys::fs::remove(log))
    return failureAt(ExitCode::SystemFailed, log, "cannot be removed: " + removed.message());
  if (code < 0)
    return failureAt(ExitCode::SystemFailed, *linker, "the linker did not finish: " + message + said);
  if (code != 0)
    return failureAt(ExitCode::WrongInput, *linker, "the linker refuses the model's code" + said,
                     "list the library that has the symbol under libraries");
  return llvm::Error::success();
}

} // namespace tenon::runtime
