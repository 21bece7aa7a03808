// Whose cycle is it? Every cycle of a run belongs to one command and one cause, so that the sums are the
// run's length: what the execute unit does comes first, then what the others do, then what nobody does.
#pragma once

#include "sim/systemc/Pins.h"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace tenon::sim {

/// The numbers of causes that the account looks at, and the names of all.
struct CauseNames {
  uint32_t idle = 0, wait = 0;
  std::vector<std::string> names; ///< by number
  std::string name(uint32_t cause) const;
};

class Account {
public:
  explicit Account(CauseNames given) : causes(std::move(given)) {}

  /// Begins a run; commands count from 0 again, as soon as the count of dispatched ones is no longer `shown`,
  /// that of the run before. What was counted stays.
  void begin(uint16_t shown);
  /// One cycle of the run.
  void cycle(const NpuOutputs &outputs);
  /// Ends it.
  void end();

  /// All runs so far: cycles by "command.<number>.<cause>" and "outside.<cause>", and by what each unit did:
  /// "load.<cause>".
  std::map<std::string, uint64_t> totals() const;
  /// "span.<number>.begin" and "span.<number>.end": from the start of its run to the first cycle in which a
  /// unit did something for the command, and past the last one; sums over all runs, as every counter is.
  std::map<std::string, uint64_t> spans() const;
  uint64_t cycles() const { return all; }
  /// Commands dispatched in the run.
  uint64_t dispatched() const { return commands; }

private:
  enum Unit : uint8_t { Execute, Load, Store, Units };
  /// Cycles that look alike: what the three units show.
  using Key = std::array<uint32_t, Units>;

  void flush();
  void stretch();
  void dispatchedIs(uint16_t count);
  uint64_t numberOf(uint32_t word) const;
  bool works(uint32_t word) const { return word >> 16 != causes.idle && word >> 16 != causes.wait; }

  /// How a cause is written: "busy", "load.busy", "store.busy", "wait.load", "wait.store".
  enum class Form : uint8_t { Plain, OfLoad, OfStore, OnLoad, OnStore };
  static constexpr unsigned causeCount = 16;
  void add(uint32_t word, Form form);
  std::string text(Form form, uint32_t cause) const;

  CauseNames causes;
  Key last = {};
  uint64_t run = 0;  ///< cycles that look like the last one and are not added yet
  uint64_t idle = 0; ///< cycles of nobody since the last command was dispatched
  uint64_t all = 0, commands = 0;
  uint64_t length = 0; ///< cycles of this run that were added
  uint16_t stale = 0;  ///< a count of dispatched commands that is the last run's; 0: none
  std::unordered_map<uint64_t, uint64_t> byCommand; ///< by number, form and cause
  struct Span {
    uint64_t begin = 0, end = 0;
  };
  std::unordered_map<uint64_t, Span> spanOf;  ///< of this run's commands
  std::unordered_map<uint64_t, Span> earlier; ///< sums over the runs before
  uint64_t start = 0, fetch = 0, finish = 0;
  std::array<std::array<uint64_t, causeCount>, Units> byUnit = {};
};

} // namespace tenon::sim
