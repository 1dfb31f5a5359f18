// What the kernel copies of a thread in one moment, as moment.bpf.c writes it and
// moment_samples.cpp reads it: plain C, for both.
#pragma once

#include <linux/types.h>

enum {
  OSPREY_MOMENT_FRAMES = 256,
  OSPREY_MOMENT_FRAME_BYTES = 96,
  OSPREY_MOMENT_CHUNKS = 8,
  OSPREY_MOMENT_CHUNK_BYTES = 24,
  OSPREY_MOMENT_HEAD_BYTES = 512,
  OSPREY_MOMENT_PAGE = 4096,
  OSPREY_MOMENT_PAGES = 16,
  OSPREY_MOMENT_REGISTERS = 21,  // struct pt_regs
};

// LinkedFrames, for all threads of a process. Offsets are at most 504 in a head, 88 in a frame.
struct moment_layout {
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
struct moment_plan {
  __u64 head;
  __u64 word;  // the address of eight bytes to be copied as well, or 0
};

struct moment_part24 {
  __u64 address;
  __u8 bytes[OSPREY_MOMENT_CHUNK_BYTES];
};

struct moment_frame {
  __u64 address;
  __u8 bytes[OSPREY_MOMENT_FRAME_BYTES];
};

struct moment_record {
  __u64 time;  // of CLOCK_MONOTONIC
  __u32 pid, tid;
  __u32 in_kernel, is_watched;  // whether it has a plan
  __u32 pages, reserved;        // of the stack that were copied
  __u32 frames, chunks;
  __u32 has_head, is_cut;  // there are more frames than are copied, or one cannot be read
  struct moment_plan plan;
  __u64 word;
  __u64 stack_start;  // of the first page
  __u64 registers[OSPREY_MOMENT_REGISTERS];
  struct moment_part24 via;  // address 0: none
  struct moment_part24 chunk[OSPREY_MOMENT_CHUNKS];
  __u8 head[OSPREY_MOMENT_HEAD_BYTES];
  struct moment_frame frame[OSPREY_MOMENT_FRAMES];
  __u8 stack[OSPREY_MOMENT_PAGES * OSPREY_MOMENT_PAGE];
};
