// How a device or a simulator joins: the C interface of a plugin.
/*
 * A plugin is a shared library that exports one symbol, tenonDeviceInterface, which gives a table of
 * functions. The library is loaded into a process of its own (tenon-device-worker): a crash, an abort, a hang
 * or a leak is that process's and is reported as the device's failure.
 *
 * Versions. Every structure starts with its size in bytes and its version. Whoever fills a structure writes
 * the size and version of the header that it was compiled with; whoever reads one refuses another version,
 * and a size below its own, and names both. tenonDeviceInterface gets the version of the caller: a plugin
 * that cannot serve it returns a table with its own version all the same (the caller reports both), or NULL.
 *
 * Units. Sizes and addresses are bytes. An address is one of the description's global memory, counted from 0
 * without the memory's base; data is in the device's byte order, as the description's commands expect it.
 *
 * Ownership. Whatever is passed in belongs to the caller and is valid until the call returns: a function that
 * needs it later copies it (submit copies the commands). Texts and arrays that a function gives belong to the
 * device and are valid until the next call on the same device.
 *
 * Counters. All of them count from open on; callers take differences. A device that measures time has
 *   cycles                     of all submits, each from its start to its end,
 *   command.<number>.<cause>   those spent on the commands that had this number (from 0) in their stream, by
 *                              what the device was doing or waiting for: `busy` is work, every other cause a
 *                              stall,
 *   outside.<cause>            those that belong to no command.
 * Each cycle is counted once by cause: the command.* and outside.* together grow by as much as cycles does.
 * One that knows when its commands ran may also have
 *   span.<number>.begin        cycles from the start of a submit to the first one in which its queue's unit
 *                              was at the command,
 *   span.<number>.end          to past the last one,
 * both summed over all submits that had such a command. All other names are free, and may count anything.
 *
 * Errors. Functions return a TenonDeviceStatus. After any other than TENON_DEVICE_DONE, lastError gives a
 * sentence for people: lower case, no full stop, both sides ("address 4096 is past the memory's 2048 bytes").
 * A call that failed has no effect, but for submit and wait: after these failed the device's memory is
 * undefined, and the caller closes it.
 *
 * Threads. Calls come from one thread of the process, one at a time, the first and the last too. A plugin may
 * have threads of its own. What it prints on standard output or standard error is kept for the report of a
 * failure.
 */
#ifndef TENON_DEVICE_H
#define TENON_DEVICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of everything in this header. */
#define TENON_DEVICE_VERSION 2u

/* An open device; its contents are the plugin's. */
typedef struct TenonDevice TenonDevice;

/* NOLINTBEGIN(readability-identifier-naming): C has one name space for all constants */
typedef enum TenonDeviceStatus {
  TENON_DEVICE_DONE = 0,
  TENON_DEVICE_FAILED = 1,    /* the device found an error in what it was given to run, or broke */
  TENON_DEVICE_WRONG_USE = 2, /* an argument makes no sense: an address past the memory, a stranger's size */
  TENON_DEVICE_OUT_OF_MEMORY = 3, /* the device's memory, or the process's */
  TENON_DEVICE_UNSUPPORTED = 4,   /* the device has no such thing */
  TENON_DEVICE_WRONG_INPUT = 5    /* the description is wrong, or one that this device does not serve */
} TenonDeviceStatus;
/* NOLINTEND(readability-identifier-naming) */

/* A name and its value; part of structures that have a version. */
typedef struct TenonDeviceSetting {
  const char *name;
  const char *value; /* text; a number is in decimal */
} TenonDeviceSetting;

typedef struct TenonDeviceOpenOptions {
  uint32_t size;
  uint32_t version;
  const char *description; /* the text of target.yaml, UTF-8, ends with a zero byte */
  uint64_t descriptionBytes;
  const char *descriptionPath;          /* where it was read from, for messages; may be "" */
  const TenonDeviceSetting *parameters; /* values that replace those of the description's parameters */
  uint64_t parameterCount;
  const TenonDeviceSetting *options; /* of this device alone; an unknown name is TENON_DEVICE_WRONG_USE */
  uint64_t optionCount;
} TenonDeviceOpenOptions;

typedef struct TenonDeviceAllocation {
  uint32_t size;
  uint32_t version;
  uint64_t bytes;     /* at least 1 */
  uint64_t alignment; /* the address is a multiple of it; at least 1 */
  uint64_t fixed;     /* 1: the range must start at `address`; 0: the device chooses */
  uint64_t address;   /* in if fixed; out: where the range starts */
} TenonDeviceAllocation;

typedef struct TenonDeviceCounter {
  const char *name; /* "cycles", "spad.read.stall": stable names, unique on the device */
  uint64_t value;   /* since the device was opened */
} TenonDeviceCounter;

typedef struct TenonDeviceCounters {
  uint32_t size;
  uint32_t version;
  const TenonDeviceCounter *items; /* out */
  uint64_t count;                  /* out */
} TenonDeviceCounters;

typedef struct TenonDeviceInterface {
  uint32_t size;
  uint32_t version;

  /* Opens a device. On failure *device is NULL, and lastError(NULL) says why. */
  int32_t (*open)(const TenonDeviceOpenOptions *options, TenonDevice **device);
  /* Closes it, whatever it is doing, and frees what it has. */
  void (*close)(TenonDevice *device);

  /* Reserves a range of global memory. Contents are undefined. Ranges never overlap. */
  int32_t (*allocate)(TenonDevice *device, TenonDeviceAllocation *allocation);
  /* Gives back the range that starts at the address. */
  int32_t (*free)(TenonDevice *device, uint64_t address);

  /* Copies between the caller's memory and a part of one allocated range. Done when it returns. Not called
   * between a submit and the wait that follows it. */
  int32_t (*copyIn)(TenonDevice *device, uint64_t address, const void *data, uint64_t bytes);
  int32_t (*copyOut)(TenonDevice *device, uint64_t address, void *data, uint64_t bytes);

  /* Starts a stream of commands, encoded as the description says. Returns at once or when the stream has run.
   */
  int32_t (*submit)(TenonDevice *device, const void *commands, uint64_t bytes);
  /* Returns when everything submitted has run. */
  int32_t (*wait)(TenonDevice *device);

  /* What the device has counted so far. */
  int32_t (*counters)(TenonDevice *device, TenonDeviceCounters *counters);

  /* Access from outside to a memory of the description, on the chip or not, for debuggers and for comparing a
   * device with its description; commands are the way for everything else. Addresses count bytes from the
   * memory's start. Not called between a submit and the wait that follows it. Either may be NULL: the device
   * has no such access. `known`, unless NULL, gets for each byte 1, or 0 where nothing has defined its value;
   * a device that does not follow that has 1 everywhere. */
  int32_t (*readMemory)(TenonDevice *device, const char *memory, uint64_t address, void *data, uint8_t *known,
                        uint64_t bytes);
  int32_t (*writeMemory)(TenonDevice *device, const char *memory, uint64_t address, const void *data,
                         uint64_t bytes);

  /* Why the last call on the device failed; with NULL, why the last open failed. Never NULL. */
  const char *(*lastError)(const TenonDevice *device);
} TenonDeviceInterface;

/* What a plugin exports: the table, which lives as long as the process. */
const TenonDeviceInterface *tenonDeviceInterface(uint32_t callersVersion);

#define TENON_DEVICE_SYMBOL "tenonDeviceInterface"

#ifdef __cplusplus
}
#endif

#endif
