// Finds the order in which a command's places give its unknowns; what cannot be read back is a mistake of the
// description.
#pragma once

#include "core/isa/encoding/CommandPlan.h"

namespace tenon::isa {

class CommandPlan::Builder {
public:
  Builder(CommandPlan &into, std::vector<Diagnostic> &list)
      : plan(into), description(*into.description), mistakes(list) {}

  void build();

private:
  struct Piece {
    unsigned lowBit, bits;
  };

  void mistake(Place place, std::string message, std::string repair);
  Place place() const { return plan.command.place(description); }

  void constantBits();
  void fieldPlaces();
  void cellPlaces();
  void checkRange(const Equation &equation);
  void checkSlots();
  Interval placeRange(const Equation &equation) const;
  std::optional<Interval> rangeOf(llvm::StringRef name) const;

  void order();
  bool tryPlace(unsigned number);
  bool joinPieces();
  bool inferRest();
  bool slotIsBound(const Equation &equation) const;
  bool isBound(llvm::StringRef name) const;
  bool usesInstruction(const Expression &expression) const;
  bool isMentioned(llvm::StringRef name) const;
  bool memoriesAreApart(const OperandDeclaration &operand) const;
  bool mayStayOpen(const Unknown &unknown) const;
  void reportOpen();
  Place placeOf(const Unknown &unknown) const;

  CommandPlan &plan;
  const Description &description;
  std::vector<Diagnostic> &mistakes;
  std::vector<bool> bound, done;
  std::vector<llvm::SmallVector<Piece, 2>> pieces; ///< of each unknown
  std::vector<unsigned> inPieces;                  ///< equations that gave some
};

} // namespace tenon::isa
