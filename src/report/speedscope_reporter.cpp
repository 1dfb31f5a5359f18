#include "speedscope_reporter.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "osprey/profile/call_tree.h"
#include "osprey/report/frame_namer.h"
#include "stream_result.h"
#include "text_escape.h"

namespace osprey {
namespace {

struct Span {
  std::uint32_t node = 0;
  std::uint64_t samples = 0;
};

// Spans of the tree's nodes in the order of time; neighbours that look the same become one.
std::vector<Span> SpansOf(const Timeline::Track& track, const CallTree& tree) {
  std::vector<Span> spans;
  for (const Timeline::Run& run : track.runs) {
    const std::uint32_t node = tree.NodeOf(run.stack);
    if (node == CallTree::kNone) continue;
    if (!spans.empty() && spans.back().node == node) {
      spans.back().samples += run.count;
    } else {
      spans.push_back({node, run.count});
    }
  }
  return spans;
}

std::vector<Span> SpansOf(const std::map<StackId, std::uint64_t>& counts, const CallTree& tree) {
  std::vector<Span> spans;
  for (const auto& [stack, count] : counts) {
    const std::uint32_t node = tree.NodeOf(stack);
    if (node != CallTree::kNone) spans.push_back({node, count});
  }
  return spans;
}

std::vector<Span> SpansOf(const CallTree& tree) {
  std::vector<Span> spans;
  for (std::uint32_t i = 0; i < tree.nodes().size(); ++i) {
    if (tree.nodes()[i].self > 0) spans.push_back({i, tree.nodes()[i].self});
  }
  return spans;
}

std::string Number(double value) { return nlohmann::json(value).dump(); }

// Writes piece by piece: the stacks written out in full are far larger than the profile.
class Writer {
 public:
  Writer(const CallTree& tree, double seconds_per_sample, std::ostream& out)
      : tree_(tree), seconds_per_sample_(seconds_per_sample), out_(out) {}

  void WriteFrames(const ReportInput& input, const FrameNamer& namer) {
    const char* separator = "";
    for (const CallTree::Name& name : tree_.names()) {
      const Frame& frame = input.profile.stacks().frame(name.frame);
      out_ << std::exchange(separator, ",") << "\n{\"name\":" << QuoteJson(name.text);
      const std::string_view file = namer.FileOf(frame);
      if (!file.empty()) out_ << ",\"file\":" << QuoteJson(file);
      if (!file.empty() && namer.HasLines() && frame.line != 0) out_ << ",\"line\":" << frame.line;
      out_ << '}';
    }
  }

  void WriteProfile(const std::string& name, const std::vector<Span>& spans) {
    std::uint64_t total = 0;
    for (const Span& span : spans) total += span.samples;
    out_ << std::exchange(separator_, ",") << "\n{\"type\":\"sampled\",\"name\":" << QuoteJson(name)
         << ",\"unit\":\"seconds\",\"startValue\":0,\"endValue\":" << Weight(total)
         << ",\n\"samples\":[";
    const char* separator = "";
    for (const Span& span : spans) {
      if (!out_.good()) return;
      out_ << std::exchange(separator, ",");
      WriteStack(span.node);
    }
    out_ << "],\n\"weights\":[";
    separator = "";
    for (const Span& span : spans) out_ << std::exchange(separator, ",") << Weight(span.samples);
    out_ << "]}";
  }

 private:
  std::string Weight(std::uint64_t samples) const {
    return Number(static_cast<double>(samples) * seconds_per_sample_);
  }

  void WriteStack(std::uint32_t node) {
    path_.clear();
    for (; node != 0; node = tree_.nodes()[node].parent) path_.push_back(tree_.nodes()[node].name);
    out_ << '[';
    for (std::size_t i = path_.size(); i-- > 0;) out_ << path_[i] << (i > 0 ? "," : "");
    out_ << ']';
  }

  const CallTree& tree_;
  double seconds_per_sample_;
  std::ostream& out_;
  const char* separator_ = "";
  std::vector<std::uint32_t> path_;
};

std::string TrackName(const Timeline::Track& track, bool several_processes) {
  std::string name = "thread " + std::to_string(track.thread.tid);
  if (several_processes) name = "process " + std::to_string(track.thread.pid) + " " + name;
  return name;
}

}  // namespace

Result<void> SpeedscopeReporter::Write(const ReportInput& input, std::ostream& out) const {
  const FrameNamer namer(input.profile.stacks(), style_, input.own_code_root);
  const CallTree tree(input.profile, namer);
  const bool empty = tree.total() == 0;
  const bool in_order = input.timeline != nullptr && !input.timeline->truncated();

  std::string title = input.title;
  if (empty) title += " (no samples: " + input.empty_reason + ")";
  out << "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n\"name\":"
      << QuoteJson(title)
      << ",\n\"exporter\":" << QuoteJson("osprey " + input.figures.osprey_version)
      << ",\n\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[";
  Writer writer(tree, input.seconds_per_sample, out);
  writer.WriteFrames(input, namer);
  out << "]},\n\"profiles\":[";
  if (empty) {
    writer.WriteProfile("no samples: " + input.empty_reason, {});
  } else if (!in_order) {
    writer.WriteProfile("all threads, order of time not kept", SpansOf(tree));
  } else {
    bool several_processes = false;
    for (const Timeline::Track& track : input.timeline->tracks()) {
      several_processes |= track.thread.pid != input.timeline->tracks().front().thread.pid;
    }
    for (const Timeline::Track& track : input.timeline->tracks()) {
      writer.WriteProfile(TrackName(track, several_processes), SpansOf(track, tree));
    }
    if (const auto& waiting = input.timeline->waiting_tasks(); !waiting.empty()) {
      writer.WriteProfile("waiting tasks, without order in time", SpansOf(waiting, tree));
    }
  }
  out << "]}\n";
  return Flushed(out, "the speedscope profile");
}

}  // namespace osprey
