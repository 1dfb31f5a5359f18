#include "osprey/sampler/kernel_threads.h"

#include "osprey/target/system_call_name.h"

namespace osprey {

std::vector<KernelThread> LookAtThreads(const LiveTarget& target) {
  std::vector<KernelThread> threads;
  for (const LiveTarget::Thread& thread : target.Threads()) {
    auto facts = ReadThreadFacts(target.pid(), thread.tid);
    if (!facts) continue;  // it has ended meanwhile
    threads.push_back({std::move(*facts), thread.inside});
  }
  return threads;
}

std::vector<pid_t> DropOutdated(const LiveTarget& target, std::vector<KernelThread>& threads) {
  std::vector<pid_t> outdated;
  for (KernelThread& thread : threads) {
    const auto reader = ThreadActivityReader::Open(target.pid(), thread.facts.tid);
    if (!reader) continue;
    const auto now = reader->Read();
    ThreadActivity& then = thread.facts.activity;
    if (!now || then.on_cpu) continue;
    if (now->system_call == then.system_call && now->first_argument == then.first_argument)
      continue;
    then = ThreadActivity{};
    then.on_cpu = true;
    thread.facts.asleep_for.reset();
    thread.facts.system_call.clear();
    outdated.push_back(thread.facts.tid);
  }
  return outdated;
}

std::vector<KernelThread> ThreadsOfCore(const CoreTarget& target) {
  std::vector<KernelThread> threads;
  for (const CoreThread& core : target.threads()) {
    KernelThread& thread = threads.emplace_back();
    thread.facts.tid = thread.inside_tid = core.tid;
    thread.facts.activity = core.activity;
    thread.facts.system_call = SystemCallName(target.machine(), core.activity.system_call);
  }
  if (target.signal() && !threads.empty()) threads.front().took_signal = true;
  return threads;
}

}  // namespace osprey
