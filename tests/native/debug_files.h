// A folder of a test's own for files with and without debug information, and the means to make
// them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "osprey/native/symbolizer.h"

namespace osprey {

// Each test gets its debug files from this folder alone, and from no server.
class DebugFiles : public testing::Test {
 protected:
  DebugFiles();
  ~DebugFiles() override;

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }
  std::string Copy(const std::string& file, std::string_view name) const;
  // Runs a program of binutils or the like, which must succeed.
  static void Run(std::initializer_list<std::string> words);
  // A copy without symbols other than the dynamic ones.
  std::string Stripped(const std::string& file, std::string_view name) const;
  // What was stripped from it.
  std::string DebugOf(const std::string& file, std::string_view name) const;
  // Puts that where it is found by build ID.
  void Install(const std::string& file) const;
  static std::string BuildId(const std::string& file);
  static FileAddress AddressOf(const std::string& file, const char* symbol);

  NamingOptions Options(bool with_cache = false) const;
  // The frames at the address in that file, as "function line[ inlined]", outermost first.
  // With `root`, as that of a program with that root.
  std::vector<std::string> Names(const std::string& file, FileAddress address,
                                 const NamingOptions& options,
                                 std::shared_ptr<const TargetRoot> root = nullptr) const;
  std::vector<std::string> Names(const std::string& file, FileAddress address) const {
    return Names(file, address, Options());
  }

  std::filesystem::path folder_;
};

}  // namespace osprey
