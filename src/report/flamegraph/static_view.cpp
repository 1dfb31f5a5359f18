#include "static_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "report/text_escape.h"

namespace osprey {
namespace {

constexpr int kMargin = 12;
constexpr int kFramesTop = 104;
constexpr int kRowHeight = 19;
constexpr double kCharWidth = 7.23;  // of the 12 px monospaced font: 0.602 em
constexpr double kMinWidth = 0.3;    // px; less than that is not seen
// The picture is the fallback: deep and wide profiles must not make the file slow to open.
constexpr std::uint32_t kMaxRows = 300;
constexpr std::size_t kMaxFrames = 5000;
constexpr std::size_t kMaxTitleBytes = 256;

// The first `count` characters, the last of them an ellipsis where something is left out.
std::string FirstCharacters(std::string_view text, std::size_t count) {
  std::size_t seen = 0;
  std::size_t cut = 0;  // where the character before the last one allowed ends
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (++seen == count) cut = at;
    if (seen > count) return std::string(text.substr(0, cut)) + "\u2026";
  }
  return std::string(text);
}

// The function alone where the whole does not fit.
std::string Fitting(std::string_view label, double width) {
  const auto room = static_cast<std::size_t>(std::max(0.0, (width - 6) / kCharWidth));
  if (room < 3) return {};
  if (label.size() > room) label = label.substr(0, label.rfind(" ("));
  return FirstCharacters(label, room);
}

}  // namespace

StaticView::StaticView(const Scene& scene) : scene_(scene) {
  const std::vector<CallTree::Node>& nodes = scene.tree.nodes();
  starts_.resize(nodes.size());
  std::vector<std::uint64_t> next(nodes.size());  // where the node's next child starts
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    std::uint64_t& start = next[nodes[i].parent];
    starts_[i] = next[i] = start;
    start += nodes[i].total;
  }
  too_deep_ = scene.tree.max_depth() + 1 > kMaxRows;
  if (scene.tree.total() > 0) {
    for (std::uint32_t i = 0; i < nodes.size();) {
      const bool seen = static_cast<double>(nodes[i].total) * Scale() >= kMinWidth;
      if (seen && nodes[i].depth < kMaxRows) {
        shown_.push_back(i++);
      } else {
        i = nodes[i].end;
      }
    }
  }
  if (shown_.size() > kMaxFrames) {
    // A child is never larger than its parent, so leaving out the smallest leaves no holes.
    const auto larger = [&](std::uint32_t a, std::uint32_t b) {
      return nodes[a].total != nodes[b].total ? nodes[a].total > nodes[b].total : a < b;
    };
    std::nth_element(shown_.begin(), shown_.begin() + kMaxFrames, shown_.end(), larger);
    shown_.resize(kMaxFrames);
    std::sort(shown_.begin(), shown_.end());
  }
  for (const std::uint32_t i : shown_) rows_ = std::max(rows_, nodes[i].depth + 1);
  height_ = kFramesTop + static_cast<int>(std::max(rows_, 2U) + (too_deep_ ? 2 : 0)) * kRowHeight +
            kMargin;
}

double StaticView::Scale() const {
  return (kStaticWidth - 2.0 * kMargin) / static_cast<double>(scene_.tree.total());
}

void StaticView::WriteHeader(std::ostream& out) const {
  out << fmt::format("<text class=\"head\" x=\"{}\" y=\"32\">{}</text>\n", kMargin,
                     EscapeXml(FirstCharacters(scene_.title, 110)));
  out << fmt::format("<text class=\"facts\" x=\"{}\" y=\"54\">{}</text>\n", kMargin,
                     EscapeXml(FirstCharacters(scene_.facts, 150)));
  if (scene_.tree.total() == 0) {
    out << fmt::format("<text class=\"empty\" x=\"{}\" y=\"{}\">{}</text>\n", kMargin, kFramesTop,
                       EscapeXml(FirstCharacters(scene_.empty_reason, 150)));
    return;
  }
  double x = kMargin;
  for (const CodeOrigin origin : kCodeOrigins) {
    const auto index = static_cast<std::size_t>(origin);
    if (scene_.self_samples[index] == 0) continue;
    const double share = 100.0 * static_cast<double>(scene_.self_samples[index]) /
                         static_cast<double>(scene_.tree.total());
    const std::string text = fmt::format("{} {:.1f} %", NameOf(origin), share);
    out << fmt::format(
        "<g class=\"o{} s1\"><rect x=\"{:.1f}\" y=\"70\" width=\"14\" height=\"14\" rx=\"3\"/></g>"
        "<text class=\"key\" x=\"{:.1f}\" y=\"82\">{}</text>\n",
        index, x, x + 20, text);
    x += 44 + 7.3 * static_cast<double>(text.size());
  }
  out << fmt::format("<text class=\"facts\" x=\"{:.1f}\" y=\"82\">by self time</text>\n", x - 8);
}

void StaticView::WriteFrame(std::uint32_t index, std::ostream& out) const {
  const CallTree::Node& node = scene_.tree.nodes()[index];
  const std::string_view name =
      index == 0 ? std::string_view("all") : scene_.tree.names()[node.name].text;
  const auto origin = static_cast<int>(index == 0 ? CodeOrigin::kRoot : scene_.origins[node.name]);
  const double x = kMargin + static_cast<double>(starts_[index]) * Scale();
  const double width = static_cast<double>(node.total) * Scale();
  const double y = kFramesTop + static_cast<double>(node.depth) * kRowHeight;
  const double share =
      100.0 * static_cast<double>(node.total) / static_cast<double>(scene_.tree.total());
  const double seconds = static_cast<double>(node.total) * scene_.seconds_per_sample;
  out << fmt::format(
      "<g class=\"o{} s{}\"><title>{}: {} samples, {:.3f} s, {:.2f} %</title>"
      "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\"/>",
      origin, index == 0 ? 1 : node.name % 3, EscapeXml(CleanText(name, kMaxTitleBytes)),
      GroupDigits(node.total), seconds, share, x, y, std::max(0.2, width - 0.6), kRowHeight - 1);
  if (const std::string text = Fitting(name, width); !text.empty()) {
    out << fmt::format("<text x=\"{:.2f}\" y=\"{}\">{}</text>", x + 3, y + 13.5, EscapeXml(text));
  }
  out << "</g>\n";
}

void StaticView::Write(std::ostream& out) const {
  WriteHeader(out);
  for (const std::uint32_t index : shown_) {
    if (!out.good()) return;
    WriteFrame(index, out);
  }
  if (too_deep_) {
    out << fmt::format(
        "<text class=\"facts\" x=\"{}\" y=\"{}\">Stacks go {} frames deep; a browser with scripts "
        "switched on shows them all.</text>\n",
        kMargin, kFramesTop + static_cast<int>(rows_ + 1) * kRowHeight, scene_.tree.max_depth());
  }
}

}  // namespace osprey
