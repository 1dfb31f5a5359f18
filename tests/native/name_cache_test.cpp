#include "osprey/native/name_cache.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "native/debug_files.h"

namespace osprey {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

constexpr const char* kId = "0123456789abcdef";

class CachesOfNames : public DebugFiles {
 protected:
  NameCache cache_{Path("cache/symbols")};
  const std::string file_ = Path("cache/symbols/") + kId;

  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }
  std::size_t Files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(Path("cache/symbols")), fs::directory_iterator()));
  }
};

TEST_F(CachesOfNames, GiveBackWhatWasStored) {
  EXPECT_FALSE(cache_.Load(kId));
  ASSERT_TRUE(cache_.Store(kId, "first"));
  ASSERT_TRUE(cache_.Store(kId, "second"));
  EXPECT_EQ(cache_.Load(kId), "second");
  EXPECT_EQ(Files(), 1U);
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(CachesOfNames, TakeNothingButBuildIdsForNames) {
  for (const char* bad : {"", "abc", "../../../x", "0123456789abcdeg", "ABCDEF0123456789"}) {
    EXPECT_FALSE(cache_.Store(bad, "names")) << bad;
    EXPECT_FALSE(cache_.Load(bad)) << bad;
  }
  EXPECT_FALSE(cache_.Store(std::string(200, 'a'), "names"));
}

TEST_F(CachesOfNames, ReadNothingButFiles) {
  Write(Path("other"), "names");
  fs::create_directories(Path("cache/symbols"));
  fs::create_symlink(Path("other"), file_);
  EXPECT_FALSE(cache_.Load(kId));
  ASSERT_TRUE(cache_.Store(kId, "mine"));  // in the link's place
  EXPECT_EQ(cache_.Load(kId), "mine");
  fs::remove(file_);
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_FALSE(cache_.Load(kId));
  fs::remove(file_);
  fs::create_directory(file_);
  EXPECT_FALSE(cache_.Load(kId));
  EXPECT_FALSE(cache_.Store(kId, "mine"));
  EXPECT_EQ(Files(), 1U);  // nothing is left of what could not be stored
  fs::remove(file_);
  Write(file_, "");
  fs::resize_file(file_, NameCache::kMaxFile + 1);
  EXPECT_FALSE(cache_.Load(kId));
}

TEST_F(CachesOfNames, SayWhenTheyCannotBeWritten) {
  Write(Path("cache"), "a file where the folder should be");
  const auto stored = cache_.Store(kId, "names");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::kIo);
  cache_.Trim();
}

TEST_F(CachesOfNames, KeepWhatTheyHadWhenThereIsNoRoomForMore) {
  ASSERT_TRUE(cache_.Store(kId, "first"));
  // A limit of the file's size ends a write in its midst as a full disk does.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto stored = cache_.Store(kId, std::string(20000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::kIo);
  EXPECT_EQ(cache_.Load(kId), "first");
  EXPECT_EQ(Files(), 1U);
}

TEST_F(CachesOfNames, EvictWhatWasNotUsedForLongest) {
  const NameCache small(Path("cache/symbols"), 2500);
  for (int i = 0; i < 4; ++i) {
    const std::string id = fmt::format("00000000000{}", i);
    ASSERT_TRUE(small.Store(id, std::string(1000, 'x')));
    fs::last_write_time(Path("cache/symbols/" + id),
                        fs::file_time_type::clock::now() - std::chrono::minutes(10 - i));
  }
  EXPECT_TRUE(small.Load("000000000000"));  // the oldest is used again
  Write(Path("cache/symbols/.new-1-1"), "left by somebody who was killed");
  fs::last_write_time(Path("cache/symbols/.new-1-1"),
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  Write(Path("cache/symbols/.new-1-2"), "being written");
  Write(Path("cache/symbols/README"), std::string(5000, 'x'));  // somebody else's
  small.Trim();
  EXPECT_TRUE(small.Load("000000000000"));
  EXPECT_FALSE(small.Load("000000000001"));
  EXPECT_FALSE(small.Load("000000000002"));
  EXPECT_TRUE(small.Load("000000000003"));
  EXPECT_FALSE(fs::exists(Path("cache/symbols/.new-1-1")));
  EXPECT_TRUE(fs::exists(Path("cache/symbols/.new-1-2")));
  EXPECT_TRUE(fs::exists(Path("cache/symbols/README")));
}

TEST_F(CachesOfNames, BearManyWritersAtOnce) {
  std::vector<std::jthread> writers;
  for (char c = 'a'; c < 'e'; ++c) {
    writers.emplace_back([this, c] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(cache_.Store(kId, std::string(20000, c)));
    });
  }
  for (int i = 0; i < 100; ++i) {
    const auto bytes = cache_.Load(kId);
    EXPECT_TRUE(!bytes || *bytes == std::string(20000, bytes->front()));
  }
  writers.clear();
  EXPECT_EQ(Files(), 1U);
}

