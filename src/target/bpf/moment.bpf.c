// Runs in the kernel when a perf event of a thread is due, while that thread is interrupted: copies
// its user registers, its stack and the frames that its head leads to. It only reads.
#include <asm/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include "moment_record.h"

char dual_license[] SEC("license") = "Dual MIT/GPL";

// What is read here of the kernel's own structures; where they have it is found out when the
// program is loaded.
struct mm_struct {
  unsigned long start_stack;
} __attribute__((preserve_access_index));
struct thread_struct {
  unsigned long fsbase;
} __attribute__((preserve_access_index));
struct task_struct {
  struct mm_struct* mm;
  struct thread_struct thread;
} __attribute__((preserve_access_index));

// Filled in before the program is loaded.
const volatile struct MomentLayout layout;

__u64 lost;  // for which there was no room

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);  // the thread's id in our namespace
  __type(value, struct MomentPlan);
} plans SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 21);  // or more: one for each processor
} moments SEC(".maps");

// The page behind the one where the stack of the thread begins, as far as can be known: the first
// thread's where the kernel has put it, those of others below what is theirs alone (struct pthread
// of glibc and of musl). Code may have switched to quite another stack.
static __always_inline __u64 stack_end(struct task_struct* task, int is_first) {
  const __u64 begin =
      is_first ? BPF_CORE_READ(task, mm, start_stack) : BPF_CORE_READ(task, thread.fsbase);
  return begin == 0 ? 0 : (begin & ~(__u64)(kMomentPage - 1)) + kMomentPage;
}

// Copies all of it. Where that is too much, copies both ends: what runs may have large variables,
// and the callers that led there have small ones. Pages that nobody has used yet may lie between
// those that are in use.
static __always_inline void copy_stack(struct MomentRecord* record, __u64 end) {
  const __u64 start = record->registers[19] & ~(__u64)(kMomentPage - 1);  // rsp
  const int is_known = start < end && end - start <= kMomentDeepest;
  const int is_deep = is_known && end - start > kMomentPages * kMomentPage;
  const __u64 far = end - (kMomentPages - kMomentNear) * kMomentPage;
  record->stack_start = start;
  record->far_start = is_deep ? far : 0;
  for (__u32 i = 0; i < kMomentPages; ++i) {
    const __u64 page = is_deep && i >= kMomentNear ? far + (i - kMomentNear) * kMomentPage
                                                   : start + i * kMomentPage;
    if (is_known && page >= end) break;
    if (bpf_probe_read_user(record->stack + i * kMomentPage, kMomentPage, (const void*)page) == 0) {
      record->pages |= 1U << i;
    } else if (!is_known) {
      break;
    }
  }
}

static __always_inline __u64 word_at(const void* address) {
  __u64 word = 0;
  bpf_probe_read_user(&word, sizeof word, address);
  return word;
}

static __always_inline void copy_chunks(struct MomentRecord* record, __u64 chunk) {
  for (__u32 i = 0; i < kMomentChunks && chunk != 0; ++i) {
    record->chunk[i].address = chunk;
    if (bpf_probe_read_user(record->chunk[i].bytes, kMomentChunkBytes, (const void*)chunk) != 0) {
      break;
    }
    record->chunks = i + 1;
    chunk = *(const __u64*)record->chunk[i].bytes;
  }
}

static __always_inline void copy_frames(struct MomentRecord* record, __u64 frame) {
  const __u32 size = layout.frame_bytes;
  const __u32 previous = layout.previous;
  if (size > kMomentFrameBytes || previous > kMomentFrameBytes - 8) return;
  for (__u32 i = 0; i < kMomentFrames && frame != 0; ++i) {
    record->frame[i].address = frame;
    if (bpf_probe_read_user(record->frame[i].bytes, size, (const void*)frame) != 0) break;
    record->frames = i + 1;
    frame = word_at((const void*)(frame + previous));
  }
  record->is_cut = frame != 0;
}

static __always_inline void copy_head(struct MomentRecord* record) {
  const __u64 head = record->plan.head;
  const __u32 size = layout.head_bytes;
  if (size > kMomentHeadBytes || bpf_probe_read_user(record->head, size, (const void*)head) != 0) {
    return;
  }
  record->has_head = 1;
  if (record->plan.word != 0) record->word = word_at((const void*)record->plan.word);
  copy_chunks(record, word_at((const void*)(head + layout.chunk)));
  __u64 top = word_at((const void*)(head + layout.top));
  if (layout.has_via && top != 0) {
    record->via.address = top;
    bpf_probe_read_user(record->via.bytes, kMomentChunkBytes, (const void*)top);
    top = word_at((const void*)(top + layout.via_top));
  }
  copy_frames(record, top);
}

SEC("perf_event")
int on_period(struct bpf_perf_event_data* context) {
  struct bpf_pidns_info ids = {};
  if (bpf_get_ns_current_pid_tgid(layout.pid_namespace_device, layout.pid_namespace_inode, &ids,
                                  sizeof ids) != 0) {
    return 0;
  }
  const __u32 tid = ids.pid;
  const struct MomentPlan* plan = bpf_map_lookup_elem(&plans, &tid);
  struct MomentRecord* record = bpf_ringbuf_reserve(&moments, sizeof *record, 0);
  if (record == NULL) {
    __sync_fetch_and_add(&lost, 1);
    return 0;
  }
  record->time = bpf_ktime_get_ns();
  record->pid = ids.tgid;
  record->tid = tid;
  record->in_kernel = (context->regs.cs & 3) == 0;
  record->pages = 0;
  record->frames = 0;
  record->chunks = 0;
  record->has_head = 0;
  record->is_cut = 0;
  record->is_watched = plan != NULL;
  record->plan.head = plan != NULL ? plan->head : 0;
  record->plan.word = plan != NULL ? plan->word : 0;
  record->word = 0;
  record->via.address = 0;
  // Those that the thread had when it entered the kernel, by the interrupt or before it.
  struct task_struct* task = bpf_get_current_task_btf();
  const void* registers = (const void*)bpf_task_pt_regs(task);
  bpf_probe_read_kernel(record->registers, sizeof record->registers, registers);
  copy_stack(record, stack_end(task, ids.pid == ids.tgid));
  if (plan != NULL) copy_head(record);
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}
