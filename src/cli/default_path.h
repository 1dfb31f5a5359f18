// What a file is called that the user has given no name.
#pragma once

#include <string>

#include "osprey/report/reporter.h"

namespace osprey {

// NAME-DATE-TIME.ending in the current folder. NAME is the script of an interpreter's command line
// `title`, else the program.
std::string DefaultPath(const std::string& title, Format format);

// `path`, or with -2, -3, ... before its ending when there is a file of that name already.
std::string FreePath(const std::string& path, Format format);

}  // namespace osprey
