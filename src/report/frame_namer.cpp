#include "osprey/report/frame_namer.h"

#include <utility>

#include "code_origin.h"

namespace osprey {

std::string_view ShortenPath(std::string_view path, std::string_view own_root) {
  if (!path.starts_with('/')) return path;
  if (const std::size_t library = LibraryRootLength(path); library != 0 && library < path.size()) {
    return path.substr(library);
  }
  if (own_root.size() > 1 && path.starts_with(own_root)) {
    std::string_view rest = path.substr(own_root.size());
    if (own_root.ends_with('/') && !rest.empty()) return rest;
    if (rest.size() > 1 && rest.front() == '/') return rest.substr(1);
  }
  const std::string_view last = path.substr(path.rfind('/') + 1);
  return last.empty() ? path : last;
}

FrameNamer::FrameNamer(const StackTable& stacks, const FrameStyle& style, std::string own_root)
    : stacks_(&stacks), style_(style), own_root_(std::move(own_root)) {}

std::string_view FrameNamer::FileOf(const Frame& frame) const {
  if (frame.kind != FrameKind::kPython && frame.kind != FrameKind::kNative) return {};
  const std::string_view file = stacks_->strings().Get(frame.file);
  return style_.full_filenames ? file : ShortenPath(file, own_root_);
}

std::string FrameNamer::NameOf(const Frame& frame) const {
  std::string name = stacks_->strings().Get(frame.function);
  const std::string_view file = FileOf(frame);
  if (file.empty()) return name;
  name.append(" (").append(file);
  if (HasLines() && frame.line != 0) name.append(":").append(std::to_string(frame.line));
  return name.append(")");
}

}  // namespace osprey
