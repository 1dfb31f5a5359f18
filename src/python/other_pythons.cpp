#include "python/other_pythons.h"

#include <array>

namespace osprey {
namespace {

struct Other {
  std::string_view file;  // what the file's name begins with
  std::string_view name;
};

// Under these names the projects themselves and Debian's packages install them.
constexpr std::array kOthers = {
    Other{"libpypy", "PyPy"},
    Other{"pypy", "PyPy"},
    Other{"libpythonvm.", "GraalPy"},
    Other{"graalpy", "GraalPy"},
    Other{"micropython", "MicroPython"},
    Other{"rustpython", "RustPython"},
    Other{"IronPython.", "IronPython"},
    Other{"jython", "Jython"},
};

}  // namespace

std::string_view OtherPython(const std::vector<Module>& modules) {
  for (const Module& module : modules) {
    const std::string_view path = module.path;
    const std::string_view file = path.substr(path.rfind('/') + 1);
    for (const Other& other : kOthers) {
      if (file.starts_with(other.file)) return other.name;
    }
  }
  return {};
}

}  // namespace osprey
