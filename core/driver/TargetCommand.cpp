// The commands that read a description and print.
#include "core/driver/TargetCommand.h"

#include "core/driver/DescriptionText.h"
#include "core/isa/encoding/Generate.h"
#include "core/isa/loader/Excerpt.h"
#include "core/isa/loader/Lint.h"
#include "core/isa/loader/Reference.h"
#include "core/isa/loader/Variants.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

llvm::Expected<isa::LoadOptions> loadOptions(const std::vector<std::string> &parameters) {
  isa::LoadOptions options;
  for (const std::string &text : parameters) {
    auto [name, number] = llvm::StringRef(text).split('=');
    int64_t value = 0;
    if (name.empty() || number.getAsInteger(0, value))
      return failure(ExitCode::WrongUse, "--parameter " + text + " is not NAME=INTEGER");
    if (!options.parameters.emplace(name.str(), value).second)
      return failure(ExitCode::WrongUse, "--parameter " + name.str() + " is given twice");
  }
  return options;
}

llvm::Expected<isa::Description> load(const TargetCommand &command) {
  auto options = loadOptions(command.parameters);
  if (!options)
    return options.takeError();
  return isa::loadDescription(command.path, *options);
}

Json lintJson(const isa::Description &description, const std::vector<Diagnostic> &lints) {
  Json list = Json::array();
  for (const Diagnostic &lint : lints)
    list.push_back({{"message", lint.message},
                    {"line", lint.line ? Json(*lint.line) : Json(nullptr)},
                    {"column", lint.column ? Json(*lint.column) : Json(nullptr)},
                    {"repair", lint.repair}});
  return {{"schema", "tenon.lint/1"},
          {"target", description.name},
          {"hash", description.hash()},
          {"lints", std::move(list)}};
}

llvm::Error
printGenerated(const TargetCommand &command,
               llvm::function_ref<llvm::Expected<std::string>(const isa::Description &)> generate) {
  auto description = load(command);
  if (!description)
    return description.takeError();
  auto text = generate(*description);
  return text ? printText(command.report, *text) : text.takeError();
}

} // namespace

namespace {

/// What is printed of one description, and its JSON.
struct LintReport {
  std::string text;
  Json json;
};

llvm::Expected<LintReport> lintOne(const TargetCommand &command) {
  auto description = load(command);
  if (!description)
    return description.takeError();
  std::vector<Diagnostic> lints = isa::lint(*description);
  LintReport found{"", lintJson(*description, lints)};
  for (const Diagnostic &lint : lints)
    found.text += "lint: " + toString(lint) + "\n" + isa::excerpt(lint, description->files);
  found.text += fmt::format("{}: no mistakes, {} {}\n", command.path, lints.size(),
                            lints.size() == 1 ? "lint" : "lints");
  return found;
}

/// Every variant, up to the first with mistakes.
llvm::Expected<LintReport> lintAll(const TargetCommand &command, const isa::Variants &variants) {
  LintReport all;
  Json list = Json::array();
  for (const isa::Variant &variant : variants.list) {
    TargetCommand one = command;
    one.path = variant.path;
    auto found = lintOne(one);
    if (!found)
      return found.takeError();
    all.text += found->text;
    list.push_back(std::move(found->json));
  }
  all.text += fmt::format("{}: no mistakes, {} variants\n", command.path, variants.list.size());
  all.json = {{"schema", "tenon.lint/1"}, {"target", variants.target}, {"variants", std::move(list)}};
  return all;
}

} // namespace

llvm::Error lintTarget(const TargetCommand &command) {
  auto variants = isa::loadVariants(command.path);
  if (!variants)
    return variants.takeError();
  auto found = *variants ? lintAll(command, **variants) : lintOne(command);
  if (!found)
    return found.takeError();
  if (llvm::Error wrong = writeJson(command.report, found->json))
    return wrong;
  return printText(command.report, found->text);
}

llvm::Error showTarget(const TargetCommand &command) {
  auto description = load(command);
  if (!description)
    return description.takeError();
  if (llvm::Error wrong = writeJson(command.report, descriptionJson(*description)))
    return wrong;
  return printText(command.report, descriptionText(*description));
}

llvm::Error printHeader(const TargetCommand &command) { return printGenerated(command, isa::cppHeader); }

llvm::Error printPackage(const TargetCommand &command) {
  return printGenerated(command, isa::systemVerilogPackage);
}

llvm::Error printManual(const TargetCommand &command) { return printGenerated(command, isa::manual); }

llvm::Error printLanguage(const ReportOptions &options) {
  return printText(options, isa::languageReference());
}

llvm::Error printSchema(const ReportOptions &options) {
  return printText(options, jsonText(isa::descriptionSchema()));
}

} // namespace tenon::driver
