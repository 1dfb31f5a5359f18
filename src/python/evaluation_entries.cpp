#include "osprey/python/evaluation_entries.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "python/field.h"

namespace osprey {
namespace {

struct CFrame {
  Address address;
  Address current_frame;
};

// Newest first, without the one in the thread state that lies below all (root_cframe,
// Include/cpython/pystate.h). No more than `most`, for links may lead in a circle.
std::vector<CFrame> ReadCFrames(const Layout& layout, const Memory& memory, Address thread,
                                std::size_t most) {
  std::vector<CFrame> cframes;
  const auto newest = memory.ReadAs<Address>(thread + layout.thread_state.current_frame);
  Address address = newest ? *newest : Address{};
  while (!address.IsNull() && cframes.size() <= most) {
    std::array<std::byte, 24> bytes{};
    if (!memory.Read(address, bytes)) break;
    const auto previous = Field<Address>(bytes.data(), layout.cframe.previous);
    if (previous.IsNull()) return cframes;
    cframes.push_back({address, Field<Address>(bytes.data(), layout.cframe.current_frame)});
    address = previous;
  }
  return {};
}

}  // namespace

void PlaceEntries(const Layout& layout, const Memory& memory, Address thread,
                  std::span<RawFrame> frames) {
  if (layout.interpreter_frame.is_entry == kAbsent) return;
  const auto evaluations = static_cast<std::size_t>(std::count_if(
      frames.begin(), frames.end(), [](const RawFrame& f) { return f.starts_evaluation; }));
  auto cframes = ReadCFrames(layout, memory, thread, evaluations + 1);
  if (cframes.size() == evaluations + 1 && !frames.empty()) {
    // The oldest is one that greenlet has made, for which nothing is evaluated (its g_initialstub),
    // where the newest has a frame that is shown. Else that has not begun, or has ended.
    const bool has_frame = cframes.front().current_frame == frames.back().frame;
    cframes.erase(has_frame ? cframes.end() - 1 : cframes.begin());
  }
  if (cframes.size() != evaluations) return;
  // Each stands at the leaf of its frames; above that of the newest some may not be shown.
  std::vector<Address*> entries;
  std::size_t found = 0;
  Address leaf;
  for (std::size_t i = frames.size(); i-- > 0;) {
    if (leaf.IsNull()) leaf = frames[i].frame;
    if (!frames[i].starts_evaluation) continue;
    if (found > 0 && cframes[found].current_frame != leaf) return;
    entries.push_back(&frames[i].entry);
    ++found;
    leaf = Address{};
  }
  for (std::size_t i = 0; i < entries.size(); ++i) *entries[i] = cframes[i].address;
}

}  // namespace osprey
