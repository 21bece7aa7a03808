// The integer meaning of a quantised group, which ONNX leaves open: int32 sums that wrap around, one 31-bit
// multiplier from a product of scales in double, one rounding to the nearest with halves up, zero point,
// limits. Rounding the same product with halves to even differs in exact halves above an even number alone.
#pragma once

#include "core/import/Multiplier.h"
#include "core/import/onnx/NodeConversion.h"
#include "core/import/onnx/QuantisedGroups.h"

namespace tenon::import::onnx {

/// Converts a group: `c` is a conversion of its joined node.
llvm::Error convertQuantisedGroup(NodeConversion &c, const QuantisedGroup &group);

// QuantisedConvolution.cpp, QuantisedProduct.cpp, QuantisedPooling.cpp, QuantisedElementwise.cpp,
// QuantisedMovement.cpp
llvm::Error convertQuantisedConv(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedMatMul(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedGemm(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedMaxPool(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedAveragePool(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedGlobalAveragePool(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedSum(NodeConversion &c, const QuantisedGroup &group, bool subtract);
llvm::Error convertQuantisedMul(NodeConversion &c, const QuantisedGroup &group);
llvm::Error convertQuantisedMovement(NodeConversion &c, const QuantisedGroup &group);

/// The number without its zero point, i32.
mlir::Value centred(Scalars &s, mlir::Value quantised, const Quantisation &by);

/// Divides by 2^shift, i64, rounding once.
mlir::Value roundOnce(Scalars &s, mlir::Value product, mlir::Value shift);

/// Zero point and limits of the group's result; i8.
mlir::Value finish(Scalars &s, mlir::Value steps, const QuantisedGroup &group);

/// The multiplier of a ratio, or why there is none.
llvm::Expected<Multiplier> multiplierOf(const NodeConversion &c, double ratio);

/// i32 sums as the group's result: each is multiplied by the ratio, or that of its index along `dimension`. A
/// bias of one i32 for each such index is added before.
llvm::Expected<mlir::Value> requantise(NodeConversion &c, mlir::Value sums, llvm::ArrayRef<double> ratios,
                                       unsigned dimension, mlir::Value bias, const QuantisedGroup &group);

/// Quantised numbers of one scale as those of the group's result; the value itself where nothing changes.
llvm::Expected<mlir::Value> rescale(NodeConversion &c, mlir::Value value, const Quantisation &from,
                                    const QuantisedGroup &group);

/// What sums of products are multiplied by: input scale * weight scale / output scale.
std::vector<double> ratiosOf(const QuantisedGroup &group);

/// The bias as sums: an i32 for each channel; null where there is none.
llvm::Expected<mlir::Value> biasOf(NodeConversion &c, const QuantisedGroup &group, int64_t channels);

} // namespace tenon::import::onnx
