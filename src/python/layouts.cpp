// The one table of versions. Each row says how it differs from the row before.
//
// Source of the offsets: DWARF of each version's own headers (Include/cpython/*.h,
// Include/internal/pycore_*.h), held against live processes by tests/end_to_end.
#include <algorithm>
#include <array>
#include <utility>

#include "osprey/python/layout.h"

namespace osprey {
namespace {

constexpr Layout Layout27() {
  Layout l{};
  l.runtime_state = {.interpreters_head = 0,
                     .gil_last_holder = kAbsent,
                     .gil_locked = kAbsent,
                     .gil_switch_number = kAbsent,
                     .gilstate_current = kAbsent,
                     .gc_collecting = kAbsent};
  l.interpreter_state = {.id = kAbsent,
                         .next = 0,
                         .threads_head = 8,
                         .modules = 16,
                         .ceval_gil = kAbsent,
                         .gc_collecting = kAbsent,
                         .gc_frame = kAbsent,
                         .code_object_generation = kAbsent};
  l.gil = {.last_holder = kAbsent, .locked = kAbsent, .enabled = kAbsent, .switch_number = kAbsent};
  l.thread_state = {.next = 0,
                    .interp = 8,
                    .current_frame = 16,
                    .thread_id = 144,
                    .native_thread_id = kAbsent,
                    .datastack_chunk = kAbsent,
                    .datastack_top = kAbsent,
                    .base_frame = kAbsent,
                    .current_exception = 72,
                    .exc_info = kAbsent,
                    .exc_state = 96,
                    .state = kAbsent};
  l.err_stackitem = {.exc_value = 0, .previous_item = kAbsent};
  l.cframe = {.current_frame = kAbsent, .previous = kAbsent};
  l.interpreter_frame = {.previous = 24,
                         .executable = 32,
                         .instr_ptr = 120,
                         .stacktop = kAbsent,
                         .stackpointer = kAbsent,
                         .owner = kAbsent,
                         .is_entry = kAbsent,
                         .executing = kAbsent,
                         .ob_refcnt = 0,
                         .f_stacktop = 72,
                         .tlbc_index = kAbsent,
                         .size = 124,
                         .stack = kAbsent,
                         .depth = kAbsent,
                         .localsplus = 376,
                         .f_locals = 56,
                         .f_iblock = 128,
                         .f_blockstack = 132};
  l.code_object = {.filename = 80,
                   .name = 88,
                   .qualname = kAbsent,
                   .linetable = 104,
                   .firstlineno = 96,
                   .code_adaptive = 32,
                   .nlocalsplus = kAbsent,
                   .stacksize = 24,
                   .framesize = kAbsent,
                   .flags = 28,
                   .version = kAbsent,
                   .tlbc = kAbsent,
                   .first_traceable = kAbsent,
                   .argcount = 16,
                   .kwonlyargcount = kAbsent,
                   .varnames = 56,
                   .cellvars = 72,
                   .freevars = 64,
                   .localsplusnames = kAbsent,
                   .localspluskinds = kAbsent,
                   .exceptiontable = kAbsent,
                   .size = 112};
  l.opcode = {};
  l.pyobject = {.ob_type = 8, .size = 16};
  l.type_object = {.tp_name = 24,
                   .tp_basicsize = 32,
                   .tp_itemsize = 40,
                   .tp_repr = 88,
                   .tp_flags = 168,
                   .tp_base = 256,
                   .tp_dict = 264,
                   .tp_dictoffset = 288,
                   .ht_cached_keys = kAbsent,
                   .ht_name = 856};
  l.tuple = {.ob_item = 24};
  l.function = {.closure = 40, .qualname = 56};
  l.gen_object.qualname = kAbsent;
  l.gen_object.code = 32;
  l.task_source = TaskSource::kNone;
  l.bytes = {.ob_size = 16, .ob_sval = 36};
  l.unicode = {.length = 16,
               .state = kAbsent,
               .asciiobject_size = kAbsent,
               .compactunicodeobject_size = kAbsent,
               .kind_bit = 2,
               .ob_sval = 36,
               .str = 24};
  l.long_object = {.ob_size = 16, .ob_digit = 24, .tagged = false, .ob_ival = 16};
  l.dict = {.ma_keys = kAbsent,
            .ma_values = kAbsent,
            .dk_log2_size = kAbsent,
            .dk_log2_index_bytes = kAbsent,
            .dk_kind = kAbsent,
            .dk_nentries = kAbsent,
            .dk_indices = kAbsent,
            .values = 0,
            .log2_sizes = false,
            .ma_mask = 32,
            .ma_table = 40,
            .order = ValuesOrder::kByKeys};
  l.set = {.entry_key = 8, .entry_hash = 0};
  l.repr = {.python2 = true,
            .comma_after_exception = true,
            .ordered_dict_of_pairs = true,
            .bytearray_escapes_quote = true,
            .module_by_loader = true,
            .fixed_names = true};
  l.thread_name = "_Thread__name";
  l.thread_ident = "_Thread__ident";
  l.evaluation_function = "PyEval_EvalFrameEx";
  l.frame_chain = FrameChain::kFrameObjects;
  l.line_table = LineTableFormat::kOldLnotab;
  l.instance_dict = InstanceDict::kDictOffset;
  l.dict_before = 0;
  l.code_unit = 1;
  l.instruction_scale = 1;
  l.live_min = 0;
  l.live_max = 0;
  l.first_shim_owner = 3;
  l.reference_tags = 0;
  l.debug_offsets = {};
  l.pthread_tid = 720;  // glibc on x86-64, 2.36 and 2.43: struct pthread's tid
  return l;
}

constexpr Layout Layout36() {
  Layout l = Layout27();
  l.thread_state.next = 8;
  l.thread_state.interp = 16;
  l.thread_state.current_frame = 24;
  l.thread_state.thread_id = 152;
  l.thread_state.current_exception = 80;
  l.thread_state.exc_state = 104;
  l.interpreter_frame.executing = 132;
  l.interpreter_frame.ob_refcnt = kAbsent;
  l.interpreter_frame.size = 136;
  l.interpreter_frame.f_blockstack = 136;
  l.code_object.filename = 96;
  l.code_object.name = 104;
  l.code_object.linetable = 112;
  l.code_object.firstlineno = 36;
  l.code_object.flags = 32;
  l.code_object.code_adaptive = 40;
  l.code_object.stacksize = 28;
  l.code_object.kwonlyargcount = 20;
  l.code_object.varnames = 64;
  l.code_object.cellvars = 80;
  l.code_object.freevars = 72;
  l.code_object.size = 120;
  l.type_object.ht_cached_keys = 856;
  l.type_object.ht_name = kAbsent;
  l.function = {.closure = 48, .qualname = 104};
  l.gen_object.qualname = 56;
  l.bytes.ob_sval = 32;
  l.unicode = {.length = 16,
               .state = 32,
               .asciiobject_size = 48,
               .compactunicodeobject_size = 72,
               .kind_bit = 2,
               .ob_sval = kAbsent,
               .str = kAbsent};
  l.long_object.ob_ival = kAbsent;
  l.dict = {.ma_keys = 32,
            .ma_values = 40,
            .dk_log2_size = 8,
            .dk_log2_index_bytes = kAbsent,
            .dk_kind = kAbsent,
            .dk_nentries = 32,
            .dk_indices = 40,
            .values = 0,
            .log2_sizes = false,
            .ma_mask = kAbsent,
            .ma_table = kAbsent,
            .order = ValuesOrder::kByKeys};
  l.set = {.entry_key = 0, .entry_hash = 8};
  l.repr.python2 = false;
  l.thread_name = "_name";
  l.thread_ident = "_ident";
  l.evaluation_function = "_PyEval_EvalFrameDefault";
  l.line_table = LineTableFormat::kLnotab;
  l.code_unit = 2;
  l.live_min = 1;  // f_executing
  l.live_max = 1;
  return l;
}

constexpr Layout Layout37() {
  Layout l = Layout36();
  l.runtime_state = {.interpreters_head = 24,
                     .gil_last_holder = 1272,
                     .gil_locked = 1280,
                     .gil_switch_number = 1288,
                     .gilstate_current = 1480,
                     .gc_collecting = 632};
  l.interpreter_state = {.id = 16,
                         .next = 0,
                         .threads_head = 8,
                         .modules = 40,
                         .ceval_gil = kAbsent,
                         .gc_collecting = kAbsent,
                         .gc_frame = kAbsent,
                         .code_object_generation = kAbsent};
  l.thread_state.thread_id = 176;
  l.thread_state.current_exception = 88;
  l.thread_state.exc_info = 144;
  l.thread_state.exc_state = 112;
  l.err_stackitem = {.exc_value = 8, .previous_item = 24};
  l.interpreter_frame.instr_ptr = 104;
  l.interpreter_frame.executing = 116;
  l.interpreter_frame.size = 120;
  l.interpreter_frame.localsplus = 360;
  l.interpreter_frame.f_iblock = 112;
  l.interpreter_frame.f_blockstack = 120;
  l.repr.comma_after_exception = false;
  l.repr.fixed_names = false;
  return l;
}

constexpr Layout Layout38() {
  Layout l = Layout37();
  l.runtime_state = {.interpreters_head = 32,
                     .gil_last_holder = 1160,
                     .gil_locked = 1168,
                     .gil_switch_number = 1176,
                     .gilstate_current = 1368,
                     .gc_collecting = 544};
  l.interpreter_state.modules = 56;
  l.code_object.filename = 104;
  l.code_object.name = 112;
  l.code_object.linetable = 120;
  l.code_object.firstlineno = 40;
  l.code_object.code_adaptive = 48;
  l.code_object.stacksize = 32;
  l.code_object.kwonlyargcount = 24;
  l.code_object.varnames = 72;
  l.code_object.cellvars = 88;
  l.code_object.freevars = 80;
  l.code_object.size = 128;
  l.type_object.ht_cached_keys = 872;
  l.code_object.flags = 36;
  l.interpreter_frame.stack = 72;
  l.gen_object = {.qualname = 56,
                  .code = kAbsent,
                  .iframe = 16,
                  .frame_state = kAbsent,
                  .created = 0,
                  .suspended_min = 0,
                  .suspended_max = 0,
                  .awaiting_min = 0,
                  .awaiting_max = 0,
                  .executing = 0,
                  .awaited_depth = 1};
  l.task_object = {.fut_waiter = 104,
                   .coro = 112,
                   .name = 120,
                   .node = kAbsent,
                   .awaited_by = kAbsent,
                   .awaited_by_is_set = kAbsent,
                   .thread_running_task = kAbsent,
                   .thread_tasks_head = kAbsent,
                   .interpreter_tasks_head = kAbsent};
  l.await_mark = AwaitMark::kYieldFromNext;
  l.stack_top = StackTop::kPointer;
  l.task_source = TaskSource::kTasksModule;
  l.opcode.yield_from = 72;
  return l;
}

constexpr Layout Layout39() {
  Layout l = Layout38();
  l.runtime_state.gil_last_holder = 360;
  l.runtime_state.gil_locked = 368;
  l.runtime_state.gil_switch_number = 376;
  l.runtime_state.gilstate_current = 568;
  l.runtime_state.gc_collecting = kAbsent;
  l.interpreter_state.id = 24;
  l.interpreter_state.gc_collecting = 816;
  l.interpreter_state.modules = 856;
  l.type_object.ht_cached_keys = 864;
  l.task_object.fut_waiter = 144;
  l.task_object.coro = 152;
  l.task_object.name = 160;
  return l;
}

constexpr Layout Layout310() {
  Layout l = Layout39();
  l.interpreter_frame.instr_ptr = 96;
  l.interpreter_frame.executing = 108;
  l.interpreter_frame.size = 112;
  l.interpreter_frame.localsplus = 352;
  l.interpreter_frame.f_iblock = 104;
  l.interpreter_frame.f_blockstack = 112;
  l.type_object.ht_cached_keys = 872;
  l.line_table = LineTableFormat::kLineTable;
  l.instruction_scale = 2;
  l.interpreter_frame.f_stacktop = kAbsent;
  l.live_min = 0;  // f_state: FRAME_EXECUTING
  l.live_max = 0;
  l.calling_min = -2;  // FRAME_CREATED, before the trace function has returned
  l.calling_max = 3;   // FRAME_RAISED, before it was told so
  l.interpreter_frame.stack = 64;
  l.interpreter_frame.depth = 80;
  l.function = {.closure = 72, .qualname = 40};
  l.gen_object.qualname = 48;
  l.task_object.fut_waiter = 152;
  l.task_object.coro = 160;
  l.task_object.name = 168;
  l.stack_top = StackTop::kValueStack;
  return l;
}

constexpr Layout Layout311() {
  Layout l = Layout310();
  l.runtime_state.interpreters_head = 40;
  l.runtime_state.gil_last_holder = 368;
  l.runtime_state.gil_locked = 376;
  l.runtime_state.gil_switch_number = 384;
  l.runtime_state.gilstate_current = 576;
  l.interpreter_state = {.id = 48,
                         .next = 0,
                         .threads_head = 16,
                         .modules = 888,
                         .ceval_gil = kAbsent,
                         .gc_collecting = 848,
                         .gc_frame = kAbsent,
                         .code_object_generation = kAbsent};
  l.thread_state.current_frame = 56;
  l.thread_state.thread_id = 152;
  l.thread_state.native_thread_id = 160;
  l.thread_state.datastack_chunk = 296;
  l.thread_state.datastack_top = 304;
  l.thread_state.current_exception = 96;
  l.thread_state.exc_info = 120;
  l.thread_state.exc_state = 320;
  l.err_stackitem = {.exc_value = 0, .previous_item = 8};
  l.cframe = {.current_frame = 8, .previous = 16};
  l.interpreter_frame = {.previous = 48,
                         .executable = 32,
                         .instr_ptr = 56,
                         .stacktop = 64,
                         .stackpointer = kAbsent,
                         .owner = 69,
                         .is_entry = 68,
                         .executing = kAbsent,
                         .ob_refcnt = kAbsent,
                         .f_stacktop = kAbsent,
                         .tlbc_index = kAbsent,
                         .size = 72,
                         .stack = kAbsent,
                         .depth = 64,
                         .localsplus = 72,
                         .f_locals = 24,
                         .f_iblock = kAbsent,
                         .f_blockstack = kAbsent};
  l.code_object = {.filename = 112,
                   .name = 120,
                   .qualname = 128,
                   .linetable = 136,
                   .firstlineno = 72,
                   .code_adaptive = 184,
                   .nlocalsplus = 76,
                   .stacksize = 68,
                   .framesize = kAbsent,
                   .flags = 48,
                   .version = kAbsent,
                   .tlbc = kAbsent,
                   .first_traceable = 168,
                   .argcount = 56,
                   .kwonlyargcount = 64,
                   .varnames = kAbsent,
                   .cellvars = kAbsent,
                   .freevars = kAbsent,
                   .localsplusnames = 96,
                   .localspluskinds = 104,
                   .exceptiontable = 40,
                   .size = 184};
  // Lib/opcode.py: CALL and its forms; BINARY_SUBSCR, its own, and those it may come back from.
  l.opcode = {.calls = {171, 22, 23, 24, 25, 17, 18, 19, 20, 21},
              .leaves = {},
              .resumes = {},
              .call_cache_units = 4,
              .yield_from = 0};
  l.dict.dk_log2_index_bytes = 9;
  l.dict.dk_kind = 10;
  l.dict.dk_nentries = 24;
  l.dict.dk_indices = 32;
  l.dict.log2_sizes = true;
  l.dict.order = ValuesOrder::kBytesBefore;
  l.frame_chain = FrameChain::kCFrame;
  l.line_table = LineTableFormat::kLocations;
  l.instance_dict = InstanceDict::kValuesBefore;
  l.dict_before = 24;
  l.pthread_tid = kAbsent;
  l.gen_object = {.qualname = 40,
                  .code = kAbsent,
                  .iframe = 80,
                  .frame_state = 75,
                  .created = -2,
                  .suspended_min = -1,
                  .suspended_max = -1,
                  .awaiting_min = 0,
                  .awaiting_max = 0,
                  .executing = 0,
                  .awaited_depth = 1};
  l.task_object.fut_waiter = 128;
  l.task_object.coro = 136;
  l.task_object.name = 144;
  l.await_mark = AwaitMark::kResumeNext;
  l.stack_top = StackTop::kLocalsOffset;
  return l;
}

constexpr Layout Layout312() {
  Layout l = Layout311();
  l.runtime_state.gil_last_holder = kAbsent;
  l.runtime_state.gil_locked = kAbsent;
  l.runtime_state.gil_switch_number = kAbsent;
  l.runtime_state.gilstate_current = kAbsent;
  l.interpreter_state = {.id = 8,
                         .next = 0,
                         .threads_head = 72,
                         .modules = 944,
                         .ceval_gil = 384,
                         .gc_collecting = 312,
                         .gc_frame = kAbsent,
                         .code_object_generation = kAbsent};
  l.gil = {.last_holder = 8, .locked = 16, .enabled = kAbsent, .switch_number = 24};
  l.thread_state.thread_id = 136;
  l.thread_state.native_thread_id = 144;
  l.thread_state.datastack_chunk = 232;
  l.thread_state.datastack_top = 240;
  l.thread_state.exc_info = 104;
  l.thread_state.exc_state = 256;
  l.cframe = {.current_frame = 0, .previous = 8};
  l.interpreter_frame.previous = 8;
  l.interpreter_frame.executable = 0;
  l.interpreter_frame.f_locals = 40;
  l.interpreter_frame.owner = 70;
  l.interpreter_frame.is_entry = kAbsent;
  l.code_object.firstlineno = 68;
  l.code_object.code_adaptive = 192;
  l.code_object.nlocalsplus = 72;
  l.code_object.stacksize = 64;
  l.code_object.framesize = 76;
  l.code_object.version = 92;
  l.code_object.first_traceable = 176;
  l.code_object.argcount = 52;
  l.code_object.kwonlyargcount = 60;
  l.code_object.size = 192;
  // Lib/opcode.py: RETURN_GENERATOR, RETURN_VALUE, RERAISE, RAISE_VARARGS, RETURN_CONST,
  // INSTRUMENTED_RETURN_VALUE, INSTRUMENTED_RETURN_CONST.
  l.opcode = {.calls = {},
              .leaves = {75, 83, 119, 130, 121, 242, 247},
              .resumes = {},
              .call_cache_units = 0,
              .yield_from = 0};
  l.type_object.ht_cached_keys = 880;
  l.unicode.asciiobject_size = 40;
  l.unicode.compactunicodeobject_size = 56;
  l.long_object.tagged = true;
  l.instance_dict = InstanceDict::kTaggedBefore;
  l.gen_object.qualname = 32;
  l.gen_object.iframe = 72;
  l.gen_object.frame_state = 67;
  l.repr.ordered_dict_of_pairs = false;
  l.repr.module_by_loader = false;
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
                         .gc_frame = kAbsent,
                         .code_object_generation = kAbsent};
  l.thread_state.current_frame = 72;
  l.thread_state.thread_id = 152;
  l.thread_state.native_thread_id = 160;
  l.thread_state.current_exception = 112;
  l.thread_state.exc_info = 120;
  l.cframe = {.current_frame = kAbsent, .previous = kAbsent};
  l.code_object.code_adaptive = 200;
  l.code_object.first_traceable = 184;
  l.code_object.size = 200;
  l.opcode.leaves = {35, 36, 102, 101, 103, 239, 240};
  // Lib/_opcode_metadata.py: FOR_ITER and SEND, their specialized and instrumented forms.
  l.opcode.resumes = {72, 187, 188, 189, 190, 243, 104, 208};
  l.dict.values = 8;
  l.dict.order = ValuesOrder::kBytesBehind;
  l.frame_chain = FrameChain::kCurrentFrame;
  l.instance_dict = InstanceDict::kInlineValues;
  l.debug_offsets = {.modules = 11,
                     .ceval_gil = 14,
                     .thread_state = 19,
                     .base_frame = 0,
                     .thread_id = 24,
                     .interpreter_frame = 28,
                     .code_object = 34,
                     .gc = 71,
                     .gc_frame = 0,
                     .code_object_generation = 0,
                     .heap_type = 0};
  l.gen_object.created = -3;
  l.gen_object.suspended_min = -2;
  l.gen_object.awaiting_min = -1;
  l.gen_object.awaiting_max = -1;
  l.task_object.fut_waiter = 112;
  l.task_object.coro = 120;
  l.task_object.name = 128;
  l.await_mark = AwaitMark::kFrameState;
  l.clears_stacktop = true;
  return l;
}

constexpr Layout Layout314() {
  Layout l = Layout313();
  l.runtime_state.interpreters_head = 808;
  l.interpreter_state = {.id = 7280,
                         .next = 7272,
                         .threads_head = 7344,
                         .modules = 7688,
                         .ceval_gil = 16,
                         .gc_collecting = 7600,
                         .gc_frame = kAbsent,
                         .code_object_generation = 7992};
  l.interpreter_frame.stacktop = kAbsent;
  l.clears_stacktop = false;
  l.interpreter_frame.stackpointer = 64;
  l.interpreter_frame.owner = 74;
  l.interpreter_frame.size = 80;
  l.interpreter_frame.localsplus = 80;
  l.code_object.code_adaptive = 208;
  l.code_object.first_traceable = 192;
  l.code_object.size = 208;
  // Lib/_opcode_metadata.py: RETURN_GENERATOR, RETURN_VALUE, RERAISE, RAISE_VARARGS,
  // INSTRUMENTED_RETURN_VALUE.
  l.opcode.leaves = {34, 35, 105, 104, 246};
  l.opcode.resumes = {70, 171, 172, 173, 174, 237, 106, 197};
  l.reference_tags = 3;  // Include/internal/pycore_stackref.h
  l.debug_offsets = {.modules = 12,
                     .ceval_gil = 15,
                     .thread_state = 22,
                     .base_frame = 0,
                     .thread_id = 27,
                     .interpreter_frame = 31,
                     .code_object = 39,
                     .gc = 81,
                     .gc_frame = 0,
                     .code_object_generation = 20,
                     .heap_type = 0};
  l.tuple.ob_item = 32;
  l.interpreter_frame.stack = 64;
  l.interpreter_frame.depth = kAbsent;
  l.stack_top = StackTop::kPointer;
  l.task_source = TaskSource::kDebugSection;
  return l;
}

constexpr Layout Layout315() {
  Layout l = Layout314();
  l.runtime_state.interpreters_head = 936;
  l.interpreter_state = {.id = 7272,
                         .next = 7264,
                         .threads_head = 7336,
                         .modules = 7592,
                         .ceval_gil = 16,
                         .gc_collecting = 7512,
                         .gc_frame = 7520,
                         .code_object_generation = 7944};
  l.thread_state.thread_id = 176;
  l.thread_state.native_thread_id = 184;
  l.thread_state.datastack_chunk = 256;
  l.thread_state.datastack_top = 264;
  l.thread_state.base_frame = 80;
  l.thread_state.current_exception = 136;
  l.thread_state.exc_info = 144;
  l.thread_state.exc_state = 288;
  l.type_object.ht_cached_keys = 888;
  l.opcode.leaves = {32, 33, 104, 103, 245};
  l.opcode.resumes = {68, 174, 175, 176, 177, 178, 236, 105, 202, 203, 204};
  l.repr.bytearray_escapes_quote = false;
  l.debug_offsets.base_frame = 27;
  l.debug_offsets.thread_id = 30;
  l.debug_offsets.interpreter_frame = 39;
  l.debug_offsets.code_object = 47;
  l.debug_offsets.gc = 94;
  l.debug_offsets.gc_frame = 96;
  l.debug_offsets.heap_type = 66;
  // enum _frame_state (Include/internal/pycore_frame.h) begins at 0 now; above the awaited object
  // lies the value that is sent to it.
  l.gen_object.created = 0;
  l.gen_object.suspended_min = 1;
  l.gen_object.suspended_max = 3;
  l.gen_object.awaiting_min = 2;
  l.gen_object.awaiting_max = 3;
  l.gen_object.executing = 4;
  l.gen_object.awaited_depth = 2;
  return l;
}

// What is the same in all builds without a GIL: an object's head has 16 bytes more
// (Include/object.h, ob_tid, ob_mutex, ob_gc_bits, ob_ref_local and ob_ref_shared), and nothing
// lies before it but its dict and its weak references (Include/internal/pycore_object.h,
// MANAGED_DICT_OFFSET).
constexpr Layout FreeThreaded(Layout l) {
  for (Offset* member : {&l.pyobject.ob_type,
                         &l.pyobject.size,
                         &l.code_object.filename,
                         &l.code_object.name,
                         &l.code_object.qualname,
                         &l.code_object.linetable,
                         &l.code_object.firstlineno,
                         &l.code_object.code_adaptive,
                         &l.code_object.nlocalsplus,
                         &l.code_object.stacksize,
                         &l.code_object.framesize,
                         &l.code_object.flags,
                         &l.code_object.version,
                         &l.code_object.first_traceable,
                         &l.code_object.argcount,
                         &l.code_object.kwonlyargcount,
                         &l.code_object.localsplusnames,
                         &l.code_object.localspluskinds,
                         &l.code_object.exceptiontable,
                         &l.code_object.size,
                         &l.type_object.tp_name,
                         &l.type_object.tp_basicsize,
                         &l.type_object.tp_itemsize,
                         &l.type_object.tp_repr,
                         &l.type_object.tp_flags,
                         &l.type_object.tp_base,
                         &l.type_object.tp_dict,
                         &l.type_object.tp_dictoffset,
                         &l.type_object.ht_cached_keys,
                         &l.tuple.ob_item,
                         &l.function.closure,
                         &l.function.qualname,
                         &l.gen_object.qualname,
                         &l.gen_object.iframe,
                         &l.gen_object.frame_state,
                         &l.task_object.fut_waiter,
                         &l.task_object.coro,
                         &l.task_object.name,
                         &l.bytes.ob_size,
                         &l.bytes.ob_sval,
                         &l.unicode.length,
                         &l.unicode.state,
                         &l.unicode.asciiobject_size,
                         &l.unicode.compactunicodeobject_size,
                         &l.long_object.ob_size,
                         &l.long_object.ob_digit,
                         &l.dict.ma_keys,
                         &l.dict.ma_values}) {
    *member += 16;
  }
  l.dict_before = 8;
  l.gil = {.last_holder = 16, .locked = 24, .enabled = 0, .switch_number = kAbsent};
  return l;
}

constexpr Layout Layout313t() {
  Layout l = FreeThreaded(Layout313());
  l.interpreter_state.modules = 7664;
  l.thread_state.state = 40;
  return l;
}

// From 3.14 on every thread may run a copy of its own of the bytecode, which it specializes, and a
// str's `interned`, which threads change, has a byte of its own before `kind`.
constexpr Layout WithBytecodeCopies(Layout l) {
  l.interpreter_frame.tlbc_index = 72;
  l.interpreter_frame.owner = 78;
  l.code_object.tlbc = 224;
  l.code_object.code_adaptive = 232;
  l.code_object.size = 232;
  l.unicode.kind_bit = 8;
  return l;
}

constexpr Layout Layout314t() {
  Layout l = WithBytecodeCopies(FreeThreaded(Layout314()));
  l.interpreter_state.modules = 7712;
  l.interpreter_state.code_object_generation = 8024;
  l.thread_state.state = 44;
  return l;
}

constexpr Layout Layout315t() {
  Layout l = WithBytecodeCopies(FreeThreaded(Layout315()));
  l.interpreter_state.code_object_generation = 7952;
  l.thread_state.state = 48;
  return l;
}

struct Row {
  int major;
  int minor;
  bool free_threaded;
  Layout layout;
};

constexpr std::array kRows = {
    Row{2, 7, false, Layout27()},   Row{3, 6, false, Layout36()},   Row{3, 7, false, Layout37()},
    Row{3, 8, false, Layout38()},   Row{3, 9, false, Layout39()},   Row{3, 10, false, Layout310()},
    Row{3, 11, false, Layout311()}, Row{3, 12, false, Layout312()}, Row{3, 13, false, Layout313()},
    Row{3, 14, false, Layout314()}, Row{3, 15, false, Layout315()}, Row{3, 13, true, Layout313t()},
    Row{3, 14, true, Layout314t()}, Row{3, 15, true, Layout315t()},
};

}  // namespace

