#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "osprey/report/dump_reporter.h"

namespace osprey {
namespace {

using Json = nlohmann::ordered_json;

const char* NameOf(DumpedThread::Stack stack) {
  switch (stack) {
    case DumpedThread::Stack::kComplete:
      return "complete";
    case DumpedThread::Stack::kCut:
      return "cut";
    case DumpedThread::Stack::kNone:
      return "none";
    case DumpedThread::Stack::kUnread:
      return "unread";
  }
  return "";
}

const char* NameOf(DumpedWait::For what) {
  switch (what) {
    case DumpedWait::For::kGil:
      return "gil";
    case DumpedWait::For::kLock:
      return "lock";
    case DumpedWait::For::kRLock:
      return "rlock";
    case DumpedWait::For::kThread:
      return "thread";
  }
  return "";
}

Json NameOf(DumpedThread::Halt halted) {
  switch (halted) {
    case DumpedThread::Halt::kNone:
      return {};
    case DumpedThread::Halt::kSignal:
      return "signal";
    case DumpedThread::Halt::kDebugger:
      return "debugger";
  }
  return {};
}

Json SecondsOrNull(const std::optional<Duration>& time) {
  return time ? Json(Seconds(*time)) : Json();
}

Json VariablesOf(const DumpedFrame& frame, bool are_arguments) {
  Json list = Json::array();
  for (const DumpedVariable& variable : frame.variables) {
    if (variable.is_argument != are_arguments) continue;
    list.push_back({{"name", variable.name}, {"value", variable.value}});
  }
  return list;
}

Json FrameOf(const ThreadDump& dump, const DumpedFrame& dumped) {
  const Frame& frame = dump.stacks.frame(dumped.frame);
  const std::string& file = dump.stacks.strings().Get(frame.file);
  Json json = {{"function", dump.stacks.strings().Get(frame.function)},
               {"file", file.empty() ? Json() : Json(file)},
               {"line", frame.line == 0 ? Json() : Json(frame.line)}};
  if (frame.kind == FrameKind::kNative) json["native"] = true;
  if (dump.has_variables && frame.kind != FrameKind::kNative) {
    json["arguments"] = VariablesOf(dumped, true);
    json["locals"] = VariablesOf(dumped, false);
  }
  return json;
}

Json ThreadOf(const ThreadDump& dump, const DumpedThread& thread) {
  Json frames = Json::array();
  for (std::size_t i = thread.frames.size(); i-- > 0;) {
    frames.push_back(FrameOf(dump, thread.frames[i]));
  }
  return {{"name", thread.name.empty() ? Json() : Json(thread.name)},
          {"tid", thread.tid == 0 ? Json() : Json(thread.tid)},
          {"ident", thread.ident == 0 ? Json() : Json(thread.ident)},
          {"interpreter", thread.interpreter},
          {"on_cpu", thread.state.on_cpu},
          {"holds_gil", thread.state.holds_gil},
          {"waits_for_gil", thread.state.waits_for_gil},
          {"system_call", thread.system_call.empty() ? Json() : Json(thread.system_call)},
          {"asleep_s", SecondsOrNull(thread.asleep_for)},
          {"halted_by", NameOf(thread.halted)},
          {"took_signal", thread.took_signal},
          {"stack", NameOf(thread.stack)},
          {"frames", std::move(frames)}};
}

}  // namespace

Result<void> WriteDumpJson(const ThreadDump& dump, std::string_view osprey_version,
                           std::ostream& out) {
  Json threads = Json::array();
  for (const DumpedThread& thread : dump.threads) threads.push_back(ThreadOf(dump, thread));
  Json waits = Json::array();
  for (const DumpedWait& wait : dump.waits) {
    waits.push_back(
        {{"thread", wait.waiter},
         {"for", NameOf(wait.what)},
         {"object", wait.object == 0 ? Json() : Json(fmt::format("{:#x}", wait.object))},
         {"owner", wait.owner ? Json(*wait.owner) : Json()}});
  }
  const Json json = {{"osprey_version", osprey_version},
                     {"pid", dump.pid},
                     {"command", dump.command},
                     {"core", dump.core.empty() ? Json() : Json(dump.core)},
                     {"signal", dump.signal.empty() ? Json() : Json(dump.signal)},
                     {"python_version", dump.python_version},
                     {"executable", dump.executable.empty() ? Json() : Json(dump.executable)},
                     {"parent", dump.parent ? Json(*dump.parent) : Json()},
                     {"stopped_s", SecondsOrNull(dump.stopped_for)},
                     {"stopped_threads", dump.stopped_threads},
                     {"threads", std::move(threads)},
                     {"waits", std::move(waits)},
                     {"deadlocks", dump.deadlocks},
                     {"warnings", dump.warnings}};
  // Names out of the target may be any bytes.
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  out.flush();
  if (!out) return Error{ErrorCode::kIo, 0, Address{}, "cannot write the dump"};
  return {};
}

}  // namespace osprey
