// What the kernel's files and an interpreter's own texts are parsed with.
#include "osprey/python/runtime_finder.h"
#include "osprey/target/memory_map.h"
#include "osprey/target/process_usage.h"
#include "target/child_search.h"
#include "target/proc_stat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  MemoryMap::Parse(text);
  (void)ParseProcessStat(text);
  (void)ParseProcessStatus(text);
  (void)ParseNamespacePids(text);
  (void)ParseChildren(text);
  ProcessMetrics metrics;
  (void)ParseUsageStat(text, 100, metrics);
  (void)ParseUsageStatm(text, 4096, metrics);
  (void)ParseUsageIo(text, metrics);
  (void)FindVersionText(text);
  (void)FindVersionLiteral(text, {3, 8, 0});
  (void)VersionOfFileName(text);
  return 0;
}
