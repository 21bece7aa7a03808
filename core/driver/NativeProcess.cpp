// Starting tenon-run, and reading what it wrote.
#include "core/driver/NativeProcess.h"

#include "core/driver/FileOutput.h"
#include "core/driver/Npy.h"
#include "core/driver/Report.h"
#include "core/isa/Description.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

using reference::Tensor;

constexpr const char *runnerName = "tenon-run";
constexpr uint64_t mostBytes = uint64_t(8) << 30; ///< of a file that it wrote

std::string inFolder(const std::string &folder, const std::string &name) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

llvm::Expected<std::string> findRunner(const std::string &program) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(program));
  llvm::sys::path::append(path, runnerName);
  if (llvm::sys::fs::can_execute(path))
    return path.str().str();
  return failure(ExitCode::SystemFailed, std::string(runnerName) +
                                             " runs native code, it must lie beside tenon: there is no " +
                                             path.str().str());
}

std::string textOf(const std::string &path) {
  auto file = readFile(path, mostBytes);
  if (file)
    return (*file)->getBuffer().str();
  llvm::consumeError(file.takeError());
  return "";
}

/// What tenon-run said on standard error, as the failure that its exit code stands for.
llvm::Error failureOf(int exit, const std::string &said) {
  std::vector<Diagnostic> diagnostics;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(said).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines) {
    line.consume_front("error: ");
    Diagnostic diagnostic;
    diagnostic.message = line.str();
    diagnostics.push_back(std::move(diagnostic));
  }
  if (diagnostics.empty())
    diagnostics.push_back(
        {fmt::format("{} ended with {} and said nothing", runnerName, exit), "", {}, {}, "", ""});
  constexpr int first = int(ExitCode::ResultDiffers), last = int(ExitCode::SystemFailed);
  ExitCode code = exit >= first && exit <= last ? ExitCode(exit) : ExitCode::OwnFault;
  return failure(code, std::move(diagnostics));
}

llvm::Expected<Tensor> readTensor(const std::string &path, const runtime::NativeTensor &tensor) {
  auto type = isa::parseElementType(tensor.type);
  if (!type)
    return failure(ExitCode::OwnFault, "the tensor " + tensor.name + " has no type");
  auto file = readFile(path, mostBytes);
  if (!file)
    return file.takeError();
  auto array = parseNpy((*file)->getBuffer());
  if (!array)
    return withPlace(array.takeError(), path);
  Tensor read{type->scalar, {tensor.shape.begin(), tensor.shape.end()}, {}};
  if (array->shape != tensor.shape || array->bytes.size() != Tensor::byteCount(read.type, read.shape))
    return failure(ExitCode::OwnFault, path + " does not have the tensor's shape and type");
  read.bytes.assign(array->bytes.begin(), array->bytes.end());
  return read;
}

class Runner {
public:
  Runner(const NativeProcess &process, const runtime::NativeBundle &bundle)
      : process(process), bundle(bundle) {}

  llvm::Error start() {
    auto runner = findRunner(process.program);
    if (!runner)
      return runner.takeError();
    program = *runner;
    return llvm::Error::success();
  }

