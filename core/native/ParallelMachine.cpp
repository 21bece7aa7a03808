// Levels by kind, and the swizzle judged by enumeration of the memory's bytes.
#include "core/native/ParallelMachine.h"

#include "core/support/Error.h"

#include "llvm/ADT/StringSwitch.h"

namespace tenon::native {

namespace {

/// The loader has checked the operators; divisors are numbers above 0.
int64_t swizzled(const isa::Expression &expression, int64_t byte) {
  using Kind = isa::Expression::Kind;
  if (expression.kind == Kind::Integer)
    return expression.integer;
  if (expression.kind != Kind::Binary)
    return byte;
  int64_t a = swizzled(expression.arguments[0], byte), b = swizzled(expression.arguments[1], byte);
  char first = expression.text.front();
  switch (first) {
  case '+':
    return a + b;
  case '-':
    return a - b;
  case '*':
    return a * b;
  case '/':
    return b == 0 ? 0 : a / b;
  case '%':
    return b == 0 ? 0 : a % b;
  case '&':
    return a & b;
  case '|':
    return a | b;
  case '^':
    return a ^ b;
  case '<':
    return a << b;
  default:
    return a >> b;
  }
}

/// The largest run of bytes, aligned to its length, that stays in one piece.
int64_t granuleOf(llvm::ArrayRef<int64_t> places) {
  int64_t granule = 16;
  for (size_t byte = 0; byte < places.size(); ++byte)
    while (granule > 1 &&
           (places[byte] - places[byte / size_t(granule) * size_t(granule)] != int64_t(byte) % granule ||
            places[byte / size_t(granule) * size_t(granule)] % granule != 0))
      granule /= 2;
  return granule;
}

int64_t periodOf(llvm::ArrayRef<int64_t> places) {
  int64_t period = 16;
  for (size_t byte = 0; byte < places.size(); ++byte)
    while (int64_t(byte) / period != places[byte] / period)
      period *= 2;
  return period;
}

} // namespace

llvm::Expected<ParallelMachine> parallelMachine(const isa::Description &description) {
  ParallelMachine machine;
  machine.grid = description.level(isa::Level::Kind::Grid);
  machine.group = description.level(isa::Level::Kind::Group);
  machine.lane = description.level(isa::Level::Kind::Lanes);
  if (!machine.grid || !machine.lane)
    return failure(ExitCode::WrongInput,
                   Diagnostic{"the levels of " + description.name + " have no " +
                                  (machine.grid ? "lanes" : "grid") + ", a parallel machine has both",
                              description.path,
                              {},
                              {},
                              "",
                              "declare it in levels"});
  if (description.code)
    machine.barrier = description.code->barrier;
  machine.lanes = machine.lane->most;
  machine.mostBlocks = machine.grid->most;
  machine.mostGroups = machine.group ? machine.group->most : 1;
  // What nobody can wait for cannot be shared.
  for (const isa::Memory &memory : description.memories)
    if (memory.kind == isa::Memory::Kind::Scratchpad && !machine.shared && !machine.barrier.empty())
      machine.shared = &memory;
  if (!machine.shared)
    return machine;
  machine.granule = machine.period = 16;
  if (!machine.shared->swizzle)
    return machine;
  std::vector<int64_t> places(machine.shared->bytes);
  std::vector<bool> taken(machine.shared->bytes);
  for (size_t byte = 0; byte < places.size(); ++byte) {
    places[byte] = swizzled(*machine.shared->swizzle, int64_t(byte));
    if (places[byte] < 0 || size_t(places[byte]) >= places.size() || taken[size_t(places[byte])])
      return failure(ExitCode::WrongInput,
                     Diagnostic{"the swizzle of " + machine.shared->name + " moves byte " +
                                    std::to_string(byte) + " to " + std::to_string(places[byte]) +
                                    ", which is outside or where another byte went",
                                description.path,
                                {},
                                {},
                                "",
                                "write a permutation of the memory's addresses"});
    taken[size_t(places[byte])] = true;
  }
  machine.granule = granuleOf(places);
  machine.period = periodOf(places);
  return machine;
}

} // namespace tenon::native
