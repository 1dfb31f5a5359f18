// Names addresses that are spread over the functions of some files, in this process's first and
// second run with a cache of names, and prints as JSON how long each took and what had no name.
//
//   naming ADDRESSES CACHE_FOLDER DEBUG_PATH FILE...
//
// Each file gets the same number of addresses. Where functions are is taken from
// .eh_frame_hdr, which stripped files have as well.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/native/symbolizer.h"

namespace {

using namespace osprey;

// The starts of the functions that `file` has unwind tables for (Linux Standard Base Core,
// "Exception Frames").
std::vector<std::uint64_t> Functions(const ElfFile& file) {
  std::vector<std::uint64_t> starts;
  const auto section = file.FindSection(".eh_frame_hdr");
  if (!section) return starts;
  const auto bytes = file.ReadLoaded(section->address, section->size);
  if (!bytes) return starts;
  for (std::size_t at = 12; at + 8 <= bytes->size(); at += 8) {
    std::int32_t distance = 0;
    std::memcpy(&distance, bytes->data() + at, sizeof distance);
    starts.push_back(section->address.value + static_cast<std::uint64_t>(std::int64_t{distance}));
  }
  return starts;
}

struct Code {
  std::string path;
  ModuleId module;
  std::vector<std::uint64_t> functions;
  std::uint64_t size = 0;
};

// Somewhere in a function, each byte as likely as every other; never in the padding behind it.
std::uint64_t SomeAddress(const Code& code, std::minstd_rand& random) {
  constexpr std::uint64_t kPadding = 16;
  const std::uint64_t first = code.functions.front();
  const std::uint64_t wanted = first + random() % code.size;
  const auto next = std::upper_bound(code.functions.begin(), code.functions.end(), wanted);
  const std::uint64_t start = *(next - 1);
  const std::uint64_t end = next == code.functions.end() ? start + 1 : *next;
  return end - start > 2 * kPadding ? std::min(wanted, end - kPadding) : start;
}

nlohmann::json Measure(const NativeModules& modules, const std::vector<Code>& codes,
                       const NamingOptions& options) {
  const TimePoint start = Clock::now();
  const NativeNames names = Symbolize(modules, options);
  nlohmann::json result{{"seconds", Seconds(Clock::now() - start)}};
  for (const Code& code : codes) {
    std::size_t count = 0, unresolved = 0, lines = 0, inlined = 0;
    for (const PlaceOfCode& place : modules.places()) {
      if (place.module != code.module) continue;
      const NativeNames::Entry* entry = names.Find(place.frame);
      ++count;
      if (!entry->is_resolved) ++unresolved;
      if (entry->frames.back().line != 0) ++lines;
      if (entry->frames.size() > 1) ++inlined;
    }
    result["files"].push_back({{"path", code.path},
                               {"addresses", count},
                               {"unresolved", unresolved},
                               {"with_line", lines},
                               {"with_inlined", inlined}});
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "usage: naming ADDRESSES CACHE_FOLDER DEBUG_PATH FILE...\n");
    return 2;
  }
  StackTable stacks;
  NativeModules modules(stacks);
  std::vector<Code> codes;
  for (int i = 4; i < argc; ++i) {
    const auto file = ElfFile::Open(argv[i]);
    if (!file) {
      fmt::print(stderr, "naming: {}\n", file.error().Message());
      return 1;
    }
    Code code{argv[i], {}, Functions(*file), 0};
    if (code.functions.size() < 2) continue;
    code.size = code.functions.back() - code.functions.front();
    code.module = modules.Add(
        {argv[i], file->BuildId(), 0, 0, UniqueFd(open(argv[i], O_RDONLY | O_CLOEXEC))});
    codes.push_back(std::move(code));
  }
  const auto wanted = static_cast<std::uint64_t>(std::max(1, std::atoi(argv[1])));
  std::minstd_rand random(1);
  for (const Code& code : codes) {
    const std::size_t until = modules.places().size() + wanted / codes.size();
    for (std::uint64_t tries = 0; modules.places().size() < until && tries < 10 * wanted; ++tries) {
      modules.Frame(code.module, FileAddress{SomeAddress(code, random)});
    }
  }
  NamingOptions options;
  options.cache_directory = argv[2];
  options.debug_path = argv[3];
  nlohmann::json results;
  results.push_back(Measure(modules, codes, options));
  results.push_back(Measure(modules, codes, options));
  fmt::print("{}\n", results.dump());
}
