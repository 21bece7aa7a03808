// Which lanes go on next, and where they must meet. The order in which lanes are run is not to be seen in a
// result: what depends on it is a race, and found as one.
#include "core/lanes/Warp.h"

#include "core/support/Error.h"

namespace tenon::lanes {

Warp::Warp(BlockState &shared, int64_t index, llvm::ArrayRef<uint64_t> arguments)
    : blockState(shared), warpNumber(index), lanes(unsigned(shared.machine->lanes)),
      root(std::make_unique<Frame>()) {
  root->function = blockState.kernel;
  root->registers.resize(size_t(blockState.kernel->slots) * lanes);
  for (auto [value, place] : llvm::zip(arguments, blockState.kernel->arguments))
    for (unsigned lane = 0; lane < lanes; ++lane)
      root->registers[size_t(place.first) * lanes + lane] = {value, false};
  state.resize(lanes);
  for (Lane &lane : state) {
    lane.frame = root.get();
    lane.local.resize(blockState.kernel->localBytes);
    lane.localDefined.resize(blockState.kernel->localBytes);
  }
}

llvm::Error Warp::error(const Step &step, unsigned lane, const llvm::Twine &message) const {
  return failure(ExitCode::OwnFault, (blockState.kernel->name + ": block " + llvm::Twine(blockState.block) +
                                      ", lane " + llvm::Twine(lane) + " of group " + llvm::Twine(warpNumber) +
                                      ": " + message + " at \"" + textOf(*step.source) + "\"")
                                         .str());
}

/// Of the lanes that run: those furthest back in the innermost call, so that lanes that went apart meet
/// again.
Warp::Lanes Warp::nextGroup() const {
  const Lane *first = nullptr;
  for (const Lane &lane : state) {
    if (lane.state != Lane::State::Running)
      continue;
    if (!first || std::tuple(lane.frame->depth, -int64_t(lane.block), -int64_t(lane.step)) >
                      std::tuple(first->frame->depth, -int64_t(first->block), -int64_t(first->step)))
      first = &lane;
  }
  Lanes group;
  for (unsigned lane = 0; first && lane < lanes; ++lane) {
    const Lane &other = state[lane];
    if (other.state == Lane::State::Running && other.frame == first->frame && other.block == first->block &&
        other.step == first->step)
      group.push_back(lane);
  }
  return group;
}

/// Runs lanes that are at the same place to the end of their block, or to where they must wait.
llvm::Error Warp::runGroup(const Lanes &group) {
  const Lane &leader = state[group.front()];
  const Block &code = leader.frame->function->blocks[leader.block];
  for (unsigned at = leader.step;; ++at) {
    const Step &step = code.steps[at];
    if (*blockState.steps < group.size())
      return error(step, group.front(), "the launch has not ended after the steps that it may take");
    *blockState.steps -= group.size();
    for (unsigned lane : group)
      state[lane].step = at;
    llvm::Expected<bool> goesOn = execute(step, group);
    if (!goesOn)
      return goesOn.takeError();
    if (!*goesOn)
      return llvm::Error::success();
  }
}

/// Whether the next step of the block comes next.
llvm::Expected<bool> Warp::execute(const Step &step, const Lanes &group) {
  using Kind = Step::Kind;
  auto then = [](llvm::Error done, bool goesOn) -> llvm::Expected<bool> {
    if (done)
      return std::move(done);
    return goesOn;
  };
  switch (step.kind) {
  case Kind::Elementwise:
    return then(elementwise(step, group), true);
  case Kind::Load:
  case Kind::Store:
  case Kind::Exchange:
  case Kind::MemoryFill:
  case Kind::MemoryCopy:
    return then(access(step, group), true);
  case Kind::Address:
  case Kind::Alloca:
    address(step, group);
    return true;
  case Kind::Copy:
    copy(step, group);
    return true;
  case Kind::Dynamic:
    return then(dynamicElement(step, group), true);
  case Kind::Reduce:
    reduce(step, group);
    return true;
  case Kind::Bitcast:
    bitcast(step, group);
    return true;
  case Kind::LevelIndex:
    levelIndex(step, group);
    return true;
  case Kind::Nothing:
    return true;
  case Kind::Branch:
  case Kind::Switch:
    return then(leave(step, group), false);
  case Kind::Call:
    return then(enterCall(step, group), false);
  case Kind::Return:
    return then(returnFrom(step, group), false);
  case Kind::Row:
  case Kind::Barrier:
    for (unsigned lane : group)
      state[lane].state = Lane::State::Waiting;
    return false;
  case Kind::Unreachable:
    return error(step, group.front(), "what cannot be reached is reached");
  }
  llvm_unreachable("every kind of step is listed");
}

/// No lane can run: all have ended, or wait at the same place. Gives whether they may go on (a row is done).
llvm::Expected<bool> Warp::meet() {
  auto waiting = llvm::find_if(state, [](const Lane &lane) { return lane.state == Lane::State::Waiting; });
  if (waiting == state.end())
    return false;
  const Step &step = stepOf(*waiting);
  for (auto [number, lane] : llvm::enumerate(state)) {
    bool ended = lane.state == Lane::State::Ended;
    if (!ended && lane.frame == waiting->frame && &stepOf(lane) == &step)
      continue;
    return error(step, unsigned(waiting - state.begin()),
                 "all lanes of the group must be at the instruction; lane " + llvm::Twine(number) +
                     " is not at the instruction: it " +
                     (ended ? std::string("has ended") : "is at \"" + textOf(*stepOf(lane).source) + "\""));
  }
  if (step.kind == Step::Kind::Barrier)
    return false;
  if (llvm::Error failed = executeRow(step))
    return std::move(failed);
  for (Lane &lane : state) {
    lane.state = Lane::State::Running;
    ++lane.step;
  }
  return true;
}

llvm::Expected<Warp::State> Warp::run() {
  for (bool goesOn = true; goesOn;) {
    for (Lanes group = nextGroup(); !group.empty(); group = nextGroup())
      if (llvm::Error failed = runGroup(group))
        return std::move(failed);
    if (llvm::Error failed = meet().moveInto(goesOn))
      return std::move(failed);
  }
  return state.front().state == Lane::State::Ended ? State::Ended : State::AtBarrier;
}

void Warp::passBarrier() {
  for (Lane &lane : state) {
    lane.state = Lane::State::Running;
    ++lane.step;
  }
}

std::string Warp::positionText() const {
  const Lane &lane = state.front();
  return lane.state == Lane::State::Ended ? "has ended" : "waits at \"" + textOf(*stepOf(lane).source) + "\"";
}

} // namespace tenon::lanes
