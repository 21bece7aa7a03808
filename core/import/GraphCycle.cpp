// Kahn's algorithm. What it leaves over lies on a cycle or behind one, and from there a node that is needed
// and left over leads on until one comes again.
#include "core/import/GraphCycle.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::import {

std::vector<unsigned> findCycle(llvm::ArrayRef<std::vector<unsigned>> needed) {
  std::vector<size_t> missing(needed.size());
  std::vector<std::vector<unsigned>> users(needed.size());
  std::vector<unsigned> ready;
  for (unsigned node = 0; node < needed.size(); ++node) {
    missing[node] = needed[node].size();
    for (unsigned other : needed[node])
      users[other].push_back(node);
    if (missing[node] == 0)
      ready.push_back(node);
  }
  while (!ready.empty()) {
    unsigned node = ready.back();
    ready.pop_back();
    for (unsigned user : users[node])
      if (--missing[user] == 0)
        ready.push_back(user);
  }
  auto isLeft = [&](unsigned node) { return missing[node] > 0; };
  unsigned node = 0;
  while (node < needed.size() && !isLeft(node))
    ++node;
  std::vector<unsigned> way;
  std::vector<bool> seen(needed.size(), false);
  while (node < needed.size()) {
    if (seen[node]) {
      way.erase(way.begin(), llvm::find(way, node));
      return way;
    }
    seen[node] = true;
    way.push_back(node);
    node = *llvm::find_if(needed[node], isLeft);
  }
  return {};
}

std::string wayOf(llvm::ArrayRef<unsigned> cycle, llvm::function_ref<std::string(unsigned)> textOf) {
  constexpr size_t mostNamed = 8;
  std::string text;
  for (unsigned node : cycle.drop_front().take_front(mostNamed))
    text += (text.empty() ? ", by way of " : ", ") + textOf(node);
  if (cycle.size() > mostNamed + 1)
    text += " and " + std::to_string(cycle.size() - mostNamed - 1) + " more";
  return text;
}

} // namespace tenon::import
