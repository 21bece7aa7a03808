// The native bundle's files and its manifest's schema: what the writer (C++) and the runtime (C) agree on.
#ifndef TENON_NATIVE_FORMAT_H
#define TENON_NATIVE_FORMAT_H

#define TENON_NATIVE_SCHEMA_PREFIX "tenon.native/"
#define TENON_NATIVE_SCHEMA_VERSION 1

#define TENON_NATIVE_MANIFEST "manifest.json"
#define TENON_NATIVE_OBJECT "model.o"
#define TENON_NATIVE_LIBRARY "model.so"
#define TENON_NATIVE_MODULE "model.s"
#define TENON_NATIVE_WEIGHTS "weights.bin"
#define TENON_NATIVE_DESCRIPTION "target.yaml"
#define TENON_NATIVE_EXAMPLE "example.c"

/* Of the arena, the weights and every tensor. */
#define TENON_NATIVE_ALIGNMENT 64

#define TENON_NATIVE_MOST_MANIFEST_BYTES ((uint64_t)256 << 20)
#define TENON_NATIVE_MOST_BYTES ((uint64_t)1 << 46)

#endif
