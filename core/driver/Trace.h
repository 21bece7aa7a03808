// A timeline in Chrome's trace event format, which Perfetto and chrome://tracing open.
#pragma once

#include "core/driver/Report.h"

namespace tenon::driver {

/// `timeline`: a tenon.timeline/1 that was checked. A microsecond of the trace is one, or stands for a cycle.
Json traceJson(const Json &timeline);

} // namespace tenon::driver
