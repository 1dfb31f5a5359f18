// Does a list of tasks by several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace osprey {

// Calls work(i) for every i below `count`, each once, the smaller ones first, by at most `threads`
// threads, this one among them. Returns when all is done. `work` must not throw.
template <typename Work>
void InParallel(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(count, threads); ++i) {
    try {
      others.emplace_back(run);
    } catch (const std::system_error&) {
      break;  // no more threads may be made: those that are there do it all
    }
  }
  run();
}

}  // namespace osprey
