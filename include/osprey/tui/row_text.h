// What a row of the table says: the same for who draws it and for who looks for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "osprey/trace/frame.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// How places in files are shown.
struct PlaceStyle {
  bool line_numbers = true;
  // The part of a file's path that is to be shown.
  std::function<std::string_view(std::string_view)> shorten = [](std::string_view path) {
    return path;
  };
};

// Whether it is a function, and no thread, process or task.
bool IsFunctionFrame(const Frame& frame);
// "file:line", as far as they are known and shown; empty for what is no function. As it came from
// the process: to be made harmless.
std::string PlaceOf(const Frame& frame, const StringTable& strings, const PlaceStyle& style);
// "thread (0x7f12): Worker" is called Worker, and one without a name by its number.
std::string ShortThread(std::string_view label);

}  // namespace osprey
