// Where one version of CPython keeps what: all that the readers know of versions.
//
// Groups and members bear the names of CPython's own _Py_DebugOffsets (pycore_debug_offsets.h);
// every offset counts bytes from the start of its struct, on LP64 little-endian machines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "osprey/python/version.h"

namespace osprey {

using Offset = std::uint32_t;
inline constexpr Offset kAbsent = 0xFFFFFFFF;  // this version has no such member

// How a thread's frames hang together.
enum class FrameChain : std::uint8_t {
  kFrameObjects,  // PyFrameObject on the heap, linked by f_back
  kCFrame,        // data stack; the top is found through tstate.cframe
  kCurrentFrame,  // data stack; the top is tstate.current_frame
};

enum class LineTableFormat : std::uint8_t {
  kOldLnotab,  // pairs whose deltas are unsigned (Objects/lnotab_notes.txt of 2.7)
  kLnotab,     // pairs with signed line deltas (the same of 3.6)
  kLineTable,  // PEP 626 pairs (Objects/lnotab_notes.txt of 3.10)
  kLocations,  // location entries (Objects/locations.md, Objects/codeobject.c)
};

// Where an instance keeps its attributes.
enum class InstanceDict : std::uint8_t {
  kDictOffset,    // *(object + tp_dictoffset)
  kValuesBefore,  // values pointer at object-32, dict at object-24
  kTaggedBefore,  // one word at object-24: odd means values+1, else a dict
  kInlineValues,  // dict at object-24 (dict_before), and where it is null the values follow the
                  // object
};

// How the code of a suspended coroutine or generator shows that it awaits another object.
enum class AwaitMark : std::uint8_t {
  kYieldFromNext,  // YIELD_FROM is the instruction after the last one (Python/ceval.c until 3.10)
  kResumeNext,     // a RESUME with 2 or 3 follows (Python/compile.c of 3.11 and 3.12)
  kFrameState,     // the generator's own state says so
};

// Where a suspended frame keeps the top of its value stack.
enum class StackTop : std::uint8_t {
  kPointer,       // the address behind the top
  kValueStack,    // the address of the bottom, and a depth
  kLocalsOffset,  // how many words from the first local on
};

// How a dict whose values lie apart from its keys says in which order they were set.
enum class ValuesOrder : std::uint8_t {
  kByKeys,       // the order of the keys is that of the values
  kBytesBefore,  // bytes from the third before the values on downward; the second is their number
  kBytesBehind,  // bytes behind as many values as the first byte says; the second is their number
};

// Where an interpreter keeps asyncio's tasks.
enum class TaskSource : std::uint8_t {
  kNone,          // not known to us
  kTasksModule,   // in sets and a dict of the module asyncio.tasks (Lib/asyncio/tasks.py)
  kDebugSection,  // in the thread states; the section .AsyncioDebug says where
};

struct Layout {
  struct {
    Offset interpreters_head;
    // kAbsent where each interpreter has its own GIL, and until 3.6, where the members of the
    // runtime state are variables of their own.
    Offset gil_last_holder, gil_locked, gil_switch_number;
    // The thread state that is current while the GIL is held: another than the last holder after
    // PyThreadState_Swap. kAbsent until 3.6, and from 3.12 on, where that takes the GIL anew.
    Offset gilstate_current;
    Offset gc_collecting;  // i32: not 0 while garbage is collected; kAbsent: see interpreter_state
  } runtime_state;
  struct {
    Offset id;  // kAbsent until 3.6
    Offset next, threads_head, modules;
    Offset ceval_gil;      // pointer to the GIL; kAbsent where the runtime holds it
    Offset gc_collecting;  // as in runtime_state; kAbsent until 3.6, where it has no symbol
    Offset gc_frame;       // the frame that the collection began under; kAbsent until 3.14
    Offset code_object_generation;  // u64: grows when a code object is freed; kAbsent until 3.13
  } interpreter_state;
  struct {
    Offset last_holder, locked;  // in the GIL that ceval_gil points to
    Offset enabled;              // i32: 0 while threads run without it; kAbsent where they never do
    // u64, grows when another thread takes it; kAbsent where it is not kept, and where threads run
    // Python code without holding a GIL.
    Offset switch_number;
  } gil;
  struct {
    Offset next, interp, current_frame, thread_id, native_thread_id;
    Offset datastack_chunk, datastack_top;
    Offset base_frame;  // pointer to a frame that is no code's, below all others; from 3.15 on
    Offset current_exception;  // what is being raised: its type until 3.11, then the exception
    Offset exc_info;   // pointer to the newest item of what is being handled; kAbsent until 3.6
    Offset exc_state;  // the oldest item, in the thread state itself
    Offset state;      // i32: 1 while it runs Python code; kAbsent where a GIL says so
  } thread_state;
  struct {
    Offset exc_value, previous_item;  // of _PyErr_StackItem
  } err_stackitem;
  struct {
    // Of _PyCFrame: the frame that executes in its evaluation, and the next older _PyCFrame.
    Offset current_frame, previous;
  } cframe;
  struct {
    Offset previous, executable, instr_ptr;
    Offset stacktop;      // data-stack frames until 3.13: i32, -1 while the frame itself executes
    Offset stackpointer;  // from 3.14 on in its place; null while bytecode runs, set while C does
    Offset owner;         // i8
    Offset is_entry;      // i8: this frame was called from C
    Offset executing;     // frame objects: i8, see live_min and live_max; kAbsent in 2.7
    // Of 2.7: a frame object on the stack is referred to, and has no stack top for it executes.
    Offset ob_refcnt;
    Offset f_stacktop;    // frame objects until 3.9: null from where it executes to where it yields
    Offset tlbc_index;    // i32: which copy of the bytecode it runs; kAbsent: there is only one
    Offset size;          // bytes before the locals; of frame objects those that a walk looks at
    Offset stack, depth;  // of a suspended frame: what stack_top speaks of; the depth is an i32
    Offset localsplus;    // the locals, cells and free variables, and the value stack behind them
    Offset f_locals;      // the dict of a module's or a class's body
    // Frame objects: how many blocks there are, an i32, and the blocks (PyTryBlock).
    Offset f_iblock, f_blockstack;
  } interpreter_frame;
  struct {
    Offset filename, name, qualname, linetable, firstlineno;
    Offset code_adaptive;  // the bytecode itself, or a pointer to bytes where kFrameObjects
    Offset nlocalsplus, stacksize, framesize;
    Offset flags;            // co_flags, i32
    Offset version;          // co_version, u32: no two have the same; 0: it has none. From 3.12 on
    Offset tlbc;             // pointer to the copies of the bytecode (_PyCodeArray), or kAbsent
    Offset first_traceable;  // i32, code units: before it a frame is not complete; from 3.11 on
    Offset argcount, kwonlyargcount;      // i32
    Offset varnames, cellvars, freevars;  // tuples of names; until 3.10
    // From 3.11 on in their place: names, a byte for each that says what it is, and where
    // exceptions are handled (Objects/exception_handling_notes.txt).
    Offset localsplusnames, localspluskinds, exceptiontable;
    Offset size;  // how much of the object the readers look at
  } code_object;
  struct {
    // All that push a frame, each in every form it takes while it runs, where they have the same
    // number of cache units: the frame stands at the last of them meanwhile. 0 fills up.
    std::array<std::uint8_t, 10> calls;
    // With which a frame leaves, or may, for versions whose calls differ.
    std::array<std::uint8_t, 7> leaves;
    // All forms of those that do no more than resume a generator, where a frame stands at the very
    // instruction: what lies above it on the data stack it has not called. From 3.13 on.
    std::array<std::uint8_t, 12> resumes;
    std::uint8_t call_cache_units;
    std::uint8_t yield_from;  // where await_mark is kYieldFromNext
  } opcode;
  struct {
    Offset ob_type, size;
  } pyobject;
  struct {
    Offset tp_name, tp_basicsize, tp_itemsize, tp_repr, tp_flags, tp_base, tp_dict, tp_dictoffset;
    Offset ht_cached_keys;  // kAbsent in 2.7
    Offset ht_name;         // the str; 2.7, from 3.6 on it is found by ht_cached_keys
  } type_object;
  struct {
    Offset ob_item;
  } tuple;
  struct {
    Offset closure;
    Offset qualname;  // func_name in 2.7
  } function;
  struct {
    Offset qualname;     // kAbsent in 2.7, where its code has its name
    Offset code;         // 2.7
    Offset iframe;       // its frame, or a pointer to it where frames are objects
    Offset frame_state;  // i8; kAbsent where frames are objects and say it themselves
    std::int8_t created;
    std::int8_t suspended_min, suspended_max;
    std::int8_t awaiting_min, awaiting_max;  // where await_mark is kFrameState
    std::int8_t executing;
    std::uint8_t awaited_depth;  // how deep in its stack the awaited object lies; 1: on top
  } gen_object;
  struct {
    Offset fut_waiter, coro, name;                  // TaskObj of Modules/_asynciomodule.c
    Offset node, awaited_by, awaited_by_is_set;     // where task_source is kDebugSection
    Offset thread_running_task, thread_tasks_head;  // in the thread state
    Offset interpreter_tasks_head;                  // in the interpreter state
  } task_object;
  struct {
    Offset ob_size, ob_sval;
  } bytes;
  struct {
    Offset length, state, asciiobject_size, compactunicodeobject_size;
    std::uint8_t kind_bit;  // of `state`: the lowest bit of `kind`; `compact` and `ascii` follow
    Offset ob_sval;         // 2.7, whose names are bytes (PyStringObject): the first
    Offset str;             // 2.7, whose unicode objects point at their characters
  } unicode;
  struct {
    Offset ob_size, ob_digit;
    bool tagged;     // lv_tag in place of ob_size
    Offset ob_ival;  // 2.7, whose small ints are C longs (PyIntObject)
  } long_object;
  struct {
    Offset ma_keys, ma_values;
    Offset dk_log2_size, dk_log2_index_bytes, dk_kind, dk_nentries, dk_indices;
    Offset values;             // first value in PyDictValues
    bool log2_sizes;           // the sizes are logarithms, and dk_kind tells the entries' form
    Offset ma_mask, ma_table;  // 2.7: one table of entries
    ValuesOrder order;
  } dict;
  struct {
    Offset entry_key, entry_hash;  // of a setentry
  } set;
  // What repr() writes otherwise than the newest version.
  struct {
    bool python2;                  // 7L, u'', set([1]), <type 'int'>
    bool comma_after_exception;    // ValueError('x',)
    bool ordered_dict_of_pairs;    // OrderedDict([('x', 1)])
    bool bytearray_escapes_quote;  // bytearray(b"it\'s")
    bool module_by_loader;         // <module '__main__' (built-in)>, else the loader's own repr
    // bytearray, deque and defaultdict are called so where a class that inherits their repr has
    // another name.
    bool fixed_names;
  } repr;

