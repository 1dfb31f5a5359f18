// Real processes for the tests: forked children in known states, ended with the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "osprey/base/unique_fd.h"

namespace osprey {

// A child of this test, killed and reaped at the end of its scope.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() { Reap(); }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Kills it and waits until it is a zombie, not yet reaped.
  void Kill();
  // Kills it and reaps it: its pid is free.
  void Reap();

 private:
  pid_t pid_;
};

// Forks a child that runs `body` and exits when that returns.
Child Fork(const std::function<void()>& body);
// Forks a child that does nothing for ever.
Child ForkIdle();
// Forks a child that executes `sleep 1000` as soon as it can read a byte from `go`.
Child ForkThatExecutes(int go);
// Forks a child that does nothing for ever with `root` as its root directory, and waits until it
// has that.
Child ForkInRoot(const std::filesystem::path& root);
// Runs `body` in a child with no rights at all (user 65534 when we are root) and gives its answer.
std::string AskWithoutRights(const std::function<std::string()>& body);

// A pipe that closes with its scope.
struct Pipe {
  Pipe();
  UniqueFd read_end;
  UniqueFd write_end;
};

// Asks until `condition` holds; false when it did not within 20 seconds.
bool WaitUntil(const std::function<bool()>& condition);

// A directory of its own that goes with its scope.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace osprey
