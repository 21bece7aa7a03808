// Random graphs and models of files on the oracle and as native code: by seed, shrunk to the smallest that
// fails, and replayed. native_graphs --help says how.
#include "core/driver/LoadedModel.h"
#include "core/support/Error.h"
#include "tests/conformance/NativeCases.h"
#include "tests/conformance/RandomGraph.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <sstream>

namespace tenon::test {
namespace {

struct Options {
  std::string description, tool, replay, list, save = "failing_graph.mlir";
  uint64_t seed = 1, graphs = 200, batch = 50;
  double shrinkSeconds = 120;
  unsigned seconds = 60;
  std::vector<unsigned> threads = {1, 2};
};

using Clock = std::chrono::steady_clock;

class Session {
public:
  Session(const Options &options, const isa::Description &description)
      : options(options), description(description) {
    cases.threads = options.threads;
    cases.codegen.program = options.tool;
    cases.seconds = options.seconds;
  }

  int random() {
    size_t compared = 0, exact = 0;
    int64_t macs = 0, portable = 0;
    for (uint64_t first = 0; first < options.graphs; first += options.batch) {
      std::vector<GraphProgram> programs;
      std::vector<NativeCase> batch;
      std::vector<uint64_t> seeds;
      for (uint64_t i = first; i < std::min(first + options.batch, options.graphs); ++i) {
        seeds.push_back(options.seed + i);
        Choices choices(seeds.back());
        auto program = graphProgram(randomGraph(choices));
        if (!program)
          return refuse(llvm::toString(program.takeError()));
        programs.push_back(std::move(*program));
      }
      for (auto [program, seed] : llvm::zip(programs, seeds))
        batch.push_back(
            {fmt::format("seed {}", seed), &program.program, {graphInputs(program.program, seed)}});
      auto outcomes = runCases(description, batch, cases);
      if (!outcomes) { // one of them: each alone finds it
        std::string said = llvm::toString(outcomes.takeError());
        for (uint64_t seed : seeds)
          if (!wrongWith(seedChoices(seed), seed).empty())
            return shrinkAndTell(seed, said);
        return refuse(said);
      }
      for (auto [outcome, seed] : llvm::zip_equal(*outcomes, seeds)) {
        compared += outcome.compared;
        exact += outcome.exact;
        macs += outcome.macs;
        portable += outcome.portableMacs;
        if (!outcome.wrong.empty())
          return shrinkAndTell(seed, outcome.wrong);
      }
    }
    std::cout << fmt::format(
        "{}: {} graphs from seed {}, {} outputs compared, {} bit for bit; {} MACs, {:.1f} % by "
        "intrinsics\n",
        description.name, options.graphs, options.seed, compared, exact, macs,
        macs ? 100.0 * double(macs - portable) / double(macs) : 0);
    return 0;
  }

  int replay() {
    std::ifstream file(options.replay);
    std::stringstream text;
    text << file.rdbuf();
    std::string wrong = wrongOf(text.str(), options.seed);
    std::cout << (wrong.empty() ? "as the reference\n" : wrong + "\n");
    return wrong.empty() ? 0 : 1;
  }

  /// Lines of "MODEL INPUTS OUTPUTS": folders with in0.npy, .. along an extra axis, and for out0.npy, ...
  int models();

private:
  static std::vector<uint32_t> seedChoices(uint64_t seed) {
    Choices choices(seed);
    randomGraph(choices);
    return choices.used();
  }

  std::string wrongOf(const std::string &text, uint64_t seed) {
    auto program = graphProgram(text);
    if (!program) {
      llvm::consumeError(program.takeError());
      return ""; // no graph at all
    }
    NativeCase one{"graph", &program->program, {graphInputs(program->program, seed)}};
    auto outcome = runCases(description, one, cases);
    return outcome ? outcome->front().wrong : llvm::toString(outcome.takeError());
  }
  std::string wrongWith(const std::vector<uint32_t> &given, uint64_t seed) {
    Choices choices(given);
    return wrongOf(randomGraph(choices), seed);
  }

  int shrinkAndTell(uint64_t seed, const std::string &said) {
    std::cout << fmt::format("{}: seed {}: {}\nlooking for a smaller graph\n", description.name, seed, said)
              << std::flush;
    auto end = Clock::now() + std::chrono::duration<double>(options.shrinkSeconds);
    std::vector<uint32_t> smallest = shrink(
        seedChoices(seed),
        [&](const std::vector<uint32_t> &choices) { return !wrongWith(choices, seed).empty(); },
        [&] { return Clock::now() < end; });
    Choices choices(smallest);
    std::string text = randomGraph(choices);
    std::ofstream(options.save) << text;
    std::cout << text << wrongOf(text, seed)
              << fmt::format("\nreplay: native_graphs {} --replay {} --seed {}\n", options.description,
                             options.save, seed);
    return 1;
  }

