// A copy of a shared library, loaded into the test, that is gone with it.
#pragma once

#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "osprey/base/address.h"

namespace osprey {

class LoadedCopy {
 public:
  explicit LoadedCopy(const char* file) {
    static int number = 0;
    path_ = std::filesystem::canonical(testing::TempDir()) /
            fmt::format("{}-{}.so", getpid(), ++number);
    std::filesystem::copy_file(file, path_, std::filesystem::copy_options::overwrite_existing);
    handle_ = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle_, nullptr) << dlerror();
  }
  LoadedCopy(const LoadedCopy&) = delete;
  LoadedCopy& operator=(const LoadedCopy&) = delete;
  ~LoadedCopy() {
    if (handle_ != nullptr) dlclose(handle_);
    Delete();
  }

  void Delete() const { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  Address Symbol(const char* name) const {
    return Address(reinterpret_cast<std::uint64_t>(dlsym(handle_, name)));
  }

 private:
  std::string path_;
  void* handle_ = nullptr;
};

}  // namespace osprey
