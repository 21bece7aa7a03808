// Options that several commands have: each is declared once, with one text.
#include "core/tools/SharedOptions.h"

#include "llvm/ADT/StringRef.h"

#include <map>

namespace tenon::tools {

CLI::Validator wholeNumber() {
  return {[](const std::string &text) -> std::string {
            uint64_t number = 0;
            return llvm::StringRef(text).getAsInteger(10, number) ? text + " is no number from 0 to 2^64 - 1"
                                                                  : "";
          },
          "NUMBER"};
}

CLI::Validator notNegative() {
  return {[](const std::string &text) -> std::string {
            return llvm::StringRef(text).trim().starts_with("-") ? text + " is negative" : "";
          },
          ""};
}

void addReportOptions(CLI::App &command, driver::ReportOptions &options) {
  command.add_option("--json", options.json, "write the result as JSON to FILE, - for standard output")
      ->type_name("FILE")
      ->group(reportGroup);
  command.add_flag("--quiet", options.quiet, "print nothing but errors")->group(reportGroup);
}

void addTargetChoice(CLI::App &command, driver::TargetChoice &machine, const std::string &what) {
  command
      .add_option("--target", machine.target,
                  what + ": a name (tenon targets lists them), a target.yaml, or a folder that holds one")
      ->type_name("TARGET")
      ->group(machineGroup);
  command
      .add_option("--param", machine.parameters,
                  "NAME=VALUE: replace a parameter of the target's description")
      ->type_name("NAME=VALUE")
      ->group(machineGroup)
      ->expected(1)
      ->take_all();
}

void addDeviceChoice(CLI::App &command, driver::TargetChoice &machine) {
  command
      .add_option("--engine", machine.engine,
                  "one of the target's engines (tenon targets lists them), its first without")
      ->type_name("NAME")
      ->group(machineGroup);
  command.add_option("--device", machine.device, "the plugin of a device, instead of an engine")
      ->type_name("LIB.so")
      ->group(machineGroup);
  command
      .add_option("--engine-option", machine.engineOptions,
                  "NAME=VALUE: an option of the engine or device, as its own documentation lists them")
      ->type_name("NAME=VALUE")
      ->group(machineGroup)
      ->expected(1)
      ->take_all();
}

void addPlanFile(CLI::App &command, std::string &planFile) {
  command
      .add_option("--dump-plan", planFile,
                  "every layer's mapping and the commands, as text (.json: as JSON); - for standard output")
      ->type_name("FILE");
}

void addEmit(CLI::App &command, std::vector<std::pair<std::string, std::string>> &emit) {
  command.add_option("--emit", emit, "native code as text into a file: KIND is llvm or asm; repeatable")
      ->type_name("KIND FILE")
      ->take_all();
}

void addBindings(CLI::App &command, std::vector<std::string> &bindings) {
  command.add_option("--bind", bindings, "NAME=SIZE: fix a symbolic size; repeatable")
      ->type_name("NAME=SIZE")
      ->expected(1)
      ->take_all();
}

void addGraphPasses(CLI::App &command, graph::GraphOptions &graph) {
  command
      .add_flag("!--no-graph-passes", graph.run,
                "leave out what is done to the model's graph before it is planned")
      ->group(graphGroup);
  command
      .add_option("--pass-plugin", graph.plugins,
                  "a library with passes of your own; repeatable (docs/guides/add-a-pass.md)")
      ->type_name("LIB.so")
      ->expected(1)
      ->take_all()
      ->group(graphGroup);
  command
      .add_option("--passes", graph.passes,
                  "what else is done to the graph, behind Tenon's own: such as func.func(my-pass)")
      ->type_name("PIPELINE")
      ->group(graphGroup);
  std::map<std::string, graph::Layouts> layouts = {{"model", graph::Layouts::Model},
                                                   {"channels-innermost", graph::Layouts::ChannelsInnermost},
                                                   {"cheaper", graph::Layouts::Cheaper}};
  // Not CLI11's own transformer: it prints the numbers of a small enum as characters.
  command
      .add_option_function<std::string>(
          "--layout", [&graph, layouts](const std::string &name) { graph.layouts = layouts.at(name); },
          "how tensors lie: as in the model, with channels innermost, or the cheaper of both by the target's "
          "declared costs (cheaper)")
      ->type_name("LAYOUT")
      ->check(CLI::IsMember({"model", "channels-innermost", "cheaper"}))
      ->group(graphGroup);
}

void addModel(CLI::App &command, std::string &model) {
  command.add_option("MODEL", model, "a .tflite, .onnx or .mlir file, or the name of one in TENON_MODELS")
      ->required();
}

} // namespace tenon::tools
