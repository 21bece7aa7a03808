// What the command line says of itself, from the same objects that parse it: groups of commands in --help,
// man pages, completion for shells.
#pragma once

#include <CLI/CLI.hpp>

#include "llvm/Support/Error.h"

#include <map>
#include <string>

namespace tenon::tools {

/// Puts the commands into the groups of --help; what no group names is a tool.
void groupCommands(CLI::App &app);

/// A page for the program and one for each command, by their names ("tenon-run.1"), in roff's man macros.
std::map<std::string, std::string> manPages(const CLI::App &app, const std::string &version);

/// All commands on one page, in Markdown.
std::string markdownPage(const CLI::App &app);

/// A script that completes commands, options and files.
std::string bashCompletion(const CLI::App &app);
std::string zshCompletion(const CLI::App &app);

struct ReferenceOptions {
  std::string folder;    ///< tenon man
  bool markdown = false; ///< tenon man: one page instead of one for each command
  std::string shell;     ///< tenon completion
};
void addReference(CLI::App &app, ReferenceOptions &options);
/// tenon man and tenon completion.
llvm::Error writeReference(const CLI::App &app, const ReferenceOptions &options, const std::string &version);

} // namespace tenon::tools
