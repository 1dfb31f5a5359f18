// Pythons that are not CPython, so that they get an answer of their own.
#pragma once

#include <string_view>
#include <vector>

#include "osprey/target/target.h"

namespace osprey {

// "PyPy" and the like when one of the files belongs to such an interpreter; empty when none does.
// Of a Java virtual machine, which maps no file of what it runs, `title` says it: Target::Title.
std::string_view OtherPython(const std::vector<Module>& modules, std::string_view title);

}  // namespace osprey
