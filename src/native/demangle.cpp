#include <demangle.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "osprey/native/module_symbols.h"

namespace osprey {
namespace {

struct Free {
  void operator()(char* text) const { std::free(text); }
};

}  // namespace

std::string Demangle(const char* name) {
  // With DMGL_AUTO Rust's names, old and new, are known by their form.
  const std::unique_ptr<char, Free> text(cplus_demangle(name, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI));
  return text ? text.get() : name;
}

}  // namespace osprey
