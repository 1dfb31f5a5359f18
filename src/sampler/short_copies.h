// Whether stacks are deeper than what the kernel copies of them, often enough to copy them
// otherwise.
#pragma once

#include <cstdint>

namespace osprey {

// A few are cut and stay so: a walk that went astray looks like a stack that is deep.
class ShortCopies {
 public:
  void Count(bool was_enough) {
    ++all_;
    if (!was_enough) ++short_;
  }
  // Since the beginning, or Forget.
  bool AreMany() const { return short_ >= kMany && short_ * kShare >= all_; }
  void Forget() { all_ = short_ = 0; }

 private:
  static constexpr std::uint64_t kMany = 10;
  static constexpr std::uint64_t kShare = 20;  // a twentieth

  std::uint64_t all_ = 0, short_ = 0;
};

}  // namespace osprey
