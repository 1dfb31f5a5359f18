// The printing of values, and the readers of frames' variables and of locks, over a target whose
// objects have the right types and nothing else.
#include <array>

#include "fuzz_memory.h"
#include "osprey/python/lock_objects.h"
#include "osprey/python/value_text.h"

namespace osprey {
namespace {

constexpr Address kTypes(0x800000);
constexpr std::array kVersions = {
    Version{2, 7},  Version{3, 6},           Version{3, 8},           Version{3, 10},
    Version{3, 11}, Version{3, 12},          Version{3, 13},          Version{3, 14},
    Version{3, 15}, Version{3, 13, 0, true}, Version{3, 14, 0, true}, Version{3, 15, 0, true}};
constexpr std::array kNames = {"type",
                               "int",
                               "long",
                               "bool",
                               "float",
                               "complex",
                               "str",
                               "unicode",
                               "bytes",
                               "bytearray",
                               "list",
                               "tuple",
                               "dict",
                               "frozendict",
                               "set",
                               "frozenset",
                               "range",
                               "xrange",
                               "slice",
                               "function",
                               "builtin_function_or_method",
                               "method",
                               "instancemethod",
                               "generator",
                               "module",
                               "classobj",
                               "instance",
                               "cell",
                               "method_descriptor",
                               "collections.defaultdict",
                               "collections.OrderedDict",
                               "collections.deque",
                               "_thread.lock",
                               "_thread.RLock",
                               "thread.lock",
                               "_RLock",
                               "Condition",
                               "EnumMeta",
                               "KeyError",
                               "numpy.ndarray"};
using Types = std::array<Address, kNames.size()>;

std::uint64_t FlagsOf(std::string_view name) {
  if (name == "type" || name == "EnumMeta") return std::uint64_t{1} << 31U;
  if (name == "KeyError") return std::uint64_t{1} << 30U;
  if (name == "dict") return std::uint64_t{1} << 29U;
  return name == "Condition" || name == "_RLock" ? std::uint64_t{1} << 9U : 0;
}

SnapshotMemory MakeTypes(const Layout& layout, std::uint64_t lock_bytes, Types& types) {
  SnapshotMemory memory;
  const auto put = [](std::vector<std::byte>& bytes, Offset at, std::uint64_t value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  };
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    types[i] = kTypes + i * 0x1000;
    const Address name = types[i] + 0x800;
    std::vector<std::byte> type(1024);
    put(type, layout.pyobject.ob_type, types[0].value);
    put(type, layout.type_object.tp_name, name.value);
    put(type, layout.type_object.tp_flags, FlagsOf(kNames[i]));
    put(type, layout.type_object.tp_basicsize, layout.pyobject.size + lock_bytes);
    put(type, layout.type_object.tp_dictoffset, layout.pyobject.size);
    memory.Put(types[i], type);
    std::vector<std::byte> text(512);
    std::memcpy(text.data(), kNames[i], std::strlen(kNames[i]));
    memory.Put(name, text);
  }
  return memory;
}

}  // namespace
}  // namespace osprey

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  if (size < 32) return 0;
  const Layout& layout = *FindLayout(kVersions[data[0] % kVersions.size()]);
  Types types;
  const SnapshotMemory fixed = MakeTypes(layout, data[1] % 5 * 8U, types);
  const FuzzMemory memory(data + 8, size - 8, &fixed, types);

  const ValueText values(memory, layout, {});
  for (std::size_t at = 0; at < 2048; at += 128) {
    // What is open when the text is full is closed, and what a level writes beside its items is
    // a name or two.
    if (values.Of(kBase + at).size() > 20000) __builtin_trap();
  }
  CodeObject code;
  code.address = kBase + 1024;
  code.flags = data[2];
  const RawFrame frame{kBase + 2048, &code, data[3]};
  const FrameLocals locals(memory, layout);
  const LockObjects locks(memory, layout);
  std::vector<Address> candidates = {kBase, kBase + 128, kBase + 256};
  if (const auto read = locals.Read(frame)) {
    for (const LocalVariable& local : *read) candidates.push_back(local.value);
    (void)locks.JoinedThread("join", "threading.py", *read);
    (void)locks.ReleasedByWait("wait", "threading.py", *read);
  }
  if (const auto stack = locals.ReadStack(frame)) (void)locks.HeldByWith(*stack);
  (void)locks.WaitedFor(kBase + 512, candidates);
  return 0;
}
