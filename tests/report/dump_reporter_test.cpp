#include "osprey/report/dump_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace osprey {
namespace {

using testing::HasSubstr;
using testing::Not;

class DumpReporter : public testing::Test {
 protected:
  DumpReporter() {
    dump_.pid = 4242;
    dump_.command = "python3 app.py";
    dump_.python_version = "3.11.2";
    dump_.stopped_for = std::chrono::microseconds(1250);
    dump_.stopped_threads = 2;
    dump_.executable = "/usr/bin/python3.11";
  }

  DumpedFrame FrameOf(const std::string& function, const std::string& file, std::uint32_t line,
                      std::vector<DumpedVariable> variables = {}) {
    Frame frame;
    frame.function = dump_.stacks.strings().Intern(function);
    frame.file = dump_.stacks.strings().Intern(file);
    frame.line = line;
    return {dump_.stacks.InternFrame(frame), std::move(variables)};
  }

  DumpedThread& AddThread(const std::string& name, std::int64_t tid) {
    DumpedThread thread;
    thread.name = name;
    thread.tid = tid;
    thread.ident = 0x7F0000000000 + static_cast<std::uint64_t>(tid);
    thread.stack = DumpedThread::Stack::kComplete;
    thread.frames = {FrameOf("<module>", "/app/app.py", 30), FrameOf("work", "/app/app.py", 12)};
    dump_.threads.push_back(std::move(thread));
    return dump_.threads.back();
  }

  std::string Text(bool is_colored = false) {
    DumpStyle style;
    style.is_colored = is_colored;
    style.own_code_root = "/app";
    std::ostringstream out;
    EXPECT_TRUE(WriteDumpText(dump_, style, out).has_value());
    return out.str();
  }

  nlohmann::json Parsed() {
    std::ostringstream out;
    EXPECT_TRUE(WriteDumpJson(dump_, "1.2.3", out).has_value());
    return nlohmann::json::parse(out.str());
  }

  ThreadDump dump_;
};

TEST_F(DumpReporter, AThreadIsAParagraphWithItsLeafFirst) {
  DumpedThread& main = AddThread("MainThread", 4242);
  main.state.on_cpu = main.state.holds_gil = true;
  main.frames[1].variables = {{"seconds", "2.5", true}, {"names", "['a', 'b']", false}};
  DumpedThread& worker = AddThread("worker", 4243);
  worker.system_call = "futex";
  worker.asleep_for = std::chrono::milliseconds(12500);
  EXPECT_EQ(Text(), R"(Process 4242: python3 app.py
Python 3.11.2 (/usr/bin/python3.11), stopped for 1.2 ms

Thread 4242 "MainThread": running, holds the GIL
    work (app.py:12)
        arguments
            seconds = 2.5
        locals
            names = ['a', 'b']
    <module> (app.py:30)

Thread 4243 "worker": in system call futex, asleep for 12.5 s
    work (app.py:12)
    <module> (app.py:30)
)");
}

TEST_F(DumpReporter, WhatIsNotKnownIsSaid) {
  DumpedThread& cut = AddThread("", 4242);
  cut.stack = DumpedThread::Stack::kCut;
  cut.interpreter = 3;
  DumpedThread& unread = AddThread("unread", 4243);
  unread.stack = DumpedThread::Stack::kUnread;
  unread.frames.clear();
  DumpedThread& none = AddThread("native", 4244);
  none.stack = DumpedThread::Stack::kNone;
  none.frames.clear();
  AddThread("", 0).ident = 0x1234;
  dump_.core = "core.1";
  dump_.signal = "SIGSEGV at 0x10";
  dump_.parent = 17;
  none.took_signal = true;
  dump_.stopped_for.reset();
  dump_.warnings = {"libc.so.6 could not be found"};
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("Core of process 4242: python3 app.py\n"
                              "Python 3.11.2 (/usr/bin/python3.11), child of 17, from core.1, "
                              "ended by SIGSEGV at 0x10\n"
                              "warning: libc.so.6 could not be found\n"));
  EXPECT_THAT(text, HasSubstr("Thread 4242 of interpreter 3: waiting\n"));
  EXPECT_THAT(text, HasSubstr("    <module> (app.py:30)\n    (some frames are missing)\n"));
  EXPECT_THAT(text, HasSubstr("\"unread\": waiting\n    (its stack could not be read)\n"));
  EXPECT_THAT(text,
              HasSubstr("\"native\": took SIGSEGV at 0x10, waiting\n    (runs no Python code)\n"));
  EXPECT_THAT(text, HasSubstr("Thread 0x1234: waiting\n"));
}

TEST_F(DumpReporter, WhoWasStoppedAndByWhomIsSaid) {
  AddThread("a", 1).halted = DumpedThread::Halt::kSignal;
  AddThread("b", 2).halted = DumpedThread::Halt::kDebugger;
  AddThread("c", 3).state.on_cpu = true;
  EXPECT_THAT(Text(), HasSubstr(", 2 of 3 threads stopped for 1.2 ms\n"));
  EXPECT_THAT(Text(), HasSubstr("\"a\": stopped by a signal (SIGSTOP, Ctrl-Z), waiting\n"));
  EXPECT_THAT(Text(), HasSubstr("\"b\": stopped by a debugger, waiting\n"));
  EXPECT_THAT(Text(), HasSubstr("\"c\": running without the GIL\n"));
  const nlohmann::json json = Parsed();
  EXPECT_EQ(json["threads"][0]["halted_by"], "signal");
  EXPECT_EQ(json["threads"][1]["halted_by"], "debugger");
  EXPECT_TRUE(json["threads"][2]["halted_by"].is_null());
  EXPECT_EQ(json["stopped_threads"], 2);
  dump_.stopped_for = Duration(0);
  dump_.stopped_threads = 0;
  EXPECT_THAT(Text(), HasSubstr(", no thread had to be stopped\n"));
}

