// The flame graph as plain shapes, for where no script runs: a picture viewer, an <img>, paper.
#pragma once

#include <ostream>

#include "scene.h"

namespace osprey {

inline constexpr int kStaticWidth = 1200;

// What will be drawn, decided before the first byte: the file says its height at the top.
class StaticView {
 public:
  explicit StaticView(const Scene& scene);

  int height() const { return height_; }
  void Write(std::ostream& out) const;

 private:
  void WriteHeader(std::ostream& out) const;
  void WriteFrame(std::uint32_t node, std::ostream& out) const;
  double Scale() const;

  const Scene& scene_;
  std::vector<std::uint64_t> starts_;  // by node: samples to the left of it
  std::vector<std::uint32_t> shown_;
  std::uint32_t rows_ = 0;
  bool too_deep_ = false;
  int height_ = 0;
};

}  // namespace osprey
