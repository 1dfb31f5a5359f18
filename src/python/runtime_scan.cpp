#include "python/runtime_scan.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "osprey/python/objects.h"
#include "python/debug_offsets.h"

namespace osprey {
namespace {

constexpr std::uint64_t kMaxScan = 16U << 20U;  // bytes; an interpreter's data is 1 to 2 MiB
constexpr int kMaxInterpreters = 64;

bool IsThreadOf(const Memory& memory, const Layout& layout, Address thread, Address interpreter) {
  const auto interp = memory.ReadAs<Address>(thread + layout.thread_state.interp);
  return interp && *interp == interpreter;
}

bool IsDict(const ObjectReader& objects, Address object) {
  const auto type = objects.TypeOf(object);
  if (!type) return false;
  const auto name = objects.TypeName(*type);
  return name && *name == "dict";
}

// The list ends with the main interpreter, id 0; its modules are a dict.
bool IsInterpreterList(const Memory& memory, const Layout& layout, Address head) {
  const auto& offsets = layout.interpreter_state;
  const ObjectReader objects(memory, layout);
  Address interpreter = head;
  for (int i = 0; i < kMaxInterpreters; ++i) {
    const auto thread = memory.ReadAs<Address>(interpreter + offsets.threads_head);
    if (!thread || thread->IsNull() || thread->value % 8 != 0) return false;
    if (!IsThreadOf(memory, layout, *thread, interpreter)) return false;
    const auto next = memory.ReadAs<Address>(interpreter + offsets.next);
    const auto id = memory.ReadAs<std::int64_t>(interpreter + offsets.id);
    const auto modules = memory.ReadAs<Address>(interpreter + offsets.modules);
    if (!next || !id || !modules || *id < 0) return false;
    if (next->IsNull()) return *id == 0 && IsDict(objects, *modules);
    interpreter = *next;
  }
  return false;
}

}  // namespace

Result<Address> ScanForRuntime(const Memory& memory, const Layout& layout, Address start,
                               std::uint64_t size) {
  std::vector<std::byte> data(std::min(size, kMaxScan));
  if (auto read = memory.Read(start, data); !read) return read.error();
  const Offset head_offset = layout.runtime_state.interpreters_head;
  for (std::size_t i = 0; i + sizeof(Address) <= data.size(); i += 8) {
    Address head;
    std::memcpy(&head, data.data() + i, sizeof head);
    // User space on x86-64 and aarch64 ends below 2**48; the first page is never mapped.
    if (head.value < 4096 || head.value >> 48U != 0 || head.value % 8 != 0) continue;
    if (i < head_offset) continue;
    // The main interpreter stands right behind the head (interpreters.head, interpreters.main).
    Address main;
    if (i + 16 > data.size()) break;
    std::memcpy(&main, data.data() + i + 8, sizeof main);
    if (main.value < 4096 || main.value >> 48U != 0) continue;
    if (IsInterpreterList(memory, layout, head)) return start + (i - head_offset);
  }
  return Error{ErrorCode::kNotFound, 0, start, "nothing hangs together like a runtime"};
}

Result<Address> ScanForDebugOffsets(const Memory& memory, Address start, std::uint64_t size) {
  std::vector<std::byte> data(std::min(size, kMaxScan));
  if (auto read = memory.Read(start, data); !read) return read.error();
  for (std::size_t i = 0; i + kDebugCookie.size() <= data.size(); i += 8) {
    if (std::memcmp(data.data() + i, kDebugCookie.data(), kDebugCookie.size()) == 0) {
      return start + i;
    }
  }
  return Error{ErrorCode::kNotFound, 0, start, "no table of debug offsets"};
}

}  // namespace osprey