TEST_F(DumpReporter, WhoWaitsForWhomComesLast) {
  AddThread("MainThread", 1);
  AddThread("a", 2);
  AddThread("b", 3);
  AddThread("c", 4);
  AddThread("d", 5);
  dump_.waits = {{0, DumpedWait::For::kThread, 0, 1},
                 {1, DumpedWait::For::kLock, 0x20, 2},
                 {2, DumpedWait::For::kRLock, 0x30, 1},
                 {3, DumpedWait::For::kLock, 0x40, std::nullopt},
                 {4, DumpedWait::For::kGil, 0, 0}};
  dump_.deadlocks = {{1, 2}, {4}};
  const std::string text = Text();
  EXPECT_THAT(text, testing::EndsWith(R"(
Who waits for whom
    Thread 1 "MainThread" waits for the end of thread 2 "a"
    Thread 2 "a" waits for the lock 0x20, held by thread 3 "b"
    Thread 3 "b" waits for the RLock 0x30, held by thread 2 "a"
    Thread 4 "c" waits for the lock 0x40, and who holds it is not known
    Thread 5 "d" waits for the GIL, which thread 1 "MainThread" holds
deadlock: thread 2 "a" -> thread 3 "b" -> thread 2 "a"
deadlock: thread 5 "d" waits for itself
)"));
}

TEST_F(DumpReporter, NothingOutOfTheTargetReachesTheTerminalAsAControlCharacter) {
  DumpedThread& thread = AddThread("evil\x1b]0;title\a", 4242);
  thread.frames.push_back(FrameOf("f\x1b[2J", "/app/\x1b[31m.py", 1,
                                  {{"\x1b", "\x1b[0m\n", true}, {"\xff", "\xc2\x9b", false}}));
  dump_.command = "python\r\n\x1b[1m";
  dump_.warnings = {"\x1b"};
  const std::string text = Text();
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << text;
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_NO_THROW(Parsed());
}

TEST_F(DumpReporter, ColoursAreAddedToTheSameText) {
  AddThread("MainThread", 4242).state.on_cpu = true;
  dump_.deadlocks = {{0}};
  dump_.waits = {{0, DumpedWait::For::kLock, 0x20, 0}};
  const std::string colored = Text(true);
  std::string plain;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
    } else {
      plain += colored[i];
    }
  }
  EXPECT_NE(plain, colored);
  EXPECT_EQ(plain, Text(false));
}

TEST_F(DumpReporter, JsonHasAllOfIt) {
  DumpedThread& main = AddThread("MainThread", 4242);
  main.state.on_cpu = main.state.holds_gil = true;
  main.frames[1].variables = {{"n", "1", true}, {"x", "'\xff'", false}};
  DumpedThread& worker = AddThread("", 0);
  worker.system_call = "futex";
  worker.asleep_for = std::chrono::milliseconds(1500);
  worker.stack = DumpedThread::Stack::kCut;
  dump_.has_variables = true;
  dump_.waits = {{1, DumpedWait::For::kLock, 0x20, 0}, {0, DumpedWait::For::kGil, 0, std::nullopt}};
  dump_.deadlocks = {{0, 1}};
  const nlohmann::json json = Parsed();
  EXPECT_EQ(json["osprey_version"], "1.2.3");
  EXPECT_EQ(json["pid"], 4242);
  EXPECT_EQ(json["command"], "python3 app.py");
  EXPECT_TRUE(json["core"].is_null());
  EXPECT_TRUE(json["signal"].is_null());
  EXPECT_DOUBLE_EQ(json["stopped_s"], 0.00125);
  EXPECT_EQ(json["executable"], "/usr/bin/python3.11");
  EXPECT_TRUE(json["parent"].is_null());
  const auto& first = json["threads"][0];
  EXPECT_EQ(first["tid"], 4242);
  EXPECT_EQ(first["on_cpu"], true);
  EXPECT_EQ(first["stack"], "complete");
  EXPECT_EQ(first["frames"][0]["function"], "work");
  EXPECT_EQ(first["frames"][0]["file"], "/app/app.py");
  EXPECT_EQ(first["frames"][0]["line"], 12);
  EXPECT_EQ(first["frames"][0]["arguments"],
            nlohmann::json::parse(R"([{"name":"n","value":"1"}])"));
  EXPECT_EQ(first["frames"][0]["locals"][0]["value"], "'\xef\xbf\xbd'");
  EXPECT_TRUE(first["frames"][1]["locals"].empty());
  const auto& second = json["threads"][1];
  EXPECT_TRUE(second["name"].is_null());
  EXPECT_TRUE(second["tid"].is_null());
  EXPECT_EQ(second["system_call"], "futex");
  EXPECT_DOUBLE_EQ(second["asleep_s"], 1.5);
  EXPECT_EQ(second["stack"], "cut");
  EXPECT_EQ(json["waits"], nlohmann::json::parse(R"([
      {"thread": 1, "for": "lock", "object": "0x20", "owner": 0},
      {"thread": 0, "for": "gil", "object": null, "owner": null}])"));
  EXPECT_EQ(json["deadlocks"], nlohmann::json::parse("[[0, 1]]"));
}

TEST_F(DumpReporter, AFullDiskIsAnError) {
  AddThread("MainThread", 4242);
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(WriteDumpText(dump_, {}, out).error().code, ErrorCode::kIo);
  EXPECT_EQ(WriteDumpJson(dump_, "", out).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace osprey