  static int refuse(const std::string &text) {
    std::cerr << "error: " << text << "\n";
    return 2;
  }

  const Options &options;
  const isa::Description &description;
  CaseOptions cases;
};

/// A job of --models.
struct Job {
  std::string model, inputs, outputs;
  driver::LoadedModel loaded;
};

int Session::models() {
  std::ifstream list(options.list);
  std::vector<Job> jobs;
  std::vector<NativeCase> batch;
  for (Job job; list >> job.model >> job.inputs >> job.outputs;) {
    auto loaded = driver::loadModel(job.model, {});
    if (!loaded)
      return refuse(llvm::toString(loaded.takeError()));
    job.loaded = std::move(*loaded);
    jobs.push_back(std::move(job));
    job = {};
  }
  int failed = 0;
  for (Job &job : jobs) {
    driver::InputOptions input;
    input.each = true;
    for (size_t i = 0; i < job.loaded.signature.inputs.size(); ++i)
      input.files.push_back(fmt::format("{}/in{}.npy", job.inputs, i));
    auto inferences = driver::readInputs(job.loaded.signature.inputs, input);
    if (!inferences)
      return refuse(llvm::toString(inferences.takeError()));
    batch.push_back({job.model, &job.loaded.program, std::move(*inferences)});
  }
  for (size_t first = 0; first < batch.size(); first += options.batch) {
    auto part = llvm::ArrayRef(batch).slice(first, std::min<size_t>(options.batch, batch.size() - first));
    auto outcomes = runCases(description, part, cases);
    if (!outcomes)
      return refuse(llvm::toString(outcomes.takeError()));
    for (auto [number, outcome] : llvm::enumerate(*outcomes)) {
      Job &job = jobs[first + number];
      std::cout << fmt::format("{}\t{}\t{}\t{}\n", job.model, outcome.macs, outcome.portableMacs,
                               outcome.wrong.empty() ? "ok" : outcome.wrong);
      failed += !outcome.wrong.empty();
      driver::InputOptions each;
      each.each = true;
      for (size_t output = 0; outcome.wrong.empty() && output < job.loaded.signature.outputs.size();
           ++output) {
        std::vector<reference::Tensor> values;
        for (const std::vector<reference::Tensor> &made : outcome.outputs)
          values.push_back(made[output]);
        if (llvm::Error wrong = driver::writeOutput(job.loaded.signature.outputs[output], values, each,
                                                    fmt::format("{}/out{}.npy", job.outputs, output)))
          return refuse(llvm::toString(std::move(wrong)));
      }
    }
  }
  return failed ? 1 : 0;
}

int mainOf(int argc, char **argv) {
  CLI::App app("Random graphs, and models of files, on the reference and as native code.", "native_graphs");
  Options options;
  app.add_option("DESCRIPTION", options.description, "target.yaml of native code")->required();
  app.add_option("--codegen", options.tool, "tenon-codegen")->required();
  app.add_option("--random", options.graphs, "so many graphs")->capture_default_str();
  app.add_option("--seed", options.seed, "of the first graph, and of a replayed graph's inputs")
      ->capture_default_str();
  app.add_option("--batch", options.batch, "graphs in one module")->capture_default_str();
  app.add_option("--threads", options.threads, "that share items")->delimiter(',')->capture_default_str();
  app.add_option("--seconds", options.seconds, "most time for the runs of one module")->capture_default_str();
  app.add_option("--shrink-seconds", options.shrinkSeconds, "most time for a smaller graph")
      ->capture_default_str();
  app.add_option("--save", options.save, "where the smallest failing graph goes")->capture_default_str();
  app.add_option("--replay", options.replay, "a graph's text");
  app.add_option("--models", options.list, "a file with a line 'MODEL INPUTS OUTPUTS' for each model");
  CLI11_PARSE(app, argc, argv);
  auto description = isa::loadDescription(options.description);
  if (!description) {
    std::cerr << "error: " << llvm::toString(description.takeError()) << "\n";
    return 2;
  }
  if (!description->code) {
    std::cerr << "error: " << options.description << " describes no native code\n";
    return 2;
  }
  Session session(options, *description);
  if (!options.replay.empty())
    return session.replay();
  return options.list.empty() ? session.random() : session.models();
}

} // namespace
} // namespace tenon::test

int main(int argc, char **argv) { return tenon::test::mainOf(argc, argv); }
