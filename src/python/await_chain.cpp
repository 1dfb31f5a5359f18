#include "python/await_chain.h"

#include "python/interpreter_frame.h"
#include "python/object_word.h"

namespace osprey {
namespace {

constexpr int kMaxDepth = 1024;  // a deeper chain could not be run: sys.getrecursionlimit() is 1000
// How far into a frame its value stack may reach: 8192 locals, cells and values.
constexpr std::uint64_t kMaxFrameBytes = 1U << 16U;

}  // namespace

void AwaitChainReader::Read(PlanReader& reader, Address coroutine, Task& task) {
  task.state = TaskState::kGone;
  Address object = coroutine;
  for (int level = 0; level < kMaxDepth; ++level) {
    const std::byte* head = reader.Ask(object, layout_.pyobject.size + sizeof(Address));
    if (head == nullptr) return;
    const ObjectKind kind = kinds_.Of(ObjectAt(head, layout_.pyobject.ob_type));
    if (kind == ObjectKind::kAwaitWrapper) {
      object = ObjectAt(head, layout_.pyobject.size);
      continue;
    }
    if (kind != ObjectKind::kCoroutine) return;
    const Level found = layout_.frame_chain == FrameChain::kFrameObjects
                            ? ReadFrameObject(reader, head)
                            : ReadInlineFrame(reader, object);
    if (reader.is_missing()) return;
    if (task.frames.empty()) {
      task.state = found.state;
      task.root_frame = found.frame;
      task.root_code = found.executable;
    } else if (found.state == TaskState::kExecuting) {
      task.state = found.state;  // it has been woken up since the levels above were copied
    }
    if (found.code.code == nullptr) return;
    task.frames.push_back(found.code);
    if (found.awaited.IsNull()) return;
    object = found.awaited;
  }
  task.is_cut = true;
}

AwaitChainReader::Level AwaitChainReader::ReadFrameObject(PlanReader& reader,
                                                          const std::byte* head) {
  Level level;
  const auto& offsets = layout_.interpreter_frame;
  level.frame = ObjectAt(head, layout_.gen_object.iframe);
  if (level.frame.IsNull()) {  // Objects/genobject.c: let go of when the generator ends
    level.state = TaskState::kDone;
    return level;
  }
  const std::byte* frame = reader.Ask(level.frame, offsets.size);
  if (frame == nullptr) return level;
  level.executable = ObjectAt(frame, offsets.executable);
  const auto executing = Field<std::int8_t>(frame, offsets.executing);
  if (executing >= layout_.live_min && executing <= layout_.live_max) {
    level.state = TaskState::kExecuting;
    return level;
  }
  CodeObject* code = codes_.Get(level.executable);
  const std::int64_t last = Field<std::int32_t>(frame, offsets.instr_ptr);
  if (code == nullptr || last * layout_.instruction_scale >= std::int64_t{code->code_bytes}) {
    return level;
  }
  level.state = last < 0 ? TaskState::kCreated : TaskState::kSuspended;
  level.code = {code, last < 0 ? -1 : last * layout_.instruction_scale};
  if (last >= 0 && codes_.AwaitsAt(*code, level.code.byte_offset)) {
    level.awaited = ReadAwaited(reader, level.frame, frame, level.frame);
  }
  return level;
}

AwaitChainReader::Level AwaitChainReader::ReadInlineFrame(PlanReader& reader, Address generator) {
  Level level;
  const auto& gen = layout_.gen_object;
  const std::byte* bytes = reader.Extend(gen.iframe + layout_.interpreter_frame.size);
  if (bytes == nullptr) return level;
  level.frame = generator + gen.iframe;
  level.executable = ObjectAt(bytes, gen.iframe + layout_.interpreter_frame.executable);
  const auto state = Field<std::int8_t>(bytes, gen.frame_state);
  const bool is_suspended = state >= gen.suspended_min && state <= gen.suspended_max;
  level.state = state == gen.executing ? TaskState::kExecuting : TaskState::kDone;
  if (!is_suspended && state != gen.created) return level;
  const std::byte* frame = bytes + gen.iframe;
  CodeObject* code = codes_.Get(level.executable);
  const InterpreterFrame view(layout_, frame);
  if (code == nullptr || !view.StandsIn(*code)) {
    level.state = TaskState::kGone;
    return level;
  }
  level.state = is_suspended ? TaskState::kSuspended : TaskState::kCreated;
  level.code = {code, is_suspended ? view.ByteOffset(*code) : -1};
  if (!is_suspended) return level;
  const bool awaits = layout_.await_mark == AwaitMark::kFrameState
                          ? state >= gen.awaiting_min && state <= gen.awaiting_max
                          : codes_.AwaitsAt(*code, level.code.byte_offset);
  if (awaits) level.awaited = ReadAwaited(reader, generator, frame, level.frame);
  return level;
}

Address AwaitChainReader::ReadAwaited(PlanReader& reader, Address at, const std::byte* frame,
                                      Address frame_address) {
  const auto& offsets = layout_.interpreter_frame;
  Address top;
  switch (layout_.stack_top) {
    case StackTop::kPointer:
      top = Field<Address>(frame, offsets.stack);
      break;
    case StackTop::kValueStack:
    case StackTop::kLocalsOffset: {
      const auto depth = Field<std::int32_t>(frame, offsets.depth);
      if (depth < layout_.gen_object.awaited_depth) return Address{};
      top = layout_.stack_top == StackTop::kValueStack ? Field<Address>(frame, offsets.stack)
                                                       : frame_address + offsets.size;
      top = top + static_cast<std::uint64_t>(depth) * sizeof(Address);
    }
  }
  const Address slot = top - layout_.gen_object.awaited_depth * sizeof(Address);
  const std::uint64_t place = slot - at;
  if (place % sizeof(Address) != 0 || place >= kMaxFrameBytes) return Address{};
  const std::byte* bytes = reader.Extend(place + sizeof(Address));
  return bytes == nullptr ? Address{} : ObjectAt(bytes, static_cast<Offset>(place));
}

}  // namespace osprey
