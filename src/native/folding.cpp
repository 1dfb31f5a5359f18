#include "osprey/native/folding.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace osprey {
namespace {

using namespace std::string_view_literals;

// Names that end in * stand for all that begin so. Sources: Python/ceval.c, Objects/call.c,
// methodobject.c, descrobject.c, typeobject.c (slots), abstract.c, genobject.c, funcobject.c and
// classobject.c of 2.7 to 3.15.
constexpr std::array kCallMachinery = {
    // The evaluation and what is called to begin and end it.
    "_PyEval_*"sv, "PyEval_*"sv, "_TAIL_CALL_*"sv, "_PyEvalFrame*"sv, "initialize_locals"sv,
    "_PyFrame_*"sv, "PyFrame_New"sv, "_Py_CheckFunctionResult"sv, "clear_thread_frame"sv,
    "clear_gen_frame"sv, "_PyThreadState_PopFrame"sv, "_PyThreadState_PushFrame"sv,
    "call_function"sv, "fast_function"sv, "do_call"sv, "do_call_core"sv, "ext_do_call"sv,
    "call_trampoline"sv, "call_trace*"sv, "maybe_call_line_trace"sv,
    "call_instrumentation_vector"sv, "call_one_instrument"sv, "sys_trace_*"sv,
    "profile_trampoline"sv, "trace_trampoline"sv, "call_profile_func"sv, "call_trace_func"sv,
    "_Py_call_instrumentation*"sv,
    // Calls.
    "PyObject_Call*"sv, "_PyObject_Call*"sv, "PyObject_Vectorcall*"sv, "_PyObject_Vectorcall*"sv,
    "_PyObject_FastCall*"sv, "_PyObject_MakeTpCall"sv, "PyVectorcall_*"sv, "_PyVectorcall_*"sv,
    "_PyStack_*"sv, "_PyFunction_*"sv, "PyFunction_*"sv, "function_call"sv,
    "function_code_fastcall"sv, "cfunction_*"sv, "PyCFunction_Call*"sv, "_PyCFunction_*"sv,
    "_PyMethodDef_*"sv, "_PyMethodDescr_*"sv, "method_call"sv, "method_vectorcall*"sv,
    "methoddescr_call"sv, "classmethoddescr_call"sv, "instancemethod_call"sv, "instance_call"sv,
    "vectorcall_*"sv, "object_vacall"sv, "call_method*"sv, "callmethod*"sv, "call_maybe"sv,
    "call_unbound*"sv, "call_attribute"sv, "lookup_maybe*"sv, "lookup_method*"sv, "wrap_*"sv,
    "wrapper_call"sv, "wrapperdescr_*"sv, "slot_*"sv, "type_call"sv, "type_vectorcall"sv,
    "class_vectorcall"sv, "partial_call*"sv, "partial_vectorcall*"sv, "_PyArg_*"sv, "context_run"sv,
    // Generators and iterators.
    "gen_send*"sv, "gen_iternext"sv, "_gen_throw"sv, "gen_throw"sv, "PyGen_am_send"sv,
    "_PyGen_Send"sv, "PyIter_Next*"sv, "PyIter_Send"sv, "iternext"sv, "coro_wrapper_*"sv,
    "async_gen_asend_*"sv, "async_gen_athrow_*"sv, "calliter_iternext"sv,
    // Operators, on the way to the type that has them.
    "PyNumber_*"sv, "binary_op*"sv, "binary_iop*"sv, "ternary_op"sv, "ternary_iop"sv,
    "PyObject_RichCompare*"sv, "PyObject_GetItem"sv, "PyObject_SetItem"sv, "PyObject_DelItem"sv,
    "PyObject_GetIter"sv, "PyObject_Hash"sv, "PyObject_IsTrue"sv, "PyObject_Str"sv,
    "PyObject_Repr"sv, "PyObject_Size"sv, "PySequence_Contains"sv, "_PySequence_IterSearch"sv,
    "PySequence_GetItem"sv, "PySequence_SetItem"sv, "PyObject_Format"sv};

constexpr std::array kLeadsToPython = {"PyObject_GetAttr*"sv,
                                       "_PyObject_GetAttr*"sv,
                                       "PyObject_SetAttr*"sv,
                                       "PyObject_GenericGetAttr"sv,
                                       "PyObject_GenericSetAttr"sv,
                                       "_PyObject_GenericGetAttr*"sv,
                                       "_PyObject_GenericSetAttr*"sv,
                                       "_PyObject_LookupAttr*"sv,
                                       "PyObject_GetOptionalAttr*"sv,
                                       "_PyObject_GetMethod*"sv,
                                       "_Py_type_getattro*"sv,
                                       "type_getattro"sv,
                                       "module_getattro"sv,
                                       "_Py_module_getattro*"sv,
                                       "super_getattro"sv,
                                       "property_descr_*"sv,
                                       "try_rich_compare*"sv,
                                       "do_richcompare"sv,
                                       "half_richcompare"sv,
                                       "half_compare"sv,
                                       "try_3way*"sv,
                                       "do_cmp"sv,
                                       "default_3way_compare"sv,
                                       "import_name*"sv,
                                       "import_find_and_load*"sv,
                                       "PyImport_Import*"sv,
                                       "_PyEval_ImportName"sv,
                                       "PyObject_ClearWeakRefs"sv,
                                       "handle_callback"sv,
                                       "handle_weakrefs*"sv,
                                       "_Py_Dealloc"sv,
                                       "subtype_dealloc"sv,
                                       "PyObject_CallFinalizer*"sv,
                                       "_PyObject_ResurrectStart"sv,
                                       "_Py_HandlePending"sv,
                                       "_PyErr_CheckSignals*"sv,
                                       "PyErr_CheckSignals"sv,
                                       "Py_MakePendingCalls"sv,
                                       "make_pending_calls"sv,
                                       "object_new"sv,
                                       "object_isinstance"sv,
                                       "recursive_isinstance"sv,
                                       "PyObject_IsInstance"sv,
                                       "PyObject_IsSubclass"sv,
                                       "object_recursive_isinstance"sv,
                                       "type_new_set_names"sv,
                                       "type_new_init_subclass"sv,
                                       "type_new_impl"sv};

constexpr std::array kStarts = {"_start"sv,       "__libc_start_*"sv, "__libc_start_call_main"sv,
                                "start_thread"sv, "__clone"sv,        "__clone3"sv,
                                "clone"sv,        "clone3"sv,         "main"sv};

// CPython's own main functions (Modules/main.c); what lies below them is the program `python`.
constexpr std::array kPythonMains = {"Py_Main"sv, "Py_BytesMain"sv, "Py_UnixMain"sv,
                                     "_Py_UnixMain"sv, "Py_RunMain"sv};

// Without what compilers and linkers append.
std::string_view Plain(std::string_view function) {
  return function.substr(0, function.find_first_of(".@", 1));
}

template <std::size_t kSize>
bool IsIn(const std::array<std::string_view, kSize>& names, std::string_view function) {
  const std::string_view plain = Plain(function);
  return std::any_of(names.begin(), names.end(), [plain](std::string_view name) {
    return name.ends_with('*') ? plain.starts_with(name.substr(0, name.size() - 1)) : plain == name;
  });
}

// Argument Clinic (Tools/clinic) makes two functions of one: list_sort calls list_sort_impl.
bool IsClinicOf(const NamedFrame& caller, const NamedFrame& callee) {
  constexpr std::string_view kImpl = "_impl";
  const std::string_view inner = Plain(callee.function);
  return callee.of == NamedFrame::Of::kInterpreter && inner.ends_with(kImpl) &&
         inner.substr(0, inner.size() - kImpl.size()) == Plain(caller.function);
}

}  // namespace

