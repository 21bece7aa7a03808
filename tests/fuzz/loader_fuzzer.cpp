// libFuzzer on the loader of descriptions, and with it on the parsers of expressions and semantics: any bytes
// are refused with mistakes, or they are a description that is printed, linted and loads again as the same.
#include "core/isa/Semantics.h"
#include "core/isa/loader/Excerpt.h"
#include "core/isa/loader/Lint.h"

#include <cstdlib>

namespace {

using namespace tenon;

constexpr uint64_t mostBytes = uint64_t(1) << 15; // what an input takes stays in milliseconds

/// Mistakes have a message, are in the file's order, and their lines can be shown.
void checkMistakes(llvm::Error error) {
  std::vector<isa::SourceFile> files;
  error = llvm::handleErrors(std::move(error), [&](std::unique_ptr<isa::DescriptionMistakes> mistakes) {
    files = mistakes->files().vec();
    return llvm::Error(std::move(mistakes));
  });
  FailureReport found = report(std::move(error));
  if (found.code != ExitCode::WrongInput)
    std::abort();
  for (const Diagnostic &diagnostic : found.diagnostics)
    if (diagnostic.message.empty() || isa::excerpt(diagnostic, files).size() > 4 * mostBytes)
      std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > mostBytes)
    return -1;
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  auto description = isa::parseDescription(text, "fuzzed.yaml");
  if (!description) {
    checkMistakes(description.takeError());
    return 0;
  }
  std::string meaning;
  for (const isa::Intrinsic &intrinsic : description->intrinsics)
    meaning += isa::str(intrinsic);
  isa::lint(*description);
  auto again = isa::parseDescription(text, "fuzzed.yaml");
  if (!again || again->intrinsics.size() != description->intrinsics.size())
    std::abort();
  return 0;
}
