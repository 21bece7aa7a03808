// A child that runs all calls, and its parent that compares.
#include "tests/conformance/NativeCases.h"

#include "core/driver/BoundedCheck.h"
#include "core/host/HostStatus.h"
#include "core/reference/ErrorBound.h"
#include "core/support/Error.h"

#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::test {

namespace {

using reference::BoundedRun;
using reference::Tensor;

/// Memory that a child writes and its parent reads.
class SharedMemory {
public:
  explicit SharedMemory(size_t size) : bytes(std::max<size_t>(size, 1)) {
    address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  }
  ~SharedMemory() { munmap(address, bytes); }
  SharedMemory(const SharedMemory &) = delete;
  SharedMemory &operator=(const SharedMemory &) = delete;
  char *data() { return static_cast<char *>(address); }

private:
  size_t bytes;
  void *address = nullptr;
};

constexpr size_t messageBytes = 1024; ///< of a run that could not be made

/// One call of an entry: its case, inference and threads, and where the child puts what came of it.
struct Call {
  unsigned number = 0, inference = 0, threads = 1; ///< number: of the case
  size_t place = 0;                                ///< status, then the outputs
  size_t bytes = 0;
};

struct Prepared {
  std::optional<unsigned> graph;               ///< in the batch
  std::vector<std::optional<BoundedRun>> want; ///< nothing: the reference has no result
};

class CaseRun {
public:
  CaseRun(const isa::Description &description, llvm::ArrayRef<NativeCase> cases, const CaseOptions &options)
      : cases(cases), options(options), bounds(driver::boundOptionsOf(description)), batch(description),
        outcomes(cases.size()), prepared(cases.size()) {}

  llvm::Expected<std::vector<CaseOutcome>> run() {
    for (unsigned number = 0; number < cases.size(); ++number)
      prepare(number);
    if (batch.size() == 0)
      return std::move(outcomes);
    if (llvm::Error wrong = batch.compile(options.codegen))
      return std::move(wrong);
    list();
    SharedMemory memory(total);
    for (size_t next = 0; next < calls.size();)
      next = runFrom(next, memory);
    return std::move(outcomes);
  }

private:
  void prepare(unsigned number) {
    const NativeCase &one = cases[number];
    auto graph = batch.add(*one.program);
    if (!graph) {
      outcomes[number].wrong = "planning: " + llvm::toString(graph.takeError());
      return;
    }
    prepared[number].graph = *graph;
    const native::NativePlan &plan = batch.plan(*graph);
    for (auto [layer, result] : llvm::zip_equal(plan.layers, plan.results)) {
      outcomes[number].macs += layer.macs;
      outcomes[number].portableMacs += result.intrinsics.empty() ? layer.macs : 0;
    }
    for (const std::vector<Tensor> &inputs : one.inferences) {
      auto want = reference::runWithBounds(*one.program, inputs, {}, bounds);
      prepared[number].want.emplace_back();
      if (want)
        prepared[number].want.back() = std::move(*want);
      else if (report(want.takeError()).code == ExitCode::OwnFault)
        outcomes[number].wrong = "the reference fails";
    }
  }

  void list() {
    for (unsigned number = 0; number < cases.size(); ++number) {
      if (!prepared[number].graph)
        continue;
      size_t bytes = sizeof(int32_t) * 2;
      for (unsigned output : cases[number].program->outputs) {
        const reference::Value &value = cases[number].program->values[output];
        bytes += Tensor::byteCount(value.type, value.shape);
      }
      bytes = std::max(bytes, sizeof(int32_t) * 2 + messageBytes);
      for (unsigned threads : options.threads)
        for (unsigned inference = 0; inference < cases[number].inferences.size(); ++inference) {
          calls.push_back({number, inference, threads, total, bytes});
          total += bytes;
        }
    }
  }

