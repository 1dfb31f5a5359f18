// Hand-made memory with tasks of asyncio in it: one object in each page.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "osprey/python/asyncio_debug.h"
#include "python/bytes.h"

namespace osprey {

// The row of a version, with the offsets that .AsyncioDebug would tell.
inline Layout TaskLayout(const Version& version) {
  Layout layout = *FindLayout(version);
  if (layout.task_source == TaskSource::kDebugSection) {
    const AsyncioDebugOffsets words = {256,  136,  96,   160,  161,  128, 176,
                                       8000, 7900, 1100, 1024, 1032, 1040};
    EXPECT_TRUE(ApplyAsyncioOffsets(words, layout));
  }
  return layout;
}

inline std::vector<Version> TaskVersions() {
  return Versions([](const Layout& l) { return l.task_source != TaskSource::kNone; });
}

class TaskMemory {
 public:
  static constexpr std::int64_t kByteOffset = 4;  // at which all coroutines stand

  explicit TaskMemory(const Layout& layout) : layout_(layout) {}

  SnapshotMemory memory;

  Address Page() { return Address(next_ += 0x1000); }
  // Puts an object that begins with its head.
  Address Put(const char* type, Bytes bytes) { return PutAt(Page(), type, std::move(bytes)); }
  Address PutAt(Address at, const char* type, Bytes bytes) {
    memory.Put(at, bytes.Set(layout_.pyobject.ob_type, Type(type)).get());
    return at;
  }
  Address Type(const char* name, Address base = Address{}) {
    Address& type = types_[name];
    if (type.IsNull()) {
      type = Page();
      const Address text = Page();
      memory.Put(type, Bytes(1024)
                           .Set(layout_.type_object.tp_name, text)
                           .Set(layout_.type_object.tp_base, base)
                           .get());
      Bytes string(256);
      for (Offset i = 0; name[i] != '\0'; ++i) string.Set(i, name[i]);
      memory.Put(text, string.get());
    }
    return type;
  }
  Address String(const std::string& text) {
    const Address at = Page();
    PutString(strings_, layout_, at, text);
    std::vector<std::byte> bytes(layout_.unicode.asciiobject_size + text.size() + 1);
    EXPECT_TRUE(strings_.Read(at, bytes));
    const Address type = Type("str");
    std::memcpy(bytes.data() + layout_.pyobject.ob_type, &type, sizeof type);
    memory.Put(at, bytes);
    return at;
  }
  Address Tuple(const std::vector<Address>& items) {
    Bytes bytes(layout_.tuple.ob_item + items.size() * 8);
    bytes.Set(layout_.pyobject.size, std::uint64_t{items.size()});
    for (std::size_t i = 0; i < items.size(); ++i) {
      bytes.Set(static_cast<Offset>(layout_.tuple.ob_item + i * 8), items[i]);
    }
    return Put("tuple", bytes);
  }

  Address Code(const std::string& name) {
    const auto& c = layout_.code_object;
    const Address at = Page();
    Bytes bytes(c.size + 64);
    const Address text = String(name);
    bytes.Set(c.filename, String("file.py")).Set(c.name, text).Set(c.flags, std::int32_t{0x80});
    if (c.qualname != kAbsent) bytes.Set(c.qualname, text);
    const Address table = Page();
    PutBytes(memory, layout_, table, 0);
    bytes.Set(c.linetable, table);
    if (layout_.frame_chain == FrameChain::kFrameObjects) {
      const Address bytecode = Page();
      bytes.Set(c.code_adaptive, bytecode);
      memory.Put(bytecode, Bytes(layout_.bytes.ob_sval + 64)
                               .Set(layout_.bytes.ob_size, std::uint64_t{40})
                               .Set(layout_.bytes.ob_sval + 6, layout_.opcode.yield_from)
                               .get());
    } else {
      bytes.Set(layout_.pyobject.size, std::uint64_t{20});
      if (c.framesize != kAbsent) bytes.Set(c.framesize, std::int32_t{20});
      bytes.Set(c.stacksize, std::int32_t{4});
      bytes.Set(c.code_adaptive + 7, std::uint8_t{3});  // RESUME 3
    }
    return PutAt(at, "code", bytes);
  }

