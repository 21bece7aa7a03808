// The machine that this process runs on, in LLVM's terms, and whether it can run a description's code.
#pragma once

#include <set>
#include <string>

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::target {

struct HostMachine {
  std::string triple;
  std::set<std::string> features; ///< that it has
};

/// This host, as LLVM and the system see it.
HostMachine hostMachine();

/// Why the host cannot run the code of the description: "it lacks avx512vnni", or that it is code for another
/// architecture; empty where it can, and where the description has no code of its own.
std::string whyHostCannotRun(const HostMachine &host, const isa::Description &description);

} // namespace tenon::target