std::size_t WalkedThreadBytes(const Layout& layout) {
  const auto& t = layout.thread_state;
  Offset last = 0;
  for (const Offset member : {t.interp, t.current_frame, t.base_frame, t.datastack_chunk,
                              t.datastack_top, t.state, t.thread_id}) {
    if (member != kAbsent) last = std::max(last, member);
  }
  return std::size_t{last} + sizeof(std::uint64_t);
}

std::size_t ThreadStateBytes(const Layout& layout) {
  const auto& t = layout.thread_state;
  Offset last = 0;
  for (const Offset member : {t.current_exception, t.exc_info}) {
    if (member != kAbsent) last = std::max(last, member);
  }
  if (t.exc_state != kAbsent) last = std::max(last, t.exc_state + layout.err_stackitem.exc_value);
  return std::max(WalkedThreadBytes(layout), std::size_t{last} + sizeof(std::uint64_t));
}

const Layout* FindLayout(const Version& version) {
  for (const Row& row : kRows) {
    if (row.major == version.major && row.minor == version.minor &&
        row.free_threaded == version.free_threaded) {
      return &row.layout;
    }
  }
  return nullptr;
}

const Layout* NewestLayout(const Version& version) {
  const Row* newest = nullptr;  // the rows of either kind are in order
  for (const Row& row : kRows) {
    if (row.free_threaded == version.free_threaded) newest = &row;
  }
  const bool is_newer =
      std::pair(version.major, version.minor) > std::pair(newest->major, newest->minor);
  return is_newer ? &newest->layout : nullptr;
}

const char* SupportedVersions() { return "2.7 and 3.6 to 3.15"; }

}  // namespace osprey
