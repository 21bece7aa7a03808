// The target, the device, the check, and what to say of it.
#include "core/driver/Check.h"

#include "core/check/CounterexampleText.h"
#include "core/driver/Certificate.h"
#include "core/driver/FileOutput.h"
#include "core/driver/Progress.h"
#include "core/driver/WrongUse.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

/// An argument as a shell takes it.
std::string quoted(const std::string &text) {
  constexpr const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos)
    return text;
  std::string result = "'";
  for (char letter : text)
    result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

/// The command line that runs one case again.
std::string replayText(const CheckCommand &command, uint64_t number) {
  const TargetChoice &machine = command.machine;
  std::string text = "tenon check " + quoted(machine.target);
  for (const std::string &parameter : machine.parameters)
    text += " --param " + quoted(parameter);
  if (!machine.device.empty())
    text += " --device " + quoted(machine.device);
  else if (!machine.engine.empty())
    text += " --engine " + quoted(machine.engine);
  for (const std::string &option : machine.engineOptions)
    text += " --engine-option " + quoted(option);
  if (command.options.points != check::CheckOptions().points)
    text += fmt::format(" --points {}", command.options.points);
  return text + fmt::format(" --seed {} --case {}", command.options.seed, number);
}

std::string percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? "" : fmt::format("{:.0f} %", 100.0 * double(part) / double(whole));
}

std::string partsText(const check::CheckResult &result) {
  std::vector<std::vector<std::string>> rows = {
      {"intrinsic", "cases", "drawn", "legal", "telling", "apart", "not reached"}};
  std::map<std::string, std::string> left; // by reason
  for (const check::Part &part : result.parts) {
    if (!part.notChecked.empty()) {
      std::string &names = left[part.notChecked];
      names += (names.empty() ? "" : ", ") + part.name;
      continue;
    }
    rows.push_back(
        {part.name, std::to_string(part.cases), part.tally.drawn ? std::to_string(part.tally.drawn) : "",
         percent(part.tally.legal, part.tally.drawn), percent(part.tally.telling, part.tally.drawn),
         part.tally.neighbours ? fmt::format("{}/{}", part.tally.apart.size(), part.tally.neighbours) : "",
         part.unreached ? std::to_string(part.unreached) : ""});
  }
  std::string text = table(rows, "lrrrrrr");
  for (const auto &[reason, names] : left)
    text += fmt::format("no cases of their own, {}: {}\n", reason, names);
  return text;
}

class Check {
public:
  Check(const CheckCommand &command, LoadedTarget target, DeviceChoice device)
      : command(command), target(std::move(target)), device(std::move(device)) {}

  llvm::Error run() {
    for (const std::string &path : {command.certificate, command.counterexample})
      if (!path.empty())
        if (llvm::Error wrong = checkWritable(path))
          return wrong;
    auto worker = runtime::findWorker(command.program.path);
    if (!worker)
      return worker.takeError();
    check::DeviceSetup setup;
    setup.device.worker.program = *worker;
    setup.device.worker.runSeconds = command.timeout;
    device.addTo(setup.device);
    setup.device.description = target.description.text;
    setup.device.descriptionPath = target.description.path;
    setup.device.parameters = target.parameters;
    // What the command line says of the options stays.
    if (device.engine && device.engine->random) {
      if (!device.options.contains(device.engine->random->option))
        setup.randomOption = device.engine->random->option;
      if (!device.options.contains(device.engine->random->seed))
        setup.seedOption = device.engine->random->seed;
    }
    if (!command.waveform.empty())
      setup.waveformOption = "waveform";
    Progress progress(command.report.quiet);
    check::CheckCallbacks callbacks;
    callbacks.waveform = command.waveform;
    callbacks.onProgress = [&](uint64_t done, uint64_t total, llvm::StringRef what) {
      progress.step(done, total, what);
    };
    auto result = check::check(target.description, setup, command.options, callbacks);
    progress.finish();
    if (!result)
      return withPlace(result.takeError(), target.description.path);
    return tell(*result);
  }

private:
  llvm::Error tell(const check::CheckResult &result) {
    std::string text =
        fmt::format("{} on {}, seed {}{}\n", target.description.name, device.name, command.options.seed,
                    device.engine && device.engine->random ? ", random timing" : "");
    text += partsText(result);
    text +=
        fmt::format("{} cases, {} bytes compared, {:.1f} s{}\n", grouped(result.run), grouped(result.bytes),
                    result.seconds, result.outOfTime ? ", ended by --seconds" : "");
    if (result.noRoom > 0)
      text += fmt::format("{} cases left out: the device keeps a part of global memory that they use\n",
                          result.noRoom);
    for (const check::Counterexample &example : result.counterexamples)
      text += "\n" + counterexampleText(target.description, example) + "replay:\n  " +
              replayText(command, example.number) + "\n";
    if (llvm::Error wrong = printText(command.report, text))
      return wrong;
    if (!result.counterexamples.empty())
      return refuse(result);
    if (llvm::Error wrong = checkReached(result))
      return wrong;
    return succeed(result);
  }

