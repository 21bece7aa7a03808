// Cycles are gathered while nothing changes, and sorted when it does.
#include "sim/systemc/Account.h"

namespace tenon::sim {

std::string CauseNames::name(uint32_t cause) const {
  return cause < names.size() ? names[cause] : "cause_" + std::to_string(cause);
}

void Account::begin(uint16_t shown) {
  last = {causes.idle << 16, causes.idle << 16, causes.idle << 16};
  run = idle = commands = length = 0;
  stale = shown;
}

/// The number in the stream of which the low 16 bits are known: one of the last 2^16 that were dispatched.
uint64_t Account::numberOf(uint32_t word) const {
  uint16_t back = uint16_t(uint16_t(commands) - uint16_t(word));
  return commands >= back ? commands - back : uint16_t(word);
}

void Account::add(uint32_t word, Form form) {
  byCommand[numberOf(word) << 8 | uint64_t(form) << 4 | (word >> 16 & 15U)] += run;
}

/// The commands that the units are at, from the first such cycle to this one. Waiting for others is no part
/// of a command's time in its unit.
void Account::stretch() {
  for (uint32_t word : last) {
    if (!works(word))
      continue;
    auto [span, isNew] = spanOf.try_emplace(numberOf(word), Span{length, 0});
    span->second.end = length + run;
  }
  length += run;
}

void Account::flush() {
  stretch();
  const auto [execute, load, store] = last;
  for (unsigned unit = 0; unit < Units; ++unit)
    byUnit[unit][last[unit] >> 16 & 15U] += run;
  if (execute >> 16 == causes.wait)
    add(execute, works(load) ? Form::OnLoad : works(store) ? Form::OnStore : Form::Plain);
  else if (execute >> 16 != causes.idle)
    add(execute, Form::Plain);
  else if (works(load) || (!works(store) && load >> 16 != causes.idle))
    add(load, Form::OfLoad);
  else if (store >> 16 != causes.idle)
    add(store, Form::OfStore);
  else
    idle += run;
  run = 0;
}

void Account::dispatchedIs(uint16_t count) {
  (commands == 0 ? start : fetch) += idle;
  idle = 0;
  commands += uint16_t(count - uint16_t(commands));
}

void Account::cycle(const NpuOutputs &outputs) {
  uint16_t count = outputs.dispatched;
  if (stale && count == stale)
    count = 0;
  else
    stale = 0;
  Key key = {outputs.execute.word, outputs.load.word, outputs.store.word};
  if (key != last || count != uint16_t(commands)) {
    if (run)
      flush();
    last = key;
    if (count != uint16_t(commands))
      dispatchedIs(count);
  }
  ++run;
  ++all;
}

void Account::end() {
  if (run)
    flush();
  finish += idle;
  idle = 0;
  for (const auto &[number, span] : spanOf) {
    earlier[number].begin += span.begin;
    earlier[number].end += span.end;
  }
  spanOf.clear();
}

std::string Account::text(Form form, uint32_t cause) const {
  static const char *const before[] = {"", "load.", "store.", "", ""};
  static const char *const after[] = {"", "", "", ".load", ".store"};
  return before[size_t(form)] + causes.name(cause) + after[size_t(form)];
}

std::map<std::string, uint64_t> Account::totals() const {
  static const char *const units[] = {"execute.", "load.", "store."};
  std::map<std::string, uint64_t> found = {
      {"outside.start", start}, {"outside.fetch", fetch}, {"outside.finish", finish}};
  for (unsigned unit = 0; unit < Units; ++unit)
    for (unsigned cause = 0; cause < causeCount; ++cause)
      if (byUnit[unit][cause])
        found[units[unit] + causes.name(cause)] = byUnit[unit][cause];
  for (const auto &[key, count] : byCommand)
    found["command." + std::to_string(key >> 8) + "." + text(Form(key >> 4 & 15U), uint32_t(key & 15U))] =
        count;
  return found;
}

std::map<std::string, uint64_t> Account::spans() const {
  std::map<std::string, uint64_t> found;
  for (const auto &[number, span] : earlier) {
    std::string name = "span." + std::to_string(number);
    found[name + ".begin"] = span.begin;
    found[name + ".end"] = span.end;
  }
  return found;
}

} // namespace tenon::sim
