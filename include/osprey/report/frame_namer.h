// Names frames for people: "function (file.py:line)", with the file's path shortened.
#pragma once

#include <string>
#include <string_view>

#include "osprey/report/reporter.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// The part of a path that a person needs: relative to the packages' directory, the standard
// library or `own_root`; else the last part alone. Never longer than `path`.
std::string_view ShortenPath(std::string_view path, std::string_view own_root);

class FrameNamer {
 public:
  FrameNamer(const StackTable& stacks, const FrameStyle& style, std::string own_root);

  // Roots and markers are named by their label alone; what is not known is left out.
  std::string operator()(FrameId id) const { return NameOf(stacks_->frame(id)); }
  std::string NameOf(const Frame& frame) const;
  // The file as the style wants it; empty for roots and markers.
  std::string_view FileOf(const Frame& frame) const;
  // Whether the names carry line numbers.
  bool HasLines() const { return style_.line_numbers && !style_.per_function; }

 private:
  const StackTable* stacks_;
  FrameStyle style_;
  std::string own_root_;
};

}  // namespace osprey