  llvm::Error refuse(const check::CheckResult &result) {
    const check::Counterexample &first = result.counterexamples.front();
    if (!command.counterexample.empty())
      if (llvm::Error wrong = writeFile(
              command.counterexample,
              jsonText(counterexampleJson(target.description, first, replayText(command, first.number)))))
        return wrong;
    std::vector<Diagnostic> diagnostics;
    bool differs = false;
    for (const check::Counterexample &example : result.counterexamples) {
      Diagnostic diagnostic;
      diagnostic.message =
          fmt::format("case {}: {}", example.number,
                      llvm::StringRef(outcomeText(target.description, example)).split('\n').first.str());
      diagnostic.repair = "look at it again with " + replayText(command, example.number);
      diagnostics.push_back(std::move(diagnostic));
      differs |= example.outcome.kind == check::Outcome::Kind::Differs;
    }
    return failure(differs ? ExitCode::ResultDiffers : ExitCode::DeviceFailed, std::move(diagnostics));
  }

  /// A check that leaves an intrinsic out says nothing of it.
  llvm::Error checkReached(const check::CheckResult &result) const {
    std::vector<Diagnostic> diagnostics;
    for (const check::Part &part : result.parts)
      if (part.cases == 0 && part.unreached > 0) {
        Diagnostic diagnostic;
        diagnostic.message =
            fmt::format("no case of {} was found that the description gives a meaning to; the "
                        "last was refused: {}",
                        part.name, part.tally.lastRefusal);
        diagnostic.repair = "look whether the clauses under where can be satisfied in the declared memories";
        diagnostics.push_back(std::move(diagnostic));
      }
    if (diagnostics.empty())
      return llvm::Error::success();
    return failure(ExitCode::TargetCannot, std::move(diagnostics));
  }

  llvm::Error succeed(const check::CheckResult &result) {
    CheckedDevice checked{&target, &device};
    if (!command.certificate.empty()) {
      auto certificate = certificateJson(command, checked, result);
      if (!certificate)
        return certificate.takeError();
      if (llvm::Error wrong = writeFile(command.certificate, jsonText(*certificate)))
        return wrong;
    }
    Json json = {{"schema", "tenon.check/1"}};
    json.update(checkedJson(command, checked, result));
    if (llvm::Error wrong = writeJson(command.report, json))
      return wrong;
    if (device.plugin.empty())
      return printText(
          command.report,
          fmt::format("no difference, and none was possible: {} is the machine that the description is; name "
                      "another --engine, or a --device\n",
                      device.name));
    return printText(command.report, "no difference: the device did what the description says\n");
  }

  const CheckCommand &command;
  LoadedTarget target;
  DeviceChoice device;
};

} // namespace

llvm::Error checkDevice(const CheckCommand &command, const target::Registry &registry) {
  auto target = loadTarget(command.machine, registry, "tenon check");
  if (!target)
    return target.takeError();
  auto device = chooseDevice(command.machine, target->entry, registry.plugins);
  if (!device)
    return device.takeError();
  return Check(command, std::move(*target), std::move(*device)).run();
}

} // namespace tenon::driver
