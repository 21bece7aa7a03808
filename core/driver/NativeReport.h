// What reports say of native code: rows of layers, and the text and JSON of a plan.
#pragma once

#include "core/driver/NativeModel.h"
#include "core/driver/RunReport.h"

namespace tenon::driver {

/// One for each layer, without times.
std::vector<LayerRow> nativeRows(const LoadedModel &loaded, const LoadedTarget &target,
                                 const native::NativePlan &plan);

/// Arena and weights.
std::vector<MemoryRow> nativeMemory(const LoadedTarget &target, const runtime::NativeBundle &bundle);

/// The table of a run, and what no intrinsic does and why.
std::string nativeText(const RunCommand &command, const RunSummary &summary);
/// The layers alone, for tenon compile.
std::string nativeLayersText(const std::vector<LayerRow> &rows);

/// --dump-plan: layers, their kernels, the arena. The JSON where the file ends in .json; "-" is standard
/// output, nothing where `file` is empty.
llvm::Error writeNativePlan(const std::string &file, const LoadedModel &loaded, const LoadedTarget &target,
                            const NativeModel &model, const ReportOptions &options);

} // namespace tenon::driver
