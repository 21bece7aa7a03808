// The command line: options into structs, exit codes out. All else is core/driver's.
#include "core/driver/Check.h"
#include "core/driver/Compile.h"
#include "core/driver/Explain.h"
#include "core/driver/Inspect.h"
#include "core/driver/NewTarget.h"
#include "core/driver/Operators.h"
#include "core/driver/ReportPage.h"
#include "core/driver/Run.h"
#include "core/driver/TargetCommand.h"
#include "core/driver/Targets.h"
#include "core/support/Error.h"
#include "core/tools/CommandLineReference.h"
#include "core/tools/SharedOptions.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include <CLI/CLI.hpp>

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <new>
#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::tools;

void addRun(CLI::App &app, driver::RunCommand &run) {
  constexpr int mostThreads = 1024;
  CLI::App *command = app.add_subcommand("run", "compile a model, run it, print what it cost by layer");
  command
      ->add_option("MODEL", run.model,
                   "a .tflite, .onnx or .mlir file, the name of one in TENON_MODELS, or a compiled bundle")
      ->required();
  addTargetChoice(*command, run.machine, "where to run it, the reference without");
  addDeviceChoice(*command, run.machine);
  command
      ->add_option("--input", run.input.files,
                   "[NAME=]FILE: .npy, ONNX .pb or raw bytes; all inputs, or none for random ones")
      ->type_name("[NAME=]FILE")
      ->take_all()
      ->expected(1);
  command->add_option("--seed", run.input.seed, "of random inputs")
      ->check(wholeNumber())
      ->capture_default_str();
  command->add_flag("--float-io", run.input.floatIo,
                    "files hold float32; quantise by the model's own scales");
  command->add_flag("--each", run.input.each,
                    "run along an extra leading axis of the inputs, stack the outputs");
  addBindings(*command, run.bindings);
  addGraphPasses(*command, run.graph);
  command->add_option("--output", run.outputs, "[NAME=]FILE: where an output goes, .npy or raw bytes")
      ->type_name("[NAME=]FILE")
      ->take_all()
      ->expected(1);
  command->add_option("--output-dir", run.outputFolder, "every output, and outputs.json")->type_name("DIR");
  command
      ->add_option("--dump-tensors", run.tensorFolder,
                   "every tensor of the model, and tensors.json; first inference")
      ->type_name("DIR");
  addPlanFile(*command, run.planFile);
  command
      ->add_option("--report-dir", run.reportFolder,
                   "keep what was found, and when every command ran, for tenon report")
      ->type_name("DIR");
  addEmit(*command, run.emit);
  command->add_flag("--verify,!--no-verify", run.verify, "compare with the reference (default: yes)");
  command
      ->add_option(
          "--require-intrinsic", run.requireIntrinsic,
          "an operator (or name) that matches and falls back is an error; * and ? stand for anything")
      ->type_name("PATTERN")
      ->take_all()
      ->expected(1);
  command->add_option("--threads", run.threads, "threads of the host")
      ->check(CLI::Range(1, mostThreads))
      ->capture_default_str();
  command->add_option("--memory-limit", run.memoryBytes, "most bytes of tensors at once")
      ->transform(CLI::AsSizeValue(false))
      ->check(notNegative())
      ->type_name("BYTES")
      ->default_str(std::to_string(run.memoryBytes >> 30) + " GiB");
  addReportOptions(*command, run.report);
}

void addInspect(CLI::App &app, driver::InspectCommand &inspect) {
  CLI::App *command =
      app.add_subcommand("inspect", "list a model's nodes, shapes, quantisation, MACs and live memory");
  addModel(*command, inspect.model);
  addBindings(*command, inspect.bindings);
  addGraphPasses(*command, inspect.graph);
  command->add_flag("--optimised", inspect.optimised,
                    "what planners see: the model after the passes on its graph");
  command->add_flag("--ir", inspect.printIr, "print the module instead, without large constants");
  command->add_option("--save-ir", inspect.saveIr, "write the whole module, to be read back as a model")
      ->type_name("FILE");
  addReportOptions(*command, inspect.report);
}

