#include "osprey/target/core_target.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "target/core_samples.h"
#include "target/elf_samples.h"
#include "target/processes.h"

namespace osprey {
namespace {

constexpr std::uint64_t kText = 0x400000;
constexpr std::uint64_t kStack = 0x7ffe0000;

// Registers of x86-64 with what these tests look at.
std::vector<std::uint64_t> X86(std::int64_t orig_rax, std::int64_t rax, std::uint64_t rdi,
                               std::uint64_t rip) {
  std::vector<std::uint64_t> registers(27);
  registers[4] = kStack + 0x80;
  registers[10] = static_cast<std::uint64_t>(rax);
  registers[14] = rdi;
  registers[15] = static_cast<std::uint64_t>(orig_rax);
  registers[16] = rip;
  registers[19] = kStack + 0x40;
  registers[21] = 0x7f0000001000;
  return registers;
}

std::string Code(std::initializer_list<unsigned char> bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(CoreTarget, KnowsAThreadsRegisters) {
  const auto core = OpenCore(CoreBytes(
      Prstatus(7, X86(SYS_futex, -512, 0x1234, kText + 2)) + Prpsinfo(6, "name", "name -x "),
      {{kText, 0x1000, Code({0x0f, 0x05}), PF_R | PF_X}}));
  ASSERT_TRUE(core) << core.error().Message();
  EXPECT_EQ(core->machine(), Machine::kX64);
  EXPECT_EQ(core->pid(), 6);
  EXPECT_EQ(core->Name(), "name");
  EXPECT_EQ(core->Title(), "name -x");
  EXPECT_FALSE(core->signal());
  ASSERT_EQ(core->threads().size(), 1U);
  const CoreThread& thread = core->threads().front();
  EXPECT_EQ(thread.tid, 7);
  EXPECT_EQ(thread.registers.instruction_pointer, Address(kText + 2));
  EXPECT_EQ(thread.registers.stack_pointer, Address(kStack + 0x40));
  EXPECT_EQ(thread.registers.frame_pointer, Address(kStack + 0x80));
  EXPECT_EQ(thread.registers.thread_pointer, Address(0x7f0000001000));
  EXPECT_EQ(thread.registers.general.size(), 27U);
}

TEST(CoreTarget, TellsAWaitingThreadOnX86) {
  const Segment text{kText, 0x1000, Code({0x0f, 0x05, 0x90, 0x90}), PF_R | PF_X};
  const auto activity = [&](const std::vector<std::uint64_t>& registers) {
    const auto core = OpenCore(CoreBytes(Prstatus(7, registers), {text}));
    return core ? core->threads().at(0).activity : ThreadActivity{false, -2, {}, {}, {}};
  };
  // All numbers of the kernel for a call that is to be made again, and EINTR.
  for (const int result : {-512, -513, -514, -516, -4}) {
    const ThreadActivity waits = activity(X86(SYS_futex, result, 0x1234, kText + 2));
    EXPECT_FALSE(waits.on_cpu) << result;
    EXPECT_EQ(waits.system_call, SYS_futex);
    EXPECT_EQ(waits.first_argument, Address(0x1234));
  }
  // It has returned; it was in none; it does not stand behind the instruction; nonsense.
  for (const auto& registers : {X86(SYS_futex, 0, 1, kText + 2), X86(SYS_futex, -11, 1, kText + 2),
                                X86(-1, -512, 1, kText + 2), X86(SYS_futex, -512, 1, kText + 4),
                                X86(std::int64_t{1} << 40, -512, 1, kText + 2)}) {
    const ThreadActivity runs = activity(registers);
    EXPECT_TRUE(runs.on_cpu);
    EXPECT_EQ(runs.system_call, -1);
  }
  // Text is left out of most core files, and its file may be gone.
  EXPECT_EQ(activity(X86(SYS_read, -512, 3, 0x5000002)).system_call, SYS_read);
}

TEST(CoreTarget, TellsAWaitingThreadOnAarch64) {
  constexpr std::int64_t kFutex = 98;  // in the table of aarch64
  const Segment text{kText, 0x1000, Code({0x1f, 0x20, 0x03, 0xd5, 0x01, 0x00, 0x00, 0xd4}),
                     PF_R | PF_X};
  const auto activity = [&](std::uint64_t x0, std::uint64_t pc) {
    std::vector<std::uint64_t> registers(34);
    registers[0] = x0;
    registers[8] = kFutex;
    registers[29] = 0x29;
    registers[31] = kStack + 0x31;
    registers[32] = pc;
    std::string tls;
    Put(tls, 0, std::uint64_t{0x7f0000002000});
    const auto core = OpenCore(
        CoreBytes(Prstatus(7, registers) + Note(NT_ARM_TLS, "LINUX", tls), {text}, EM_AARCH64));
    EXPECT_TRUE(core);
    EXPECT_EQ(core->machine(), Machine::kAarch64);
    const CoreThread& thread = core->threads().at(0);
    EXPECT_EQ(thread.registers.instruction_pointer, Address(pc));
    EXPECT_EQ(thread.registers.stack_pointer, Address(kStack + 0x31));
    EXPECT_EQ(thread.registers.frame_pointer, Address(0x29));
    EXPECT_EQ(thread.registers.thread_pointer, Address(0x7f0000002000));
    return thread.activity;
  };
  // The call is the next instruction: it is about to be made again.
  const ThreadActivity again = activity(0x1234, kText + 4);
  EXPECT_EQ(again.system_call, kFutex);
  EXPECT_EQ(again.first_argument, Address(0x1234));
  EXPECT_FALSE(again.on_cpu);
  // It fails with EINTR: its first argument is gone.
  const ThreadActivity fails = activity(static_cast<std::uint64_t>(-4), kText + 8);
  EXPECT_EQ(fails.system_call, kFutex);
  EXPECT_TRUE(fails.first_argument.IsNull());
  EXPECT_TRUE(activity(0, kText + 8).on_cpu);
  EXPECT_TRUE(activity(0x1234, kText).on_cpu);
  EXPECT_TRUE(activity(0x1234, 0x5000000).on_cpu);
}

TEST(CoreTarget, SaysWhatEndedIt) {
  const auto signal = [](int number, int code, std::uint64_t detail) {
    std::string bytes(128, '\0');
    Put(bytes, 0, number);
    Put(bytes, 8, code);
    Put(bytes, 16, detail);
    const auto core = OpenCore(CoreBytes(Note(NT_SIGINFO, "CORE", bytes), {}));
    return core ? core->signal() : std::nullopt;
  };
  const auto fault = signal(SIGSEGV, SEGV_MAPERR, 0xdead0000);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->number, SIGSEGV);
  EXPECT_EQ(fault->code, SEGV_MAPERR);
  EXPECT_EQ(fault->fault_address, Address(0xdead0000));
  EXPECT_EQ(fault->sender, 0);
  const auto sent = signal(SIGABRT, SI_TKILL, 4242);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->sender, 4242);
  EXPECT_TRUE(sent->fault_address.IsNull());
  EXPECT_FALSE(signal(SIGSTOP, SI_KERNEL, 0));  // how gcore stopped it
  EXPECT_FALSE(signal(0, 0, 0));
}

// The stack that execve makes, with these strings.
struct Stack {
  std::string bytes;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> auxv;
  std::size_t count_at = 0;  // where the number of arguments is
};
Stack MakeStack(const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment) {
  constexpr std::uint64_t kStrings = kStack + 0x800;
  constexpr std::uint64_t kRandom = kStack + 0x7e0;
  Stack stack;
  stack.bytes.assign(0x1000, '\0');
  std::uint64_t at = kStrings;
  std::vector<std::uint64_t> words = {arguments.size()};
  for (const auto* list : {&arguments, &environment}) {
    for (const std::string& text : *list) {
      words.push_back(at);
      std::memcpy(stack.bytes.data() + (at - kStack), text.c_str(), text.size() + 1);
      at += text.size() + 1;
    }
    words.push_back(0);
  }
  stack.auxv = {{AT_SYSINFO_EHDR, 0x7ffff000}, {AT_ENTRY, kText}, {AT_RANDOM, kRandom}};
  for (const auto& [type, value] : stack.auxv) words.insert(words.end(), {type, value});
  words.insert(words.end(), {0, 0, 0x7838360036387834});  // AT_NULL, then the platform's name
  const std::uint64_t start = (kRandom - 16 - words.size() * 8) & ~15ULL;
  stack.count_at = start - kStack;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Put(stack.bytes, start - kStack + i * 8, words[i]);
  }
  return stack;
}

