// The one table of versions. Each row says how it differs from the row before.
//
// Source of the offsets: DWARF of each version's own headers (Include/cpython/*.h,
// Include/internal/pycore_*.h), held against live processes by tests/python/live_test.cpp.
#include <algorithm>
#include <array>

#include "osprey/python/layout.h"

namespace osprey {
namespace {

constexpr Layout Layout38() {
  Layout l{};
  l.runtime_state = {.interpreters_head = 32,
                     .gil_last_holder = 1160,
                     .gil_locked = 1168,
                     .gil_switch_number = 1176,
                     .gc_collecting = 544};
  l.interpreter_state = {.id = 16,
                         .next = 0,
                         .threads_head = 8,
                         .modules = 56,
                         .ceval_gil = kAbsent,
                         .gc_collecting = kAbsent,
                         .gc_frame = kAbsent};
  l.gil = {.last_holder = kAbsent, .locked = kAbsent, .switch_number = kAbsent};
  l.thread_state = {.next = 8,
                    .interp = 16,
                    .current_frame = 24,
                    .thread_id = 176,
                    .native_thread_id = kAbsent,
                    .datastack_chunk = kAbsent,
                    .datastack_top = kAbsent,
                    .current_exception = 88,
                    .exc_info = 144,
                    .exc_state = 112};
  l.err_stackitem = {.exc_value = 8, .previous_item = 24};
  l.cframe = {.current_frame = kAbsent};
  l.interpreter_frame = {.previous = 24,
                         .executable = 32,
                         .instr_ptr = 104,
                         .stacktop = kAbsent,
                         .owner = kAbsent,
                         .is_entry = kAbsent,
                         .executing = 116,
                         .size = 120};
  l.code_object = {.filename = 104,
                   .name = 112,
                   .qualname = kAbsent,
                   .linetable = 120,
                   .firstlineno = 40,
                   .code_adaptive = 48,
                   .nlocalsplus = kAbsent,
                   .stacksize = kAbsent,
                   .framesize = kAbsent,
                   .first_traceable = kAbsent,
                   .size = 128};
  l.opcode = {};
  l.pyobject = {.ob_type = 8, .size = 16};
  l.type_object = {.tp_name = 24, .tp_basicsize = 32, .tp_dictoffset = 288, .ht_cached_keys = 872};
  l.bytes = {.ob_size = 16, .ob_sval = 32};
  l.unicode = {.length = 16, .state = 32, .asciiobject_size = 48, .compactunicodeobject_size = 72};
  l.long_object = {.ob_size = 16, .ob_digit = 24, .tagged = false};
  l.dict = {.ma_keys = 32,
            .ma_values = 40,
            .dk_log2_size = 8,
            .dk_log2_index_bytes = kAbsent,
            .dk_kind = kAbsent,
            .dk_nentries = 32,
            .dk_indices = 40,
            .values = 0,
            .log2_sizes = false};
  l.frame_chain = FrameChain::kFrameObjects;
  l.line_table = LineTableFormat::kLnotab;
  l.instance_dict = InstanceDict::kDictOffset;
  l.instruction_scale = 1;
  l.live_min = 1;  // f_executing
  l.live_max = 1;
  l.first_shim_owner = 3;
  l.has_debug_offsets = false;
  l.pthread_tid = 720;  // glibc on x86-64, 2.36 and 2.43: struct pthread's tid
  return l;
}

constexpr Layout Layout39() {
  Layout l = Layout38();
  l.runtime_state.gil_last_holder = 360;
  l.runtime_state.gil_locked = 368;
  l.runtime_state.gil_switch_number = 376;
  l.runtime_state.gc_collecting = kAbsent;
  l.interpreter_state.id = 24;
  l.interpreter_state.modules = 856;
  l.interpreter_state.gc_collecting = 816;
  l.type_object.ht_cached_keys = 864;
  return l;
}

constexpr Layout Layout310() {
  Layout l = Layout39();
  l.interpreter_frame.instr_ptr = 96;
  l.interpreter_frame.executing = 108;
  l.interpreter_frame.size = 112;
  l.type_object.ht_cached_keys = 872;
  l.line_table = LineTableFormat::kLineTable;
  l.instruction_scale = 2;
  l.live_min = 0;  // f_state: FRAME_EXECUTING 0, FRAME_RETURNED 1, FRAME_UNWINDING 2
  l.live_max = 0;
  return l;
}

constexpr Layout Layout311() {
  Layout l = Layout310();
  l.runtime_state.interpreters_head = 40;
  l.runtime_state.gil_last_holder = 368;
  l.runtime_state.gil_locked = 376;
  l.runtime_state.gil_switch_number = 384;
  l.interpreter_state = {.id = 48,
                         .next = 0,
                         .threads_head = 16,
                         .modules = 888,
                         .ceval_gil = kAbsent,
                         .gc_collecting = 848,
                         .gc_frame = kAbsent};
  l.thread_state.current_frame = 56;
  l.thread_state.thread_id = 152;
  l.thread_state.native_thread_id = 160;
  l.thread_state.datastack_chunk = 296;
  l.thread_state.datastack_top = 304;
  l.thread_state.current_exception = 96;
  l.thread_state.exc_info = 120;
  l.thread_state.exc_state = 320;
  l.err_stackitem = {.exc_value = 0, .previous_item = 8};
  l.cframe.current_frame = 8;
  l.interpreter_frame = {.previous = 48,
                         .executable = 32,
                         .instr_ptr = 56,
                         .stacktop = 64,
                         .owner = 69,
                         .is_entry = 68,
                         .executing = kAbsent,
                         .size = 72};
  l.code_object = {.filename = 112,
                   .name = 120,
                   .qualname = 128,
                   .linetable = 136,
                   .firstlineno = 72,
                   .code_adaptive = 184,
                   .nlocalsplus = 76,
                   .stacksize = 68,
                   .framesize = kAbsent,
                   .first_traceable = 168,
                   .size = 184};
  // Lib/opcode.py: CALL and its forms; BINARY_SUBSCR, its own, and those it may come back from.
  l.opcode = {
      .calls = {171, 22, 23, 24, 25, 17, 18, 19, 20, 21}, .leaves = {}, .call_cache_units = 4};
  l.dict.dk_log2_index_bytes = 9;
  l.dict.dk_kind = 10;
  l.dict.dk_nentries = 24;
  l.dict.dk_indices = 32;
  l.dict.log2_sizes = true;
  l.frame_chain = FrameChain::kCFrame;
  l.line_table = LineTableFormat::kLocations;
  l.instance_dict = InstanceDict::kValuesBefore;
  l.pthread_tid = kAbsent;
  return l;
}

constexpr Layout Layout312() {
  Layout l = Layout311();
  l.runtime_state.gil_last_holder = kAbsent;
  l.runtime_state.gil_locked = kAbsent;
  l.runtime_state.gil_switch_number = kAbsent;
  l.interpreter_state = {.id = 8,
                         .next = 0,
                         .threads_head = 72,
                         .modules = 944,
                         .ceval_gil = 384,
                         .gc_collecting = 312,
                         .gc_frame = kAbsent};
  l.gil = {.last_holder = 8, .locked = 16, .switch_number = 24};
  l.thread_state.thread_id = 136;
  l.thread_state.native_thread_id = 144;
  l.thread_state.datastack_chunk = 232;
  l.thread_state.datastack_top = 240;
  l.thread_state.exc_info = 104;
  l.thread_state.exc_state = 256;
  l.cframe.current_frame = 0;
  l.interpreter_frame.previous = 8;
  l.interpreter_frame.executable = 0;
  l.interpreter_frame.owner = 70;
  l.interpreter_frame.is_entry = kAbsent;
  l.code_object.firstlineno = 68;
  l.code_object.code_adaptive = 192;
  l.code_object.nlocalsplus = 72;
  l.code_object.stacksize = 64;
  l.code_object.framesize = 76;
  l.code_object.first_traceable = 176;
  l.code_object.size = 192;
  // Lib/opcode.py: RETURN_GENERATOR, RETURN_VALUE, RERAISE, RAISE_VARARGS, RETURN_CONST,
  // INSTRUMENTED_RETURN_VALUE, INSTRUMENTED_RETURN_CONST.
  l.opcode = {.calls = {}, .leaves = {75, 83, 119, 130, 121, 242, 247}, .call_cache_units = 0};
  l.type_object.ht_cached_keys = 880;
  l.unicode.asciiobject_size = 40;
  l.unicode.compactunicodeobject_size = 56;
  l.long_object.tagged = true;
  l.instance_dict = InstanceDict::kTaggedBefore;
  return l;
}

constexpr Layout Layout313() {
  Layout l = Layout312();
  l.runtime_state.interpreters_head = 632;
  l.interpreter_state = {.id = 7272,
                         .next = 7264,
                         .threads_head = 7344,
                         .modules = 7656,
                         .ceval_gil = 16,
                         .gc_collecting = 7600,
                         .gc_frame = kAbsent};
  l.thread_state.current_frame = 72;
  l.thread_state.thread_id = 152;
  l.thread_state.native_thread_id = 160;
  l.thread_state.current_exception = 112;
  l.thread_state.exc_info = 120;
  l.cframe.current_frame = kAbsent;
  l.code_object.code_adaptive = 200;
  l.code_object.first_traceable = 184;
  l.code_object.size = 200;
  l.opcode.leaves = {35, 36, 102, 101, 103, 239, 240};
  l.dict.values = 8;
  l.frame_chain = FrameChain::kCurrentFrame;
  l.instance_dict = InstanceDict::kInlineValues;
  l.has_debug_offsets = true;
  return l;
}

struct Row {
  int major;
  int minor;
  Layout layout;
};

constexpr std::array kRows = {
    Row{3, 8, Layout38()},   Row{3, 9, Layout39()},   Row{3, 10, Layout310()},
    Row{3, 11, Layout311()}, Row{3, 12, Layout312()}, Row{3, 13, Layout313()},
};

}  // namespace

std::size_t ThreadStateBytes(const Layout& layout) {
  const auto& t = layout.thread_state;
  Offset last = std::max(t.interp, t.current_frame);
  for (const Offset member :
       {t.datastack_chunk, t.datastack_top, t.current_exception, t.exc_info, t.exc_state}) {
    if (member == kAbsent) continue;
    const bool is_item = member == t.exc_state;
    last = std::max(last, member + (is_item ? layout.err_stackitem.exc_value : Offset{0}));
  }
  return std::size_t{last} + sizeof(std::uint64_t);
}

const Layout* FindLayout(const Version& version) {
  for (const Row& row : kRows) {
    if (row.major == version.major && row.minor == version.minor) return &row.layout;
  }
  return nullptr;
}

const char* SupportedVersions() { return "3.8 to 3.13"; }

}  // namespace osprey
