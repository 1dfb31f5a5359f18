#include "osprey/profile/call_tree.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace osprey {
namespace {

// Samples at and below every stack: a parent's id is smaller than its children's.
std::vector<std::uint64_t> Totals(const Profile& profile) {
  const StackTable& stacks = profile.stacks();
  std::vector<std::uint64_t> totals = profile.counts();
  totals.resize(stacks.node_count());
  for (std::size_t i = totals.size(); i-- > 1;) {
    const StackId id{static_cast<std::uint32_t>(i)};
    totals[stacks.node(id).parent.value] += totals[i];
  }
  return totals;
}

}  // namespace

CallTree::CallTree(const Profile& profile, const Namer& namer) {
  const StackTable& stacks = profile.stacks();
  const std::vector<std::uint64_t>& counts = profile.counts();
  const std::vector<std::uint64_t> totals = Totals(profile);

  std::vector<std::uint32_t> name_of_frame(stacks.frame_count(), kNone);
  std::unordered_map<std::string, std::uint32_t> name_ids;
  const auto name_of = [&](FrameId frame) {
    std::uint32_t& id = name_of_frame[frame.value];
    if (id != kNone) return id;
    std::string text = namer(frame);
    const auto [entry, is_new] =
        name_ids.try_emplace(text, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(Name{std::move(text), frame});
    return id = entry->second;
  };

  // First the merged nodes, parents before children.
  std::vector<Node> merged(1);
  std::unordered_map<std::uint64_t, std::uint32_t> ids;  // parent << 32 | name
  node_of_.assign(totals.size(), kNone);
  node_of_[0] = 0;
  merged[0].self = counts.empty() ? 0 : counts[0];
  merged[0].total = totals[0];
  for (std::size_t i = 1; i < totals.size(); ++i) {
    if (totals[i] == 0) continue;
    const StackTable::Node& stack = stacks.node(StackId{static_cast<std::uint32_t>(i)});
    const std::uint32_t parent = node_of_[stack.parent.value];
    const std::uint32_t name = name_of(stack.frame);
    const auto [entry, is_new] = ids.try_emplace((std::uint64_t{parent} << 32) | name,
                                                 static_cast<std::uint32_t>(merged.size()));
    if (is_new) merged.push_back(Node{name, merged[parent].depth + 1, parent, 0, 0, 0});
    Node& node = merged[entry->second];
    node.self += i < counts.size() ? counts[i] : 0;
    node.total += totals[i];
    node_of_[i] = entry->second;
  }

  // Then the order: siblings sorted, every node followed by what is below it.
  std::vector<std::uint32_t> first(merged.size() + 1);
  for (std::size_t i = 1; i < merged.size(); ++i) ++first[merged[i].parent + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<std::uint32_t> children(merged.size());
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  for (std::uint32_t i = 1; i < merged.size(); ++i) children[next[merged[i].parent]++] = i;
  // The smallest comes first here, for the stack below gives back the last first.
  for (std::size_t i = 0; i < merged.size(); ++i) {
    std::sort(children.begin() + first[i], children.begin() + first[i + 1],
              [&](std::uint32_t a, std::uint32_t b) {
                if (merged[a].total != merged[b].total) return merged[a].total < merged[b].total;
                return names_[merged[a].name].text > names_[merged[b].name].text;
              });
  }
  std::vector<std::uint32_t> place(merged.size());
  std::vector<std::uint32_t> to_do{0};
  nodes_.reserve(merged.size());
  while (!to_do.empty()) {
    const std::uint32_t id = to_do.back();
    to_do.pop_back();
    place[id] = static_cast<std::uint32_t>(nodes_.size());
    Node node = merged[id];
    node.parent = place[node.parent];
    node.end = place[id] + 1;
    max_depth_ = std::max(max_depth_, node.depth);
    nodes_.push_back(node);
    to_do.insert(to_do.end(), children.begin() + first[id], children.begin() + first[id + 1]);
  }
  for (std::size_t i = nodes_.size(); i-- > 1;) {
    Node& parent = nodes_[nodes_[i].parent];
    parent.end = std::max(parent.end, nodes_[i].end);
  }
  for (std::uint32_t& node : node_of_) {
    if (node != kNone) node = place[node];
  }
}

std::uint32_t CallTree::NodeOf(StackId stack) const {
  return stack.value < node_of_.size() ? node_of_[stack.value] : kNone;
}

}  // namespace osprey
