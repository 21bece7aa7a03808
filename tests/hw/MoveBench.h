// What the benches of the load and the store unit have in common: a queue of commands, semaphores, errors and
// halts. Each adds its side of the bus and of the scratchpad.
#pragma once

#include "tests/hw/AxiMemory.h"
#include "tests/hw/Move.h"

#include <optional>

namespace tenon::hw {

/// Codes of the description's registers.
constexpr unsigned illegalCommand = 1, scratchpadAddress = 4, memoryAddress = 6, busRead = 7, busWrite = 8;
constexpr unsigned causeWait = 2, causeSignal = 8, causeHalt = 13;
constexpr uint16_t firstIndex =
    1000; // of the first command: not 0, which an index without a command would be

struct Command {
  Word word{};
  bool waits = false, signals = false;
  unsigned waitId = 0, waitCount = 0, signalId = 0;
  int64_t done = 0; // how far `progress` has come when it may signal
};

struct UnitError {
  unsigned code;
  int64_t address;
  int64_t command; // its place in the bench's list
};

template <class Model> class MoveBench {
public:
  explicit MoveBench(Random &random) : random(random) { model->halt_i = 0; }
  virtual ~MoveBench() = default;

  Bench<Model> model;
  std::vector<Command> commands;
  unsigned commandPercent = 100, waitPercent = 100, signalPercent = 100, bankPercent = 100;
  bool semaphoresRise = true; // somebody signals what a command waits for
  unsigned counts[16] = {};
  std::optional<UnitError> error;
  int64_t haltDelay = 1, haltAt = -1; // cycles after an error; and without one
  size_t taken = 0, signalled = 0;
  unsigned causes[16] = {};

  void add(const Strides &strides, bool store) {
    commands.push_back({wordOf(strides, store)});
    commands.back().done = planned;
  }

  void addSync(bool signal, unsigned id, unsigned count, unsigned queue) {
    Command command{syncWord(signal, id, signal ? 0 : count, queue)};
    command.waits = !signal;
    command.signals = signal;
    command.waitId = command.signalId = id;
    command.waitCount = count;
    command.done = planned;
    commands.push_back(command);
  }

  void add(const Move &move, const Strides &strides) {
    plan(move, strides);
    commands.push_back(
        {wordOf(move), move.waits, move.signals, move.waitId, move.waitCount, move.signalId, planned});
  }

  bool isDone() { return taken == commands.size() && !model->busy_o; }

  void run(int64_t limit = 300000) {
    int64_t end = model.cycle + limit;
    while (!isDone() && !testing::Test::HasFatalFailure()) {
      ASSERT_LT(model.cycle, end) << "no end; command " << taken << " of " << commands.size() << ", cause "
                                  << unsigned(model->cause_o);
      step();
    }
  }

  /// Until the unit and the bus are quiet after an error or a halt.
  void runToHalt(int64_t limit = 20000) {
    int64_t end = model.cycle + limit;
    while (!(model->halt_i && !model->busy_o && model->quiet_o) && !testing::Test::HasFatalFailure()) {
      ASSERT_LT(model.cycle, end) << "not quiet";
      step();
    }
    size_t before = signalled;
    for (int i = 0; i < 50; ++i) {
      step();
      ASSERT_TRUE(model->quiet_o && !model->busy_o);
      ASSERT_EQ(model->cause_o, causeHalt);
    }
    EXPECT_EQ(signalled, before);
  }

  void step() {
    model->halt_i = haltAt >= 0 && model.cycle >= haltAt;
    model->command_valid_i = taken < commands.size() && (isOffering || percent(random, commandPercent));
    isOffering = model->command_valid_i;
    if (isOffering) {
      std::memcpy(&model->command_word_i, commands[taken].word.data(), sizeof(Word));
      model->command_index_i = uint16_t(firstIndex + taken);
    }
    model->wait_grant_i = 0;
    model->signal_grant_i = 0;
    drive();
    model.settle();
    grant();
    model.settle();
    observeCommand();
    stopped = model->halt_i || error.has_value();
    if (stopped) {
      ASSERT_FALSE(model->wait_valid_o || model->signal_valid_o || model->command_ready_o);
      ASSERT_FALSE(usesBank()) << "the scratchpad is used after a halt";
    }
    if (model->quiet_o)
      ASSERT_TRUE(busIsIdle());
    observeError();
    ++causes[model->cause_o];
    observe();
    model.tick();
  }

protected:
  Random &random;
  bool stopped = false;              // by a halt, or by an error of the unit itself before this cycle
  int64_t planned = 0, progress = 0; // in what each unit counts

  virtual void plan(const Move &move, const Strides &strides) = 0;
  virtual void drive() = 0;
  virtual void grantBank() = 0;
  virtual bool usesBank() = 0;
  virtual bool busIsIdle() = 0;
  virtual void observe() = 0;
  bool isBefore(size_t command) const { return command < taken; }

private:
  void grant() {
    unsigned id = model->wait_id_o;
    if (model->wait_valid_o) {
      if (semaphoresRise && counts[id] < model->wait_count_o && random.oneIn(4))
        ++counts[id];
      model->wait_grant_i = counts[id] >= model->wait_count_o && percent(random, waitPercent);
    }
    if (model->signal_valid_o)
      model->signal_grant_i = counts[model->signal_id_o] < 255 && percent(random, signalPercent);
    grantBank();
  }

  void observeCommand() {
    if (model->wait_valid_o) {
      const Command &command = commands.at(taken);
      ASSERT_TRUE(command.waits);
      ASSERT_EQ(model->wait_id_o, command.waitId);
      ASSERT_EQ(model->wait_count_o, command.waitCount);
    }
    if (model->command_valid_i && model->command_ready_o) {
      ASSERT_TRUE(!commands[taken].waits || (model->wait_valid_o && model->wait_grant_i));
      ++taken;
      isOffering = false;
    }
    if (model->wait_valid_o && model->wait_grant_i)
      counts[model->wait_id_o] -= model->wait_count_o;
    if (!model->signal_valid_o)
      return;
    size_t command = nextSignal();
    ASSERT_LT(command, commands.size()) << "a signal too many";
    ASSERT_EQ(model->signal_id_o, commands[command].signalId) << "command " << command;
    ASSERT_GE(progress, commands[command].done) << "command " << command << " signals too early";
    if (model->signal_grant_i) {
      ++counts[model->signal_id_o];
      ++signalled;
    }
  }

  /// The command of the signal that comes after those that were granted.
  size_t nextSignal() const {
    size_t before = 0;
    for (size_t i = 0; i < commands.size(); ++i)
      if (commands[i].signals && before++ == signalled)
        return i;
    return commands.size();
  }

  void observeError() {
    if (!model->error_valid_o)
      return;
    ASSERT_FALSE(error.has_value()) << "a second error, code " << unsigned(model->error_code_o);
    error = {model->error_code_o, int64_t(model->error_address_o),
             int64_t(model->error_index_o) - firstIndex};
    if (haltAt < 0)
      haltAt = model.cycle + haltDelay;
  }

  bool isOffering = false;
};

/// Fills a bench with commands of every kind.
template <class Unit>
void addRandomProgram(Unit &bench, Random &random, std::vector<Kind> kinds, unsigned count, unsigned queue) {
  bool store = kinds.front() == Kind::Store;
  RandomMove moves(random, std::move(kinds));
  for (unsigned i = 0; i < count; ++i) {
    if (random.oneIn(8)) {
      bench.addSync(random.oneIn(2), unsigned(random.between(0, 15)), unsigned(random.between(1, 3)), queue);
      continue;
    }
    Strides strides;
    Move move = moves.make(strides);
    move.waits = random.oneIn(4);
    move.signals = random.oneIn(2);
    move.waitId = move.waits ? unsigned(random.between(0, 15)) : 0;
    move.waitCount = move.waits ? unsigned(random.between(1, 4)) : 0;
    move.signalId = move.signals ? unsigned(random.between(0, 15)) : 0;
    bench.add(strides, store);
    bench.add(move, strides);
  }
}

template <class Unit> void randomPace(Unit &bench, Random &random) {
  bench.commandPercent = random.oneIn(2) ? 100 : unsigned(random.between(20, 100));
  bench.waitPercent = random.oneIn(2) ? 100 : unsigned(random.between(20, 100));
  bench.signalPercent = random.oneIn(2) ? 100 : unsigned(random.between(5, 100));
  bench.bankPercent = random.oneIn(2) ? 100 : unsigned(random.between(10, 100));
}

} // namespace tenon::hw
