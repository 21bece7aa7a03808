// The native runtime: opens a bundle of machine code that `tenon compile` wrote, checks it, and runs it.
/*
 * C11; libc, libm and POSIX threads. Programs that carry their model in them need none of this: NAME.h and
 * model.o of the bundle are enough. This is for programs that open bundles as files, such as tenon-run.
 *
 * Opening trusts nothing: a bundle that was cut short, altered, made for another processor or by another
 * version is refused, and the message names both sides.
 *
 * Functions that can fail return a TenonNativeStatus and fill a TenonNativeFailure. Whatever a function gives
 * belongs to the bundle and is valid until tenonNativeClose. Calls on one bundle come one at a time.
 */
#ifndef TENON_NATIVE_H
#define TENON_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming): C has one name space for all constants */
/* The exit codes of every tool of Tenon's. */
typedef enum TenonNativeStatus {
  TENON_NATIVE_DONE = 0,
  TENON_NATIVE_WRONG_USE = 2,     /* there is no such bundle, an argument makes no sense */
  TENON_NATIVE_WRONG_INPUT = 3,   /* the bundle or data is wrong */
  TENON_NATIVE_CANNOT = 4,        /* this host cannot run it */
  TENON_NATIVE_DEVICE_FAILED = 5, /* the launcher failed, or a value of the model could not be computed */
  TENON_NATIVE_SYSTEM_FAILED = 6  /* memory, threads, files */
} TenonNativeStatus;
/* NOLINTEND(readability-identifier-naming) */

typedef struct TenonNativeFailure {
  TenonNativeStatus status;
  char file[1024];    /* that it concerns; may be "" */
  char message[2048]; /* lower case, no full stop, both sides */
  char repair[512];   /* the likely repair; may be "" */
} TenonNativeFailure;

typedef struct TenonNativeTensor {
  const char *name;
  const char *type; /* "i8", "f32" */
  const int64_t *shape;
  size_t rank;
  uint64_t elementBytes;
  uint64_t bytes;    /* dense, C order */
  uint64_t offset;   /* in the arena */
  uint64_t launches; /* of a named tensor: after how many it is there; 0 otherwise */
} TenonNativeTensor;

typedef struct TenonNativeTensors {
  const TenonNativeTensor *items;
  size_t count;
} TenonNativeTensors;

typedef struct TenonNativeOptions {
  unsigned threads; /* that share kernels' items, the calling one included; 0: one */
  const char
      *pluginFolders; /* where launcher plugins are looked for, after the bundle itself: "a:b"; may be NULL */
} TenonNativeOptions;

/* An open bundle. */
typedef struct TenonNative TenonNative;

/* Opens the machine behind a launcher plugin, given by its path, and closes it; `name` gets the machine's. */
TenonNativeStatus tenonNativeProbe(const char *launcher, char *name, size_t nameBytes,
                                   TenonNativeFailure *failure);

TenonNativeStatus tenonNativeOpen(const char *folder, const TenonNativeOptions *options, TenonNative **native,
                                  TenonNativeFailure *failure);
void tenonNativeClose(TenonNative *native);

const char *tenonNativeName(const TenonNative *native);
const char *tenonNativeTarget(const TenonNative *native);  /* "chip/variant" */
const char *tenonNativeVersion(const TenonNative *native); /* of what wrote it */
const char *tenonNativeDevice(const TenonNative *native);  /* a machine's name; "" for this processor */
TenonNativeTensors tenonNativeInputs(const TenonNative *native);
TenonNativeTensors tenonNativeOutputs(const TenonNative *native);
TenonNativeTensors tenonNativeNamedTensors(const TenonNative *native);
size_t tenonNativeLayerCount(const TenonNative *native);
const char *tenonNativeLayer(const TenonNative *native, size_t number);
/* Kernels are launched in this order, each when the one before is done. */
size_t tenonNativeLaunchCount(const TenonNative *native);
const char *tenonNativeLaunchKernel(const TenonNative *native, size_t number);
size_t tenonNativeLaunchLayer(const TenonNative *native, size_t number); /* its layer's number */

/* Runs once. Pointers to dense tensors; they may have any alignment. `seconds`, unless NULL, gets how long it
 * took, copies of inputs and outputs included. */
TenonNativeStatus tenonNativeRun(TenonNative *native, const void *const *inputs, void *const *outputs,
                                 double *seconds, TenonNativeFailure *failure);

typedef struct TenonNativeWatch {
  void *context; /* whatever the functions want */
  /* Called with each named tensor as soon as it is there; may be NULL. Another result than DONE ends the run.
   */
  TenonNativeStatus (*tensor)(void *context, size_t number, const TenonNativeTensor *tensor, const void *data,
                              TenonNativeFailure *failure);
  /* An element for each launch, to which its time is added; may be NULL. Behind a launcher plugin this is
   * from the call that starts it until the machine is done, which for a short kernel is mostly the way there.
   */
  double *launchSeconds;
} TenonNativeWatch;

/* The same, one launch after the other. */
TenonNativeStatus tenonNativeRunWatched(TenonNative *native, const void *const *inputs, void *const *outputs,
                                        const TenonNativeWatch *watch, TenonNativeFailure *failure);

/* Bytes of an element of a type's name: the smallest of 1, 2, 4, 8 that holds it; 0 for what is no type. */
uint64_t tenonNativeElementBytes(const char *type);

/* Whether this host has a feature (LLVM's name): 1, 0, or -1 where this runtime cannot tell. */
int tenonNativeHostHas(const char *feature);
/* This host's kind of processor as a triple begins: "x86_64". */
const char *tenonNativeHostArchitecture(void);

#ifdef __cplusplus
}
#endif

#endif
