#include "osprey/python/linked_frames.h"

namespace osprey {

std::optional<LinkedFrames> LinkedFramesOf(const Layout& layout) {
  if (layout.frame_chain == FrameChain::kFrameObjects) return std::nullopt;
  LinkedFrames frames;
  frames.head_bytes = static_cast<std::uint32_t>(WalkedThreadBytes(layout));
  frames.top = layout.thread_state.current_frame;
  if (layout.frame_chain == FrameChain::kCFrame) frames.via_top = layout.cframe.current_frame;
  frames.frame_bytes = layout.interpreter_frame.size;
  frames.previous = layout.interpreter_frame.previous;
  frames.chunk = layout.thread_state.datastack_chunk;
  return frames;
}

}  // namespace osprey