TEST_F(CachesOfNames, AreWhereTheEnvironmentSays) {
  const auto set = [](const char* name, const char* value) { setenv(name, value, 1); };
  const char* home = std::getenv("HOME");
  const std::string before = home != nullptr ? home : "";
  set("XDG_CACHE_HOME", "/var/cache/me");
  set("HOME", "/home/me");
  EXPECT_EQ(NameCache::DefaultDirectory(), "/var/cache/me/osprey/symbols");
  set("XDG_CACHE_HOME", "relative");
  EXPECT_EQ(NameCache::DefaultDirectory(), "/home/me/.cache/osprey/symbols");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(NameCache::DefaultDirectory(), "/home/me/.cache/osprey/symbols");
  set("HOME", "");
  EXPECT_EQ(NameCache::DefaultDirectory(), "");
  set("HOME", before.c_str());
}

class CachedNaming : public CachesOfNames {
 protected:
  const std::string full_ = Copy(SYMBOLS_MODULE, "full.so");
  const FileAddress hidden_ = AddressOf(full_, "_Z6HiddenPVi");
  const FileAddress plain_ = AddressOf(full_, "osprey_plain");
  const std::string cached_ = Path("cache/symbols/") + BuildId(full_);
  const Lines known_ = {"Hidden(int volatile*) 21"};

  Lines Cached(const std::string& file, FileAddress address) const {
    return Names(file, address, Options(true));
  }
  std::string Bytes() const { return cache_.Load(BuildId(full_)).value_or(""); }
};

TEST_F(CachedNaming, IsOfTheFirstRunInTheSecond) {
  EXPECT_EQ(Cached(full_, hidden_), known_);
  const std::string first = Bytes();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(Cached(full_, hidden_), known_);
  EXPECT_EQ(Cached(full_, plain_), Lines{"osprey_plain 11"});  // added to what is there
  EXPECT_GT(Bytes().size(), first.size());
  // The file itself is not asked any more.
  const std::string id = BuildId(full_);
  StackTable stacks;
  NativeModules modules(stacks);
  const ModuleId gone = modules.Add({"/gone.so", id, 0, 0, {}});
  const FrameId hidden = modules.Frame(gone, hidden_), plain = modules.Frame(gone, plain_);
  const NativeNames names = Symbolize(modules, Options(true));
  EXPECT_EQ(names.unresolved(), 0U);
  EXPECT_EQ(names.Find(hidden)->frames[0].function, "Hidden(int volatile*)");
  EXPECT_EQ(names.Find(plain)->frames[0].function, "osprey_plain");
}

TEST_F(CachedNaming, SeesADebugFileThatWasInstalledSince) {
  const std::string stripped = Stripped(full_, "stripped.so");
  EXPECT_NE(Cached(stripped, hidden_), known_);
  EXPECT_NE(Cached(stripped, hidden_), known_);
  Install(full_);
  EXPECT_EQ(Cached(stripped, hidden_), known_);
  fs::remove_all(Path(".build-id"));
  EXPECT_EQ(Cached(stripped, hidden_), known_);  // what was found once is still true
}

TEST_F(CachedNaming, SeesThatAnotherCopyHasMoreSymbols) {
  const std::string stripped = Stripped(full_, "stripped.so"), bare = Path("bare.so");
  Run({"objcopy", "--strip-debug", full_, bare});
  EXPECT_EQ(Cached(stripped, hidden_), Lines{fmt::format("{:#x} 0", hidden_.value)});
  EXPECT_EQ(Cached(bare, hidden_), Lines{"Hidden(int volatile*) 0"});
  EXPECT_EQ(Cached(full_, hidden_), known_);
  EXPECT_EQ(Cached(stripped, hidden_), known_);
}

TEST_F(CachedNaming, WritesDamagedFilesAnew) {
  EXPECT_EQ(Cached(full_, hidden_), known_);
  const std::string good = Bytes();
  for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2),
                                 std::string(good.size(), '\0'), std::string("text\n")}) {
    Write(cached_, bad);
    EXPECT_EQ(Cached(full_, hidden_), known_);
    EXPECT_EQ(Bytes(), good);
  }
}

TEST_F(CachedNaming, NeedsNoCache) {
  Write(Path("cache"), "a file where the folder should be");
  StackTable stacks;
  NativeModules modules(stacks);
  const FrameId frame = modules.Frame(modules.Add({full_, BuildId(full_), 0, 0, {}}), hidden_);
  const NativeNames names = Symbolize(modules, Options(true));
  EXPECT_EQ(names.Find(frame)->frames[0].function, "Hidden(int volatile*)");
  EXPECT_THAT(names.cache_error(), testing::HasSubstr("cannot write"));
}

}  // namespace
}  // namespace osprey
