#include "cli/record_options.h"

#include <fmt/format.h>

namespace osprey {
namespace {

Error Invalid(std::string context) {
  return Error{ErrorCode::kInvalidArgument, 0, Address{}, std::move(context)};
}

}  // namespace

Result<std::vector<RecordOptions::Output>> PairOutputs(const std::vector<std::string>& paths,
                                                       const std::vector<std::string>& formats) {
  std::vector<Format> parsed;
  for (const std::string& name : formats) {
    const auto format = ParseFormat(name);
    if (!format) return format.error();
    parsed.push_back(*format);
  }
  std::vector<RecordOptions::Output> outputs;
  if (paths.empty()) {
    if (parsed.empty()) parsed.push_back(Format::kFlamegraph);
    for (const Format format : parsed) outputs.push_back({"", format});
    return outputs;
  }
  if (parsed.size() > 1 && parsed.size() != paths.size()) {
    return Invalid(
        fmt::format("{} outputs and {} formats: give one --format for each --output, "
                    "one for all, or none",
                    paths.size(), parsed.size()));
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!parsed.empty()) {
      outputs.push_back({paths[i], parsed[parsed.size() == 1 ? 0 : i]});
      continue;
    }
    if (paths[i] == "-") {
      outputs.push_back({paths[i], Format::kFlamegraph});
      continue;
    }
    const auto format = FormatOfPath(paths[i]);
    if (!format) return format.error();
    outputs.push_back({paths[i], *format});
  }
  return outputs;
}

}  // namespace osprey