  // Where the target's own table (_Py_DebugOffsets) says what: indices of 64-bit words. The members
  // named are those that stand elsewhere from version to version; 0 in all: there is no table.
  struct {
    std::uint16_t modules, ceval_gil;  // of the interpreter state
    std::uint16_t thread_state, base_frame, thread_id;
    std::uint16_t interpreter_frame, code_object;
    std::uint16_t gc, gc_frame;            // the latter 0 where there is none
    std::uint16_t code_object_generation;  // 0 where there is none
    std::uint16_t heap_type;               // 0 where there is none
  } debug_offsets;

  // Behaviour.
  const char* thread_name;          // the attributes of threading.Thread
  const char* thread_ident;         // an int, or None before it has started
  const char* evaluation_function;  // of C: it runs the frames (Python/ceval.c)
  FrameChain frame_chain;
  LineTableFormat line_table;
  InstanceDict instance_dict;
  std::uint8_t dict_before;  // bytes before the object where all but kDictOffset have the dict
  AwaitMark await_mark;
  StackTop stack_top;
  TaskSource task_source;
  std::uint8_t code_unit;                // bytes: instructions start at its multiples
  std::uint8_t instruction_scale;        // bytes of bytecode for one step of f_lasti
  std::int8_t live_min, live_max;        // bounds of `executing` in a frame that is on the stack
  std::int8_t calling_min, calling_max;  // or below one that is, where f_stacktop is kAbsent
  std::int8_t first_shim_owner;          // owner values from this one up are not Python code
  // A frame on the data stack that is let go, or was, has a stack top of 0, below its locals
  // (_PyFrame_ClearLocals, Python/frame.c).
  bool clears_stacktop;
  std::uint8_t reference_tags;  // bits of a frame's references that are no address (_PyStackRef)
  Offset pthread_tid;           // the kernel's id in struct pthread; kAbsent: tstate has it
};

// How many bytes of a thread state hold all that a walk looks at, wherever the target's own table
// has it.
std::size_t WalkedThreadBytes(const Layout& layout);
// The same with what says of exceptions.
std::size_t ThreadStateBytes(const Layout& layout);

// The layout of `version`, or null for one that the table does not know. Free-threaded builds have
// rows of their own.
const Layout* FindLayout(const Version& version);
// The newest row for a version that comes after it, to be tried with that version's own debug
// offsets; null for any other.
const Layout* NewestLayout(const Version& version);
// "2.7 and 3.6 to 3.15", for messages.
const char* SupportedVersions();

}  // namespace osprey