std::string TitleOf(const Stack& stack) {
  const auto core = OpenCore(CoreBytes(Prpsinfo(6, "name", "from psinfo") + Auxv(stack.auxv),
                                       {{kStack, stack.bytes.size(), stack.bytes}}));
  return core ? core->Title() : core.error().Message();
}

TEST(CoreTarget, ReadsTheWholeCommandLineFromTheStack) {
  const std::string line(100, 'x');
  EXPECT_EQ(TitleOf(MakeStack({"prog", "-a b", line}, {"HOME=/", "X="})), "prog -a b " + line);
  EXPECT_EQ(TitleOf(MakeStack({"prog"}, {})), "prog");
  EXPECT_EQ(TitleOf(MakeStack({"prog", ""}, {"A=1"})), "prog");
}

TEST(CoreTarget, ReadsATitleThatRunsIntoTheEnvironment) {
  Stack stack = MakeStack({"prog", "-a"}, {"HOME=/somewhere", "X="});
  const std::string title = "prog: a worker of many";
  std::memcpy(stack.bytes.data() + 0x800, title.c_str(), title.size() + 1);
  EXPECT_EQ(TitleOf(stack), title);
}

TEST(CoreTarget, FallsBackWhereTheStackDoesNotTell) {
  Stack stack = MakeStack({"prog", "-a"}, {"HOME=/"});
  stack.auxv[0].second ^= 1;  // another vector than that of the stack
  EXPECT_EQ(TitleOf(stack), "from psinfo");
  stack = MakeStack({"prog", "-a"}, {"HOME=/"});
  stack.auxv.pop_back();  // no AT_RANDOM
  EXPECT_EQ(TitleOf(stack), "from psinfo");
  stack = MakeStack({"prog", "-a"}, {"HOME=/"});
  Put(stack.bytes, stack.count_at, std::uint64_t{77});  // pointers without an end
  EXPECT_EQ(TitleOf(stack), "from psinfo");
}

