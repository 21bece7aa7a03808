// The parent's end: a socket for messages and a pipe for what the worker prints, both watched while anything
// is waited for, so that neither a full pipe nor a silent worker can hold us.
#include "core/runtime/WorkerProcess.h"

#include "core/runtime/FileFailure.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // what posix_spawn takes; POSIX declares it nowhere

namespace tenon::runtime {
namespace {

constexpr size_t mostPrinted = 64 << 10;

llvm::Error systemFailed(const llvm::Twine &what) {
  return failure(ExitCode::SystemFailed, (what + ": " + std::strerror(errno)).str());
}

void closeDescriptor(int &descriptor) {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

/// How a process ended, as waitpid tells it.
std::string endText(int status) {
  if (WIFSIGNALED(status)) {
    const char *name = sigabbrev_np(WTERMSIG(status));
    return "was ended by signal " + std::to_string(WTERMSIG(status)) +
           (name ? std::string(" (SIG") + name + ")" : std::string());
  }
  return "exited with " + std::to_string(WEXITSTATUS(status));
}

std::string secondsText(double seconds) {
  return numberText(seconds) + (seconds == 1 ? " second" : " seconds");
}

} // namespace

llvm::Expected<std::string> findWorker(llvm::StringRef tool) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(tool));
  llvm::sys::path::append(path, "tenon-device-worker");
  if (llvm::sys::fs::can_execute(path))
    return path.str().str();
  return failureAt(ExitCode::SystemFailed, path.str().str(),
                   "the program that runs devices is not there or not executable",
                   "install tenon-device-worker next to " + llvm::sys::path::filename(tool).str());
}

llvm::Expected<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const WorkerOptions &options,
                                                                    std::string what) {
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess());
  worker->options = options;
  worker->what = std::move(what);
  if (llvm::Error error = worker->spawn(options))
    return std::move(error);
  llvm::Expected<Message> answer = worker->ask(Message(MessageKind::Hello).number(protocolVersion));
  if (!answer)
    return answer.takeError();
  MessageReader reader(*answer);
  uint64_t version = reader.number();
  if (llvm::Error error = reader.finish())
    return std::move(error);
  if (version != protocolVersion)
    return failureAt(ExitCode::SystemFailed, options.program,
                     "the worker speaks version " + std::to_string(version) +
                         " of the messages, this program version " + std::to_string(protocolVersion),
                     "install both from one build");
  return std::move(worker);
}

WorkerProcess::~WorkerProcess() { kill(); }

void WorkerProcess::kill() {
  closeDescriptor(socket);
  if (process > 0) {
    ::kill(process, SIGKILL);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR)
      ;
    process = -1;
  }
  closeDescriptor(output);
}

llvm::Error WorkerProcess::spawn(const WorkerOptions &spawnOptions) {
  int sockets[2] = {-1, -1}, pipes[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return systemFailed("no connection to a worker can be made");
  socket = sockets[0];
  if (::pipe2(pipes, O_CLOEXEC) != 0) {
    llvm::Error error = systemFailed("no pipe to a worker can be made");
    closeDescriptor(sockets[1]);
    return error;
  }
  output = pipes[0];
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
  ::fcntl(output, F_SETFL, O_NONBLOCK);

  // Standard output too goes to what is kept: it must not mix with the tool's own. Descriptor 3 is the
  // connection; the sources are moved out of the way first, should they be among the targets.
  int child = ::fcntl(sockets[1], F_DUPFD_CLOEXEC, 10), childOutput = ::fcntl(pipes[1], F_DUPFD_CLOEXEC, 10);
  closeDescriptor(sockets[1]);
  closeDescriptor(pipes[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, childOutput, 1);
  posix_spawn_file_actions_adddup2(&actions, childOutput, 2);
  posix_spawn_file_actions_adddup2(&actions, child, 3);
  std::string program = spawnOptions.program;
  char *arguments[] = {program.data(), nullptr};
  pid_t made = -1;
  int code = ::posix_spawn(&made, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  closeDescriptor(child);
  closeDescriptor(childOutput);
  if (code != 0)
    return failureAt(ExitCode::SystemFailed, program,
                     "the worker cannot be started: " + std::string(std::strerror(code)));
  process = made;
  return llvm::Error::success();
}

/// Keeps the end of what the worker prints.
void WorkerProcess::readOutput() {
  char part[4096];
  for (;;) {
    ssize_t count = ::read(output, part, sizeof(part));
    if (count > 0) {
      printed.append(part, size_t(count));
      if (printed.size() > 2 * mostPrinted)
        printed.erase(0, printed.size() - mostPrinted);
      continue;
    }
    if (count == 0)
      closeDescriptor(output);
    else if (errno == EINTR)
      continue;
    return;
  }
}

/// "; it printed last: a | b".
std::string WorkerProcess::outputText() const {
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(printed).split(lines, '\n', -1, /*KeepEmpty=*/false);
  if (lines.empty())
    return "";
  std::string text;
  for (size_t i = lines.size() > options.keptLines ? lines.size() - options.keptLines : 0; i < lines.size();
       ++i)
    text += (text.empty() ? "" : " | ") + lines[i].trim().take_front(500).str();
  return text.empty() ? "" : "; it printed last: " + printable(text);
}

llvm::Error WorkerProcess::broken(std::string message) {
  failureMessage = message;
  return failure(ExitCode::DeviceFailed, std::move(message));
}

/// The connection is closed: the process has ended, or is about to.
llvm::Error WorkerProcess::ended(llvm::StringRef request) {
  closeDescriptor(socket);
  int status = 0;
  pid_t found = 0;
  // A process that has closed its connection and does not end is not waited for.
  for (int i = 0; i < 100 && (found = ::waitpid(process, &status, WNOHANG)) == 0; ++i)
    ::usleep(10000);
  if (output >= 0)
    readOutput();
  std::string end = "closed its connection";
  if (found == process) {
    process = -1;
    end = endText(status);
  }
  kill();
  return broken(what + "'s process " + end + " at " + request.str() + outputText());
}

llvm::Error WorkerProcess::late(llvm::StringRef request) {
  if (output >= 0)
    readOutput();
  kill();
  bool runs = request == requestName(MessageKind::Wait) || request == requestName(MessageKind::Submit) ||
              request == requestName(MessageKind::HostCall);
  double limit = runs ? options.runSeconds : options.requestSeconds;
  return broken(what + "'s process did not finish " + request.str() + " within " + secondsText(limit) +
                " and was ended" + outputText());
}

/// Until the socket is ready for what is wanted; reads what is printed meanwhile.
llvm::Error WorkerProcess::waitFor(short events, Deadline deadline, llvm::StringRef request) {
  for (;;) {
    pollfd watched[2] = {{socket, events, 0}, {output, POLLIN, 0}};
    int milliseconds = -1;
    if (deadline) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0)
        return late(request);
      milliseconds = int(std::min<int64_t>(left.count(), 1 << 30));
    }
    int ready = ::poll(watched, 2, milliseconds);
    if (ready < 0 && errno != EINTR)
      return systemFailed("the connection to a worker cannot be watched");
    if (ready <= 0)
      continue;
    if (watched[1].revents)
      readOutput();
    if (watched[0].revents)
      return llvm::Error::success();
  }
}

llvm::Error WorkerProcess::send(llvm::ArrayRef<uint8_t> bytes, Deadline deadline, llvm::StringRef request) {
  while (!bytes.empty()) {
    ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes = bytes.drop_front(size_t(count));
      continue;
    }
    if (errno == EPIPE || errno == ECONNRESET)
      return ended(request);
    if (errno != EINTR && errno != EAGAIN)
      return systemFailed("a worker cannot be written to");
    if (errno == EAGAIN)
      if (llvm::Error error = waitFor(POLLOUT, deadline, request))
        return error;
  }
  return llvm::Error::success();
}

