// A host is its feature list: a processor's name may promise what a hypervisor hides.
#include "core/driver/HostFeatures.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

namespace tenon::driver {

std::string lackingHere(const isa::Code &code) {
  llvm::Triple here(llvm::sys::getProcessTriple()), wanted(code.triple);
  if (here.getArch() != wanted.getArch() || here.getOS() != wanted.getOS())
    return "code of " + wanted.getArchName().str() + "-" + wanted.getOSName().str() + ", this host is " +
           here.getArchName().str() + "-" + here.getOSName().str();
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  std::string lacking;
  for (llvm::StringRef feature : code.features) {
    if (feature.consume_front("-"))
      continue; // the code does without it
    feature.consume_front("+");
    if (!features.lookup(feature))
      lacking += (lacking.empty() ? "" : ", ") + feature.str();
  }
  return lacking;
}

} // namespace tenon::driver