bool IsCallMachinery(std::string_view function) { return IsIn(kCallMachinery, function); }
bool LeadsToPythonCode(std::string_view function) { return IsIn(kLeadsToPython, function); }
bool IsProgramStart(std::string_view function) { return IsIn(kStarts, function); }

void FoldInternals(std::span<const NamedFrame> frames, std::vector<bool>& shown) {
  shown.assign(frames.size(), true);
  const auto is_python = [](const NamedFrame& f) { return f.of == NamedFrame::Of::kPython; };
  const auto index = [&](auto iterator) {
    return static_cast<std::size_t>(iterator - frames.begin());
  };
  const std::size_t first = index(std::find_if(frames.begin(), frames.end(), is_python));
  const bool has_python = first != frames.size();
  const auto last_python = std::find_if(frames.rbegin(), frames.rend(), is_python);
  const std::size_t last =
      has_python ? frames.size() - 1 - static_cast<std::size_t>(last_python - frames.rbegin()) : 0;

  for (std::size_t i = 0; i < frames.size(); ++i) {
    const NamedFrame& frame = frames[i];
    if (is_python(frame)) continue;
    if (frame.of == NamedFrame::Of::kForeign) {
      const bool calls_python_main =
          i + 1 < frames.size() && IsIn(kPythonMains, frames[i + 1].function);
      const bool is_main = Plain(frame.function) == "main"sv;
      const bool is_start = IsProgramStart(frame.function) && (!is_main || calls_python_main);
      shown[i] = !(has_python && i < first && is_start);
      continue;
    }
    const bool is_unnamed = frame.function.empty();
    const bool leads = i < last && LeadsToPythonCode(frame.function);
    const bool is_clinic = i + 1 < frames.size() && IsClinicOf(frame, frames[i + 1]);
    const bool is_before = has_python && i < first;
    shown[i] = !(is_unnamed || is_before || leads || is_clinic || IsCallMachinery(frame.function));
  }
}

}  // namespace osprey
