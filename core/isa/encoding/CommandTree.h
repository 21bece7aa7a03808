// Which command a word is: a tree over the commands' constant bits.
#pragma once

#include "core/isa/encoding/CommandPlan.h"

namespace tenon::isa {

class CommandTree {
public:
  CommandTree() = default;
  /// The plans' constant bits; their numbers are what find() gives.
  explicit CommandTree(llvm::ArrayRef<CommandPlan> plans);

  /// The command whose constant bits are these; nothing where there is none. `bits` may reach beyond the
  /// word.
  std::optional<unsigned> find(const WordBits &bits) const;

private:
  struct Leaf {
    WordBits mask, bits;
    unsigned number;
  };
  /// Bits that are constant in all commands below decide first; what they leave together is compared in turn.
  struct Node {
    WordBits mask;
    std::vector<std::pair<WordBits, unsigned>> children; ///< sorted by their bits; numbers of nodes
    std::vector<Leaf> leaves;                            ///< without children
  };

  unsigned add(std::vector<Leaf> leaves, const WordBits &decided);

  std::vector<Node> nodes;
};

} // namespace tenon::isa
