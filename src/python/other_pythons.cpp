#include "python/other_pythons.h"

#include <algorithm>
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

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// java -jar PATH/jython.jar, or the main class in some path of classes.
bool StartsJython(std::string_view title) {
  std::string_view before;
  while (!title.empty()) {
    const std::string_view word = title.substr(0, title.find(' '));
    if (word == "org.python.util.jython") return true;
    if (before == "-jar") return FileName(word).starts_with("jython");
    before = word;
    title.remove_prefix(std::min(title.size(), word.size() + 1));
  }
  return false;
}

}  // namespace

std::string_view OtherPython(const std::vector<Module>& modules, std::string_view title) {
  for (const Module& module : modules) {
    const std::string_view file = FileName(module.path);
    if (file == "libjvm.so" && StartsJython(title)) return "Jython";
    for (const Other& other : kOthers) {
      if (file.starts_with(other.file)) return other.name;
    }
  }
  return {};
}

}  // namespace osprey
