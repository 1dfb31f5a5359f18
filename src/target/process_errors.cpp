#include "target/process_errors.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>

namespace osprey {

Error NoSuchProcess(pid_t pid) {
  return Error{ErrorCode::kNoSuchProcess, 0, Address{}, fmt::format("no such process {}", pid)};
}

Error NoSuchThread(pid_t pid, pid_t tid) {
  return Error{ErrorCode::kNoSuchProcess, 0, Address{},
               fmt::format("no such thread {} of process {}", tid, pid)};
}

Error HasEnded(pid_t pid) {
  return Error{ErrorCode::kNoSuchProcess, 0, Address{},
               fmt::format("process {} has ended and only waits for its parent to notice", pid)};
}

Error NotPermitted(std::string_view verb, pid_t pid, std::string_view owner) {
  if (::geteuid() == 0) {
    return Error{ErrorCode::kNotPermitted, 0, Address{},
                 fmt::format("not permitted to {} process {}, though osprey runs as root: a "
                             "container may lack CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE), "
                             "or ptrace_scope 3 or a security module forbids it",
                             verb, pid)};
  }
  return Error{ErrorCode::kNotPermitted, 0, Address{},
               fmt::format("not permitted to {} process {}: it belongs to {}; run osprey as "
                           "root, or as its owner with ptrace_scope 0 or 1 (see osprey doctor -p "
                           "{})",
                           verb, pid, owner, pid)};
}

std::string UserName(uid_t user) {
  std::array<char, 16384> buffer;  // a passwd line with a long list of fields
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return fmt::format("user {}", user);
}

}  // namespace osprey
