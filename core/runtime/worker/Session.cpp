// Every request has one answer: Done with what was asked for, or Refused with an exit code and a message.
// What the device does beyond that, crash or hang, is the parent's to find.
#include "core/runtime/worker/Session.h"

#include "core/runtime/worker/Plugin.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace tenon::runtime {
namespace {

ExitCode exitCode(int32_t status) {
  switch (status) {
  case TENON_DEVICE_WRONG_USE:
    return ExitCode::WrongUse;
  case TENON_DEVICE_UNSUPPORTED:
    return ExitCode::TargetCannot;
  case TENON_DEVICE_WRONG_INPUT:
    return ExitCode::WrongInput;
  default:
    return ExitCode::DeviceFailed;
  }
}

/// Names and values that an open passes on.
struct Settings {
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<TenonDeviceSetting> items;

  void read(MessageReader &reader, uint64_t payload) {
    uint64_t count = std::min<uint64_t>(reader.number(), payload / 16); // each takes 16 bytes at least
    for (uint64_t i = 0; i < count; ++i) {
      std::string name = reader.text();
      texts.emplace_back(std::move(name), reader.text());
    }
    for (const auto &[name, value] : texts)
      items.push_back({name.c_str(), value.c_str()});
  }
};

class Session {
public:
  explicit Session(llvm::ArrayRef<Engine> engines) : engines(engines) {}
  ~Session() { close(); }
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  Message answer(const Message &request);

private:
  llvm::Expected<Message> handle(const Message &request);
  llvm::Expected<Message> open(const Message &request);
  llvm::Expected<const TenonDeviceInterface *> find(const std::string &engine,
                                                    const std::string &plugin) const;
  llvm::Expected<Message> handleMemory(const Message &request);
  llvm::Expected<Message> handleCommands(const Message &request);
  llvm::Expected<Message> counters();
  llvm::Expected<Message> handleInside(const Message &request);
  llvm::Expected<Message> handleHost(const Message &request);
  llvm::Error check(int32_t status) const;
  void close() {
    if (device)
      table->close(device);
    device = nullptr;
  }

