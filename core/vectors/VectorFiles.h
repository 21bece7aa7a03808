// The folder of vectors: plain files that a test bench reads without anything of ours.
#pragma once

#include "core/vectors/LayerStreams.h"
#include "core/vectors/Record.h"

#include <nlohmann/json.hpp>

namespace tenon::vectors {

inline constexpr const char *indexName = "vectors.json";
inline constexpr const char *schema = "tenon.vectors/1";

struct LayerVectors {
  std::string folder; ///< its name
  std::string name;   ///< of the model's nodes
  std::string op;
  std::vector<std::string> nodes;
  int64_t macs = 0;
  LayerStream stream;
  LayerState state;
};

struct VectorSet {
  std::string model, target;
  std::map<std::string, int64_t> parameters;
  nlohmann::json inputs; ///< where the model's inputs came from
  std::vector<LayerVectors> layers;
  std::vector<std::string> hostLayers; ///< which have no commands
};

/// "003-conv-2d-add".
std::string folderName(unsigned number, llvm::StringRef op);

/// Refuses a folder that holds anything that is not of earlier vectors (ExitCode::WrongUse), before work is
/// done for it.
llvm::Error checkVectorFolder(llvm::StringRef folder);

/// Writes the folder in place of earlier vectors, whole or not at all.
llvm::Error writeVectors(const isa::Description &description, const VectorSet &set, llvm::StringRef folder);

} // namespace tenon::vectors
