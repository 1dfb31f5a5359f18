#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "osprey/python/thread_list.h"

namespace osprey {
namespace {

// glibc on x86-64 has it at 720, musl at 48 (their struct pthread); 64-bit machines differ little.
constexpr std::size_t kLooked = 1024;
// A few threads leave no doubt, and thousands would only take time.
constexpr std::size_t kMaxThreads = 8;

using Beginning = std::array<std::byte, kLooked>;

// How many of the structs have an id of the process at `offset`, each another one.
std::size_t CountFits(const std::vector<Beginning>& structs, std::span<const pid_t> ids,
                      Offset offset) {
  std::set<pid_t> seen;
  for (const Beginning& bytes : structs) {
    std::int32_t value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    if (std::find(ids.begin(), ids.end(), value) != ids.end()) seen.insert(value);
  }
  return seen.size();
}

}  // namespace

void LearnThreadIds(const Memory& memory, std::span<const pid_t> ids, Runtime& runtime) {
  Offset& learned = runtime.layout.pthread_tid;
  if (learned > kLooked - sizeof(std::int32_t)) return;  // kAbsent, too
  const auto list = ListThreads(memory, runtime);
  if (!list) return;
  std::vector<Beginning> structs;
  // The oldest come last, and are the least likely to end meanwhile.
  for (auto thread = list->threads.rbegin();
       thread != list->threads.rend() && structs.size() < kMaxThreads; ++thread) {
    if (thread->ident == 0) continue;
    Beginning bytes{};
    // musl's struct is small, and nothing need be mapped behind it.
    for (const std::size_t size : {kLooked, kLooked / 8}) {
      if (!memory.Read(Address(thread->ident), std::span(bytes).first(size))) continue;
      structs.push_back(bytes);
      break;
    }
  }
  std::size_t best = CountFits(structs, ids, learned);
  for (Offset offset = 0; offset + sizeof(std::int32_t) <= kLooked; offset += 4) {
    const std::size_t fits = CountFits(structs, ids, offset);
    if (fits <= best) continue;
    best = fits;
    learned = offset;
  }
}

}  // namespace osprey
