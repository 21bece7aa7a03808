// Runs cases of kernels lane by lane and compares what comes out, byte by byte: FOLDER/NAME.ll is a module,
// FOLDER/NAME.json its cases: {case, values: {number: hex}, scratch: [bytes], kernels: [{name, blocks,
// threads, arguments: [{value} | {constant: hex} | {scratch}]}], result: number, expected: hex}. What a
// kernel's last parameter, the status, holds must stay 0.
#include "core/lanes/LaneInterpreter.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <filesystem>
#include <iostream>

using namespace tenon;

namespace {

struct Case {
  const llvm::json::Object &text;
  lanes::LaneInterpreter &interpreter;
  lanes::DeviceMemory &memory;
  std::map<std::string, uint64_t> values; ///< addresses
  std::vector<uint64_t> scratch;
  uint64_t status = 0;

  llvm::Error run();
  llvm::Error prepare();
  llvm::Error launch(const llvm::json::Object &kernel);
  llvm::Error compare();
};

llvm::Expected<uint64_t> allocate(lanes::DeviceMemory &memory, const std::string &name, llvm::StringRef hex) {
  std::string bytes = llvm::fromHex(hex);
  uint64_t address = memory.allocate(name, bytes.size());
  if (llvm::Error error =
          memory.write(address, {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}))
    return std::move(error);
  return address;
}

llvm::Error Case::prepare() {
  for (const auto &[number, hex] : *text.getObject("values")) {
    auto address = allocate(memory, "value " + number.str(), *hex.getAsString());
    if (!address)
      return address.takeError();
    values[number.str()] = *address;
  }
  std::string result = std::to_string(*text.getInteger("result"));
  if (!values.contains(result))
    values[result] = memory.allocate("result", text.getString("expected")->size() / 2);
  for (const llvm::json::Value &bytes : *text.getArray("scratch"))
    scratch.push_back(
        memory.allocate("scratch " + std::to_string(scratch.size()), uint64_t(*bytes.getAsInteger())));
  auto address = allocate(memory, "status", "00000000");
  if (!address)
    return address.takeError();
  status = *address;
  return memory.allowUnordered(status, 4);
}

llvm::Error Case::launch(const llvm::json::Object &kernel) {
  lanes::Launch launch;
  launch.kernel = kernel.getString("name")->str();
  launch.blocks = *kernel.getInteger("blocks");
  launch.threadsPerBlock = *kernel.getInteger("threads");
  std::vector<uint64_t> constants;
  for (const llvm::json::Value &argument : *kernel.getArray("arguments")) {
    const llvm::json::Object &place = *argument.getAsObject();
    if (auto number = place.getInteger("value")) {
      if (!values.contains(std::to_string(*number)))
        return failure(ExitCode::OwnFault,
                       launch.kernel + " reads value " + std::to_string(*number) + ", which the case lacks");
      launch.arguments.push_back(values[std::to_string(*number)]);
    } else if (auto which = place.getInteger("scratch")) {
      launch.arguments.push_back(scratch.at(size_t(*which)));
    } else {
      auto address = allocate(memory, "constant", *place.getString("constant"));
      if (!address)
        return address.takeError();
      constants.push_back(*address);
      launch.arguments.push_back(*address);
    }
  }
  launch.arguments.push_back(status);
  if (llvm::Error error = interpreter.launch(launch))
    return error;
  for (uint64_t address : constants)
    if (llvm::Error error = memory.free(address))
      return error;
  return llvm::Error::success();
}

llvm::Error Case::compare() {
  std::string expected = llvm::fromHex(*text.getString("expected"));
  auto found = memory.read(values[std::to_string(*text.getInteger("result"))], expected.size());
  if (!found)
    return found.takeError();
  for (size_t i = 0; i < expected.size(); ++i)
    if ((*found)[i] != uint8_t(expected[i]))
      return failure(ExitCode::ResultDiffers, "byte " + std::to_string(i) + " of " +
                                                  std::to_string(expected.size()) + " is " +
                                                  std::to_string((*found)[i]) + ", the oracle has " +
                                                  std::to_string(uint8_t(expected[i])));
  auto state = memory.read(status, 4);
  if (!state)
    return state.takeError();
  for (uint8_t byte : *state)
    if (byte != 0)
      return failure(ExitCode::ResultDiffers, "the status is not 0");
  return llvm::Error::success();
}

llvm::Error Case::run() {
  if (llvm::Error error = prepare())
    return error;
  for (const llvm::json::Value &kernel : *text.getArray("kernels"))
    if (llvm::Error error = launch(*kernel.getAsObject()))
      return error;
  if (llvm::Error error = compare())
    return error;
  for (const auto &[number, address] : values)
    if (llvm::Error error = memory.free(address))
      return error;
  for (uint64_t address : scratch)
    if (llvm::Error error = memory.free(address))
      return error;
  return memory.free(status);
}

llvm::Expected<std::string> read(const std::filesystem::path &file) {
  auto buffer = llvm::MemoryBuffer::getFile(file.string());
  if (!buffer)
    return failure(ExitCode::SystemFailed, file.string() + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

/// Cases of one module; gives how many there are.
llvm::Expected<size_t> runModule(const isa::Description &description, std::filesystem::path module) {
  llvm::Expected<std::string> text = read(module);
  if (!text)
    return text.takeError();
  llvm::Expected<std::string> casesText = read(module.replace_extension(".json"));
  if (!casesText)
    return casesText.takeError();
  auto cases = llvm::json::parse(*casesText);
  if (!cases)
    return cases.takeError();
  lanes::DeviceMemory memory;
  auto interpreter = lanes::LaneInterpreter::create(description, *text, memory);
  if (!interpreter)
    return interpreter.takeError();
  for (const llvm::json::Value &one : *cases->getAsArray()) {
    Case run{*one.getAsObject(), **interpreter, memory, {}, {}, 0};
    if (llvm::Error error = run.run())
      return withPlace(std::move(error),
                       module.stem().string() + ": " + one.getAsObject()->getString("case")->str());
  }
  return cases->getAsArray()->size();
}

int runFolder(const std::string &file, const std::string &folder) {
  auto description = isa::loadDescription(file);
  FailureReport failed;
  if (!description)
    failed = report(description.takeError());
  std::vector<std::filesystem::path> modules;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".ll")
      modules.push_back(entry.path());
  llvm::sort(modules);
  for (const std::filesystem::path &module : modules) {
    if (failed.code == ExitCode::WrongInput)
      break;
    auto count = runModule(*description, module);
    if (count) {
      std::cout << module.stem().string() << ": " << *count << " cases equal the oracle\n";
      continue;
    }
    FailureReport one = report(count.takeError());
    failed.code = ExitCode::ResultDiffers;
    failed.diagnostics.insert(failed.diagnostics.end(), one.diagnostics.begin(), one.diagnostics.end());
  }
  for (const Diagnostic &one : failed.diagnostics)
    std::cerr << toString(one) << "\n";
  if (modules.empty())
    std::cerr << folder << " holds no module\n";
  return modules.empty() ? int(ExitCode::WrongUse) : int(failed.code);
}

} // namespace

int main(int count, char **arguments) {
  if (count != 3) {
    std::cerr << "usage: lane_cases DESCRIPTION FOLDER\n";
    return int(ExitCode::WrongUse);
  }
  return runFolder(arguments[1], arguments[2]);
}
