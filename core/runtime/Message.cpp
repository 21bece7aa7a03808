// Payloads: numbers in the host's order, bytes and texts behind their count.
#include "core/runtime/Message.h"

#include "core/support/Error.h"

#include <cstring>

namespace tenon::runtime {

llvm::StringRef requestName(MessageKind kind) {
  switch (kind) {
  case MessageKind::Hello:
    return "its start";
  case MessageKind::Open:
    return "open";
  case MessageKind::Allocate:
    return "allocate";
  case MessageKind::Free:
    return "free";
  case MessageKind::CopyIn:
    return "copy in";
  case MessageKind::CopyOut:
    return "copy out";
  case MessageKind::Commands:
  case MessageKind::Submit:
    return "submit";
  case MessageKind::Wait:
    return "wait";
  case MessageKind::Counters:
    return "counters";
  case MessageKind::ReadMemory:
    return "reading a memory";
  case MessageKind::WriteMemory:
    return "writing a memory";
  case MessageKind::Close:
    return "close";
  case MessageKind::HostLoad:
    return "loading the host's functions";
  case MessageKind::HostBuffer:
  case MessageKind::HostWrite:
  case MessageKind::HostRead:
    return "a copy of the host's buffers";
  case MessageKind::HostCall:
    return "a call of a host function";
  case MessageKind::Done:
  case MessageKind::Refused:
    return "an answer";
  }
  return "an unknown request";
}

Message &Message::number(uint64_t value) {
  size_t at = payload.size();
  payload.resize(at + sizeof(value));
  std::memcpy(payload.data() + at, &value, sizeof(value));
  return *this;
}

Message &Message::bytes(llvm::ArrayRef<uint8_t> data) {
  number(data.size());
  payload.insert(payload.end(), data.begin(), data.end());
  return *this;
}

Message &Message::text(llvm::StringRef data) {
  return bytes({reinterpret_cast<const uint8_t *>(data.data()), data.size()});
}

uint64_t MessageReader::number() {
  uint64_t value = 0;
  if (message.payload.size() - position < sizeof(value)) {
    cut = true;
    return 0;
  }
  std::memcpy(&value, message.payload.data() + position, sizeof(value));
  position += sizeof(value);
  return value;
}

llvm::ArrayRef<uint8_t> MessageReader::bytes() {
  uint64_t count = number();
  if (cut || message.payload.size() - position < count) {
    cut = true;
    return {};
  }
  llvm::ArrayRef<uint8_t> result(message.payload.data() + position, count);
  position += count;
  return result;
}

std::string MessageReader::text() {
  llvm::ArrayRef<uint8_t> found = bytes();
  return std::string(found.begin(), found.end());
}

llvm::Error MessageReader::finish() const {
  if (!cut && position == message.payload.size())
    return llvm::Error::success();
  return failure(ExitCode::DeviceFailed, "a message of " + requestName(message.kind).str() + " has " +
                                             std::to_string(message.payload.size()) + " bytes, " +
                                             (cut ? "its content has more" : "its content has fewer"));
}

} // namespace tenon::runtime
