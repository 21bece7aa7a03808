// Completion scripts. They are whole: while completing, no shell runs the program.
#include "core/tools/CommandLineReference.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

namespace tenon::tools {

namespace {

std::vector<const CLI::App *> subcommandsOf(const CLI::App &command) {
  return command.get_subcommands([](const CLI::App *sub) { return !sub->get_name().empty(); });
}

/// Whether it may be given several times.
bool repeats(const CLI::Option &option) {
  return option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
}

bool takesValue(const CLI::Option &option) { return option.get_items_expected_max() > 0; }

/// What is typed for it.
std::vector<std::string> flagsOf(const CLI::Option &option) {
  std::vector<std::string> flags;
  for (const std::string &name : option.get_snames())
    flags.push_back("-" + name);
  for (const std::string &name : option.get_lnames())
    flags.push_back("--" + name);
  return flags;
}

/// Whether a value can be a file's path: by what the help calls it.
bool isFile(const CLI::Option &option) {
  std::string type = option.nonpositional() ? option.get_type_name() : option.get_name(true);
  for (const char *name : {"FILE", "DIR", "TARGET", "MODEL", "OUT", "LIB.so"})
    if (llvm::StringRef(type).contains(name))
      return true;
  return false;
}

/// The words of an option that takes one of a set: "{bash,zsh}" in its type.
std::vector<std::string> choicesOf(const CLI::Option &option) {
  std::string type = option.get_type_name();
  auto [before, after] = llvm::StringRef(type).split('{');
  llvm::SmallVector<llvm::StringRef> words;
  after.split('}').first.split(words, ',', -1, /*KeepEmpty=*/false);
  return {words.begin(), words.end()};
}

/// A command and the words that lead to it, without the program's name.
struct Place {
  const CLI::App *command;
  std::string words;
};

void collect(const CLI::App &command, const std::string &words, std::vector<Place> &places) {
  places.push_back({&command, words});
  for (const CLI::App *sub : subcommandsOf(command))
    collect(*sub, words.empty() ? sub->get_name() : words + " " + sub->get_name(), places);
}

std::vector<Place> placesOf(const CLI::App &app) {
  std::vector<Place> places;
  collect(app, "", places);
  return places;
}

/// Text within single quotes of a shell.
std::string singleQuoted(llvm::StringRef text) {
  std::string result = "'";
  for (char c : text)
    result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

/// The words after an option, by what it takes.
std::string bashValue(const CLI::Option &option) {
  std::vector<std::string> choices = choicesOf(option);
  if (!choices.empty())
    return "words=" + singleQuoted(llvm::join(choices, " ")) + " files=0";
  return isFile(option) ? "words= files=1" : "words= files=0";
}

std::string bashCommand(const Place &place) {
  std::vector<std::string> words, positional;
  std::string values, files = "0";
  for (const CLI::Option *option : place.command->get_options()) {
    std::vector<std::string> flags = flagsOf(*option);
    words.insert(words.end(), flags.begin(), flags.end());
    if (flags.empty()) {
      std::vector<std::string> choices = choicesOf(*option);
      positional.insert(positional.end(), choices.begin(), choices.end());
      if (choices.empty() && isFile(*option))
        files = "1";
    } else if (takesValue(*option)) {
      values += "        " + llvm::join(flags, "|") + ") " + bashValue(*option) + "; options= ;;\n";
    }
  }
  for (const CLI::App *sub : subcommandsOf(*place.command))
    positional.push_back(sub->get_name());
  std::string text = "    " + singleQuoted(place.words) + ")\n";
  text += "      options=" + singleQuoted(llvm::join(words, " ")) + "\n";
  text += "      words=" + singleQuoted(llvm::join(positional, " ")) + "\n";
  text += "      files=" + files + "\n";
  if (!values.empty())
    text += "      case $previous in\n" + values + "      esac\n";
  return text + "      ;;\n";
}

/// Text in the brackets of an argument of _arguments.
std::string zshText(llvm::StringRef text) {
  std::string result;
  for (char c : text.split('\n').first) {
    if (c == '[' || c == ']' || c == ':' || c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

std::string zshValue(const CLI::Option &option) {
  std::vector<std::string> choices = choicesOf(option);
  if (!choices.empty())
    return ":value:(" + llvm::join(choices, " ") + ")";
  return isFile(option) ? ":file:_files" : ":value:";
}

std::string zshOptions(const CLI::App &command) {
  std::string text;
  for (const CLI::Option *option : command.get_options()) {
    for (const std::string &flag : flagsOf(*option)) {
      std::string argument = (repeats(*option) ? "*" : "") + flag + "[" + zshText(option->get_description()) +
                             "]" + (takesValue(*option) ? zshValue(*option) : "");
      text += " \\\n    " + singleQuoted(argument);
    }
    if (!option->nonpositional())
      text += " \\\n    " + singleQuoted((repeats(*option) ? "*" : "1") + zshValue(*option));
  }
  return text;
}

std::string functionName(const Place &place) {
  std::string name = "_tenon" + (place.words.empty() ? "" : "_" + place.words);
  for (char &c : name)
    c = llvm::isAlnum(c) ? c : '_';
  return name;
}

std::string zshFunction(const Place &place) {
  std::vector<const CLI::App *> commands = subcommandsOf(*place.command);
  std::string text = functionName(place) + "() {\n";
  if (commands.empty())
    return text + "  _arguments -S" + zshOptions(*place.command) + "\n}\n";
  text += "  local curcontext=\"$curcontext\" state line\n  _arguments -C" + zshOptions(*place.command) +
          " \\\n    '1:command:->command' \\\n    '*::argument:->rest'\n  case $state in\n    command)\n"
          "      local -a names=(";
  for (const CLI::App *sub : commands)
    text += "\n        " + singleQuoted(sub->get_name() + ":" + zshText(sub->get_description()));
  text += ")\n      _describe command names ;;\n    rest)\n      case $line[1] in\n";
  for (const CLI::App *sub : commands) {
    std::string words = place.words.empty() ? sub->get_name() : place.words + " " + sub->get_name();
    text += "        " + sub->get_name() + ") " + functionName({sub, words}) + " ;;\n";
  }
  return text + "      esac ;;\n  esac\n}\n";
}

} // namespace

std::string bashCompletion(const CLI::App &app) {
  std::vector<Place> places = placesOf(app);
  std::string text = "# Completion of tenon for bash: source <(tenon completion bash)\n"
                     "_tenon() {\n"
                     "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "  local command= word options= words= files=0\n"
                     "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                     "    case \"$command $word\" in\n";
  for (const Place &place : places) {
    if (place.words.empty())
      continue;
    bool nested = llvm::StringRef(place.words).contains(' ');
    text += "      " + singleQuoted((nested ? "" : " ") + place.words) +
            ") command=" + singleQuoted(place.words) + " ;;\n";
  }
  text += "    esac\n  done\n  case $command in\n";
  for (const Place &place : places)
    text += bashCommand(place);
  return text + "  esac\n"
                "  [[ $current == -* ]] && words=$options files=0\n"
                "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                "  if [[ $files == 1 ]]; then\n"
                "    compopt -o filenames 2>/dev/null\n"
                "    COMPREPLY+=($(compgen -f -- \"$current\"))\n"
                "  fi\n"
                "}\n"
                "complete -F _tenon tenon\n";
}

std::string zshCompletion(const CLI::App &app) {
  std::string text = "#compdef tenon\n# Completion of tenon for zsh: a file _tenon in a folder of $fpath.\n";
  for (const Place &place : placesOf(app))
    text += zshFunction(place);
  return text +
         "if [ \"$funcstack[1]\" = _tenon ]; then\n  _tenon \"$@\"\nelse\n  compdef _tenon tenon\nfi\n";
}

} // namespace tenon::tools
