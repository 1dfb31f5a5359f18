// Who can have held a GIL from one look at it to the next, and so whose stack may have changed.
#pragma once

#include <cstdint>
#include <optional>

#include "osprey/base/address.h"

namespace osprey {

// A GIL's own words, read together (struct _gil_runtime_state, Include/internal/pycore_gil.h).
struct GilWords {
  Address last_holder;  // stays when it lets go
  Address holder;       // now, while it is locked: the last one, unless thread states were swapped
  bool locked = false;
  std::optional<std::uint64_t> switches;  // take_gil counts every time it is another holder
};

// Looks are numbered by whoever looks; the numbers rise.
//
// A thread runs Python code, and so changes its stack, only while it holds the GIL. Between two
// looks the words of which differ by no switch, only the last holder can have held it; where they
// differ by one, the new one as well. After more than that, anybody can.
class GilWatch {
 public:
  void Update(const GilWords& words, std::uint64_t look) {
    const bool moved = words.last_holder != words_.last_holder;
    if (!words.switches) {
      words_ = words;
      return Lose();
    }
    const bool is_accounted_for =
        words_.switches && *words.switches - *words_.switches <= (moved ? 1U : 0U);
    if (!is_accounted_for) sure_since_ = look;
    words_ = words;
  }
  // The words could not be read, or do not say who has held it.
  void Lose() {
    words_.switches.reset();
    sure_since_ = kNever;
  }

  // Whether anybody may have held it before this look, the last one, without being seen.
  bool IsUnsureAt(std::uint64_t look) const { return sure_since_ >= look; }
  Address last_holder() const { return words_.last_holder; }
  // Null while nobody holds it.
  Address holder() const { return words_.locked ? words_.holder : Address(); }
  bool IsHeldBy(Address thread) const { return words_.locked && words_.holder == thread; }

  // Whether a thread that was last seen as last holder at look `held` (0: never), and that was
  // walked after look `walked` and before the next one, still has the stack that the walk found.
  bool IsUnchanged(std::uint64_t walked, std::uint64_t held) const {
    return walked >= sure_since_ && held < walked;
  }

 private:
  static constexpr std::uint64_t kNever = UINT64_MAX;

  GilWords words_;
  std::uint64_t sure_since_ = kNever;  // from that look on, every holder was last holder at a look
};

}  // namespace osprey
