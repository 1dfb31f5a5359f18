#include "scene.h"

#include <fmt/format.h>

#include "osprey/report/frame_namer.h"
#include "report/text_escape.h"

namespace osprey {
namespace {

constexpr std::size_t kMaxTextBytes = 1024;

std::vector<CodeOrigin> OriginsOf(const CallTree& tree, const ReportInput& input) {
  const StackTable& stacks = input.profile.stacks();
  std::vector<CodeOrigin> origins;
  origins.reserve(tree.names().size());
  for (const CallTree::Name& name : tree.names()) {
    const Frame& frame = stacks.frame(name.frame);
    origins.push_back(OriginOf(frame.kind, stacks.strings().Get(frame.file), input.own_code_root));
  }
  return origins;
}

std::string FactsOf(const ReportInput& input) {
  const RunFigures& figures = input.figures;
  std::string facts = input.mode + " mode \u00B7 " + GroupDigits(input.profile.total()) +
                      (input.profile.total() == 1 ? " sample" : " samples");
  if (figures.achieved_hz > 0) {
    facts += " \u00B7 " + Rounded(figures.achieved_hz, 1) + " Hz";
    if (figures.requested_hz > 0 && figures.achieved_hz < 0.99 * figures.requested_hz) {
      facts += " of " + Rounded(figures.requested_hz, 1) + " asked";
    }
  }
  if (figures.duration_s > 0) facts += " \u00B7 " + Rounded(figures.duration_s, 2) + " s";
  if (figures.cut > 0) facts += " \u00B7 " + GroupDigits(figures.cut) + " stacks cut";
  if (!figures.python_version.empty()) facts += " \u00B7 Python " + figures.python_version;
  return CleanText(facts, kMaxTextBytes);
}

}  // namespace

std::string GroupDigits(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string Rounded(double number, int decimals) {
  std::string text = fmt::format("{:.{}f}", number, decimals);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Scene MakeScene(const ReportInput& input, const FrameStyle& style) {
  const FrameNamer namer(input.profile.stacks(), style, input.own_code_root);
  Scene scene{CallTree(input.profile, [&](FrameId id) { return CleanText(namer(id)); }),
              {},
              {},
              CleanText(input.title, kMaxTextBytes),
              FactsOf(input),
              {},
              input.seconds_per_sample};
  scene.origins = OriginsOf(scene.tree, input);
  const std::vector<CallTree::Node>& nodes = scene.tree.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const CodeOrigin origin = i == 0 ? CodeOrigin::kRoot : scene.origins[nodes[i].name];
    scene.self_samples[static_cast<std::size_t>(origin)] += nodes[i].self;
  }
  if (scene.tree.total() == 0) {
    scene.empty_reason =
        "No samples: " +
        CleanText(input.empty_reason.empty() ? "nothing was seen to run" : input.empty_reason,
                  kMaxTextBytes);
  }
  return scene;
}

}  // namespace osprey
