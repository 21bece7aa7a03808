// A device or a simulator in a process of its own: the interface of tenon_device.h as a C++ class. Whatever
// happens to that process is a Failure(DeviceFailed) here. Used by one thread at a time.
#pragma once

#include "core/runtime/WorkerProcess.h"

#include <map>

namespace tenon::runtime {

struct DeviceOptions {
  WorkerOptions worker;
  std::string engine = "spec";               ///< an engine that the worker has itself; not used with a plugin
  std::string plugin;                        ///< path of a shared library (tenon_device.h)
  std::string description;                   ///< the text of target.yaml
  std::string descriptionPath;               ///< where it was read from, for messages
  std::map<std::string, int64_t> parameters; ///< values that replace those of the description's parameters
  std::map<std::string, std::string> options; ///< of the device
};

struct Counter {
  std::string name;
  uint64_t value = 0;
  bool operator==(const Counter &) const = default;
};

/// What a memory holds.
struct MemoryContent {
  std::vector<uint8_t> data;
  std::vector<uint8_t> known; ///< for each byte 1, or 0 where nothing has defined its value
};

class DeviceProcess {
public:
  static llvm::Expected<DeviceProcess> open(const DeviceOptions &options);

  /// Reserves a range of global memory, at `address` if one is given; gives where it starts.
  llvm::Expected<uint64_t> allocate(uint64_t bytes, uint64_t alignment = 1,
                                    std::optional<uint64_t> address = std::nullopt);
  llvm::Error free(uint64_t address);
  llvm::Error copyIn(uint64_t address, llvm::ArrayRef<uint8_t> data);
  llvm::Error copyOut(uint64_t address, llvm::MutableArrayRef<uint8_t> data);
  llvm::Error submit(llvm::ArrayRef<uint8_t> commands);
  llvm::Error wait();
  llvm::Expected<std::vector<Counter>> counters();

  /// Access from outside to a memory of the description, by its name; addresses count bytes from its start.
  /// ExitCode::TargetCannot where the device has no such access.
  llvm::Expected<MemoryContent> readMemory(llvm::StringRef memory, uint64_t address, uint64_t bytes);
  llvm::Error writeMemory(llvm::StringRef memory, uint64_t address, llvm::ArrayRef<uint8_t> data);
  /// Closes the device and ends the process. Without it the process is killed with this object.
  llvm::Error close();

  int processId() const { return worker->processId(); }

private:
  explicit DeviceProcess(std::unique_ptr<WorkerProcess> started) : worker(std::move(started)) {}
  llvm::Error ask(const Message &request, WorkerProcess::Limit limit = WorkerProcess::Limit::Request);

  std::unique_ptr<WorkerProcess> worker;
};

} // namespace tenon::runtime