  /// What it dumps goes into `dumped`.
  llvm::Error infer(llvm::ArrayRef<Tensor> inputs, NativeResult &result, std::vector<Tensor> &dumped) {
    bool dumpTensors = process.dumpTensors && !bundle.tensors.empty();
    std::vector<std::string> arguments = {program,
                                          process.bundle,
                                          "--quiet",
                                          "--layers",
                                          "--kernels",
                                          "--threads",
                                          std::to_string(process.threads),
                                          "--json",
                                          inFolder(process.scratch, "run.json")};
    for (auto [number, input] : llvm::enumerate(inputs)) {
      std::string path = inFolder(process.scratch, fmt::format("input_{}.npy", number));
      if (llvm::Error wrong = writeFile(path, writeNpy(input.type, input.shape, input.bytes)))
        return wrong;
      arguments.insert(arguments.end(), {"--input", path});
    }
    std::string outputs = inFolder(process.scratch, "outputs"),
                tensors = inFolder(process.scratch, "tensors");
    arguments.insert(arguments.end(), {"--output-dir", outputs});
    if (dumpTensors)
      arguments.insert(arguments.end(), {"--dump-tensors", tensors});
    if (llvm::Error wrong = execute(arguments))
      return wrong;
    std::vector<Tensor> &made = result.outputs.emplace_back();
    for (auto [number, tensor] : llvm::enumerate(bundle.outputs)) {
      auto output = readTensor(inFolder(outputs, fmt::format("output_{}.npy", number)), tensor);
      if (!output)
        return output.takeError();
      made.push_back(std::move(*output));
    }
    if (dumpTensors)
      for (auto [number, tensor] : llvm::enumerate(bundle.tensors)) {
        auto one = readTensor(inFolder(tensors, fmt::format("t{}.npy", number)), tensor.first);
        if (!one)
          return one.takeError();
        dumped.push_back(std::move(*one));
      }
    return readReport(result);
  }

private:
  llvm::Error execute(llvm::ArrayRef<std::string> arguments) const {
    std::string log = inFolder(process.scratch, "log"), out = inFolder(process.scratch, "out");
    std::vector<llvm::StringRef> given(arguments.begin(), arguments.end());
    std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), llvm::StringRef(out),
                                                  llvm::StringRef(log)};
    std::string message;
    int exit = llvm::sys::ExecuteAndWait(program, given, std::nullopt, redirects, 0, 0, &message);
    if (exit == 0)
      return llvm::Error::success();
    if (exit < 0) // a signal, or it could not be started
      return failure(ExitCode::DeviceFailed, std::string(runnerName) + " failed: " + message);
    return failureOf(exit, textOf(log));
  }

  static std::vector<double> secondsOf(const Json &report, const char *list) {
    std::vector<double> found;
    if (report.contains(list) && report[list].is_array())
      for (const Json &one : report[list])
        if (one.is_object() && one.contains("seconds") && one["seconds"].is_number())
          found.push_back(one["seconds"].get<double>());
    return found;
  }

  llvm::Error readReport(NativeResult &result) const {
    std::string path = inFolder(process.scratch, "run.json");
    Json report = Json::parse(textOf(path), nullptr, /*allow_exceptions=*/false);
    Json seconds = report.is_object() && report.contains("seconds") ? report["seconds"] : Json();
    if (!seconds.is_object() || !seconds.contains("median") || !seconds["median"].is_number())
      return failure(ExitCode::OwnFault, std::string(runnerName) + " wrote no report in " + path);
    result.seconds = seconds["median"].get<double>();
    result.layerSeconds = secondsOf(report, "layers");
    result.launchSeconds = secondsOf(report, "launches");
    if (report.contains("device") && report["device"].is_string())
      result.device = report["device"].get<std::string>();
    return llvm::Error::success();
  }

  const NativeProcess &process;
  const runtime::NativeBundle &bundle;
  std::string program;
};

} // namespace

llvm::Expected<NativeResult> runNativeBundle(const NativeProcess &process,
                                             const runtime::NativeBundle &bundle,
                                             llvm::ArrayRef<std::vector<Tensor>> inferences,
                                             InferenceWatch watch) {
  Runner runner(process, bundle);
  if (llvm::Error wrong = runner.start())
    return std::move(wrong);
  NativeResult result;
  for (auto [number, inputs] : llvm::enumerate(inferences)) {
    std::vector<Tensor> dumped;
    if (llvm::Error wrong = runner.infer(inputs, result, dumped))
      return std::move(wrong);
    if (watch)
      if (llvm::Error wrong = watch(number, result.outputs.back(), std::move(dumped)))
        return std::move(wrong);
  }
  return result;
}

llvm::Expected<std::string> machineBehind(const std::string &launcher, const std::string &program) {
  auto runner = findRunner(program);
  if (!runner)
    return runner.takeError();
  llvm::SmallString<128> out, log;
  if (llvm::sys::fs::createTemporaryFile("tenon-probe", "out", out) ||
      llvm::sys::fs::createTemporaryFile("tenon-probe", "log", log))
    return failure(ExitCode::SystemFailed, "a temporary file cannot be made");
  llvm::FileRemover removeOut(out), removeLog(log);
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), out.str(), log.str()};
  constexpr unsigned patience = 60; // seconds; a machine that sleeps takes some to wake up
  std::string message;
  int exit = llvm::sys::ExecuteAndWait(*runner, {*runner, "--probe", launcher}, std::nullopt, redirects,
                                       patience, 0, &message);
  if (exit < 0)
    return failure(ExitCode::DeviceFailed, std::string(runnerName) + " failed: " + message);
  if (exit > 0)
    return failureOf(exit, textOf(log.str().str()));
  return llvm::StringRef(textOf(out.str().str())).trim().str();
}

} // namespace tenon::driver
