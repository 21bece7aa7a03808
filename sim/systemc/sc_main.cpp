// libsystemc has a main that wants this. Nobody calls it: the worker has a main of its own, and the bench
// starts SystemC by itself.
#include <systemc>

extern "C" int sc_main(int, char **) { return 0; }
