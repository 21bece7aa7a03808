// The command line as one page of Markdown, for the reference among the docs: the same groups, commands and
// options that --help and the man pages have.
#include "core/tools/CommandLineReference.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

namespace tenon::tools {

namespace {

using Commands = std::vector<const CLI::App *>;

Commands commandsOf(const CLI::App &app) {
  return app.get_subcommands([](const CLI::App *command) { return !command->get_name().empty(); });
}

/// Text in a cell of a table, or in a paragraph: no character of it is Markdown's.
std::string escaped(llvm::StringRef text) {
  std::string result;
  for (char c : text) {
    if (llvm::StringRef("|*<>_[]`").contains(c))
      result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string optionTitle(const CLI::Option &option) {
  if (!option.nonpositional())
    return "`" + option.get_name(true) + "`";
  std::vector<std::string> names;
  for (const std::string &name : option.get_snames())
    names.push_back("-" + name);
  for (const std::string &name : option.get_lnames())
    names.push_back("--" + name);
  std::string type = option.get_type_name();
  return "`" + llvm::join(names, ", ") + (type.empty() ? "" : " " + type) + "`";
}

std::string optionRow(const CLI::Option &option) {
  std::string text = "| " + optionTitle(option) + " | " + escaped(option.get_description());
  if (option.get_required())
    text += "; required";
  if (!option.get_default_str().empty())
    text += "; default " + escaped(option.get_default_str());
  return text + " |\n";
}

/// A description after its first line.
std::string paragraphs(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, "\n\n", -1, /*KeepEmpty=*/false);
  std::string result;
  for (llvm::StringRef part : parts)
    result += escaped(part) + "\n\n";
  return result;
}

std::string section(const CLI::App &command, const std::string &words, const std::string &level) {
  std::string description = command.get_description();
  auto [summary, rest] = llvm::StringRef(description).split('\n');
  std::string usage = words + " [options]";
  for (const CLI::Option *option : command.get_options())
    if (!option->nonpositional())
      usage += " " + option->get_name(true) + (option->get_expected_max() > 1 ? " ..." : "");
  bool hasCommands = !commandsOf(command).empty();
  std::string text = level + " " + words + "\n\n" + escaped(summary) + "\n\n```\n" + usage +
                     (hasCommands ? " command ..." : "") + "\n```\n\n" + paragraphs(rest.trim());
  std::vector<std::string> groups;
  for (const CLI::Option *option : command.get_options())
    if (!llvm::is_contained(groups, option->get_group()) && !option->get_group().empty())
      groups.push_back(option->get_group());
  for (const std::string &group : groups) {
    text += "| " + escaped(group) + " | |\n|---|---|\n";
    for (const CLI::Option *option : command.get_options())
      if (option->get_group() == group)
        text += optionRow(*option);
    text += "\n";
  }
  for (const CLI::App *sub : commandsOf(command))
    text += section(*sub, words + " " + sub->get_name(), level + "#");
  return text;
}

/// GitHub's way from a heading to a link's target.
std::string anchor(llvm::StringRef heading) {
  std::string text = heading.lower();
  std::replace(text.begin(), text.end(), ' ', '-');
  return text;
}

} // namespace

std::string markdownPage(const CLI::App &app) {
  std::string description = app.get_description();
  auto [summary, rest] = llvm::StringRef(description).split('\n');
  std::string text = "# The command line\n\n" + escaped(summary) + "\n\n" + paragraphs(rest.trim());
  std::vector<std::string> groups;
  for (const CLI::App *command : commandsOf(app))
    if (!llvm::is_contained(groups, command->get_group()))
      groups.push_back(command->get_group());
  for (const std::string &group : groups) {
    text += "| " + escaped(group) + " | |\n|---|---|\n";
    for (const CLI::App *command : commandsOf(app)) {
      std::string words = app.get_name() + " " + command->get_name();
      if (command->get_group() == group)
        text += "| [" + words + "](#" + anchor(words) + ") | " +
                escaped(llvm::StringRef(command->get_description()).split('\n').first) + " |\n";
    }
    text += "\n";
  }
  for (const CLI::App *command : commandsOf(app))
    text += section(*command, app.get_name() + " " + command->get_name(), "##");
  return llvm::StringRef(text).rtrim().str() + "\n";
}

} // namespace tenon::tools
