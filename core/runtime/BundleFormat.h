// The folder's files and the manifest's schema: what writer and reader must agree on.
#pragma once

namespace tenon::runtime {

inline constexpr const char *manifestName = "manifest.json";
inline constexpr const char *commandsName = "commands.bin";
inline constexpr const char *weightsName = "weights.bin";
inline constexpr const char *hostName = "host.c";
inline constexpr const char *descriptionName = "target.yaml";

inline constexpr const char *schemaPrefix = "tenon.bundle/";
inline constexpr unsigned schemaVersion = 1;

} // namespace tenon::runtime
