// Each call as a request; large data in parts.
#include "core/runtime/DeviceProcess.h"

#include "core/support/Error.h"

#include <algorithm>
#include <cstring>

namespace tenon::runtime {

llvm::Expected<DeviceProcess> DeviceProcess::open(const DeviceOptions &options) {
  llvm::Expected<std::unique_ptr<WorkerProcess>> worker = WorkerProcess::start(options.worker, "the device");
  if (!worker)
    return worker.takeError();
  Message request(MessageKind::Open);
  request.text(options.engine).text(options.plugin).text(options.description).text(options.descriptionPath);
  request.number(options.parameters.size());
  for (const auto &[name, value] : options.parameters)
    request.text(name).text(std::to_string(value));
  request.number(options.options.size());
  for (const auto &[name, value] : options.options)
    request.text(name).text(value);
  DeviceProcess device(std::move(*worker));
  if (llvm::Error error = device.ask(request))
    return std::move(error);
  return device;
}

llvm::Error DeviceProcess::ask(const Message &request, WorkerProcess::Limit limit) {
  llvm::Expected<Message> answer = worker->ask(request, limit);
  return answer ? MessageReader(*answer).finish() : answer.takeError();
}

llvm::Expected<uint64_t> DeviceProcess::allocate(uint64_t bytes, uint64_t alignment,
                                                 std::optional<uint64_t> address) {
  Message request(MessageKind::Allocate);
  request.number(bytes).number(alignment).number(address.has_value()).number(address.value_or(0));
  llvm::Expected<Message> answer = worker->ask(request);
  if (!answer)
    return answer.takeError();
  MessageReader reader(*answer);
  uint64_t found = reader.number();
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return found;
}

llvm::Error DeviceProcess::free(uint64_t address) { return ask(Message(MessageKind::Free).number(address)); }

llvm::Error DeviceProcess::copyIn(uint64_t address, llvm::ArrayRef<uint8_t> data) {
  while (!data.empty()) {
    llvm::ArrayRef<uint8_t> part = data.take_front(mostPartBytes);
    if (llvm::Error error = ask(Message(MessageKind::CopyIn).number(address).bytes(part)))
      return error;
    address += part.size();
    data = data.drop_front(part.size());
  }
  return llvm::Error::success();
}

llvm::Error DeviceProcess::copyOut(uint64_t address, llvm::MutableArrayRef<uint8_t> data) {
  while (!data.empty()) {
    uint64_t count = std::min<uint64_t>(data.size(), mostPartBytes);
    llvm::Expected<Message> answer = worker->ask(Message(MessageKind::CopyOut).number(address).number(count));
    if (!answer)
      return answer.takeError();
    MessageReader reader(*answer);
    llvm::ArrayRef<uint8_t> part = reader.bytes();
    if (llvm::Error error = reader.finish())
      return error;
    if (part.size() != count)
      return failure(ExitCode::DeviceFailed, "the device gave " + std::to_string(part.size()) + " bytes, " +
                                                 std::to_string(count) + " were asked for");
    std::memcpy(data.data(), part.data(), count);
    address += count;
    data = data.drop_front(count);
  }
  return llvm::Error::success();
}

llvm::Error DeviceProcess::submit(llvm::ArrayRef<uint8_t> commands) {
  for (; commands.size() > mostPartBytes; commands = commands.drop_front(mostPartBytes))
    if (llvm::Error error = ask(Message(MessageKind::Commands).bytes(commands.take_front(mostPartBytes))))
      return error;
  return ask(Message(MessageKind::Submit).bytes(commands), WorkerProcess::Limit::Run);
}

llvm::Error DeviceProcess::wait() { return ask(Message(MessageKind::Wait), WorkerProcess::Limit::Run); }

llvm::Expected<std::vector<Counter>> DeviceProcess::counters() {
  llvm::Expected<Message> answer = worker->ask(Message(MessageKind::Counters));
  if (!answer)
    return answer.takeError();
  MessageReader reader(*answer);
  std::vector<Counter> result;
  // A counter takes 16 bytes at least: a wrong count ends with the payload.
  uint64_t count = std::min<uint64_t>(reader.number(), answer->payload.size() / 16);
  for (uint64_t i = 0; i < count; ++i) {
    Counter counter;
    counter.name = reader.text();
    counter.value = reader.number();
    result.push_back(std::move(counter));
  }
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return result;
}

llvm::Expected<MemoryContent> DeviceProcess::readMemory(llvm::StringRef memory, uint64_t address,
                                                        uint64_t bytes) {
  MemoryContent content;
  while (content.data.size() < bytes) {
    uint64_t done = content.data.size(), count = std::min(bytes - done, mostPartBytes);
    Message request(MessageKind::ReadMemory);
    llvm::Expected<Message> answer = worker->ask(request.text(memory).number(address + done).number(count));
    if (!answer)
      return answer.takeError();
    MessageReader reader(*answer);
    llvm::ArrayRef<uint8_t> data = reader.bytes(), known = reader.bytes();
    if (llvm::Error error = reader.finish())
      return std::move(error);
    if (data.size() != count || known.size() != count)
      return failure(ExitCode::DeviceFailed, "the device gave " + std::to_string(data.size()) + " bytes of " +
                                                 memory.str() + ", " + std::to_string(count) +
                                                 " were asked for");
    content.data.insert(content.data.end(), data.begin(), data.end());
    content.known.insert(content.known.end(), known.begin(), known.end());
  }
  return content;
}

llvm::Error DeviceProcess::writeMemory(llvm::StringRef memory, uint64_t address,
                                       llvm::ArrayRef<uint8_t> data) {
  while (!data.empty()) {
    llvm::ArrayRef<uint8_t> part = data.take_front(mostPartBytes);
    if (llvm::Error error = ask(Message(MessageKind::WriteMemory).text(memory).number(address).bytes(part)))
      return error;
    address += part.size();
    data = data.drop_front(part.size());
  }
  return llvm::Error::success();
}

llvm::Error DeviceProcess::close() {
  if (llvm::Error error = ask(Message(MessageKind::Close)))
    return error;
  return worker->stop();
}

} // namespace tenon::runtime
