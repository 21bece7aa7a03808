// What pools of floats and of quantised numbers share.
#pragma once

#include "core/import/onnx/Window.h"

namespace tenon::import::onnx {

/// Reduces each window: loops batch, channel, output axes, kernel axes. The window's size comes from an
/// operand that nothing reads.
mlir::Value reduceWindows(NodeConversion &c, const Window &window, mlir::TypedAttr outside,
                          mlir::TypedAttr start, ScalarBody body);

/// How many elements of each window along one axis count.
std::vector<int64_t> countsOf(const WindowAxis &axis, bool withPadding);

struct AverageWindow {
  Window window;
  bool withPadding = false; ///< what is outside counts
};

/// The window of an AveragePool; each has an element that counts.
llvm::Expected<AverageWindow> averageWindow(NodeConversion &c);
/// The window of a GlobalAveragePool.
llvm::Expected<Window> globalWindow(NodeConversion &c);
/// MaxPool of input 0, of any type that it takes.
llvm::Expected<mlir::Value> largestOfWindows(NodeConversion &c);

} // namespace tenon::import::onnx
