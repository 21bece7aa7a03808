// Writes the test bundle for the scripts beside this file: write_native_bundle FOLDER [KEY=VALUE]... with the
// keys triple, feature (any number), library, missing, device.
#include "tests/runtime/native/TestBundle.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

int main(int count, char **arguments) {
  tenon::test::NativeTestOptions options;
  options.codegen = TENON_CODEGEN;
  std::string device;
  for (int i = 2; i < count; ++i) {
    auto [key, value] = llvm::StringRef(arguments[i]).split('=');
    if (key == "triple")
      options.triple = value.str();
    else if (key == "feature")
      options.features.push_back(value.str());
    else if (key == "library")
      options.library = value.str();
    else if (key == "missing")
      options.missingSymbol = value.str();
    else if (key == "device")
      device = value.str();
    else
      return 2;
  }
  if (count < 2)
    return 2;
  llvm::Expected<tenon::runtime::NativeBundle> bundle = compiledTestBundle(options);
  if (!bundle) {
    llvm::errs() << llvm::toString(bundle.takeError()) << "\n";
    return 1;
  }
  bundle->device = device;
  auto report = writeNativeBundle(*bundle, arguments[1]);
  if (!report) {
    llvm::errs() << llvm::toString(report.takeError()) << "\n";
    return 1;
  }
  for (const std::string &warning : report->warnings)
    llvm::errs() << "warning: " << warning << "\n";
  return 0;
}
