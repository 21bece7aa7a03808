// A process of tenon-device-worker: starts it, sends a request and gets its answer, and tells what became of
// it when it crashes, aborts, exits or hangs. Used by one thread at a time.
#pragma once

#include "core/runtime/Message.h"

#include "llvm/Support/Error.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace tenon::runtime {

/// Where the worker is and how long it may take.
struct WorkerOptions {
  std::string program; ///< path of tenon-device-worker (see findWorker)
  /// Seconds for starting and for each request that moves data; 0: no limit.
  double requestSeconds = 60;
  /// Seconds for each request that runs commands or host code; 0: no limit.
  double runSeconds = 600;
  size_t keptLines = 20; ///< of what it prints, for the report of a failure
};

/// The worker that lies next to a tool; `tool` is the path of the running program
/// (llvm::sys::fs::getMainExecutable). ExitCode::SystemFailed where there is none.
llvm::Expected<std::string> findWorker(llvm::StringRef tool);

class WorkerProcess {
public:
  /// Starts the process and agrees on the version. `what` names it in messages ("the device").
  static llvm::Expected<std::unique_ptr<WorkerProcess>> start(const WorkerOptions &options, std::string what);
  /// Kills it if it still runs.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess &) = delete;
  WorkerProcess &operator=(const WorkerProcess &) = delete;

  enum class Limit : uint8_t { Request, Run };
  /// Sends a request and waits for its answer. Failure(DeviceFailed) with what happened where there is none,
  /// and for every request after that; a refusal of the worker's has the code that it gave.
  llvm::Expected<Message> ask(const Message &request, Limit limit = Limit::Request);

  /// Ends it in order. Nothing may be asked after that.
  llvm::Error stop();

  int processId() const { return process; }

private:
  WorkerProcess() = default;
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  llvm::Error spawn(const WorkerOptions &options);
  llvm::Error send(llvm::ArrayRef<uint8_t> bytes, Deadline deadline, llvm::StringRef request);
  llvm::Error receive(llvm::MutableArrayRef<uint8_t> bytes, Deadline deadline, llvm::StringRef request);
  llvm::Error waitFor(short events, Deadline deadline, llvm::StringRef request);
  llvm::Error ended(llvm::StringRef request);
  llvm::Error late(llvm::StringRef request);
  llvm::Error broken(std::string message);
  void readOutput();
  std::string outputText() const;
  void kill();

  WorkerOptions options;
  std::string what;
  int process = -1;
  int socket = -1;
  int output = -1;            ///< what it prints, the reading end
  std::string printed;        ///< the last of it
  std::string failureMessage; ///< why nothing can be asked any more; empty: it can
};

} // namespace tenon::runtime
