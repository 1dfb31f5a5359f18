#include "python/runtime_anchor.h"

#include <array>
#include <cstring>
#include <vector>

namespace osprey {
namespace {

// interp_head is static (Python/pystate.c of 3.6), so that a stripped file does not name it, but
// PyInterpreterState_Head is exported and does nothing but return it: on x86-64
//   [endbr64]  mov interp_head(%rip), %rax  ret
std::optional<FileAddress> DecodeInterpreterHead(const ElfFile& file) {
  constexpr std::array<std::uint8_t, 4> kEndbr64 = {0xF3, 0x0F, 0x1E, 0xFA};
  constexpr std::array<std::uint8_t, 3> kMov = {0x48, 0x8B, 0x05};
  constexpr std::uint8_t kRet = 0xC3;
  const auto function = file.FindSymbol("PyInterpreterState_Head");
  if (!function) return std::nullopt;
  const auto code = file.ReadLoaded(function->address, kEndbr64.size() + 8);
  if (!code) return std::nullopt;
  std::size_t at = 0;
  if (std::memcmp(code->data(), kEndbr64.data(), kEndbr64.size()) == 0) at += kEndbr64.size();
  if (std::memcmp(code->data() + at, kMov.data(), kMov.size()) != 0) return std::nullopt;
  std::int32_t displacement = 0;
  std::memcpy(&displacement, code->data() + at + kMov.size(), sizeof displacement);
  at += kMov.size() + sizeof displacement;
  if (std::to_integer<std::uint8_t>((*code)[at]) != kRet) return std::nullopt;
  return FileAddress{function->address.value + at + static_cast<std::uint64_t>(displacement)};
}

}  // namespace

std::optional<RuntimeAnchor> FindRuntimeAnchor(const ElfFile& file, std::uint64_t load_bias) {
  const auto in_process = [load_bias](FileAddress at) { return Address(at.value + load_bias); };
  if (const auto symbol = file.FindSymbol("_PyRuntime")) {
    return RuntimeAnchor{in_process(symbol->address), Address{}, "symbol"};
  }
  if (const auto section = file.FindSection(".PyRuntime")) {
    return RuntimeAnchor{in_process(section->address), Address{}, "section"};
  }
  const auto current = file.FindSymbol("_PyThreadState_Current");
  if (!current) return std::nullopt;
  if (const auto head = file.FindSymbol("interp_head")) {
    return RuntimeAnchor{in_process(head->address), in_process(current->address), "symbol"};
  }
  const auto head = DecodeInterpreterHead(file);
  if (!head) return std::nullopt;
  return RuntimeAnchor{in_process(*head), in_process(current->address), "code"};
}

}  // namespace osprey
