// The conversion of each operator, by family; Import.cpp has the table.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

using Conversion = llvm::Error (*)(NodeConversion &);

// Arithmetic.cpp
llvm::Error convertAdd(NodeConversion &c);
llvm::Error convertSub(NodeConversion &c);
llvm::Error convertMul(NodeConversion &c);
llvm::Error convertDiv(NodeConversion &c);
llvm::Error convertMin(NodeConversion &c);
llvm::Error convertMax(NodeConversion &c);
llvm::Error convertMean(NodeConversion &c);
llvm::Error convertMod(NodeConversion &c);
llvm::Error convertSum(NodeConversion &c);
llvm::Error convertPow(NodeConversion &c);
llvm::Error convertWhere(NodeConversion &c);
llvm::Error convertPRelu(NodeConversion &c);

// Unary.cpp
llvm::Error convertAbs(NodeConversion &c);
llvm::Error convertNeg(NodeConversion &c);
llvm::Error convertCeil(NodeConversion &c);
llvm::Error convertFloor(NodeConversion &c);
llvm::Error convertReciprocal(NodeConversion &c);
llvm::Error convertRound(NodeConversion &c);
llvm::Error convertSign(NodeConversion &c);
llvm::Error convertExp(NodeConversion &c);
llvm::Error convertLog(NodeConversion &c);
llvm::Error convertSqrt(NodeConversion &c);
llvm::Error convertErf(NodeConversion &c);
llvm::Error convertRelu(NodeConversion &c);
llvm::Error convertLeakyRelu(NodeConversion &c);
llvm::Error convertSigmoid(NodeConversion &c);
llvm::Error convertTanh(NodeConversion &c);
llvm::Error convertHardSwish(NodeConversion &c);
llvm::Error convertGelu(NodeConversion &c);
llvm::Error convertClip(NodeConversion &c);

// Cast.cpp
llvm::Error convertCast(NodeConversion &c);
llvm::Error convertCastLike(NodeConversion &c);

// Activations.cpp
llvm::Error convertCelu(NodeConversion &c);
llvm::Error convertElu(NodeConversion &c);
llvm::Error convertHardSigmoid(NodeConversion &c);
llvm::Error convertMish(NodeConversion &c);
llvm::Error convertSelu(NodeConversion &c);
llvm::Error convertSoftplus(NodeConversion &c);
llvm::Error convertSoftsign(NodeConversion &c);
llvm::Error convertThresholdedRelu(NodeConversion &c);

// Logic.cpp
llvm::Error convertAnd(NodeConversion &c);
llvm::Error convertEqual(NodeConversion &c);
llvm::Error convertGreater(NodeConversion &c);
llvm::Error convertGreaterOrEqual(NodeConversion &c);
llvm::Error convertIsInf(NodeConversion &c);
llvm::Error convertIsNaN(NodeConversion &c);
llvm::Error convertLess(NodeConversion &c);
llvm::Error convertLessOrEqual(NodeConversion &c);
llvm::Error convertNot(NodeConversion &c);
llvm::Error convertOr(NodeConversion &c);
llvm::Error convertXor(NodeConversion &c);

// ArgExtreme.cpp, CumSum.cpp
llvm::Error convertArgMax(NodeConversion &c);
llvm::Error convertArgMin(NodeConversion &c);
llvm::Error convertCumSum(NodeConversion &c);

// Convolution.cpp, ConvTranspose.cpp, Pooling.cpp
llvm::Error convertConv(NodeConversion &c);
llvm::Error convertConvTranspose(NodeConversion &c);
llvm::Error convertMaxPool(NodeConversion &c);
llvm::Error convertAveragePool(NodeConversion &c);
llvm::Error convertGlobalAveragePool(NodeConversion &c);
llvm::Error convertGlobalMaxPool(NodeConversion &c);

// MatMul.cpp, IntegerProduct.cpp
llvm::Error convertMatMul(NodeConversion &c);
llvm::Error convertGemm(NodeConversion &c);
llvm::Error convertMatMulInteger(NodeConversion &c);
llvm::Error convertConvInteger(NodeConversion &c);

// Normalization.cpp, Softmax.cpp, Reduction.cpp
llvm::Error convertBatchNormalization(NodeConversion &c);
llvm::Error convertLayerNormalization(NodeConversion &c);
llvm::Error convertInstanceNormalization(NodeConversion &c);
llvm::Error convertGroupNormalization(NodeConversion &c);
llvm::Error convertLrn(NodeConversion &c);
llvm::Error convertSoftmax(NodeConversion &c);
llvm::Error convertLogSoftmax(NodeConversion &c);
llvm::Error convertReduceSum(NodeConversion &c);
llvm::Error convertReduceMean(NodeConversion &c);
llvm::Error convertReduceMax(NodeConversion &c);
llvm::Error convertReduceMin(NodeConversion &c);
llvm::Error convertReduceProd(NodeConversion &c);
llvm::Error convertReduceL1(NodeConversion &c);
llvm::Error convertReduceL2(NodeConversion &c);
llvm::Error convertReduceSumSquare(NodeConversion &c);
llvm::Error convertReduceLogSum(NodeConversion &c);
llvm::Error convertReduceLogSumExp(NodeConversion &c);

// Reshape.cpp
llvm::Error convertReshape(NodeConversion &c);
llvm::Error convertFlatten(NodeConversion &c);
llvm::Error convertSqueeze(NodeConversion &c);
llvm::Error convertUnsqueeze(NodeConversion &c);
llvm::Error convertIdentity(NodeConversion &c);
llvm::Error convertDropout(NodeConversion &c);
llvm::Error convertTranspose(NodeConversion &c);
llvm::Error convertExpand(NodeConversion &c);
llvm::Error convertShape(NodeConversion &c);
llvm::Error convertConstant(NodeConversion &c);

// Rearrangement.cpp
llvm::Error convertDepthToSpace(NodeConversion &c);
llvm::Error convertSpaceToDepth(NodeConversion &c);
llvm::Error convertTile(NodeConversion &c);
llvm::Error convertTrilu(NodeConversion &c);

// KnownValues.cpp
llvm::Error convertConstantOfShape(NodeConversion &c);
llvm::Error convertRange(NodeConversion &c);
llvm::Error convertSize(NodeConversion &c);

// Slicing.cpp, Gather.cpp, Pad.cpp, Resize.cpp
llvm::Error convertConcat(NodeConversion &c);
llvm::Error convertSplit(NodeConversion &c);
llvm::Error convertSlice(NodeConversion &c);
llvm::Error convertGather(NodeConversion &c);
llvm::Error convertPad(NodeConversion &c);
llvm::Error convertResize(NodeConversion &c);

// Quantization.cpp, DynamicQuantization.cpp
llvm::Error convertQuantizeLinear(NodeConversion &c);
llvm::Error convertDequantizeLinear(NodeConversion &c);
llvm::Error convertDynamicQuantizeLinear(NodeConversion &c);

} // namespace tenon::import::onnx
