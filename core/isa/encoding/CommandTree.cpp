// Builds the tree of constant bits and walks it.
#include "core/isa/encoding/CommandTree.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

namespace tenon::isa {

CommandTree::CommandTree(llvm::ArrayRef<CommandPlan> plans) {
  std::vector<Leaf> leaves;
  for (auto [number, plan] : llvm::enumerate(plans))
    leaves.push_back({plan.constantMask, plan.constantBits, static_cast<unsigned>(number)});
  add(std::move(leaves), {});
}

/// Each level decides at least one more bit, so the depth is bounded by a word's.
unsigned CommandTree::add(std::vector<Leaf> leaves, const WordBits &decided) {
  const auto number = static_cast<unsigned>(nodes.size());
  nodes.emplace_back();
  WordBits mask = ~decided;
  for (const Leaf &leaf : leaves)
    mask = mask & leaf.mask;
  std::map<std::array<uint64_t, WordBits::most / 64>, std::vector<Leaf>> groups;
  for (const Leaf &leaf : leaves)
    groups[(leaf.bits & mask).parts].push_back(leaf);
  if (leaves.size() <= 1 || groups.size() <= 1) {
    nodes[number].leaves = std::move(leaves);
    return number;
  }
  nodes[number].mask = mask;
  for (auto &[bits, group] : groups) {
    unsigned child = add(std::move(group), decided | mask);
    nodes[number].children.emplace_back(WordBits{bits}, child);
  }
  return number;
}

std::optional<unsigned> CommandTree::find(const WordBits &bits) const {
  if (nodes.empty())
    return std::nullopt;
  const Node *node = nodes.data();
  while (!node->children.empty()) {
    WordBits key = bits & node->mask;
    const auto *found =
        llvm::lower_bound(llvm::ArrayRef(node->children), key, [](const auto &child, const WordBits &wanted) {
          return child.first.parts < wanted.parts;
        });
    if (found == llvm::ArrayRef(node->children).end() || !(found->first == key))
      return std::nullopt;
    node = &nodes[found->second];
  }
  for (const Leaf &leaf : node->leaves)
    if ((bits & leaf.mask) == leaf.bits)
      return leaf.number;
  return std::nullopt;
}

} // namespace tenon::isa
