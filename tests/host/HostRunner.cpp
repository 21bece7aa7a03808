// Compiles emitted C and runs it beside the interpreter.
#include "tests/host/HostRunner.h"

namespace tenon::test {

using runtime::HostLibrary;

runtime::HostLibraryOptions hostOptions(std::vector<std::string> flags) {
  runtime::HostLibraryOptions options;
  options.worker.program = TENON_WORKER;
  options.flags = {"-Wall", "-Wextra", "-pedantic", "-Werror"};
  options.flags.insert(options.flags.end(), flags.begin(), flags.end());
  return options;
}

llvm::Expected<HostRunner> HostRunner::make(const std::vector<host::HostFunction> &functions,
                                            const runtime::HostLibraryOptions &options) {
  llvm::Expected<std::string> source = host::emitC(functions);
  if (!source)
    return source.takeError();
  std::vector<std::string> names;
  for (const host::HostFunction &function : functions)
    names.push_back(function.name);
  llvm::Expected<HostLibrary> library = HostLibrary::load(*source, names, options);
  if (!library)
    return library.takeError();
  return HostRunner(std::move(*library));
}

llvm::Expected<int32_t> HostRunner::call(unsigned function,
                                         llvm::MutableArrayRef<std::vector<char>> contents) {
  std::vector<unsigned> chosen;
  for (std::vector<char> &content : contents) {
    size_t i = 0;
    while (i < buffers.size() && (buffers[i].first != content.size() ||
                                  std::find(chosen.begin(), chosen.end(), buffers[i].second) != chosen.end()))
      ++i;
    if (i == buffers.size()) {
      llvm::Expected<unsigned> made = library.allocate(content.size());
      if (!made)
        return made.takeError();
      buffers.push_back({content.size(), *made});
    }
    chosen.push_back(buffers[i].second);
    llvm::ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(content.data()), content.size());
    if (llvm::Error error = library.write(buffers[i].second, bytes))
      return std::move(error);
  }
  llvm::Expected<int32_t> status = library.call(function, chosen);
  if (!status)
    return status.takeError();
  for (auto [content, buffer] : llvm::zip(contents, chosen)) {
    llvm::MutableArrayRef<uint8_t> bytes(reinterpret_cast<uint8_t *>(content.data()), content.size());
    if (llvm::Error error = library.read(buffer, bytes))
      return std::move(error);
  }
  return *status;
}

} // namespace tenon::test
