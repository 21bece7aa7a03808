// How a machine that runs kernels joins the native runtime: the C interface of a launcher plugin.
/*
 * A launcher is a shared library that exports one symbol, tenonLauncherInterface, which gives a table of
 * functions. The runtime that runs a bundle finds it by the file name in the bundle's manifest.
 *
 * Versions. Every structure starts with its size in bytes and its version. Whoever fills a structure writes
 * the size and version of the header that it was compiled with; whoever reads one refuses another version,
 * and a size below its own, and names both. tenonLauncherInterface gets the version of the caller: a launcher
 * that cannot serve it returns a table with its own version all the same (the caller reports both), or NULL.
 *
 * Units. Sizes and addresses are bytes. An address is one of the machine's own memory, as kernels use it.
 *
 * Ownership. Whatever is passed in belongs to the caller and is valid until the call returns. Texts that a
 * function gives belong to the launcher and are valid until the next call on it.
 *
 * Order. Copies and launches happen in the order of their calls. copyIn and copyOut are done when they
 * return; launch may return before the kernel has run; wait returns when everything has.
 *
 * Errors. Functions return a TenonLauncherStatus. After any other than TENON_LAUNCHER_DONE, lastError gives a
 * sentence for people: lower case, no full stop, both sides. A kernel that failed makes launch, wait, copyOut
 * or any later call fail; the caller then closes the launcher.
 *
 * Threads. Calls on one launcher come one at a time, from any thread.
 */
#ifndef TENON_LAUNCHER_H
#define TENON_LAUNCHER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of everything in this header. */
#define TENON_LAUNCHER_VERSION 1u

/* An open machine; its contents are the launcher's. */
typedef struct TenonLauncher TenonLauncher;

/* NOLINTBEGIN(readability-identifier-naming): C has one name space for all constants */
typedef enum TenonLauncherStatus {
  TENON_LAUNCHER_DONE = 0,
  TENON_LAUNCHER_FAILED = 1,        /* the machine broke, or found an error in what it ran */
  TENON_LAUNCHER_WRONG_USE = 2,     /* an argument makes no sense */
  TENON_LAUNCHER_OUT_OF_MEMORY = 3, /* the machine's memory, or the process's */
  TENON_LAUNCHER_UNSUPPORTED = 4,   /* no such machine here, or one that this module is not for */
  TENON_LAUNCHER_WRONG_INPUT = 5    /* the module is wrong */
} TenonLauncherStatus;
/* NOLINTEND(readability-identifier-naming) */

/* A name and its value; part of structures that have a version. */
typedef struct TenonLauncherSetting {
  const char *name;
  const char *value; /* text; a number is in decimal */
} TenonLauncherSetting;

typedef struct TenonLauncherOpenOptions {
  uint32_t size;
  uint32_t version;
  const TenonLauncherSetting *options; /* of this launcher alone; an unknown name is WRONG_USE */
  uint64_t optionCount;
} TenonLauncherOpenOptions;

typedef struct TenonLauncherModule {
  uint32_t size;
  uint32_t version;
  const char *text;      /* the module as code generation wrote it; a zero byte follows it */
  uint64_t bytes;        /* without that zero byte */
  const char *triple;    /* that it was generated for */
  const char *processor; /* the same; may be "" */
} TenonLauncherModule;

typedef struct TenonLauncherLaunch {
  uint32_t size;
  uint32_t version;
  const char *kernel;       /* a function of the module */
  uint64_t blocks;          /* at least 1; blocks are counted in one dimension */
  uint64_t threadsPerBlock; /* at least 1; in one dimension too */
  uint64_t sharedBytes;     /* of a block's memory, in addition to what the module declares itself */
  const uint64_t *pointers; /* the kernel's parameters, all of them addresses */
  uint64_t pointerCount;
} TenonLauncherLaunch;

typedef struct TenonLauncherInterface {
  uint32_t size;
  uint32_t version;

  /* Opens the machine. On failure *launcher is NULL, and lastError(NULL) says why: what was looked for, and
   * what was found. */
  int32_t (*open)(const TenonLauncherOpenOptions *options, TenonLauncher **launcher);
  /* Closes it and frees what it has. */
  void (*close)(TenonLauncher *launcher);

  /* The machine's name, for people. Never NULL. */
  const char *(*deviceName)(const TenonLauncher *launcher);

  /* Loads a module; kernels are looked up in all that are loaded, the last first. */
  int32_t (*load)(TenonLauncher *launcher, const TenonLauncherModule *module);

  /* Reserves memory, aligned to at least 256 bytes; its contents are undefined. */
  int32_t (*allocate)(TenonLauncher *launcher, uint64_t bytes, uint64_t *address);
  /* Gives it back: an address that allocate gave. */
  int32_t (*free)(TenonLauncher *launcher, uint64_t address);

  /* Copies between the caller's memory and a part of one allocated range. */
  int32_t (*copyIn)(TenonLauncher *launcher, uint64_t address, const void *data, uint64_t bytes);
  int32_t (*copyOut)(TenonLauncher *launcher, uint64_t address, void *data, uint64_t bytes);

  int32_t (*launch)(TenonLauncher *launcher, const TenonLauncherLaunch *launch);
  int32_t (*wait)(TenonLauncher *launcher);

  /* Why the last call failed; with NULL, why the last open failed. Never NULL. */
  const char *(*lastError)(const TenonLauncher *launcher);
} TenonLauncherInterface;

/* What a launcher exports: the table, which lives as long as the process. */
const TenonLauncherInterface *tenonLauncherInterface(uint32_t callersVersion);

#define TENON_LAUNCHER_SYMBOL "tenonLauncherInterface"

#ifdef __cplusplus
}
#endif

#endif
