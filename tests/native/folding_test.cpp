#include "osprey/native/folding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace osprey {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "p name", "i name" (interpreter) or "f name" (foreign).
std::vector<std::string> Shown(const std::vector<std::string>& stack) {
  std::vector<NamedFrame> frames;
  for (const std::string& text : stack) {
    const auto of = text[0] == 'p'   ? NamedFrame::Of::kPython
                    : text[0] == 'i' ? NamedFrame::Of::kInterpreter
                                     : NamedFrame::Of::kForeign;
    frames.push_back({of, std::string_view(text).substr(2)});
  }
  std::vector<bool> shown;
  FoldInternals(frames, shown);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (shown[i]) names.push_back(stack[i].substr(2));
  }
  return names;
}

TEST(Folding, LeavesOutHowThePythonProgramStarts) {
  EXPECT_THAT(
      Shown({"f _start", "f __libc_start_main@@GLIBC_2.34", "f __libc_start_call_main", "f main",
             "i Py_BytesMain", "i Py_RunMain", "i pymain_run_python", "i run_mod", "p <module>"}),
      ElementsAre("<module>"));
  EXPECT_THAT(Shown({"f clone3", "f start_thread", "i pythread_wrapper", "i thread_run", "p run"}),
              ElementsAre("run"));
}

TEST(Folding, ShowsTheProgramThatEmbedsPython) {
  EXPECT_THAT(Shown({"f _start", "f main", "f app::Run()", "i PyRun_SimpleString", "p <module>"}),
              ElementsAre("main", "app::Run()", "<module>"));
}

TEST(Folding, LeavesOutHowPythonCodeIsCalled) {
  EXPECT_THAT(Shown({"p outer", "i _PyFunction_Vectorcall", "i _PyEval_Vector", "p inner"}),
              ElementsAre("outer", "inner"));
  EXPECT_THAT(Shown({"p f", "i PyObject_GetAttr", "i _PyObject_GenericGetAttrWithDict",
                     "i property_descr_get", "i _PyObject_FastCallDictTstate.lto_priv.0", "p g"}),
              ElementsAre("f", "g"));
}

TEST(Folding, ShowsBuiltinsAndOtherLibraries) {
  EXPECT_THAT(Shown({"p f", "i cfunction_vectorcall_FASTCALL_KEYWORDS", "i builtin_sorted",
                     "i PyObject_Vectorcall", "i list_sort", "i list_sort_impl.constprop.0",
                     "i _PyEval_Vector", "p key"}),
              ElementsAre("f", "builtin_sorted", "list_sort_impl.constprop.0", "key"));
  EXPECT_THAT(Shown({"p f", "i cfunction_call", "f PyCFuncPtr_call", "f ffi_call", "f qsort",
                     "f closure_fcn", "i PyObject_Vectorcall", "p compare"}),
              ElementsAre("f", "PyCFuncPtr_call", "ffi_call", "qsort", "closure_fcn", "compare"));
}

TEST(Folding, ShowsWhatTheInterpreterDoesAtTheEnd) {
  EXPECT_THAT(Shown({"p f", "i PyNumber_Add", "i unicode_concatenate", "i _PyObject_Malloc"}),
              ElementsAre("f", "unicode_concatenate", "_PyObject_Malloc"));
  EXPECT_THAT(Shown({"p f", "i _PyObject_GC_Alloc", "i gc_collect_main"}),
              ElementsAre("f", "_PyObject_GC_Alloc", "gc_collect_main"));
  EXPECT_THAT(Shown({"p f", "i PyObject_GetAttr"}), ElementsAre("f", "PyObject_GetAttr"));
  EXPECT_THAT(Shown({"p f", "i PyObject_Vectorcall"}), ElementsAre("f"));
}

TEST(Folding, LeavesOutInterpreterCodeWithoutAName) {
  EXPECT_THAT(Shown({"p f", "i ", "i ", "p g", "i "}), ElementsAre("f", "g"));
  EXPECT_THAT(Shown({"p f", "f ", "p g"}), ElementsAre("f", "", "g"));
}

TEST(Folding, KeepsStacksWithoutPython) {
  EXPECT_THAT(Shown({"f clone3", "f start_thread", "f worker"}),
              ElementsAre("clone3", "start_thread", "worker"));
  EXPECT_THAT(Shown({"f main", "i Py_FinalizeEx"}), ElementsAre("main", "Py_FinalizeEx"));
  EXPECT_THAT(Shown({}), IsEmpty());
}

TEST(Folding, NeverLosesPythonOrForeignFrames) {
  std::minstd_rand random(1);
  const std::vector<std::string> names = {"",
                                          "list_sort",
                                          "list_sort_impl",
                                          "PyObject_Call",
                                          "x",
                                          "_PyEval_Vector",
                                          "PyObject_GetAttr",
                                          ".",
                                          "@",
                                          "*"};
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> stack;
    std::vector<std::string> kept;
    for (std::size_t i = random() % 12; i > 0; --i) {
      const std::string& name = names[random() % names.size()];
      const char of = "pif"[random() % 3];
      stack.push_back(std::string(1, of) + " " + name);
      if (of != 'i') kept.push_back(name);
    }
    const auto shown = Shown(stack);
    std::size_t found = 0;
    for (const std::string& name : shown) {
      if (found < kept.size() && name == kept[found]) ++found;
    }
    EXPECT_EQ(found, kept.size());
  }
}

}  // namespace
}  // namespace osprey