llvm::Error WorkerProcess::receive(llvm::MutableArrayRef<uint8_t> bytes, Deadline deadline,
                                   llvm::StringRef request) {
  while (!bytes.empty()) {
    ssize_t count = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (count > 0) {
      bytes = bytes.drop_front(size_t(count));
      continue;
    }
    if (count == 0 || errno == ECONNRESET)
      return ended(request);
    if (errno != EINTR && errno != EAGAIN)
      return systemFailed("a worker cannot be read from");
    if (errno == EAGAIN)
      if (llvm::Error error = waitFor(POLLIN, deadline, request))
        return error;
  }
  return llvm::Error::success();
}

llvm::Expected<Message> WorkerProcess::ask(const Message &request, Limit limit) {
  if (!failureMessage.empty())
    return failure(ExitCode::DeviceFailed, "nothing more can be asked: " + failureMessage);
  llvm::StringRef name = requestName(request.kind);
  if (request.payload.size() > mostPayloadBytes)
    return failure(ExitCode::OwnFault, "a message of " + name.str() + " has " +
                                           std::to_string(request.payload.size()) + " bytes, the most is " +
                                           std::to_string(mostPayloadBytes));
  double seconds = limit == Limit::Run ? options.runSeconds : options.requestSeconds;
  Deadline deadline;
  if (seconds > 0)
    deadline =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                               std::chrono::duration<double>(std::min(seconds, 1e9)));
  MessageHeader header;
  header.kind = uint32_t(request.kind);
  header.bytes = request.payload.size();
  if (llvm::Error error = send({reinterpret_cast<const uint8_t *>(&header), sizeof(header)}, deadline, name))
    return std::move(error);
  if (llvm::Error error = send(request.payload, deadline, name))
    return std::move(error);
  MessageHeader found;
  if (llvm::Error error = receive({reinterpret_cast<uint8_t *>(&found), sizeof(found)}, deadline, name))
    return std::move(error);
  bool isAnswer = found.kind == uint32_t(MessageKind::Done) || found.kind == uint32_t(MessageKind::Refused);
  if (found.magic != messageMagic || !isAnswer || found.bytes > mostPayloadBytes) {
    kill();
    return broken(what + "'s process answered " + name.str() + " with something that is no message" +
                  outputText());
  }
  Message answer{MessageKind(found.kind)};
  answer.payload.resize(found.bytes);
  if (llvm::Error error = receive(answer.payload, deadline, name))
    return std::move(error);
  if (answer.kind == MessageKind::Done)
    return answer;
  MessageReader reader(answer);
  auto code = ExitCode(int(reader.number()));
  std::string message = reader.text();
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return failure(code, printable(message));
}

llvm::Error WorkerProcess::stop() {
  if (!failureMessage.empty())
    return failure(ExitCode::DeviceFailed, failureMessage);
  failureMessage = what + " is closed";
  closeDescriptor(socket); // the worker's sign to end; what it has registered for its exit runs
  int status = 0;
  for (int i = 0; i < 200; ++i) {
    if (::waitpid(process, &status, WNOHANG) != process) {
      ::usleep(10000);
      continue;
    }
    process = -1;
    if (output >= 0)
      readOutput();
    closeDescriptor(output);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
      return llvm::Error::success();
    return failure(ExitCode::DeviceFailed,
                   what + "'s process " + endText(status) + " at its end" + outputText());
  }
  kill();
  return failure(ExitCode::DeviceFailed,
                 what + "'s process did not end within 2 seconds and was ended" + outputText());
}

} // namespace tenon::runtime
