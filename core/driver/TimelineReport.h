// What `tenon run --report-dir` keeps of a run besides tenon.run/1 and tenon.explain/1: tenon.timeline/1.
#pragma once

#include "core/driver/Lifetimes.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/PlannedModel.h"
#include "core/driver/Report.h"
#include "core/driver/Roofs.h"
#include "core/driver/RunReport.h"
#include "core/driver/Timeline.h"

namespace tenon::driver {

/// For each layer, the layers that make what it reads; -1 stands for the model's inputs.
std::vector<std::vector<int>> layerInputs(const reference::Program &program,
                                          llvm::ArrayRef<std::vector<unsigned>> layers);

/// Commands and when they were at work, what lay in the memories, each layer's traffic, the roofs.
Json timelineJson(const LoadedModel &loaded, const LoadedTarget &target, const plan::Plan &plan,
                  const Timeline &timeline, const std::string &engine);

/// The same of steps that are only timed as layers: seconds, one layer after the other. `layers`: the steps
/// of `program` that each row is.
Json layerTimelineJson(const RunSummary &summary, const reference::Program &program,
                       llvm::ArrayRef<std::vector<unsigned>> layers);

Json roofsJson(const Roofs &roofs);
/// A memory, what lay in it and how much at once.
Json memoryJson(const std::string &name, uint64_t bytes, llvm::ArrayRef<Lifetime> lifetimes);

/// Writes run.json, explain.json (unless null) and timeline.json into a folder that is there.
llvm::Error writeReportFolder(const std::string &folder, const Json &run, const Json &explain,
                              const Json &timeline);

} // namespace tenon::driver
