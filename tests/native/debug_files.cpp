#include "native/debug_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace osprey {

namespace fs = std::filesystem;

DebugFiles::DebugFiles() {
  unsetenv("DEBUGINFOD_URLS");
  std::string pattern = (fs::canonical(testing::TempDir()) / "debug-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
}

DebugFiles::~DebugFiles() {
  std::error_code error;
  fs::permissions(folder_, fs::perms::owner_all, error);
  fs::remove_all(folder_, error);
}

std::string DebugFiles::Copy(const std::string& file, std::string_view name) const {
  fs::create_directories(fs::path(Path(name)).parent_path());
  fs::copy_file(file, Path(name), fs::copy_options::overwrite_existing);
  return Path(name);
}

void DebugFiles::Run(std::initializer_list<std::string> words) {
  std::vector<std::string> copies(words);
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << copies[0] << " fails";
}

std::string DebugFiles::Stripped(const std::string& file, std::string_view name) const {
  Run({"objcopy", "--strip-all", file, Path(name)});
  return Path(name);
}

std::string DebugFiles::DebugOf(const std::string& file, std::string_view name) const {
  fs::create_directories(fs::path(Path(name)).parent_path());
  Run({"objcopy", "--only-keep-debug", file, Path(name)});
  return Path(name);
}

void DebugFiles::Install(const std::string& file) const {
  const std::string id = BuildId(file);
  ASSERT_GT(id.size(), 2U);
  DebugOf(file, fmt::format(".build-id/{}/{}.debug", id.substr(0, 2), id.substr(2)));
}

std::string DebugFiles::BuildId(const std::string& file) {
  const auto elf = ElfFile::Open(file);
  return elf ? elf->BuildId() : "";
}

FileAddress DebugFiles::AddressOf(const std::string& file, const char* symbol) {
  const auto elf = ElfFile::Open(file);
  const auto found = elf ? elf->FindSymbol(symbol) : std::nullopt;
  EXPECT_TRUE(found) << symbol;
  return found ? found->address : FileAddress{};
}

NamingOptions DebugFiles::Options(bool with_cache) const {
  NamingOptions options;
  options.debug_path = ":.debug:" + folder_.string();
  if (with_cache) options.cache_directory = Path("cache/symbols");
  return options;
}

std::vector<std::string> DebugFiles::Names(const std::string& file, FileAddress address,
                                           const NamingOptions& options,
                                           std::shared_ptr<const TargetRoot> root) const {
  StackTable stacks;
  NativeModules modules(stacks);
  UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string path = root ? root->Inside(file) : file;
  const ModuleId module = modules.Add({path, BuildId(file), 0, 0, std::move(fd), std::move(root)});
  const FrameId frame = modules.Frame(module, address);
  const NativeNames names = Symbolize(modules, options);
  std::vector<std::string> lines;
  for (const SourceFrame& f : names.Find(frame)->frames) {
    lines.push_back(fmt::format("{} {}{}", f.function, f.line, f.is_inlined ? " inlined" : ""));
  }
  return lines;
}

}  // namespace osprey
