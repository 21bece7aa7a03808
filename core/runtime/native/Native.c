// Opening a bundle, and the two ways of running it: all at once, or launch by launch.
#include "core/runtime/native/Internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef int32_t (*Entry)(const void *weights, void *arena, const void *const *inputs, void *const *outputs,
                         const struct tenon_threads *threads);
typedef void (*Work)(void *places, int64_t begin, int64_t end);

struct TenonNative {
  char folder[1024];
  char target[256];
  TenonManifest manifest;
  TenonMapping weights, code;
  // Processors.
  Entry entry;
  const Work *launches;
  void *arena;
  TenonPool *pool;
  struct tenon_threads threads;
  // Machines behind a launcher.
  TenonMachine *machine;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// What a status in the arena means (core/host/HostStatus.h has the numbers).
static TenonNativeStatus checkStatus(const TenonNative *native, int32_t status, TenonNativeFailure *failure) {
  static const char *const texts[] = {"",
                                      "division by zero",
                                      "a shift is not below the width",
                                      "a table's index is outside the table",
                                      "a float is outside the integer type that it is converted to",
                                      "an index leaves its operand",
                                      "there is no memory for a local tensor"};
  if (status == 0)
    return TENON_NATIVE_DONE;
  if (status > 0 && status < (int32_t)(sizeof texts / sizeof *texts))
    return tenonFail(failure, TENON_NATIVE_DEVICE_FAILED, native->folder, "the model has no result: %s",
                     texts[status]);
  return tenonFail(failure, TENON_NATIVE_DEVICE_FAILED, native->folder, "the model's code returned %d",
                   status);
}

static TenonNativeStatus loadLibrary(const TenonNative *native, const char *name, int mode, void **library,
                                     TenonNativeFailure *failure) {
  char path[1100], whole[4096];
  snprintf(path, sizeof path, "%s/%s", native->folder, name);
  if (!realpath(path, whole)) // a path without a slash would be looked for elsewhere
    return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, path, "cannot be opened: %s", strerror(errno));
  *library = dlopen(whole, mode);
  if (*library)
    return TENON_NATIVE_DONE;
  return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "cannot be loaded: %s", dlerror());
}

static TenonNativeStatus findSymbol(const TenonNative *native, void *library, const char *suffix,
                                    void **symbol, TenonNativeFailure *failure) {
  char name[512];
  snprintf(name, sizeof name, "%s%s", native->manifest.name, suffix);
  *symbol = dlsym(library, name);
  if (*symbol)
    return TENON_NATIVE_DONE;
  return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, native->folder, "%s has no symbol %s",
                   native->manifest.code, name);
}

static TenonNativeStatus openProcessor(TenonNative *native, unsigned threads, TenonNativeFailure *failure) {
  TenonNativeStatus status = TENON_NATIVE_DONE;
  void *library = NULL;
  for (size_t i = 0; i < native->manifest.libraryCount && status == TENON_NATIVE_DONE; ++i)
    status = loadLibrary(native, native->manifest.libraries[i], RTLD_NOW | RTLD_GLOBAL, &library, failure);
  if (status == TENON_NATIVE_DONE)
    status = loadLibrary(native, native->manifest.code, RTLD_NOW | RTLD_LOCAL, &library, failure);
  if (status == TENON_NATIVE_DONE)
    status = findSymbol(native, library, "_run", (void **)&native->entry, failure);
  if (status == TENON_NATIVE_DONE)
    status = findSymbol(native, library, "_launches", (void **)&native->launches, failure);
  if (status != TENON_NATIVE_DONE)
    return status;
  size_t bytes = (native->manifest.arenaBytes + TENON_NATIVE_ALIGNMENT - 1) / TENON_NATIVE_ALIGNMENT *
                 TENON_NATIVE_ALIGNMENT;
  native->arena = aligned_alloc(TENON_NATIVE_ALIGNMENT, bytes);
  if (!native->arena)
    return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, native->folder,
                     "the model works in %llu bytes, which there are not", (unsigned long long)bytes);
  if (threads <= 1)
    return TENON_NATIVE_DONE;
  native->pool = tenonPoolStart(threads, failure);
  if (!native->pool)
    return failure->status;
  native->threads.context = native->pool;
  native->threads.parallel = tenonPoolParallel;
  return TENON_NATIVE_DONE;
}

