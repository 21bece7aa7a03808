// What the child answered as errors with places; and the search for the rows that make it fail.
#include "core/codegen/Codegen.h"

#include "core/codegen/Child.h"
#include "core/codegen/ChildFormat.h"
#include "core/codegen/RowPlaces.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

#include <set>

namespace tenon::codegen {
namespace {

using End = ChildAnswer::End;

/// Runs of the child for one search, so that a module of thousands of rows cannot hold us for an hour.
constexpr unsigned mostRuns = 200;

Diagnostic atRow(const RowPlace &place, std::string message) {
  Diagnostic diagnostic;
  diagnostic.file = place.file;
  diagnostic.line = place.line;
  diagnostic.column = place.column;
  diagnostic.message = std::move(message);
  return diagnostic;
}

llvm::StringRef lineOf(llvm::StringRef text, unsigned number) {
  for (unsigned i = 1; i < number; ++i)
    text = text.split('\n').second;
  return text.split('\n').first.trim();
}

/// Finds the rows that LLVM refuses or dies of when they are alone.
class RowSearch {
public:
  RowSearch(const CodegenRequest &request, const CodegenOptions &options, const RowLines &rows)
      : request(request), options(options), rows(rows) {}

  llvm::Error search() { return searchIn(rows.distinct); }
  std::vector<Diagnostic> takeFound() { return std::move(found); }

private:
  void report(unsigned line, llvm::StringRef message) {
    const RowPlace &place = rows.places.at(line);
    if (reported.insert(place).second)
      found.push_back(
          atRow(place, "LLVM cannot compile this row for " + request.triple + ": " + message.str()));
  }

  /// Lines of this set that the answer names.
  std::vector<unsigned> named(const ChildAnswer &answer, llvm::ArrayRef<unsigned> lines) {
    std::vector<unsigned> bad;
    for (const Mistake &mistake : answer.mistakes) {
      std::optional<unsigned> line = rowOfFunction(mistake.function);
      if (!line)
        line = mistake.line;
      if (!line || !llvm::is_contained(lines, *line))
        continue;
      report(*line, mistake.message);
      bad.push_back(*line);
    }
    return bad;
  }

  llvm::Error searchIn(std::vector<unsigned> lines) {
    while (!lines.empty() && runs++ < mostRuns) {
      llvm::Expected<ChildAnswer> answer = runChild(request, lines, options);
      if (!answer)
        return answer.takeError();
      if (answer->end == End::Done || answer->end == End::UnknownMachine)
        return llvm::Error::success();
      std::vector<unsigned> bad = named(*answer, lines);
      if (bad.empty() && lines.size() == 1) {
        report(lines[0], answer->mistakes.empty() ? "the code generator " + answer->story
                                                  : answer->mistakes[0].message);
        return llvm::Error::success();
      }
      if (bad.empty()) { // it names none: each half by itself
        auto middle = lines.begin() + ptrdiff_t(lines.size() / 2);
        if (llvm::Error error = searchIn({lines.begin(), middle}))
          return error;
        return searchIn({middle, lines.end()});
      }
      llvm::erase_if(lines, [&](unsigned line) { return llvm::is_contained(bad, line); });
    }
    return llvm::Error::success();
  }

  const CodegenRequest &request;
  const CodegenOptions &options;
  const RowLines &rows;
  std::vector<Diagnostic> found;
  std::set<RowPlace> reported;
  unsigned runs = 0;
};

/// The row of a line; of text that is no IR also that of the lines beside it, which convert what it takes and
/// gives.
std::map<unsigned, RowPlace>::const_iterator rowAt(unsigned line, End end, const RowLines &rows) {
  auto found = rows.places.find(line);
  for (unsigned away = 1; away <= 2 && end == End::NotParsed && found == rows.places.end(); ++away) {
    found = rows.places.find(line + away);
    if (found == rows.places.end() && line > away)
      found = rows.places.find(line - away);
  }
  return found;
}

/// Mistakes whose line is a row's.
std::vector<Diagnostic> mistakesAtRows(const ChildAnswer &answer, const RowLines &rows) {
  std::vector<Diagnostic> found;
  std::set<RowPlace> reported;
  for (const Mistake &mistake : answer.mistakes) {
    auto place = mistake.line ? rowAt(*mistake.line, answer.end, rows) : rows.places.end();
    if (place != rows.places.end() && reported.insert(place->second).second)
      found.push_back(atRow(place->second, "LLVM refuses this row: " + mistake.message));
  }
  return found;
}

/// A failure for which no row can be named.
llvm::Error unplaced(const CodegenRequest &request, const ChildAnswer &answer) {
  if (answer.end == End::TooLong)
    return failure(ExitCode::SystemFailed, "the code generator " + answer.story);
  if (answer.end == End::Crashed)
    return failure(ExitCode::SystemFailed, "the code generator " + answer.story);
  std::vector<Diagnostic> list;
  for (const Mistake &mistake : answer.mistakes) {
    Diagnostic diagnostic;
    diagnostic.message = "LLVM refuses the code for " + request.triple + ": " + mistake.message;
    if (!mistake.function.empty())
      diagnostic.message += " (in " + mistake.function + ")";
    if (mistake.line)
      diagnostic.message += " (line " + std::to_string(*mistake.line) + " of the IR: " +
                            printable(lineOf(request.module, *mistake.line).take_front(300).str()) + ")";
    list.push_back(std::move(diagnostic));
  }
  if (list.empty())
    return failure(ExitCode::OwnFault, "LLVM refuses the code for " + request.triple + " and says no reason");
  return failure(answer.end == End::UnknownMachine ? ExitCode::WrongInput : ExitCode::OwnFault,
                 std::move(list));
}

llvm::Error placed(const CodegenRequest &request, const CodegenOptions &options, const ChildAnswer &answer) {
  if (answer.end == End::UnknownMachine)
    return unplaced(request, answer);
  RowLines rows = rowLines(request.module);
  if (std::vector<Diagnostic> found = mistakesAtRows(answer, rows); !found.empty())
    return failure(ExitCode::WrongInput, std::move(found));
  if (answer.end == End::NotParsed) // no row can be taken out of it
    return unplaced(request, answer);
  RowSearch search(request, options, rows);
  if (llvm::Error error = search.search())
    return error;
  if (std::vector<Diagnostic> found = search.takeFound(); !found.empty())
    return failure(ExitCode::WrongInput, std::move(found));
  return unplaced(request, answer);
}

} // namespace

llvm::Expected<CodegenResult> generateCode(const CodegenRequest &request, const CodegenOptions &given) {
  CodegenOptions options = given;
  if (options.program.empty()) {
    static int here;
    llvm::Expected<std::string> program = findCodegen(llvm::sys::fs::getMainExecutable(nullptr, &here));
    if (!program)
      return program.takeError();
    options.program = *program;
  }
  llvm::Expected<ChildAnswer> answer = runChild(request, {}, options);
  if (!answer)
    return answer.takeError();
  if (answer->end != End::Done)
    return placed(request, options, *answer);
  CodegenResult result;
  result.bytes = std::move(answer->bytes);
  result.warnings = std::move(answer->warnings);
  return result;
}

} // namespace tenon::codegen
