#include "code_origin.h"

#include <algorithm>
#include <cctype>

namespace osprey {
namespace {

// The place behind the last "/site-packages/" or "/dist-packages/"; 0 if there is none.
std::size_t PackagesEnd(std::string_view file) {
  std::size_t end = 0;
  for (const std::string_view directory : {"/site-packages/", "/dist-packages/"}) {
    const std::size_t at = file.rfind(directory);
    if (at != std::string_view::npos) end = std::max(end, at + directory.size());
  }
  return end;
}

// The place behind "/lib/python3.11/", "/lib64/python3.13t/" or "/python311.zip/"; 0 if none.
std::size_t StdlibEnd(std::string_view file) {
  constexpr std::string_view kPython = "/python";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = file.find(kPython); at != std::string_view::npos;
       at = file.find(kPython, at + 1)) {
    std::size_t end = at + kPython.size();
    const std::size_t digits = end;
    while (end < file.size() && (is_digit(file[end]) || file[end] == '.')) ++end;
    if (end == digits) continue;
    const std::string_view before = file.substr(0, at);
    const std::string_view version = file.substr(digits, end - digits);
    const bool in_lib = before.ends_with("/lib") || before.ends_with("/lib64");
    if (in_lib && end < file.size() && file[end] == 't') ++end;  // the free-threaded build
    if (in_lib && version.find('.') != std::string_view::npos &&
        file.substr(end).starts_with("/")) {
      return end + 1;
    }
    if (version.ends_with('.') && file.substr(end).starts_with("zip/")) return end + 4;
  }
  return 0;
}

}  // namespace

std::string_view NameOf(CodeOrigin origin) {
  switch (origin) {
    case CodeOrigin::kOwn:
      return "own code";
    case CodeOrigin::kStdlib:
      return "standard library";
    case CodeOrigin::kThirdParty:
      return "packages";
    case CodeOrigin::kNative:
      return "native";
    case CodeOrigin::kRoot:
      return "roots and markers";
    case CodeOrigin::kTask:
      return "tasks";
  }
  return "";
}

CodeOrigin OriginOf(FrameKind kind, std::string_view file, std::string_view own_root) {
  if (kind == FrameKind::kNative) return CodeOrigin::kNative;
  if (kind == FrameKind::kTask) return CodeOrigin::kTask;
  if (kind != FrameKind::kPython) return CodeOrigin::kRoot;
  if (file.starts_with("<frozen ")) return CodeOrigin::kStdlib;
  // Below the user's own directory "python3.11" may be the name of anything but an environment.
  std::string_view inside = file;
  if (!own_root.empty() && file.starts_with(own_root)) {
    inside = file.substr(own_root.size() - (own_root.ends_with('/') ? 1 : 0));
    if (!inside.starts_with('/')) inside = file;
  }
  if (PackagesEnd(inside) != 0) return CodeOrigin::kThirdParty;
  if (StdlibEnd(inside) != 0) return CodeOrigin::kStdlib;
  return CodeOrigin::kOwn;
}

std::size_t LibraryRootLength(std::string_view file) {
  if (const std::size_t packages = PackagesEnd(file); packages != 0) return packages;
  return StdlibEnd(file);
}

}  // namespace osprey
