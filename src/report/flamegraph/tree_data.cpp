#include "tree_data.h"

#include <nlohmann/json.hpp>

#include "report/text_escape.h"

namespace osprey {
namespace {

// A screen shows no more of a name, and neither does a tooltip.
constexpr std::size_t kMaxNameBytes = 1024;

template <typename Get>
void WriteArray(const CallTree& tree, const char* key, std::ostream& out, Get get) {
  out << ",\n\"" << key << "\":[";
  for (std::size_t i = 1; i < tree.nodes().size(); ++i) {
    if (i > 1) out << ',';
    out << get(i);
  }
  out << ']';
}

}  // namespace

void WriteTreeData(const Scene& scene, std::ostream& out) {
  const CallTree& tree = scene.tree;
  const std::vector<CallTree::Node>& nodes = tree.nodes();
  out << "{\"title\":" << QuoteJson(scene.title) << ",\n\"facts\":" << QuoteJson(scene.facts)
      << ",\n\"emptyReason\":" << QuoteJson(scene.empty_reason)
      << ",\n\"secondsPerSample\":" << nlohmann::json(scene.seconds_per_sample).dump()
      << ",\n\"rootSelf\":" << nodes[0].self << ",\n\"originNames\":[";
  for (const CodeOrigin origin : kCodeOrigins) {
    out << (origin == kCodeOrigins.front() ? "" : ",") << QuoteJson(NameOf(origin));
  }
  out << "],\n\"origins\":\"";
  for (const CodeOrigin origin : scene.origins) out << static_cast<int>(origin);
  out << "\",\n\"names\":[";
  for (std::size_t i = 0; i < tree.names().size(); ++i) {
    out << (i > 0 ? ",\n" : "\n") << QuoteJson(CleanText(tree.names()[i].text, kMaxNameBytes));
  }
  out << ']';
  WriteArray(tree, "name", out, [&](std::size_t i) { return nodes[i].name; });
  WriteArray(tree, "up", out,
             [&](std::size_t i) { return nodes[i - 1].depth + 1 - nodes[i].depth; });
  WriteArray(tree, "self", out, [&](std::size_t i) { return nodes[i].self; });
  out << "}\n";
}

}  // namespace osprey
