#include "osprey/python/thread_list.h"

#include <algorithm>
#include <array>
#include <set>

#include "osprey/python/objects.h"
#include "osprey/target/cached_memory.h"
#include "python/field.h"

namespace osprey {
namespace {

// Bounds for lists whose links are hostile: far above what a kernel lets one process have.
constexpr std::size_t kMaxInterpreters = 4096;
constexpr std::size_t kMaxThreads = 1U << 17U;

Result<Interpreter> ReadInterpreter(const Memory& memory, const Runtime& runtime, Address state) {
  const auto& offsets = runtime.layout.interpreter_state;
  Interpreter interpreter;
  interpreter.state = state;
  if (offsets.id != kAbsent) {
    const auto id = memory.ReadAs<std::int64_t>(state + offsets.id);
    if (!id) return id.error();
    interpreter.id = *id;
  }
  const auto head = memory.ReadAs<Address>(state + offsets.threads_head);
  if (!head) return head.error();
  interpreter.first_thread = *head;
  if (!runtime.current_thread.IsNull()) {
    interpreter.gil_last_holder = interpreter.gil_locked = runtime.current_thread;
    return interpreter;
  }
  if (offsets.ceval_gil == kAbsent) {
    interpreter.gil_last_holder = runtime.address + runtime.layout.runtime_state.gil_last_holder;
    interpreter.gil_locked = runtime.address + runtime.layout.runtime_state.gil_locked;
    if (runtime.layout.runtime_state.gil_switch_number != kAbsent) {
      interpreter.gil_switch_number =
          runtime.address + runtime.layout.runtime_state.gil_switch_number;
    }
    return interpreter;
  }
  const auto gil = memory.ReadAs<Address>(state + offsets.ceval_gil);
  const Offset enabled = runtime.layout.gil.enabled;
  const bool is_used =
      gil && !gil->IsNull() &&
      (enabled == kAbsent || memory.ReadAs<std::int32_t>(*gil + enabled).value_or(0) != 0);
  if (is_used) {
    interpreter.gil_last_holder = *gil + runtime.layout.gil.last_holder;
    interpreter.gil_locked = *gil + runtime.layout.gil.locked;
    if (runtime.layout.gil.switch_number != kAbsent) {
      interpreter.gil_switch_number = *gil + runtime.layout.gil.switch_number;
    }
  }
  return interpreter;
}

// The thread of the state at `state`; `next` becomes the one after it.
Result<PythonThread> ReadThread(const Memory& memory, const Layout& layout, Address state,
                                Address& next) {
  const auto& offsets = layout.thread_state;
  std::array<std::byte, 512> header{};
  const std::size_t size =
      std::max({offsets.next, offsets.interp, offsets.thread_id,
                offsets.native_thread_id == kAbsent ? Offset{0} : offsets.native_thread_id}) +
      sizeof(Address);
  if (size > header.size()) {
    return Error{ErrorCode::kMalformed, 0, state, "a thread state with impossible offsets"};
  }
  if (auto read = memory.Read(state, std::span(header).first(size)); !read) return read.error();
  PythonThread thread;
  thread.state = state;
  thread.interpreter = Field<Address>(header.data(), offsets.interp);
  thread.ident = Field<std::uint64_t>(header.data(), offsets.thread_id);
  next = Field<Address>(header.data(), offsets.next);
  if (offsets.native_thread_id != kAbsent) {
    thread.tid = static_cast<pid_t>(Field<std::uint64_t>(header.data(), offsets.native_thread_id));
  } else if (thread.ident != 0) {
    const auto tid = memory.ReadAs<std::int32_t>(Address(thread.ident) + layout.pthread_tid);
    if (tid) thread.tid = *tid;
  }
  return thread;
}

// Drops those of the threads from `first` on, which are of one interpreter, the newest first, that
// have no ids of their own: none, or until 3.11 those of the thread that made them. How many.
std::size_t DropUnborn(const Layout& layout, std::vector<PythonThread>& threads,
                       std::size_t first) {
  std::set<std::uint64_t> idents;
  std::vector<PythonThread> born;
  for (std::size_t i = threads.size(); i-- > first;) {
    const PythonThread& thread = threads[i];
    const bool lacks_tid =
        thread.tid == 0 && layout.thread_state.native_thread_id != kAbsent;  // it comes second
    if (thread.ident == 0 || lacks_tid) continue;
    if (idents.insert(thread.ident).second) born.push_back(thread);
  }
  const std::size_t unborn = threads.size() - first - born.size();
  if (unborn == 0) return 0;
  threads.resize(first);
  threads.insert(threads.end(), born.rbegin(), born.rend());
  return unborn;
}

}  // namespace

Result<ThreadList> ListThreads(const Memory& memory, const Runtime& runtime) {
  const auto& layout = runtime.layout;
  const auto head =
      memory.ReadAs<Address>(runtime.address + layout.runtime_state.interpreters_head);
  if (!head) return head.error();
  if (head->IsNull()) {
    return Error{ErrorCode::kNotFound, 0, runtime.address, "the interpreter has not started yet"};
  }
  ThreadList list;
  std::size_t seen = 0;
  for (Address state = *head; !state.IsNull() && list.interpreters.size() < kMaxInterpreters;) {
    const auto interpreter = ReadInterpreter(memory, runtime, state);
    if (!interpreter) break;
    list.interpreters.push_back(*interpreter);
    const std::size_t first = list.threads.size();
    Address thread = interpreter->first_thread;
    for (; !thread.IsNull() && seen < kMaxThreads; ++seen) {
      Address next;
      const auto read = ReadThread(memory, layout, thread, next);
      if (!read || read->interpreter != state) break;
      list.threads.push_back(*read);
      thread = next;
    }
    list.unborn += DropUnborn(layout, list.threads, first);
    const auto next = memory.ReadAs<Address>(state + layout.interpreter_state.next);
    if (!next) break;
    state = *next;
  }
  if (list.interpreters.empty()) {
    return Error{ErrorCode::kNotFound, 0, *head, "no interpreter can be read"};
  }
  return list;
}

std::map<std::uint64_t, std::string> ReadThreadNames(const Memory& memory, const Runtime& runtime,
                                                     Address interpreter) {
  std::map<std::uint64_t, std::string> names;
  // The names of all modules are looked at, many in a page.
  const CachedMemory cached(memory);
  const ObjectReader objects(cached, runtime.layout);
  const auto modules =
      memory.ReadAs<Address>(interpreter + runtime.layout.interpreter_state.modules);
  if (!modules) return names;
  const auto threading = objects.DictGet(*modules, "threading");
  if (!threading) return names;
  // PyModuleObject: md_dict follows the object's head (Objects/moduleobject.c).
  const auto module_dict = memory.ReadAs<Address>(*threading + runtime.layout.pyobject.size);
  if (!module_dict) return names;
  const auto active = objects.DictGet(*module_dict, "_active");
  if (!active) return names;
  (void)objects.VisitDict(*active, [&](Address key, Address value) {
    const auto ident = objects.ReadInt(key);
    const auto name = objects.GetAttribute(value, runtime.layout.thread_name);
    if (ident && name) {
      if (auto text = objects.ReadString(*name)) names[*ident] = std::move(*text);
    }
    return true;
  });
  return names;
}

}  // namespace osprey