void addExplain(CLI::App &app, driver::ExplainCommand &explain) {
  CLI::App *command =
      app.add_subcommand("explain", "tell which intrinsic takes which operator, and why the others do not");
  addModel(*command, explain.model);
  addBindings(*command, explain.bindings);
  addGraphPasses(*command, explain.graph);
  addTargetChoice(*command, explain.machine, "the chip");
  command
      ->add_option("--op", explain.operators,
                   "only the operators (or names) that match; * and ? stand for anything")
      ->type_name("PATTERN")
      ->take_all()
      ->expected(1);
  addReportOptions(*command, explain.report);
}

void addVectors(CLI::App &command, driver::VectorOptions &vectors) {
  constexpr const char *group = "Vectors";
  command
      .add_option("--vectors", vectors.folder,
                  "each layer's operands, commands and results as plain files, for a test bench of yours")
      ->type_name("DIR")
      ->group(group);
  command
      .add_option("--vectors-layer", vectors.layers,
                  "only layers whose operators (or names) match; * and ? stand for anything")
      ->type_name("PATTERN")
      ->take_all()
      ->expected(1)
      ->group(group);
  command
      .add_option("--input", vectors.input.files,
                  "[NAME=]FILE: the model's inputs that they are made with; random without")
      ->type_name("[NAME=]FILE")
      ->take_all()
      ->expected(1)
      ->group(group);
  command.add_option("--seed", vectors.input.seed, "of random inputs")
      ->check(wholeNumber())
      ->capture_default_str()
      ->group(group);
}

void addCompile(CLI::App &app, driver::CompileCommand &compile) {
  CLI::App *command =
      app.add_subcommand("compile", "write a model for a chip as a folder that tenon run takes");
  addModel(*command, compile.model);
  addBindings(*command, compile.bindings);
  addGraphPasses(*command, compile.graph);
  addTargetChoice(*command, compile.machine, "the chip");
  command->add_option("-o,--output", compile.folder, "the bundle; one that is there is replaced")
      ->type_name("DIR")
      ->required();
  addPlanFile(*command, compile.planFile);
  addEmit(*command, compile.emit);
  addVectors(*command, compile.vectors);
  addReportOptions(*command, compile.report);
}

void addCheck(CLI::App &app, driver::CheckCommand &check) {
  CLI::App *command = app.add_subcommand(
      "check",
      "compare a device with its description: every command, and sequences of them\n\n"
      "Each case fills the memories, runs a stream of commands on the device and on the machine that the\n"
      "description is, and compares every byte that the description defines. Operands, sizes, strides and\n"
      "addresses are random, with their ends and corners; clauses under where are respected. A difference "
      "is\n"
      "made smaller while it still shows, and printed with the command line that shows it again.\n"
      "Exit codes: 0 no difference, 1 the device differs, 4 a command could not be reached, 5 the device "
      "fails.");
  command
      ->add_option("TARGET", check.machine.target,
                   "the chip: a name (tenon targets lists them), a target.yaml, or a folder that holds one")
      ->required();
  command
      ->add_option("--param", check.machine.parameters, "NAME=VALUE: replace a parameter of the description")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  addDeviceChoice(*command, check.machine);
  check::CheckOptions &options = check.options;
  command->add_option("--seed", options.seed, "of everything that is random")
      ->check(wholeNumber())
      ->capture_default_str();
  command->add_option("--cases", options.cases, "of each intrinsic")
      ->check(wholeNumber())
      ->capture_default_str();
  command
      ->add_option("--sequences", options.sequences, "cases of several commands; as many as --cases without")
      ->check(wholeNumber());
  command->add_option("--intrinsic", options.intrinsics, "only this one and sequences of it; repeatable")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  command->add_option("--case", options.only, "only this one, by its number")->check(wholeNumber());
  command->add_option("--seconds", options.seconds, "begin no more cases after this time")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--shrink-seconds", options.shrinkSeconds, "most time for making a difference smaller")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--timeout", check.timeout, "seconds after which a case hangs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--points", options.points, "most points of a command's loops")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--keep-going", options.keepGoing,
                    "one difference of each intrinsic, not the first alone");
  command
      ->add_option("--certificate", check.certificate,
                   "write what was shown, with hashes, if nothing differs")
      ->type_name("FILE");
  command
      ->add_option("--counterexample", check.counterexample,
                   "write the first difference as JSON: commands, memories before and after")
      ->type_name("FILE");
  command
      ->add_option("--waveform", check.waveform,
                   "have the device write a waveform of the smallest case, if it has the option waveform")
      ->type_name("FILE");
  addReportOptions(*command, check.report);
}

