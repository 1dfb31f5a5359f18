#include "osprey/report/reporter.h"

#include <array>

#include "flamegraph/flamegraph_reporter.h"
#include "raw_reporter.h"
#include "speedscope_reporter.h"

namespace osprey {
namespace {

struct FormatName {
  Format format;
  std::string_view name;
};
constexpr std::array kNames{
    FormatName{Format::kFlamegraph, "flamegraph"},
    FormatName{Format::kRaw, "raw"},
    FormatName{Format::kSpeedscope, "speedscope"},
};
constexpr std::array kEndings{
    FormatName{Format::kFlamegraph, ".svg"},
    FormatName{Format::kRaw, ".txt"},
    FormatName{Format::kRaw, ".folded"},
    FormatName{Format::kRaw, ".collapsed"},
    FormatName{Format::kSpeedscope, ".speedscope.json"},
};

std::string Listed(const auto& names) {
  std::string list;
  for (const FormatName& name : names) list.append(list.empty() ? "" : ", ").append(name.name);
  return list;
}

}  // namespace

Result<Format> ParseFormat(std::string_view name) {
  for (const FormatName& known : kNames) {
    if (known.name == name) return known.format;
  }
  return Error{ErrorCode::kInvalidArgument, 0, Address(),
               "no such format '" + std::string(name) + "'; there are " + Listed(kNames)};
}

Result<Format> FormatOfPath(std::string_view path) {
  for (const FormatName& known : kEndings) {
    if (path.ends_with(known.name)) return known.format;
  }
  return Error{ErrorCode::kInvalidArgument, 0, Address(),
               "the ending of '" + std::string(path) + "' stands for no format; known are " +
                   Listed(kEndings) + "; or name one with --format"};
}

std::unique_ptr<Reporter> MakeReporter(Format format, const FrameStyle& style) {
  switch (format) {
    case Format::kFlamegraph:
      return std::make_unique<FlamegraphReporter>(style);
    case Format::kRaw:
      return std::make_unique<RawReporter>(style);
    case Format::kSpeedscope:
      return std::make_unique<SpeedscopeReporter>(style);
  }
  return nullptr;
}

}  // namespace osprey
