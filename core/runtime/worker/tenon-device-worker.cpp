// The process in which devices, simulators and emitted host code run: started by a tool with a connection as
// descriptor 3, of no use by hand.
#include "core/runtime/worker/Session.h"
#include "core/runtime/worker/SpecDevice.h"

#include <chrono>
#include <cstdio>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

constexpr int connection = 3;

bool isConnection(int descriptor) {
  int type = 0;
  socklen_t bytes = sizeof(type);
  return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 && type == SOCK_STREAM;
}

/// Ends the process when the other end has gone and whatever runs does not notice.
void endWithParent() {
  pollfd watched = {connection, 0, 0};
  while (::poll(&watched, 1, -1) < 0 || !(watched.revents & (POLLHUP | POLLERR | POLLNVAL)))
    ;
  std::this_thread::sleep_for(std::chrono::seconds(3));
  ::_exit(0);
}

} // namespace

int main() {
  if (!isConnection(connection)) {
    std::fputs("tenon-device-worker: started without a connection; tools start it themselves\n", stderr);
    return 2;
  }
  rlimit none = {0, 0}; // a device's crash leaves no core file behind
  (void)::setrlimit(RLIMIT_CORE, &none);
  std::thread(endWithParent).detach();
  const tenon::runtime::Engine engines[] = {{"spec", tenon::runtime::specDevice()}};
  return tenon::runtime::serve(connection, engines);
}