void addReport(CLI::App &app, driver::ReportPageCommand &page) {
  CLI::App *command = app.add_subcommand(
      "report", "draw a run as a page: cycles by layer and cause, roofline, timeline, memories, mapping");
  command
      ->add_option("OUT", page.inputs,
                   "the folder of tenon run --report-dir, or files of tenon run --json and explain --json")
      ->required();
  command->add_option("--html", page.page, "the page; it needs no other file and no network")
      ->type_name("FILE");
  command->add_option("--trace", page.trace, "the timeline in Chrome's trace format, for Perfetto")
      ->type_name("FILE");
  addReportOptions(*command, page.report);
}

void addNewTarget(CLI::App &app, driver::NewTargetCommand &made) {
  CLI::App *command = app.add_subcommand(
      "new-target", "make a folder with a small chip that compiles and runs, to be changed into yours");
  command->add_option("NAME", made.name, "of the chip and its folder: letters from a to z, digits, - and _")
      ->required();
  command->add_option("--in", made.parent, "the folder that gets the new one")
      ->type_name("DIR")
      ->capture_default_str();
  addReportOptions(*command, made.report);
}

/// tenon target ACTION: what reads a description, or tells what one may say.
CLI::App *addTarget(CLI::App &app, driver::TargetCommand &target) {
  CLI::App *command = app.add_subcommand("target", "check and print a chip's description");
  command->require_subcommand(1);
  auto addFile = [&](const char *name, const char *what) {
    CLI::App *action = command->add_subcommand(name, what);
    action->add_option("FILE", target.path, "a description, target.yaml")->required();
    action
        ->add_option("--param,--parameter", target.parameters,
                     "NAME=VALUE: instead of the value in the description")
        ->type_name("NAME=VALUE")
        ->take_all()
        ->expected(1);
    return action;
  };
  addReportOptions(*addFile("lint", "list a description's mistakes, and what looks forgotten"),
                   target.report);
  addReportOptions(*addFile("show", "print what a description declares"), target.report);
  addFile("header", "print a C++ header that packs and unpacks its commands");
  addFile("package", "print a SystemVerilog package of its words and constants");
  addFile("manual", "print its manual, Markdown");
  command->add_subcommand("doc", "print the language reference, Markdown");
  command->add_subcommand("schema", "print the JSON Schema of descriptions");
  return command;
}

llvm::Error runTarget(const CLI::App &command, const driver::TargetCommand &target) {
  if (command.got_subcommand("lint"))
    return driver::lintTarget(target);
  if (command.got_subcommand("show"))
    return driver::showTarget(target);
  if (command.got_subcommand("header"))
    return driver::printHeader(target);
  if (command.got_subcommand("package"))
    return driver::printPackage(target);
  if (command.got_subcommand("manual"))
    return driver::printManual(target);
  return command.got_subcommand("doc") ? driver::printLanguage(target.report)
                                       : driver::printSchema(target.report);
}

/// A failed write is an error with its exit code, also on a closed pipe and beyond the limit of a file's
/// size.
void ignoreWriteSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

/// LLVM's allocations that fail end here: there is no memory for anything but a line.
void outOfMemory(void *, const char *, bool) {
  constexpr char line[] = "error: the system has no more memory\n";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
  _exit(static_cast<int>(ExitCode::SystemFailed));
}

/// What --json names in arguments that do not parse: a script gets its error where it asked for it.
driver::ReportOptions reportOf(int argc, char **argv) {
  driver::ReportOptions options;
  constexpr llvm::StringLiteral flag("--json");
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef argument = argv[i];
    if (argument == flag && i + 1 < argc)
      options.json = argv[i + 1];
    else if (argument.consume_front(flag) && argument.consume_front("="))
      options.json = argument.str();
  }
  return options;
}

/// The word where a command's name is wanted, if it is none's.
std::string unknownCommand(const CLI::App &app, int argc, char **argv) {
  if (argc < 2 || argv[1][0] == '-')
    return "";
  auto isIt = [&](const CLI::App *command) { return command->get_name() == argv[1]; };
  return app.get_subcommands(isIt).empty() ? argv[1] : "";
}

