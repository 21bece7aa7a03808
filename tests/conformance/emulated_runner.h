// What the emulated program and its table of entries share.
#ifndef EMULATED_RUNNER_H
#define EMULATED_RUNNER_H

#include <stdint.h>

struct Threads { /* struct tenon_threads of every bundle's header */
  void *context;
  void (*parallel)(void *context, void (*work)(void *arguments, int64_t begin, int64_t end), void *arguments,
                   int64_t items);
};

typedef int32_t Entry(const void *weights, void *arena, const void *const *inputs, void *const *outputs,
                      const struct Threads *threads);

extern Entry *const entries[];

#endif
