// describe_core CORE [EXECUTABLE [SYSROOT]]: what the readers find in a core file, as JSON on
// standard output.
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "golden/described_threads.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/core_target.h"
#include "osprey/target/system_call_name.h"

namespace osprey {
namespace {

using nlohmann::json;

json ThreadsOfTheCore(const CoreTarget& core) {
  auto threads = json::array();
  for (const CoreThread& thread : core.threads()) {
    threads.push_back({{"tid", thread.tid},
                       {"on_cpu", thread.activity.on_cpu},
                       {"system_call", SystemCallName(core.machine(), thread.activity.system_call)},
                       {"first_argument", thread.activity.first_argument.value},
                       {"thread_pointer", thread.registers.thread_pointer.value},
                       {"stack_pointer", thread.registers.stack_pointer.value},
                       {"general", thread.registers.general.size()}});
  }
  return threads;
}

json PythonOf(const CoreTarget& core) {
  auto runtime = FindRuntime(core);
  if (!runtime) return {{"error", runtime.error().Message()}};
  std::vector<pid_t> ids;
  for (const CoreThread& thread : core.threads()) ids.push_back(thread.tid);
  LearnThreadIds(core.memory(), ids, *runtime);
  json python = {{"version", runtime->version.ToString()},
                 {"module", runtime->module},
                 {"found_by", runtime->found_by}};
  const auto list = ListThreads(core.memory(), *runtime);
  if (!list) return {{"error", list.error().Message()}};
  python["threads"] = json::array();
  for (const PythonThread& thread : list->threads) {
    python["threads"].push_back({{"tid", thread.tid}, {"ident", thread.ident}});
  }
  const auto described =
      DescribeThreads(core.memory(), runtime->version, runtime->address, runtime->current_thread);
  if (!described) return {{"error", described.error().Message()}};
  python["stacks"] = json::array();
  for (const DescribedThread& thread : *described) {
    python["stacks"].push_back({{"name", thread.name},
                                {"frames", thread.frames},
                                {"complete", thread.end == WalkEnd::kComplete}});
  }
  return python;
}

int Run(std::span<char*> arguments) {
  CoreTarget::Options options;
  if (arguments.size() > 2) options.executable = arguments[2];
  if (arguments.size() > 3) options.sysroot = arguments[3];
  const auto core = CoreTarget::Open(arguments[1], options);
  if (!core) {
    std::cerr << core.error().Message() << "\n";
    return 1;
  }
  json described = {{"pid", core->pid()},           {"name", core->Name()},
                    {"title", core->Title()},       {"executable", core->ExecutablePath()},
                    {"warnings", core->Warnings()}, {"threads", ThreadsOfTheCore(*core)},
                    {"python", PythonOf(*core)}};
  if (core->signal()) {
    described["signal"] = {{"number", core->signal()->number},
                           {"code", core->signal()->code},
                           {"sender", core->signal()->sender}};
  }
  // A title or a path may hold any bytes.
  std::cout << described.dump(1, ' ', false, json::error_handler_t::replace) << "\n";
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::cerr << "usage: describe_core CORE [EXECUTABLE [SYSROOT]]\n";
    return 2;
  }
  return osprey::Run({argv, static_cast<std::size_t>(argc)});
}