  // A coroutine called `name` that awaits `awaited`.
  Address Coroutine(const std::string& name, Address awaited) {
    return CoroutineAt(Page(), name, awaited);
  }
  Address CoroutineAt(Address at, const std::string& name, Address awaited) {
    const auto& f = layout_.interpreter_frame;
    const Address code = Code(name);
    constexpr Offset kSlot = 400;
    if (layout_.frame_chain == FrameChain::kFrameObjects) {
      const Address frame = Page();
      Bytes bytes(512);
      bytes.Set(f.executable, code)
          .Set(f.executing, static_cast<std::int8_t>(layout_.live_min - 1))
          .Set(f.instr_ptr, static_cast<std::int32_t>(kByteOffset / layout_.instruction_scale))
          .Set(kSlot, awaited);
      if (layout_.stack_top == StackTop::kPointer) {
        bytes.Set(f.stack, frame + kSlot + 8);
      } else {
        bytes.Set(f.stack, frame + kSlot).Set(f.depth, std::int32_t{1});
      }
      memory.Put(frame, bytes.get());
      return PutAt(at, "coroutine", Bytes(64).Set(layout_.gen_object.iframe, frame));
    }
    const auto& g = layout_.gen_object;
    const bool has_await_state = layout_.await_mark == AwaitMark::kFrameState;
    Bytes bytes(512);
    bytes.Set(g.frame_state, has_await_state ? g.awaiting_min : g.suspended_min)
        .Set(g.iframe + f.executable, code)
        .Set(g.iframe + f.instr_ptr, code + layout_.code_object.code_adaptive + kByteOffset);
    constexpr Offset kDepth = 5;
    if (layout_.stack_top == StackTop::kPointer) {
      bytes.Set(g.iframe + f.stack, at + g.iframe + f.size + kDepth * 8);
    } else {
      bytes.Set(g.iframe + f.depth, static_cast<std::int32_t>(kDepth));
    }
    bytes.Set(g.iframe + f.size + (kDepth - g.awaited_depth) * 8, awaited);
    return PutAt(at, "coroutine", bytes);
  }

  struct TaskParts {
    Address name{};
    Address coroutine{};
    Address awaits{};                 // future or task
    std::vector<Address> awaiters{};  // tasks whose wakeups are its callbacks
    std::vector<Address> callbacks{};
    const char* type = "_asyncio.Task";
  };
  Address TaskAt(Address at, const TaskParts& parts) {
    const auto& t = layout_.task_object;
    Bytes bytes(256);
    bytes.Set(t.name, parts.name).Set(t.coro, parts.coroutine);
    if (layout_.task_source == TaskSource::kDebugSection) {
      if (parts.awaiters.size() == 1) bytes.Set(t.awaited_by, parts.awaiters.front());
      if (parts.awaiters.size() > 1) {
        bytes.Set(t.awaited_by, Set(parts.awaiters)).Set(t.awaited_by_is_set, std::uint8_t{1});
      }
    } else {
      bytes.Set(t.fut_waiter, parts.awaits);
      SetCallbacks(bytes, parts);
    }
    return PutAt(at, parts.type, bytes);
  }
  // A future that is no task; only until 3.13.
  Address Future(const TaskParts& parts) {
    Bytes bytes(256);
    SetCallbacks(bytes, parts);
    return Put("_asyncio.Future", bytes);
  }
  Address Set(const std::vector<Address>& keys) {
    const Offset first = layout_.pyobject.size;
    const Address table = Page();
    Bytes entries(16 * 16);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      entries.Set(static_cast<Offset>(i * 2 * 16), keys[i]);  // every other place
    }
    memory.Put(table, entries.get());
    return Put("set", Bytes(first + 32).Set(first + 16, std::uint64_t{15}).Set(first + 24, table));
  }
  // What `task` leaves with what it awaits.
  Address Wakeup(Address task) {
    const Offset first = layout_.pyobject.size;
    if (layout_.function.closure < 72) {  // until 3.9
      return Put("TaskWakeupMethWrapper", Bytes(64).Set(first, task));
    }
    const Address text = Page();
    memory.Put(text, std::as_bytes(std::span("task_wakeup\0                                       "
                                             "                            ")));
    const Address definition = Page();
    memory.Put(definition, Bytes(32).Set(0, text).get());
    return Put("builtin_function_or_method", Bytes(64).Set(first, definition).Set(first + 8, task));
  }
  // A function whose closure holds these.
  Address Closure(const std::vector<Address>& contents) {
    std::vector<Address> cells;
    for (const Address content : contents) {
      cells.push_back(Put("cell", Bytes(64).Set(layout_.pyobject.size, content)));
    }
    const Address closure = Tuple(cells);
    return Put("function", Bytes(128).Set(layout_.function.closure, closure));
  }

 private:
  void SetCallbacks(Bytes& bytes, const TaskParts& parts) {
    const Offset first = layout_.pyobject.size;
    std::vector<Address> callbacks = parts.callbacks;
    for (const Address awaiter : parts.awaiters) callbacks.push_back(Wakeup(awaiter));
    if (callbacks.empty()) return;
    bytes.Set(first + 8, callbacks.front());
    if (callbacks.size() == 1) return;
    const Address items = Page();
    Bytes pointers(callbacks.size() * 8);
    for (std::size_t i = 1; i < callbacks.size(); ++i) {
      pointers.Set(static_cast<Offset>((i - 1) * 8), Tuple({callbacks[i], Address(8)}));
    }
    memory.Put(items, pointers.get());
    bytes.Set(first + 24,
              Put("list",
                  Bytes(64).Set(first, std::uint64_t{callbacks.size() - 1}).Set(first + 8, items)));
  }

  const Layout& layout_;
  std::uint64_t next_ = 0x10000000;
  std::map<std::string, Address> types_;
  SnapshotMemory strings_;
};

}  // namespace osprey
