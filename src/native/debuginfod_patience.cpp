#include "native/debuginfod_patience.h"

#include <dlfcn.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace osprey {
namespace {

// Of libdebuginfod, which libdw loads when it is installed (elfutils/debuginfod.h).
using Client = debuginfod_client;
using ProgressFunction = int (*)(Client*, long, long);
using SetProgressFunction = void (*)(Client*, ProgressFunction);
using SetUserData = void (*)(Client*, void*);
using GetUserData = void* (*)(Client*);

struct Library {
  SetProgressFunction set_progress = nullptr;
  SetUserData set_data = nullptr;
  GetUserData get_data = nullptr;
};

template <typename Function>
void Find(void* handle, const char* name, Function& function) {
  void* symbol = handle == nullptr ? nullptr : ::dlsym(handle, name);
  static_assert(sizeof symbol == sizeof function);
  std::memcpy(&function, &symbol, sizeof symbol);
}

const Library& TheLibrary() {
  static const Library kLibrary = [] {
    Library found;
    // Never closed: libdw does not do so either.
    void* handle = ::dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_NOLOAD);
    Find(handle, "debuginfod_set_progressfn", found.set_progress);
    Find(handle, "debuginfod_set_user_data", found.set_data);
    Find(handle, "debuginfod_get_user_data", found.get_data);
    return found;
  }();
  return kLibrary;
}

// What one thread's queries have come to: it makes one after the other.
struct Query {
  long received = -1;
  TimePoint since;
};
thread_local Query query;

// Called about once a second while a file is waited for; other than 0 ends that.
int OnProgress(Client* client, long received, long /*total*/) {
  auto* patience = static_cast<DebuginfodPatience*>(TheLibrary().get_data(client));
  if (patience->HasGivenUp()) return 1;
  const TimePoint now = Clock::now();
  // Until a server has answered, `received` is the number of these calls, which come each second.
  constexpr long kSomething = 1024;
  const bool is_new = query.received < 0 || received < query.received;
  if (is_new || received - query.received >= kSomething) {
    query = {received, now};
  } else if (now - query.since > patience->patience()) {
    patience->GiveUp();
    return 1;
  }
  return 0;
}

}  // namespace

DebuginfodPatience::DebuginfodPatience(const std::atomic<bool>* stop)
    : stop_(stop), patience_(kPatience) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
  if (const char* text = std::getenv("DEBUGINFOD_TIMEOUT")) {
    int seconds = 0;
    std::from_chars(text, text + std::strlen(text), seconds);
    if (seconds > 0) patience_ = std::chrono::seconds(seconds);
  }
}

void DebuginfodPatience::Watch(Dwfl* dwfl) {
  const char* servers = std::getenv("DEBUGINFOD_URLS");  // NOLINT(concurrency-mt-unsafe): as above
  if (servers == nullptr || *servers == 0) return;
  Client* client = dwfl_get_debuginfod_client(dwfl);
  const Library& library = TheLibrary();
  if (client == nullptr || library.set_progress == nullptr || library.set_data == nullptr ||
      library.get_data == nullptr) {
    return;
  }
  query = {};
  library.set_data(client, this);
  library.set_progress(client, OnProgress);
}

}  // namespace osprey