TEST(CoreTarget, MakesAMapOfSegmentsAndFiles) {
  const Stack stack = MakeStack({"prog"}, {});
  const auto core = OpenCore(
      CoreBytes(Auxv(stack.auxv) + FileNote({{0x10000, 0x12000, 3, "/no such file"},
                                             {0x14000, 0x15000, 0, "/no such file"},
                                             {0x15000, 0x16000, 1, "/gone (deleted)"},
                                             {0x20000, 0x21000, 0, "/only here"}}),
                {{0x10000, 0x5800, "", PF_R},  // as a debugger that joins mappings writes it
                 {kStack, stack.bytes.size(), stack.bytes},
                 {0x7ffff000, 0x1000, "", PF_R | PF_X}}));
  ASSERT_TRUE(core);
  const auto map = core->ReadMap();
  ASSERT_TRUE(map);
  std::string text;
  for (const Mapping& m : map->mappings()) {
    text += fmt::format("{:x}-{:x} {}{}{} {:x} {} {}{}\n", m.start.value, m.end.value,
                        m.readable ? 'r' : '-', m.writable ? 'w' : '-', m.executable ? 'x' : '-',
                        m.file_offset, m.inode, m.path, m.deleted ? " (deleted)" : "");
  }
  EXPECT_EQ(text,
            "10000-12000 r-- 3000 1 /no such file\n"
            "12000-14000 r-- 0 0 \n"
            "14000-15000 r-- 0 1 /no such file\n"
            "15000-16000 r-- 1000 2 /gone (deleted)\n"
            "20000-21000 r-x 0 3 /only here\n"
            "7ffe0000-7ffe1000 rw- 0 0 [stack]\n"
            "7ffff000-80000000 r-x 0 0 [vdso]\n");
  ASSERT_EQ(core->Warnings().size(), 1U);
  EXPECT_EQ(core->Warnings()[0], "not found: /no such file, /gone, /only here");
}