TenonNativeStatus tenonNativeOpen(const char *folder, const TenonNativeOptions *options, TenonNative **opened,
                                  TenonNativeFailure *failure) {
  struct stat found;
  if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
    return tenonFail(failure, TENON_NATIVE_WRONG_USE, folder, "is no folder, a bundle is one");
  TenonNative *native = calloc(1, sizeof *native);
  if (!native || strlen(folder) >= sizeof native->folder) {
    free(native);
    return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory, or the path is too long");
  }
  snprintf(native->folder, sizeof native->folder, "%s", folder);
  const TenonManifest *manifest = &native->manifest;
  TenonNativeStatus status = tenonReadManifest(folder, &native->manifest, failure);
  // Whether it is for this host is judged before its files: it is the likelier mistake, and says more.
  if (status == TENON_NATIVE_DONE && !*manifest->device)
    status = tenonCheckHost(folder, manifest, failure);
  if (status == TENON_NATIVE_DONE)
    status = tenonCheckFiles(folder, manifest, &native->weights, &native->code, failure);
  if (status == TENON_NATIVE_DONE)
    status = *manifest->device ? tenonMachineOpen(folder, options ? options->pluginFolders : NULL, manifest,
                                                  &native->code, &native->weights, &native->machine, failure)
                               : openProcessor(native, options ? options->threads : 1, failure);
  if (status != TENON_NATIVE_DONE) {
    tenonNativeClose(native);
    return status;
  }
  snprintf(native->target, sizeof native->target, "%s%s%s", manifest->target, *manifest->variant ? "/" : "",
           manifest->variant);
  *opened = native;
  return TENON_NATIVE_DONE;
}

void tenonNativeClose(TenonNative *native) {
  if (!native)
    return;
  tenonPoolStop(native->pool);
  tenonMachineClose(native->machine);
  free(native->arena);
  tenonUnmap(&native->weights);
  tenonUnmap(&native->code);
  tenonFreeManifest(&native->manifest);
  free(native); // the code stays loaded: unloading gains nothing
}

const char *tenonNativeName(const TenonNative *native) { return native->manifest.name; }
const char *tenonNativeTarget(const TenonNative *native) { return native->target; }
const char *tenonNativeVersion(const TenonNative *native) { return native->manifest.version; }
const char *tenonNativeDevice(const TenonNative *native) {
  return native->machine ? tenonMachineName(native->machine) : "";
}
TenonNativeTensors tenonNativeInputs(const TenonNative *native) { return native->manifest.inputs; }
TenonNativeTensors tenonNativeOutputs(const TenonNative *native) { return native->manifest.outputs; }
TenonNativeTensors tenonNativeNamedTensors(const TenonNative *native) { return native->manifest.tensors; }
size_t tenonNativeLayerCount(const TenonNative *native) { return native->manifest.layerCount; }
const char *tenonNativeLayer(const TenonNative *native, size_t number) {
  return native->manifest.layers[number];
}
size_t tenonNativeLaunchCount(const TenonNative *native) { return native->manifest.launchCount; }
const char *tenonNativeLaunchKernel(const TenonNative *native, size_t number) {
  return native->manifest.launches[number].kernel;
}
size_t tenonNativeLaunchLayer(const TenonNative *native, size_t number) {
  return (size_t)native->manifest.launches[number].layer;
}

// What happens to the arena, wherever it is.
static TenonNativeStatus copyIn(TenonNative *native, uint64_t offset, const void *data, uint64_t bytes,
                                TenonNativeFailure *failure) {
  if (native->machine)
    return bytes ? tenonMachineCopyIn(native->machine, offset, data, bytes, failure) : TENON_NATIVE_DONE;
  memcpy((char *)native->arena + offset, data, bytes);
  return TENON_NATIVE_DONE;
}

static TenonNativeStatus copyOut(TenonNative *native, uint64_t offset, void *data, uint64_t bytes,
                                 TenonNativeFailure *failure) {
  if (native->machine)
    return bytes ? tenonMachineCopyOut(native->machine, offset, data, bytes, failure) : TENON_NATIVE_DONE;
  memcpy(data, (char *)native->arena + offset, bytes);
  return TENON_NATIVE_DONE;
}

static TenonNativeStatus launch(TenonNative *native, size_t number, TenonNativeFailure *failure) {
  const TenonLaunch *what = &native->manifest.launches[number];
  if (native->machine)
    return tenonMachineLaunch(native->machine, what, failure);
  const void *places[2] = {native->weights.data, native->arena};
  if (native->pool && what->items > 1)
    tenonPoolParallel(native->pool, native->launches[number], places, (int64_t)what->items);
  else
    native->launches[number](places, 0, (int64_t)what->items);
  return TENON_NATIVE_DONE;
}

