// Man pages: NAME, SYNOPSIS, DESCRIPTION, the groups of options, COMMANDS, SEE ALSO.
#include "core/tools/CommandLineReference.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

namespace tenon::tools {

namespace {

/// Text as roff has it: no line begins with a macro, hyphens are those that people can copy.
std::string escaped(llvm::StringRef text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    bool first = at == 0 || text[at - 1] == '\n';
    if (first && (text[at] == '.' || text[at] == '\''))
      result += "\\&";
    if (text[at] == '\\')
      result += "\\e";
    else if (text[at] == '-')
      result += "\\-";
    else
      result += text[at];
  }
  return result;
}

/// A description's paragraphs; lines within one are filled.
std::string paragraphs(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, "\n\n", -1, /*KeepEmpty=*/false);
  std::string result;
  for (llvm::StringRef part : parts)
    result += (result.empty() ? "" : ".PP\n") + escaped(part) + "\n";
  return result;
}

std::string optionTitle(const CLI::Option &option) {
  std::string type = escaped(option.get_type_name());
  if (!option.nonpositional())
    return "\\fI" + escaped(option.get_name(true)) + "\\fR";
  std::vector<std::string> names;
  for (const std::string &name : option.get_snames())
    names.push_back("\\fB\\-" + escaped(name) + "\\fR");
  for (const std::string &name : option.get_lnames())
    names.push_back("\\fB\\-\\-" + escaped(name) + "\\fR");
  return llvm::join(names, ", ") + (type.empty() ? "" : " \\fI" + type + "\\fR");
}

std::string optionText(const CLI::Option &option) {
  std::string text = ".TP\n" + optionTitle(option) + "\n" + escaped(option.get_description());
  if (option.get_required())
    text += "; required";
  if (!option.get_default_str().empty())
    text += "; default " + escaped(option.get_default_str());
  return text + "\n";
}

std::string page(const CLI::App &command, const std::string &name, const std::string &words,
                 const std::string &version) {
  std::string text = ".TH " + llvm::StringRef(name).upper() + " 1 \"\" \"tenon " + version + "\"\n";
  std::string description = command.get_description();
  auto [summary, rest] = llvm::StringRef(description).split('\n');
  summary.consume_front("Tenon: ");
  text += ".SH NAME\n" + escaped(name) + " \\- " + escaped(summary) + "\n.SH SYNOPSIS\n\\fB" +
          escaped(words) + "\\fR [options]";
  std::vector<const CLI::App *> commands =
      command.get_subcommands([](const CLI::App *sub) { return !sub->get_name().empty(); });
  for (const CLI::Option *option : command.get_options())
    if (!option->nonpositional())
      text +=
          " \\fI" + escaped(option->get_name(true)) + (option->get_expected_max() > 1 ? "\\fR ..." : "\\fR");
  text += commands.empty() ? "\n" : " \\fIcommand\\fR ...\n";
  if (!rest.trim().empty())
    text += ".SH DESCRIPTION\n" + paragraphs(rest.trim());
  std::vector<std::string> groups;
  for (const CLI::Option *option : command.get_options())
    if (!llvm::is_contained(groups, option->get_group()) && !option->get_group().empty())
      groups.push_back(option->get_group());
  for (const std::string &group : groups) {
    text += ".SH " + llvm::StringRef(group).upper() + "\n";
    for (const CLI::Option *option : command.get_options())
      if (option->get_group() == group)
        text += optionText(*option);
  }
  if (!commands.empty())
    text += ".SH COMMANDS\n";
  for (const CLI::App *sub : commands)
    text += ".TP\n\\fB" + escaped(sub->get_name()) + "\\fR\n" +
            escaped(llvm::StringRef(sub->get_description()).split('\n').first) + "\n";
  if (const CLI::App *parent = command.get_parent())
    commands.push_back(parent);
  text += ".SH SEE ALSO\n";
  std::vector<std::string> others;
  for (const CLI::App *sub : commands)
    others.push_back("\\fB" +
                     escaped(sub == command.get_parent() ? llvm::StringRef(name).rsplit('-').first.str()
                                                         : name + "-" + sub->get_name()) +
                     "\\fR(1)");
  return text + llvm::join(others, ", ") + "\n";
}

void addPages(const CLI::App &command, const std::string &name, const std::string &words,
              const std::string &version, std::map<std::string, std::string> &pages) {
  pages[name + ".1"] = page(command, name, words, version);
  for (const CLI::App *sub :
       command.get_subcommands([](const CLI::App *one) { return !one->get_name().empty(); }))
    addPages(*sub, name + "-" + sub->get_name(), words + " " + sub->get_name(), version, pages);
}

} // namespace

std::map<std::string, std::string> manPages(const CLI::App &app, const std::string &version) {
  std::map<std::string, std::string> pages;
  addPages(app, app.get_name(), app.get_name(), version, pages);
  return pages;
}

} // namespace tenon::tools