  void runInChild(size_t next, SharedMemory &memory) {
    alarm(options.seconds);
    for (; next < calls.size(); ++next) {
      const Call &call = calls[next];
      auto result = batch.run(*prepared[call.number].graph, cases[call.number].inferences[call.inference],
                              call.threads);
      if (!result) {
        std::string said = llvm::toString(result.takeError()).substr(0, messageBytes - 1);
        std::memcpy(memory.data() + call.place + 2 * sizeof(int32_t), said.c_str(), said.size() + 1);
        int32_t words[2] = {2, 0};
        std::memcpy(memory.data() + call.place, words, sizeof(words));
        continue;
      }
      char *to = memory.data() + call.place + 2 * sizeof(int32_t);
      for (const Tensor &output : result->outputs) {
        std::memcpy(to, output.bytes.data(), output.bytes.size());
        to += output.bytes.size();
      }
      int32_t words[2] = {1, result->status};
      std::memcpy(memory.data() + call.place, words, sizeof(words));
    }
    _exit(0);
  }

  /// Runs the calls from `next` on in a child; gives the first that it did not come to.
  size_t runFrom(size_t next, SharedMemory &memory) {
    pid_t child = fork();
    if (child == 0)
      runInChild(next, memory);
    int state = 0;
    waitpid(child, &state, 0);
    for (; next < calls.size(); ++next) {
      int32_t words[2] = {0, 0};
      std::memcpy(words, memory.data() + calls[next].place, sizeof(words));
      if (words[0] == 0)
        break;
      if (words[0] == 2)
        note(calls[next], memory.data() + calls[next].place + sizeof(words));
      else
        compare(calls[next], words[1], memory.data() + calls[next].place + sizeof(words));
    }
    if (next == calls.size())
      return next;
    std::string end = WIFSIGNALED(state) ? fmt::format("the code ended with signal {}", WTERMSIG(state))
                                         : fmt::format("the child ended with {}", WEXITSTATUS(state));
    unsigned crashed = calls[next].number;
    note(calls[next], end);
    while (next < calls.size() && calls[next].number == crashed)
      ++next;
    return next;
  }

  void note(const Call &call, const std::string &text) {
    CaseOutcome &outcome = outcomes[call.number];
    if (outcome.wrong.empty())
      outcome.wrong = fmt::format("inference {}, {} threads: {}", call.inference, call.threads, text);
  }

  void compare(const Call &call, int32_t status, const char *bytes) {
    const std::optional<BoundedRun> &want = prepared[call.number].want[call.inference];
    CaseOutcome &outcome = outcomes[call.number];
    if (!want || status != 0) {
      if (want.has_value() == (status != 0))
        note(call, "the status is '" + host::hostStatusText(status) + "', the reference " +
                       (want ? "has a result" : "has none"));
      return;
    }
    std::vector<Tensor> outputs;
    for (auto [number, wanted] : llvm::enumerate(want->outputs)) {
      Tensor got{wanted.type, wanted.shape, std::vector<char>(bytes, bytes + wanted.bytes.size())};
      bytes += wanted.bytes.size();
      ++outcome.compared;
      outcome.exact += got.bytes == wanted.bytes;
      std::string beyond = beyondBound(got, wanted, want->bounds[number]);
      if (!beyond.empty())
        note(call, fmt::format("output {}: {}", number, beyond));
      outputs.push_back(std::move(got));
    }
    outcome.outputs.resize(cases[call.number].inferences.size());
    outcome.outputs[call.inference] = std::move(outputs);
  }

  llvm::ArrayRef<NativeCase> cases;
  const CaseOptions &options;
  reference::BoundOptions bounds;
  NativeBatch batch;
  std::vector<CaseOutcome> outcomes;
  std::vector<Prepared> prepared;
  std::vector<Call> calls;
  size_t total = 0;
};

} // namespace

llvm::Expected<std::vector<CaseOutcome>>
runCases(const isa::Description &description, llvm::ArrayRef<NativeCase> cases, const CaseOptions &options) {
  return CaseRun(description, cases, options).run();
}

} // namespace tenon::test