TEST(CoreTarget, CountsOffsetsInTheCoresOwnPages) {
  for (const std::uint64_t page : {1ULL, 4096ULL, 65536ULL}) {
    const auto core =
        OpenCore(CoreBytes(FileNote({{0x10000, 0x20000, 2, "/no such file"}}, page), {}));
    ASSERT_TRUE(core);
    EXPECT_EQ(core->ReadMap()->mappings().at(0).file_offset, 2 * page);
  }
}

// A module's first page in a core, and the module itself in a folder that stands for a root.
class CoreWithAModule : public testing::Test {
 protected:
  static constexpr std::uint64_t kAt = 0x7f0000000000;
  static constexpr const char* kPath = "/opt/osprey test/module.so";

  void SetUp() override {
    module_ = FileContents(SMALL_MODULE_gnu);
    ASSERT_GT(module_.size(), 4096U);
    const auto file = OpenBytes(module_);
    ASSERT_TRUE(file);
    build_id_ = file->BuildId();
    for (const ElfSegment& segment : file->segments()) {
      const std::uint64_t start = (kAt + segment.address.value) & ~4095ULL;
      const std::uint64_t end = (kAt + segment.address.value + segment.file_size + 4095) & ~4095ULL;
      files_.push_back({start, end, segment.file_offset / 4096, kPath});
    }
  }

  std::string Core(bool first_page) const {
    std::vector<Segment> segments = {
        {kAt, 0x1000, first_page ? module_.substr(0, 4096) : std::string(), PF_R}};
    for (std::size_t i = 1; i < files_.size(); ++i) {
      segments.push_back({files_[i].start, files_[i].end - files_[i].start, "", PF_R});
    }
    return CoreBytes(Auxv({{AT_ENTRY, kAt + 0x10}}) + FileNote(files_), segments);
  }

  // Puts a file where the module would lie in the root.
  void Place(const std::string& content, const std::string& path = kPath) const {
    const std::filesystem::path place = root_.path().string() + path;
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place, std::ios::binary) << content;
  }

  CoreTarget::Options Options() const { return {"", root_.path().string()}; }

  // Another file of the same form: one bit of its build ID differs.
  std::string OtherModule() const {
    std::string raw;
    for (std::size_t i = 0; i + 2 <= build_id_.size(); i += 2) {
      raw.push_back(static_cast<char>(std::stoi(build_id_.substr(i, 2), nullptr, 16)));
    }
    std::string other = module_;
    const std::size_t at = other.find(raw);
    EXPECT_NE(at, std::string::npos);
    other[at] = static_cast<char>(other[at] ^ 1);
    return other;
  }

  std::string module_;
  std::string build_id_;
  std::vector<FileEntry> files_;
  const TempDir root_;
};

TEST_F(CoreWithAModule, FindsItInTheSysroot) {
  Place(module_);
  for (const char* slash : {"", "/"}) {
    auto options = Options();
    options.sysroot += slash;
    const auto core = OpenCore(Core(true), options);
    ASSERT_TRUE(core);
    EXPECT_TRUE(core->Warnings().empty()) << core->Warnings()[0];
    EXPECT_EQ(core->ExecutablePath(), kPath);
    const auto modules = Modules(*core->ReadMap());
    ASSERT_EQ(modules.size(), 1U);
    const auto file = core->OpenModule(modules[0]);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->FindSection(".osprey_mark"));
    EXPECT_EQ(LoadBias(modules[0], *file).value_or(0), kAt);
    // What was not dumped is read from it.
    std::string second(16, '?');
    ASSERT_TRUE(
        core->memory().Read(Address(files_[1].start), std::as_writable_bytes(std::span(second))));
    EXPECT_EQ(second, module_.substr(files_[1].page * 4096, 16));
  }
}

