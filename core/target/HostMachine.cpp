// Asking LLVM and the system about the host.
#include "core/target/HostMachine.h"

#include "core/isa/Description.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#if defined(__linux__) && defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace tenon::target {

HostMachine hostMachine() {
  HostMachine host;
  host.triple = llvm::sys::getProcessTriple();
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    if (feature.second)
      host.features.insert(feature.first().str());
#if defined(__linux__) && defined(__aarch64__)
  // LLVM 19 leaves these out of what it reads from /proc/cpuinfo. The bits are those of the kernel's
  // interface.
  if (getauxval(AT_HWCAP) >> 20 & 1)
    host.features.insert("dotprod");
  if (getauxval(AT_HWCAP2) >> 13 & 1)
    host.features.insert("i8mm");
#endif
  return host;
}

std::string whyHostCannotRun(const HostMachine &host, const isa::Description &description) {
  if (!description.code)
    return "";
  llvm::Triple own(host.triple), wanted(description.code->triple);
  if (own.getArch() != wanted.getArch() || own.getOS() != wanted.getOS())
    return "it is code for " + description.code->triple + ", this host is " + host.triple;
  std::vector<std::string> missing;
  llvm::copy_if(description.code->features, std::back_inserter(missing),
                [&](const std::string &feature) { return !host.features.contains(feature); });
  return missing.empty() ? "" : "this host lacks " + llvm::join(missing, ", ");
}

} // namespace tenon::target
