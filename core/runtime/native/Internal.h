// What the parts of the native runtime share: the manifest, open files, threads, launchers.
#ifndef TENON_NATIVE_INTERNAL_H
#define TENON_NATIVE_INTERNAL_H

#include "core/runtime/native/native_format.h"
#include "core/runtime/native/tenon_launcher.h"
#include "core/runtime/native/tenon_native.h"

#include <jansson.h>

/* As the bundle's own header declares it. */
struct tenon_threads { /* NOLINT(readability-identifier-naming): part of what C programs see */
  void *context;
  void (*parallel)(void *context, void (*work)(void *arguments, int64_t begin, int64_t end), void *arguments,
                   int64_t items);
};

/* Fills a failure; gives its status. */
TenonNativeStatus tenonFail(TenonNativeFailure *failure, TenonNativeStatus status, const char *file,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Manifest.c */
typedef struct TenonLaunch {
  const char *kernel;
  uint64_t layer, items, threadsPerBlock, sharedBytes;
  size_t argumentCount;
  unsigned char *isWeights; /* by argument */
  uint64_t *offsets;
} TenonLaunch;

typedef struct TenonFile {
  const char *name;
  uint64_t bytes;
  const char *sha256;
} TenonFile;

typedef struct TenonManifest {
  json_t *json; /* texts point into it */
  const char *version, *name, *target, *variant, *triple, *processor, *device, *code;
  const char **features, **libraries, **layers;
  size_t featureCount, libraryCount, layerCount;
  uint64_t arenaBytes, weightsBytes;
  TenonNativeTensors inputs, outputs, tensors;
  TenonLaunch *launches;
  size_t launchCount;
  TenonFile *files;
  size_t fileCount;
} TenonManifest;

TenonNativeStatus tenonReadManifest(const char *folder, TenonManifest *manifest, TenonNativeFailure *failure);
void tenonFreeManifest(TenonManifest *manifest);

/* Files.c */
typedef struct TenonMapping {
  const void *data; /* zero bytes follow it to the page's end; of an empty file, some aligned address */
  uint64_t bytes;
} TenonMapping;

/* Maps a whole file, read only. */
TenonNativeStatus tenonMap(const char *path, TenonMapping *mapping, TenonNativeFailure *failure);
void tenonUnmap(TenonMapping *mapping);
/* Holds every file that the manifest lists to its size and hash; keeps the mapping of the weights and of the
 * code. */
TenonNativeStatus tenonCheckFiles(const char *folder, const TenonManifest *manifest, TenonMapping *weights,
                                  TenonMapping *code, TenonNativeFailure *failure);

/* Host.c */
TenonNativeStatus tenonCheckHost(const char *folder, const TenonManifest *manifest,
                                 TenonNativeFailure *failure);

/* Threads.c: a pool that shares items of a loop. */
typedef struct TenonPool TenonPool;
TenonPool *tenonPoolStart(unsigned threads, TenonNativeFailure *failure);
void tenonPoolStop(TenonPool *pool);
void tenonPoolParallel(void *pool, void (*work)(void *arguments, int64_t begin, int64_t end), void *arguments,
                       int64_t items);

/* Machine.c: launches on a machine behind a launcher plugin. */
typedef struct TenonMachine TenonMachine;
TenonNativeStatus tenonMachineOpen(const char *folder, const char *pluginFolders,
                                   const TenonManifest *manifest, const TenonMapping *code,
                                   const TenonMapping *weights, TenonMachine **machine,
                                   TenonNativeFailure *failure);
void tenonMachineClose(TenonMachine *machine);
const char *tenonMachineName(const TenonMachine *machine);
TenonNativeStatus tenonMachineCopyIn(TenonMachine *machine, uint64_t offset, const void *data, uint64_t bytes,
                                     TenonNativeFailure *failure);
TenonNativeStatus tenonMachineCopyOut(TenonMachine *machine, uint64_t offset, void *data, uint64_t bytes,
                                      TenonNativeFailure *failure);
TenonNativeStatus tenonMachineLaunch(TenonMachine *machine, const TenonLaunch *launch,
                                     TenonNativeFailure *failure);
TenonNativeStatus tenonMachineWait(TenonMachine *machine, TenonNativeFailure *failure);

#endif
