// Pythons that are not CPython, so that they get an answer of their own.
#pragma once

#include <string_view>
#include <vector>

#include "osprey/target/target.h"

namespace osprey {

// "PyPy" and the like when one of the files belongs to such an interpreter; empty when none does.
std::string_view OtherPython(const std::vector<Module>& modules);

}  // namespace osprey
