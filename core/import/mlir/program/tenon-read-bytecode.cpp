// The program: reads a module of MLIR's bytecode from a folder and writes it there as text, or what is wrong
// with it. Whatever MLIR's reader does to this process, the one that started it goes on.
#include "core/import/ModelFile.h"
#include "core/import/mlir/BytecodeFormat.h"
#include "core/import/mlir/DiagnosticCollector.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace {

using namespace tenon;

void limit(int resource, uint64_t amount) {
  rlimit both{rlim_t(amount), rlim_t(amount)};
  ::setrlimit(__rlimit_resource_t(resource), &both);
}

void limitProcess(uint64_t memoryBytes, uint64_t textBytes) {
#if !__has_feature(address_sanitizer) // its shadow needs the whole address space
  limit(RLIMIT_AS, memoryBytes);
#endif
  limit(RLIMIT_FSIZE, textBytes);
  limit(RLIMIT_CORE, 0);
}

bool write(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> content) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code);
  if (!code) {
    content(stream);
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (code)
    std::fprintf(stderr, "%s cannot be written: %s\n", path.c_str(), code.message().c_str());
  return !code;
}

int refuse(const std::string &folder, llvm::Error error) {
  nlohmann::json list = nlohmann::json::array();
  for (const Diagnostic &found : report(std::move(error)).diagnostics)
    list.push_back({{"message", found.message},
                    {"file", found.file},
                    {"line", found.line.value_or(0)},
                    {"column", found.column.value_or(0)}});
  std::string text = list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  bool isWritten = write(folder + "/" + import::answerFile, [&](llvm::raw_ostream &out) { out << text; });
  return isWritten ? import::refusedCode : 1;
}

int run(const std::string &folder) {
  auto file = llvm::MemoryBuffer::getFile(folder + "/" + import::bytecodeFile, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file) {
    std::fprintf(stderr, "the bytecode cannot be read: %s\n", file.getError().message().c_str());
    return 1;
  }
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  import::DiagnosticCollector collector(context);
  mlir::ParserConfig config(&context);
  auto module = mlir::parseSourceString<mlir::ModuleOp>((*file)->getBuffer(), config, "bytecode");
  if (!module)
    return refuse(folder, collector.take("the bytecode holds no module"));
  mlir::OpPrintingFlags flags;
  flags.enableDebugInfo();
  bool isWritten = write(folder + "/" + import::textFile, [&](llvm::raw_ostream &out) {
    module->print(out, flags);
    out << "\n";
  });
  return isWritten ? 0 : 1;
}

} // namespace

int main(int count, char **arguments) {
  uint64_t memoryBytes = 0, textBytes = 0;
  if (count != 4 || llvm::StringRef(arguments[2]).getAsInteger(10, memoryBytes) ||
      llvm::StringRef(arguments[3]).getAsInteger(10, textBytes)) {
    std::fprintf(stderr,
                 "usage: tenon-read-bytecode FOLDER MEMORY-BYTES TEXT-BYTES\n"
                 "a part of tenon, which starts it; FOLDER has %s\n",
                 import::bytecodeFile);
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody reads the answer of a program that has ended
  limitProcess(memoryBytes, textBytes);
  return run(arguments[1]);
}