static TenonNativeStatus finish(TenonNative *native, TenonNativeFailure *failure) {
  TenonNativeStatus status = native->machine ? tenonMachineWait(native->machine, failure) : TENON_NATIVE_DONE;
  int32_t found = 0;
  if (status == TENON_NATIVE_DONE)
    status = copyOut(native, 0, &found, sizeof found, failure);
  return status == TENON_NATIVE_DONE ? checkStatus(native, found, failure) : status;
}

static TenonNativeStatus begin(TenonNative *native, const void *const *inputs, TenonNativeFailure *failure) {
  int32_t none = 0;
  TenonNativeStatus status = copyIn(native, 0, &none, sizeof none, failure);
  for (size_t i = 0; i < native->manifest.inputs.count && status == TENON_NATIVE_DONE; ++i) {
    const TenonNativeTensor *tensor = &native->manifest.inputs.items[i];
    status = copyIn(native, tensor->offset, inputs[i], tensor->bytes, failure);
  }
  return status;
}

static TenonNativeStatus takeOutputs(TenonNative *native, void *const *outputs, TenonNativeFailure *failure) {
  TenonNativeStatus status = TENON_NATIVE_DONE;
  for (size_t i = 0; i < native->manifest.outputs.count && status == TENON_NATIVE_DONE; ++i) {
    const TenonNativeTensor *tensor = &native->manifest.outputs.items[i];
    status = copyOut(native, tensor->offset, outputs[i], tensor->bytes, failure);
  }
  return status;
}

TenonNativeStatus tenonNativeRun(TenonNative *native, const void *const *inputs, void *const *outputs,
                                 double *seconds, TenonNativeFailure *failure) {
  double start = now();
  TenonNativeStatus status = TENON_NATIVE_DONE;
  if (native->machine) {
    status = begin(native, inputs, failure);
    for (size_t i = 0; i < native->manifest.launchCount && status == TENON_NATIVE_DONE; ++i)
      status = launch(native, i, failure);
    if (status == TENON_NATIVE_DONE)
      status = finish(native, failure);
    if (status == TENON_NATIVE_DONE)
      status = takeOutputs(native, outputs, failure);
  } else {
    int32_t code = native->entry(native->weights.data, native->arena, inputs, outputs,
                                 native->pool ? &native->threads : NULL);
    status = checkStatus(native, code, failure);
  }
  if (seconds)
    *seconds = now() - start;
  return status;
}

// Named tensors that are there after so many launches.
static TenonNativeStatus showTensors(TenonNative *native, size_t launches, const TenonNativeWatch *watch,
                                     TenonNativeFailure *failure) {
  for (size_t i = 0; i < native->manifest.tensors.count; ++i) {
    const TenonNativeTensor *tensor = &native->manifest.tensors.items[i];
    if (!watch->tensor || tensor->launches != launches)
      continue;
    void *data = malloc(tensor->bytes + 1);
    if (!data)
      return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory for %llu bytes",
                       (unsigned long long)tensor->bytes);
    TenonNativeStatus status = copyOut(native, tensor->offset, data, tensor->bytes, failure);
    if (status == TENON_NATIVE_DONE)
      status = watch->tensor(watch->context, i, tensor, data, failure);
    free(data);
    if (status != TENON_NATIVE_DONE)
      return status;
  }
  return TENON_NATIVE_DONE;
}

TenonNativeStatus tenonNativeRunWatched(TenonNative *native, const void *const *inputs, void *const *outputs,
                                        const TenonNativeWatch *watch, TenonNativeFailure *failure) {
  TenonNativeStatus status = begin(native, inputs, failure);
  if (status == TENON_NATIVE_DONE)
    status = showTensors(native, 0, watch, failure);
  for (size_t i = 0; i < native->manifest.launchCount && status == TENON_NATIVE_DONE; ++i) {
    double start = now();
    status = launch(native, i, failure);
    if (status == TENON_NATIVE_DONE)
      status = finish(native, failure);
    if (watch->launchSeconds)
      watch->launchSeconds[i] += now() - start;
    if (status == TENON_NATIVE_DONE)
      status = showTensors(native, i + 1, watch, failure);
  }
  return status == TENON_NATIVE_DONE ? takeOutputs(native, outputs, failure) : status;
}
