// Finding a cycle in a model's graph, and telling of it: the same in every format.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>
#include <vector>

namespace tenon::import {

/// A cycle, each node needing a result of the next; empty if there is none. `needed` has for each node the
/// nodes that make what it reads.
std::vector<unsigned> findCycle(llvm::ArrayRef<std::vector<unsigned>> needed);

/// ", by way of B #1 (b), C #2 (c)": the other nodes of a cycle, the first ones of a long one.
std::string wayOf(llvm::ArrayRef<unsigned> cycle, llvm::function_ref<std::string(unsigned)> textOf);

/// Of nodes with `inputs`, by who makes each tensor; -1 is nobody.
template <typename Node>
std::vector<std::vector<unsigned>> neededNodes(llvm::ArrayRef<Node> nodes, llvm::ArrayRef<int> producer) {
  std::vector<std::vector<unsigned>> needed(nodes.size());
  for (const Node &node : nodes)
    for (int input : node.inputs)
      if (input >= 0 && producer[input] >= 0)
        needed[node.index].push_back(static_cast<unsigned>(producer[input]));
  return needed;
}

} // namespace tenon::import
