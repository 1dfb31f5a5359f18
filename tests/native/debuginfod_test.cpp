// Debug files from a server: one on this machine that the test starts.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "native/debug_files.h"
#include "osprey/base/unique_fd.h"

namespace osprey {
namespace {

using Lines = std::vector<std::string>;

// debug_server.py; ends with this.
class Server {
 public:
  explicit Server(std::vector<std::string> arguments) {
    int input[2], output[2];
    EXPECT_EQ(pipe2(input, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(output, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], STDIN_FILENO);
      dup2(output[1], STDOUT_FILENO);
      arguments.insert(arguments.begin(), {PYTHON, DEBUG_SERVER});
      std::vector<char*> words;
      for (std::string& word : arguments) words.push_back(word.data());
      words.push_back(nullptr);
      execv(words[0], words.data());
      _exit(127);
    }
    const UniqueFd reading(output[0]);
    UniqueFd(input[0]).Reset();
    UniqueFd(output[1]).Reset();
    input_.Reset(input[1]);
    char c = 0;
    while (read(reading.get(), &c, 1) == 1 && c != '\n') port_ += c;
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    input_.Reset();
    waitpid(pid_, nullptr, 0);
  }
  std::string url() const { return "http://127.0.0.1:" + port_; }

 private:
  pid_t pid_ = 0;
  UniqueFd input_;
  std::string port_;
};

class Debuginfod : public DebugFiles {
 protected:
  Debuginfod() {
    setenv("DEBUGINFOD_CACHE_PATH", Path("downloads").c_str(), 1);
    setenv("no_proxy", "127.0.0.1", 1);
  }
  ~Debuginfod() override {
    unsetenv("DEBUGINFOD_URLS");
    unsetenv("DEBUGINFOD_TIMEOUT");
  }
  std::string Log() const {
    std::ostringstream text;
    text << std::ifstream(Path("log")).rdbuf();
    return text.str();
  }

  const std::string full_ = Copy(SYMBOLS_MODULE, "full.so");
  const FileAddress hidden_ = AddressOf(full_, "_Z6HiddenPVi");
  const std::string stripped_ = Stripped(full_, "stripped.so");
  const Lines unknown_ = {fmt::format("{:#x} 0", hidden_.value)};
};

TEST_F(Debuginfod, IsAskedWhenTheEnvironmentNamesIt) {
  const Server server({BuildId(full_), DebugOf(full_, "full.debug"), Path("log")});
  EXPECT_EQ(Names(stripped_, hidden_), unknown_);
  EXPECT_EQ(Log(), "");
  setenv("DEBUGINFOD_URLS", "", 1);
  EXPECT_EQ(Names(stripped_, hidden_), unknown_);
  EXPECT_EQ(Log(), "");
  setenv("DEBUGINFOD_URLS", server.url().c_str(), 1);
  EXPECT_EQ(Names(stripped_, hidden_), Lines{"Hidden(int volatile*) 21"});
  EXPECT_EQ(Log(), fmt::format("/buildid/{}/debuginfo\n", BuildId(full_)));
}

TEST_F(Debuginfod, IsNotAskedForWhatIsHere) {
  const Server server({BuildId(full_), DebugOf(full_, "full.debug"), Path("log")});
  setenv("DEBUGINFOD_URLS", server.url().c_str(), 1);
  Install(full_);
  EXPECT_EQ(Names(stripped_, hidden_), Lines{"Hidden(int volatile*) 21"});
  EXPECT_EQ(Log(), "");
}

TEST_F(Debuginfod, ThatIsNotThereIsNoHindrance) {
  setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1", 1);
  EXPECT_EQ(Names(stripped_, hidden_), unknown_);
}

TEST_F(Debuginfod, ThatDoesNotAnswerIsGivenUpForAllFiles) {
  const Server server({"--silent", Path("log")});
  setenv("DEBUGINFOD_URLS", server.url().c_str(), 1);
  setenv("DEBUGINFOD_TIMEOUT", "1", 1);
  StackTable stacks;
  NativeModules modules(stacks);
  FrameId frame;
  for (int i = 0; i < 8; ++i) {
    // The build ID is a note that can be written over.
    const std::string copy = Path(fmt::format("{}.so", i)), id = Path("id");
    Run({"objcopy", "--dump-section", ".note.gnu.build-id=" + id, stripped_, copy});
    std::fstream(id, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(16)
        .put(static_cast<char>(i));
    Run({"objcopy", "--update-section", ".note.gnu.build-id=" + id, stripped_, copy});
    frame = modules.Frame(modules.Add({copy, BuildId(copy), 0, 0, {}}), hidden_);
  }
  NamingOptions options = Options(true);
  options.threads = 2;
  const auto start = std::chrono::steady_clock::now();
  const NativeNames names = Symbolize(modules, options);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(8));
  EXPECT_EQ(names.unresolved(), 8U);
  EXPECT_FALSE(Log().empty());
  // That there is no debug file is not known, and not kept.
  EXPECT_FALSE(std::filesystem::exists(Path("cache/symbols")));
}

}  // namespace
}  // namespace osprey
