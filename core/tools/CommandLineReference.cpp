// The groups of commands, and the two commands that print the reference.
#include "core/tools/CommandLineReference.h"

#include "core/driver/FileOutput.h"
#include "core/driver/Report.h"

#include <algorithm>
#include <memory>
#include <sstream>

namespace tenon::tools {

namespace {

/// Lists a command by the first line of its description; its own help has all of it.
class FirstLines : public CLI::Formatter {
public:
  std::string make_subcommand(const CLI::App *command) const override {
    std::ostringstream out;
    std::string description = command->get_description();
    CLI::detail::format_help(out, command->get_name(), description.substr(0, description.find('\n')),
                             get_column_width());
    return out.str();
  }
};

} // namespace

void groupCommands(CLI::App &app) {
  app.formatter(std::make_shared<FirstLines>());
  const std::pair<const char *, std::vector<std::string>> groups[] = {
      {"Daily commands", {"run", "explain", "compile", "inspect", "report", "targets", "ops"}},
      {"Describing a chip", {"new-target", "target", "check"}},
  };
  for (CLI::App *command : app.get_subcommands([](CLI::App *) { return true; })) {
    command->group("Tools");
    for (const auto &[group, names] : groups)
      if (std::find(names.begin(), names.end(), command->get_name()) != names.end())
        command->group(group);
  }
}

void addReference(CLI::App &app, ReferenceOptions &options) {
  CLI::App *man = app.add_subcommand("man", "write a man page for every command");
  man->add_option("DIR", options.folder, "where to, made if it is missing: tenon.1, tenon-run.1, ...")
      ->required();
  man->add_flag("--markdown", options.markdown, "one page in Markdown instead: command-line.md");
  CLI::App *completion = app.add_subcommand(
      "completion", "print a script for a shell that completes commands, options and files\n\n"
                    "bash: source <(tenon completion bash)\n"
                    "zsh: tenon completion zsh > _tenon, in a folder of $fpath");
  completion->add_option("SHELL", options.shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
}

llvm::Error writeReference(const CLI::App &app, const ReferenceOptions &options, const std::string &version) {
  if (app.got_subcommand("completion"))
    return driver::printText({}, options.shell == "bash" ? bashCompletion(app) : zshCompletion(app));
  if (llvm::Error wrong = driver::prepareFolder(options.folder))
    return wrong;
  if (options.markdown)
    return driver::writeFile(options.folder + "/command-line.md", markdownPage(app));
  for (const auto &[name, text] : manPages(app, version))
    if (llvm::Error wrong = driver::writeFile(options.folder + "/" + name, text))
      return wrong;
  return llvm::Error::success();
}

} // namespace tenon::tools