  llvm::ArrayRef<Engine> engines;
  const TenonDeviceInterface *table = nullptr;
  TenonDevice *device = nullptr;
  std::vector<uint8_t> commands; ///< that came before their submit
  HostFunctions host;
};

llvm::Error Session::check(int32_t status) const {
  if (status == TENON_DEVICE_DONE)
    return llvm::Error::success();
  const char *text = table->lastError(device);
  std::string message =
      text && *text ? text : "the device says nothing about status " + std::to_string(status);
  return failure(exitCode(status), std::move(message));
}

llvm::Expected<const TenonDeviceInterface *> Session::find(const std::string &engine,
                                                           const std::string &plugin) const {
  if (!plugin.empty())
    return loadPlugin(plugin);
  std::string known;
  for (const Engine &own : engines) {
    if (own.name == engine)
      return own.interface;
    known += (known.empty() ? "" : ", ") + own.name;
  }
  return failure(ExitCode::WrongUse, "there is no engine " + engine + ", there are: " + known);
}

llvm::Expected<Message> Session::open(const Message &request) {
  MessageReader reader(request);
  std::string engine = reader.text(), plugin = reader.text(), description = reader.text(),
              path = reader.text();
  Settings parameters, own;
  parameters.read(reader, request.payload.size());
  own.read(reader, request.payload.size());
  if (llvm::Error error = reader.finish())
    return std::move(error);
  if (device)
    return failure(ExitCode::OwnFault, "the worker has a device open, it takes one");
  llvm::Expected<const TenonDeviceInterface *> found = find(engine, plugin);
  if (!found)
    return found.takeError();
  table = *found;
  TenonDeviceOpenOptions options = {};
  options.size = sizeof(options);
  options.version = TENON_DEVICE_VERSION;
  options.description = description.c_str();
  options.descriptionBytes = description.size();
  options.descriptionPath = path.c_str();
  options.parameters = parameters.items.data();
  options.parameterCount = parameters.items.size();
  options.options = own.items.data();
  options.optionCount = own.items.size();
  int32_t status = table->open(&options, &device);
  if (status != TENON_DEVICE_DONE)
    device = nullptr;
  if (llvm::Error error = check(status))
    return std::move(error);
  if (!device)
    return failure(ExitCode::DeviceFailed, "the device's open succeeded and gave no device");
  return Message(MessageKind::Done);
}

llvm::Expected<Message> Session::handleMemory(const Message &request) {
  MessageReader reader(request);
  Message done(MessageKind::Done);
  int32_t status = TENON_DEVICE_DONE;
  if (request.kind == MessageKind::Allocate) {
    TenonDeviceAllocation allocation = {};
    allocation.size = sizeof(allocation);
    allocation.version = TENON_DEVICE_VERSION;
    allocation.bytes = reader.number();
    allocation.alignment = reader.number();
    allocation.fixed = reader.number();
    allocation.address = reader.number();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    status = table->allocate(device, &allocation);
    done.number(allocation.address);
  } else if (request.kind == MessageKind::Free) {
    uint64_t address = reader.number();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    status = table->free(device, address);
  } else if (request.kind == MessageKind::CopyIn) {
    uint64_t address = reader.number();
    llvm::ArrayRef<uint8_t> data = reader.bytes();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    status = table->copyIn(device, address, data.data(), data.size());
  } else {
    uint64_t address = reader.number(), count = reader.number();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    std::vector<uint8_t> data(std::min(count, mostPartBytes));
    status = table->copyOut(device, address, data.data(), data.size());
    done.bytes(data);
  }
  if (llvm::Error error = check(status))
    return std::move(error);
  return done;
}

llvm::Expected<Message> Session::handleCommands(const Message &request) {
  MessageReader reader(request);
  if (request.kind == MessageKind::Wait) {
    if (llvm::Error error = reader.finish())
      return std::move(error);
    if (llvm::Error error = check(table->wait(device)))
      return std::move(error);
    return Message(MessageKind::Done);
  }
  llvm::ArrayRef<uint8_t> part = reader.bytes();
  if (llvm::Error error = reader.finish())
    return std::move(error);
  commands.insert(commands.end(), part.begin(), part.end());
  if (request.kind == MessageKind::Commands)
    return Message(MessageKind::Done);
  std::vector<uint8_t> all = std::move(commands);
  commands.clear();
  if (llvm::Error error = check(table->submit(device, all.data(), all.size())))
    return std::move(error);
  return Message(MessageKind::Done);
}

llvm::Expected<Message> Session::counters() {
  TenonDeviceCounters found = {};
  found.size = sizeof(found);
  found.version = TENON_DEVICE_VERSION;
  if (llvm::Error error = check(table->counters(device, &found)))
    return std::move(error);
  Message done(MessageKind::Done);
  done.number(found.count);
  for (uint64_t i = 0; i < found.count; ++i)
    done.text(found.items[i].name).number(found.items[i].value);
  if (done.payload.size() > mostPayloadBytes)
    return failure(ExitCode::DeviceFailed, "the device has " + std::to_string(found.count) +
                                               " counters, a message does not hold so many");
  return done;
}

/// Reads and writes of the device's own memories.
llvm::Expected<Message> Session::handleInside(const Message &request) {
  MessageReader reader(request);
  std::string memory = reader.text();
  uint64_t address = reader.number();
  bool writes = request.kind == MessageKind::WriteMemory;
  llvm::ArrayRef<uint8_t> given = writes ? reader.bytes() : llvm::ArrayRef<uint8_t>();
  uint64_t count = writes ? 0 : std::min(reader.number(), mostPartBytes);
  if (llvm::Error error = reader.finish())
    return std::move(error);
  if (writes ? !table->writeMemory : !table->readMemory)
    return failure(ExitCode::TargetCannot, std::string("the device has no access from outside to ") +
                                               (writes ? "write " : "read ") + memory);
  Message done(MessageKind::Done);
  if (writes) {
    if (llvm::Error error =
            check(table->writeMemory(device, memory.c_str(), address, given.data(), given.size())))
      return std::move(error);
    return done;
  }
  std::vector<uint8_t> data(count), known(count, 1);
  if (llvm::Error error =
          check(table->readMemory(device, memory.c_str(), address, data.data(), known.data(), count)))
    return std::move(error);
  return done.bytes(data).bytes(known);
}

llvm::Expected<Message> Session::handleHost(const Message &request) {
  MessageReader reader(request);
  Message done(MessageKind::Done);
  if (request.kind == MessageKind::HostLoad) {
    std::string path = reader.text();
    std::vector<std::string> names(std::min<uint64_t>(reader.number(), request.payload.size() / 8));
    for (std::string &name : names)
      name = reader.text();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    if (llvm::Error error = host.load(path, names))
      return std::move(error);
    return done;
  }
  if (request.kind == MessageKind::HostBuffer) {
    uint64_t bytes = reader.number();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    llvm::Expected<uint64_t> number = host.allocate(bytes);
    if (!number)
      return number.takeError();
    return done.number(*number);
  }
  if (request.kind == MessageKind::HostCall) {
    uint64_t function = reader.number();
    std::vector<uint64_t> buffers(std::min<uint64_t>(reader.number(), request.payload.size() / 8));
    for (uint64_t &buffer : buffers)
      buffer = reader.number();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    llvm::Expected<int32_t> status = host.call(function, buffers);
    if (!status)
      return status.takeError();
    return done.number(uint32_t(*status));
  }
  uint64_t buffer = reader.number(), offset = reader.number();
  bool writes = request.kind == MessageKind::HostWrite;
  llvm::ArrayRef<uint8_t> data = writes ? reader.bytes() : llvm::ArrayRef<uint8_t>();
  uint64_t count = writes ? data.size() : std::min(reader.number(), mostPartBytes);
  if (llvm::Error error = reader.finish())
    return std::move(error);
  llvm::Expected<llvm::MutableArrayRef<uint8_t>> part = host.part(buffer, offset, count);
  if (!part)
    return part.takeError();
  if (!writes)
    return done.bytes(*part);
  std::copy(data.begin(), data.end(), part->begin());
  return done;
}

llvm::Expected<Message> Session::handle(const Message &request) {
  switch (request.kind) {
  case MessageKind::Hello:
    return Message(MessageKind::Done).number(protocolVersion);
  case MessageKind::Open:
    return open(request);
  case MessageKind::HostLoad:
  case MessageKind::HostBuffer:
  case MessageKind::HostWrite:
  case MessageKind::HostRead:
  case MessageKind::HostCall:
    return handleHost(request);
  default:
    break;
  }
  if (!device)
    return failure(ExitCode::WrongUse, "no device is open");
  switch (request.kind) {
  case MessageKind::Allocate:
  case MessageKind::Free:
  case MessageKind::CopyIn:
  case MessageKind::CopyOut:
    return handleMemory(request);
  case MessageKind::Commands:
  case MessageKind::Submit:
  case MessageKind::Wait:
    return handleCommands(request);
  case MessageKind::Counters:
    return counters();
  case MessageKind::ReadMemory:
  case MessageKind::WriteMemory:
    return handleInside(request);
  case MessageKind::Close:
    close();
    return Message(MessageKind::Done);
  default:
    return failure(ExitCode::OwnFault,
                   "the request " + std::to_string(uint32_t(request.kind)) + " is unknown");
  }
}

Message Session::answer(const Message &request) {
  llvm::Expected<Message> done = handle(request);
  if (done)
    return std::move(*done);
  FailureReport failed = report(done.takeError());
  std::string text;
  for (const Diagnostic &diagnostic : failed.diagnostics)
    text += (text.empty() ? "" : "\n") + toString(diagnostic);
  text.resize(std::min<size_t>(text.size(), 1 << 20));
  return std::move(Message(MessageKind::Refused).number(uint64_t(failed.code)).text(text));
}

/// False at the end of the connection.
bool receiveAll(int connection, void *data, size_t bytes) {
  for (auto *at = static_cast<char *>(data); bytes;) {
    ssize_t count = ::recv(connection, at, bytes, 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    at += count;
    bytes -= size_t(count);
  }
  return true;
}

bool sendAll(int connection, const void *data, size_t bytes) {
  for (auto *at = static_cast<const char *>(data); bytes;) {
    ssize_t count = ::send(connection, at, bytes, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    at += count;
    bytes -= size_t(count);
  }
  return true;
}

} // namespace

int serve(int connection, llvm::ArrayRef<Engine> engines) {
  Session session(engines);
  MessageHeader header;
  while (receiveAll(connection, &header, sizeof(header))) {
    if (header.magic != messageMagic || header.bytes > mostPayloadBytes)
      return int(ExitCode::OwnFault);
    Message request{MessageKind(header.kind)};
    request.payload.resize(header.bytes);
    if (!receiveAll(connection, request.payload.data(), header.bytes))
      break;
    Message answer = session.answer(request);
    header = {};
    header.kind = uint32_t(answer.kind);
    header.bytes = answer.payload.size();
    if (!sendAll(connection, &header, sizeof(header)) ||
        !sendAll(connection, answer.payload.data(), answer.payload.size()))
      break;
  }
  return 0;
}

} // namespace tenon::runtime