ExitCode reportWrongUse(const CLI::App &app, const CLI::ParseError &wrong, int argc, char **argv) {
  Diagnostic diagnostic;
  diagnostic.message = wrong.what();
  if (std::string word = unknownCommand(app, argc, argv); !word.empty())
    diagnostic.message = "there is no command '" + word + "'";
  if (diagnostic.message.size() > 1 && std::islower(static_cast<unsigned char>(diagnostic.message[1])))
    diagnostic.message[0] = static_cast<char>(std::tolower(diagnostic.message[0]));
  diagnostic.repair = "tenon --help lists the commands, tenon COMMAND --help their options";
  return driver::reportFailure(reportOf(argc, argv), failure(ExitCode::WrongUse, std::move(diagnostic)));
}

int runCommand(int argc, char **argv);

} // namespace

int main(int argc, char **argv) {
  ignoreWriteSignals();
  llvm::install_bad_alloc_error_handler(outOfMemory);
  try {
    return runCommand(argc, argv);
  } catch (const std::bad_alloc &) {
    outOfMemory(nullptr, "", false);
  }
}

namespace {

driver::ProgramIdentity identity() {
  void *here = reinterpret_cast<void *>(&identity);
  return {llvm::sys::fs::getMainExecutable(nullptr, here), TENON_VERSION};
}

int runCommand(int argc, char **argv) {
  CLI::App app("Tenon: from one description of a chip, its compiler, simulator, encoder and manual.\n"
               "Exit codes: 0 done, 1 result differs from the reference, 2 wrong use, 3 wrong input, 4 the "
               "target cannot\n"
               "do it, 5 device or simulator failed, 6 system failed, 70 a fault of Tenon's own.",
               "tenon");
  app.set_version_flag("--version", "tenon " TENON_VERSION);
  app.require_subcommand(1);
  driver::RunCommand run;
  driver::InspectCommand inspect;
  driver::ReportOptions targets;
  driver::TargetCommand target;
  driver::ExplainCommand explain;
  driver::CompileCommand compile;
  driver::CheckCommand check;
  driver::ReportPageCommand page;
  driver::NewTargetCommand made;
  tools::ReferenceOptions reference;
  graph::registerPasses(); // for --passes
  run.program = compile.program = check.program = identity();
  addRun(app, run);
  addExplain(app, explain);
  addReport(app, page);
  addCompile(app, compile);
  addCheck(app, check);
  addInspect(app, inspect);
  addNewTarget(app, made);
  CLI::App *targetActions = addTarget(app, target);
  addReportOptions(*app.add_subcommand("targets", "list every target and what this host can run"), targets);
  driver::ReportOptions operators;
  addReportOptions(*app.add_subcommand("ops", "list the operators that models may use, by format"),
                   operators);
  tools::addReference(app, reference);
  tools::groupCommands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &wrong) {
    if (wrong.get_exit_code() != 0)
      return static_cast<int>(reportWrongUse(app, wrong, argc, argv));
    return app.exit(wrong); // prints the help or the version
  }
  const char *folders = std::getenv(target::pluginPathVariable);
  target::Registry registry =
      target::makeRegistry(target::pluginPath(folders ? folders : "", run.program.path));
  auto finish = [](const driver::ReportOptions &options, llvm::Error error) {
    return error ? static_cast<int>(driver::reportFailure(options, std::move(error))) : EXIT_SUCCESS;
  };
  if (app.got_subcommand("run"))
    return finish(run.report, driver::run(run, registry));
  if (app.got_subcommand("explain"))
    return finish(explain.report, driver::explain(explain, registry));
  if (app.got_subcommand("report"))
    return finish(page.report, driver::writeReportPage(page));
  if (app.got_subcommand("compile"))
    return finish(compile.report, driver::compile(compile, registry));
  if (app.got_subcommand("new-target"))
    return finish(made.report, driver::makeNewTarget(made));
  if (app.got_subcommand("check"))
    return finish(check.report, driver::checkDevice(check, registry));
  if (app.got_subcommand("inspect"))
    return finish(inspect.report, driver::inspect(inspect));
  if (app.got_subcommand("man") || app.got_subcommand("completion"))
    return finish({}, tools::writeReference(app, reference, TENON_VERSION));
  if (app.got_subcommand("ops"))
    return finish(operators, driver::listOperators(operators));
  if (app.got_subcommand("target"))
    return finish(target.report, runTarget(*targetActions, target));
  return finish(targets, driver::listTargets(registry, run.program.path, targets));
}

} // namespace
