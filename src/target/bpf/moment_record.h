// What the kernel copies of a thread in one moment, as moment.bpf.c writes it and
// moment_samples.cpp reads it: plain C, for both.
#pragma once

#include <linux/types.h>

enum {
  kMomentFrames = 256,
  kMomentFrameBytes = 96,
  kMomentChunks = 8,
  kMomentChunkBytes = 24,
  kMomentHeadBytes = 512,
  kMomentPage = 4096,
  kMomentPages = 32,
  kMomentNear = 16,           // of those, where the stack is deeper: from the stack pointer on
  kMomentDeepest = 64 << 20,  // what lies further away is no part of it
  kMomentRegisters = 21,      // struct pt_regs
};

// LinkedFrames, for all threads of a process. Offsets are at most 504 in a head, 88 in a frame.
struct MomentLayout {
  __u64 pid_namespace_device, pid_namespace_inode;  // of /proc/self/ns/pid
  __u32 head_bytes, frame_bytes;
  __u32 top;       // in the head: the address of the top frame
  __u32 has_via;   // or of a structure that has it
  __u32 via_top;   // there
  __u32 previous;  // in a frame: the address of the next
  __u32 chunk;  // in the head: the address of the newest chunk, which begins with that of the next
  __u32 reserved;
};

// Of one thread.
struct MomentPlan {
  __u64 head;
  __u64 word;  // the address of eight bytes to be copied as well, or 0
};

struct MomentPart {
  __u64 address;
  __u8 bytes[kMomentChunkBytes];
};

struct MomentFrame {
  __u64 address;
  __u8 bytes[kMomentFrameBytes];
};

struct MomentRecord {
  __u64 time;  // of CLOCK_MONOTONIC
  __u32 pid, tid;
  __u32 in_kernel, is_watched;  // whether it has a plan
  __u32 pages, reserved;        // which of the stack were copied, a bit each
  __u32 frames, chunks;
  __u32 has_head, is_cut;  // there are more frames than are copied, or one cannot be read
  struct MomentPlan plan;
  __u64 word;
  __u64 stack_start;  // where page 0 lies
  __u64 far_start;    // and page kMomentNear, where that does not follow; or 0
  __u64 registers[kMomentRegisters];
  struct MomentPart via;  // address 0: none
  struct MomentPart chunk[kMomentChunks];
  __u8 head[kMomentHeadBytes];
  struct MomentFrame frame[kMomentFrames];
  __u8 stack[kMomentPages * kMomentPage];
};
