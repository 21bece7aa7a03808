// The worker's end of the connection: takes requests, has the device or the host's functions do them,
// answers.
#pragma once

#include "core/runtime/Message.h"
#include "core/runtime/tenon_device.h"
#include "core/runtime/worker/HostFunctions.h"

#include "llvm/ADT/StringRef.h"

namespace tenon::runtime {

/// An engine that the worker has itself.
struct Engine {
  std::string name;
  const TenonDeviceInterface *interface = nullptr;
};

/// Serves one connection until the other end closes it. Gives the process's exit code.
int serve(int connection, llvm::ArrayRef<Engine> engines);

} // namespace tenon::runtime