TEST_F(CoreWithAModule, RefusesAnotherBuildId) {
  ASSERT_FALSE(build_id_.empty());
  Place(OtherModule());
  const auto core = OpenCore(Core(true), Options());
  ASSERT_TRUE(core);
  ASSERT_EQ(core->Warnings().size(), 1U);
  const std::string& warning = core->Warnings()[0];
  EXPECT_NE(warning.find(root_.path().string() + kPath), std::string::npos) << warning;
  EXPECT_NE(warning.find(build_id_), std::string::npos) << warning;
  EXPECT_NE(warning.find("is another file than the one that was loaded"), std::string::npos);
  EXPECT_FALSE(core->memory().ReadAs<char>(Address(files_[1].start)));
}

TEST_F(CoreWithAModule, FindsItByItsBuildId) {
  Place(module_, "/usr/lib/debug/.build-id/" + build_id_.substr(0, 2) + "/" + build_id_.substr(2));
  const auto core = OpenCore(Core(true), Options());
  ASSERT_TRUE(core);
  EXPECT_TRUE(core->Warnings().empty());
  EXPECT_TRUE(core->memory().ReadAs<char>(Address(files_[1].start)));
}

TEST_F(CoreWithAModule, UsesTheSymbolsOfADebugFile) {
  Place(module_, "/usr/lib/debug/.build-id/" + build_id_.substr(0, 2) + "/" + build_id_.substr(2) +
                     ".debug");
  const auto core = OpenCore(Core(true), Options());
  ASSERT_TRUE(core);
  ASSERT_EQ(core->Warnings().size(), 1U);
  EXPECT_EQ(core->Warnings()[0], std::string("not found: ") + kPath);
  const auto modules = Modules(*core->ReadMap());
  const auto file = core->OpenModule(modules.at(0));
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->FindSymbol("osprey_test_number"));
  EXPECT_TRUE(file->FindSection(".osprey_mark"));
  EXPECT_EQ(LoadBias(modules[0], *file).value_or(0), kAt);
}

TEST_F(CoreWithAModule, SaysWhatItTookByPathAlone) {
  Place(module_);
  const auto core = OpenCore(Core(false), Options());
  ASSERT_TRUE(core);
  ASSERT_EQ(core->Warnings().size(), 1U);
  EXPECT_EQ(core->Warnings()[0],
            "taken by path, since the core file does not say which file was loaded: " +
                root_.path().string() + kPath);
  EXPECT_TRUE(core->memory().ReadAs<char>(Address(files_[1].start)));
}

TEST_F(CoreWithAModule, TakesTheExecutableThatIsNamed) {
  Place(module_, "/elsewhere");
  Place(OtherModule(), "/other");
  Place("no ELF file", "/text");
  const std::string root = root_.path().string();
  const auto core = OpenCore(Core(true), {root + "/elsewhere", ""});
  ASSERT_TRUE(core) << core.error().Message();
  EXPECT_TRUE(core->memory().ReadAs<char>(Address(files_[1].start)));
  for (const char* wrong : {"/other", "/text"}) {
    const auto refused = OpenCore(Core(true), {root + wrong, ""});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(refused.error().context.find(root + wrong), std::string::npos);
  }
  const auto missing = OpenCore(Core(true), {root + "/none", ""});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const auto unknown = OpenCore(CoreBytes(FileNote(files_), {}), {root + "/elsewhere", ""});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(CoreWithAModule, DoesNotTakeWhatCameInPlaceOfADeletedFile) {
  Place(module_);
  for (FileEntry& file : files_) file.path += " (deleted)";
  const auto unknown = OpenCore(Core(false), Options());
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->memory().ReadAs<char>(Address(files_[1].start)));
  // The build ID says when it is the same after all.
  const auto known = OpenCore(Core(true), Options());
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->memory().ReadAs<char>(Address(files_[1].start)));
}

}  // namespace
}  // namespace osprey
