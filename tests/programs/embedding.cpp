// A program of its own with Python inside: embedding FILE [ARGUMENT...] runs the file.
#include <Python.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.parse_argv = 0;  // they are the file's, none is Python's own
  PyStatus status = PyConfig_SetBytesArgv(&config, argc - 1, argv + 1);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) return 3;
  std::FILE* file = std::fopen(argv[1], "r");
  if (file == nullptr) return 4;
  return PyRun_SimpleFileEx(file, argv[1], 1) == 0 ? Py_FinalizeEx() : 5;
}
