// The program: reads the order and the module of a folder and writes the result and the answer into it.
// Whatever LLVM does to this process, the one that started it goes on.
#include "Generate.h"
#include "core/codegen/ChildFormat.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/TargetSelect.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace tenon::codegen;

std::string folder; // a fatal error is reported from wherever it happens

bool write(const char *name, const std::string &content) {
  std::ofstream file(folder + "/" + name, std::ios::binary | std::ios::trunc);
  file.write(content.data(), std::streamsize(content.size()));
  file.close();
  if (file)
    return true;
  std::fprintf(stderr, "%s/%s cannot be written\n", folder.c_str(), name);
  return false;
}

bool read(const char *name, std::string &content) {
  std::ifstream file(folder + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  content = text.str();
  if (file)
    return true;
  std::fprintf(stderr, "%s/%s cannot be read\n", folder.c_str(), name);
  return false;
}

bool answer(const Outcome &outcome) {
  static const char *const ends[] = {"done", "not parsed", "refused", "unknown machine"};
  nlohmann::json mistakes = nlohmann::json::array();
  for (const Finding &finding : outcome.mistakes)
    mistakes.push_back(
        {{"message", finding.message}, {"line", finding.line}, {"function", finding.function}});
  nlohmann::json json = {
      {"end", ends[size_t(outcome.end)]}, {"mistakes", mistakes}, {"warnings", outcome.warnings}};
  return write(answerFile, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// LLVM gives up: "Cannot select: ... \nIn function: NAME".
[[noreturn]] void fatal(void *, const char *reason, bool) {
  Outcome outcome;
  outcome.end = Outcome::End::Refused;
  std::string text = reason;
  Finding finding;
  finding.message = text.substr(0, text.find('\n')).substr(0, 400);
  static const std::string marker = "In function: ";
  if (size_t at = text.find(marker); at != std::string::npos) {
    at += marker.size();
    finding.function = text.substr(at, text.find_first_of("\n ", at) - at);
  }
  outcome.mistakes.push_back(finding);
  std::fprintf(stderr, "%s\n", reason);
  ::_exit(answer(outcome) ? 0 : 1); // nothing of LLVM's is in a state to be cleaned up
}

void limitMemory(uint64_t bytes) {
#if !__has_feature(address_sanitizer) // its shadow needs the whole address space
  if (bytes != 0) {
    rlimit limit{rlim_t(bytes), rlim_t(bytes)};
    ::setrlimit(RLIMIT_AS, &limit);
  }
#endif
  rlimit noCore{0, 0};
  ::setrlimit(RLIMIT_CORE, &noCore);
}

int run() {
  std::string requestText, module;
  if (!read(requestFile, requestText) || !read(moduleFile, module))
    return 1;
  nlohmann::json request = nlohmann::json::parse(requestText);
  limitMemory(request.at("memoryBytes"));
  Order order;
  order.triple = request.at("triple");
  order.processor = request.at("processor");
  order.features = request.at("features").get<std::vector<std::string>>();
  order.optimisation = request.at("optimisation");
  order.assembly = request.at("assembly");
  order.rows = request.at("rows").get<std::vector<unsigned>>();
  Outcome outcome = generate(module, order);
  if (outcome.end == Outcome::End::Done && !write(resultFile, outcome.result))
    return 1;
  return answer(outcome) ? 0 : 1;
}

} // namespace

int main(int count, char **arguments) {
  if (count != 2) {
    std::fprintf(stderr,
                 "usage: tenon-codegen FOLDER\n"
                 "a part of tenon, which starts it; FOLDER has %s and %s\n",
                 requestFile, moduleFile);
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody reads the answer of a program that has ended
  folder = arguments[1];
  llvm::install_fatal_error_handler(fatal);
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
  try {
    return run();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
