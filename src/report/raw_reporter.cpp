#include "raw_reporter.h"

#include <string>
#include <vector>

#include "osprey/profile/call_tree.h"
#include "osprey/report/frame_namer.h"
#include "stream_result.h"
#include "text_escape.h"

namespace osprey {

Result<void> RawReporter::Write(const ReportInput& input, std::ostream& out) const {
  const FrameNamer namer(input.profile.stacks(), style_, input.own_code_root);
  const CallTree tree(input.profile, [&](FrameId id) { return EscapeFolded(namer(id)); });
  if (tree.total() == 0) {
    out << "# no samples (" << EscapeFolded(input.empty_reason) << ")\n";
    return Flushed(out, "the folded stacks");
  }
  // The nodes come in preorder, so the line of one is that of its parent and its own name.
  std::string line;
  std::vector<std::size_t> lengths{0};  // of the line up to each depth
  for (std::size_t i = 0; i < tree.nodes().size() && out.good(); ++i) {
    const CallTree::Node& node = tree.nodes()[i];
    if (i > 0) {
      lengths.resize(node.depth);
      line.resize(lengths.back());
      if (node.depth > 1) line += ';';
      line += tree.names()[node.name].text;
      lengths.push_back(line.size());
    }
    if (node.self == 0) continue;
    out << (i == 0 ? "<no frames>" : line) << ' ' << node.self << '\n';
  }
  return Flushed(out, "the folded stacks");
}

}  // namespace osprey
