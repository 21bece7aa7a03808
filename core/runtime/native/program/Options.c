// getopt_long and the checks that it does not make.
#include "Options.h"

#include "Arrays.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char usageText[] =
    "usage: tenon-run BUNDLE [OPTION]...\n"
    "Runs a bundle of machine code that `tenon compile` wrote. Without inputs they are zero.\n\n"
    "  --input [NAME=]FILE     .npy or .bin; by position, or by name; none or all\n"
    "  --output [NAME=]FILE    .npy or .bin; by position, or by name\n"
    "  --output-dir DIR        every output, with outputs.json\n"
    "  --raw                   .bin instead of .npy in DIR\n"
    "  --dump-tensors DIR      every named tensor, with tensors.json\n"
    "  --threads N             that share the work (1)\n"
    "  --repeat N              runs, for the time (1)\n"
    "  --layers                the time of each layer, from one more run\n"
    "  --kernels               the time of each launch of a kernel, from the same run\n"
    "  --json FILE             the report as JSON; - is standard output\n"
    "  --quiet                 no report\n"
    "  --probe LAUNCHER        no bundle: the name of the machine behind a launcher plugin, given by its "
    "path\n"
    "  --version, --help\n"
    "TENON_PLUGIN_PATH lists folders of launchers, which run bundles of other machines than processors.\n"
    "Exit codes: 0 done, 2 wrong use, 3 the bundle or data is wrong, 4 this host cannot run it, 5 the model "
    "or a\n"
    "launcher failed, 6 the system failed.\n";

static TenonNativeStatus number(const char *name, const char *text, unsigned long most, unsigned long *value,
                                TenonNativeFailure *failure) {
  char *end = NULL;
  errno = 0;
  *value = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno || *value < 1 || *value > most)
    return failed(failure, TENON_NATIVE_WRONG_USE, "", "%s is '%s', it must be a whole number from 1 to %lu",
                  name, text, most);
  return TENON_NATIVE_DONE;
}

TenonNativeStatus readOptions(int count, char **arguments, RunOptions *options, TenonNativeFailure *failure) {
  static const struct option known[] = {{"input", required_argument, NULL, 'i'},
                                        {"output", required_argument, NULL, 'o'},
                                        {"output-dir", required_argument, NULL, 'd'},
                                        {"raw", no_argument, NULL, 'w'},
                                        {"dump-tensors", required_argument, NULL, 't'},
                                        {"threads", required_argument, NULL, 'n'},
                                        {"repeat", required_argument, NULL, 'r'},
                                        {"layers", no_argument, NULL, 'l'},
                                        {"kernels", no_argument, NULL, 'k'},
                                        {"json", required_argument, NULL, 'j'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {"probe", required_argument, NULL, 'p'},
                                        {"help", no_argument, NULL, 'h'},
                                        {"version", no_argument, NULL, 'v'},
                                        {NULL, 0, NULL, 0}};
  memset(options, 0, sizeof *options);
  options->threads = 1;
  options->repeat = 1;
  options->inputs = calloc((size_t)count, sizeof *options->inputs);
  options->outputs = calloc((size_t)count, sizeof *options->outputs);
  if (!options->inputs || !options->outputs)
    return failed(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory");
  opterr = 0;
  failure->status = TENON_NATIVE_DONE;
  for (int option; (option = getopt_long(count, arguments, ":", known, NULL)) != -1;) {
    unsigned long value = 0;
    switch (option) {
    case 'i':
      options->inputs[options->inputCount++] = optarg;
      break;
    case 'o':
      options->outputs[options->outputCount++] = optarg;
      break;
    case 'd':
      options->outputFolder = optarg;
      break;
    case 't':
      options->tensorFolder = optarg;
      break;
    case 'j':
      options->json = optarg;
      break;
    case 'p':
      options->probe = optarg;
      break;
    case 'w':
      options->raw = true;
      break;
    case 'l':
      options->layers = true;
      break;
    case 'k':
      options->kernels = true;
      break;
    case 'q':
      options->quiet = true;
      break;
    case 'h':
      options->help = true;
      break;
    case 'v':
      options->version = true;
      break;
    case 'n':
      if (number("--threads", optarg, 1024, &value, failure) == TENON_NATIVE_DONE)
        options->threads = (unsigned)value;
      break;
    case 'r':
      if (number("--repeat", optarg, 1000000, &value, failure) == TENON_NATIVE_DONE)
        options->repeat = value;
      break;
    case ':':
      return failed(failure, TENON_NATIVE_WRONG_USE, "", "%s needs a value", arguments[optind - 1]);
    default:
      return failed(failure, TENON_NATIVE_WRONG_USE, "", "%s is no option of tenon-run",
                    arguments[optind - 1]);
    }
    if (failure->status != TENON_NATIVE_DONE)
      return failure->status;
  }
  if (options->help || options->version)
    return TENON_NATIVE_DONE;
  if (options->probe && optind == count)
    return TENON_NATIVE_DONE;
  if (options->probe)
    return failed(failure, TENON_NATIVE_WRONG_USE, "", "--probe takes no bundle, and %s is given",
                  arguments[optind]);
  if (optind + 1 != count)
    return failed(failure, TENON_NATIVE_WRONG_USE, "", "%d bundles are given, one is run", count - optind);
  options->bundle = arguments[optind];
  return TENON_NATIVE_DONE;
}

void freeOptions(RunOptions *options) {
  free(options->inputs);
  free(options->outputs);
}
