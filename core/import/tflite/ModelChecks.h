// What FlatBuffers' verifier does not check about a TFLite model: quantisation, and the graph as a whole.
#pragma once

#include "core/import/Mistakes.h"
#include "core/import/tflite/Model.h"

namespace tenon::import::tflite {

/// What is wrong with the quantisation of a tensor whose type and shape are known, as the rest of a sentence
/// that begins with the tensor ("has a scale of 0, ..."); empty if nothing.
std::string checkQuantization(const Quantization &quantization, const Tensor &tensor);

/// Every tensor is made at most once and before it is used; constants and graph inputs are made by no node.
void checkGraph(const Model &model, Mistakes &mistakes);

} // namespace tenon::import::tflite
