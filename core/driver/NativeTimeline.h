// What `tenon run --report-dir` keeps of a run of native code: tenon.timeline/1, from the times of its
// kernels.
#pragma once

#include "core/driver/NativeModel.h"
#include "core/driver/NativeProcess.h"
#include "core/driver/Report.h"
#include "core/driver/RunReport.h"

namespace tenon::driver {

/// Seconds: layers and kernels one after the other, what lay in the arena, the bytes that each layer touches,
/// and the description's roofs where they are those of what was measured.
Json nativeTimelineJson(const RunSummary &summary, const reference::Program &program,
                        const LoadedTarget &target, const NativeModel &model, const NativeResult &result,
                        unsigned threads);

} // namespace tenon::driver
