// The call tree: its nodes in preorder, as the writer gave them, with what can be added up.
// Node 0 stands for all samples. No function here recurses: stacks may be 10,000 frames deep.
function makeModel(data) {
  const count = data.name.length + 1;
  const name = new Int32Array(count).fill(-1);
  const depth = new Int32Array(count);
  const parent = new Int32Array(count).fill(-1);
  const end = new Int32Array(count);
  const self = new Float64Array(count);
  const total = new Float64Array(count);
  const start = new Float64Array(count);

  self[0] = data.rootSelf;
  for (let i = 1; i < count; ++i) {
    name[i] = data.name[i - 1];
    self[i] = data.self[i - 1];
    let above = i - 1;
    for (let up = data.up[i - 1]; up > 0; --up) above = parent[above];
    parent[i] = above;
    depth[i] = depth[above] + 1;
  }
  for (let i = count - 1; i >= 0; --i) {
    total[i] += self[i];
    if (end[i] === 0) end[i] = i + 1;
    if (i > 0) {
      total[parent[i]] += total[i];
      end[parent[i]] = Math.max(end[parent[i]], end[i]);
    }
  }
  const next = new Float64Array(count);
  for (let i = 1; i < count; ++i) {
    start[i] = next[i] = next[parent[i]];
    next[parent[i]] += total[i];
  }

  return {
    count, name, depth, parent, end, self, total, start,
    label: (i) => (i === 0 ? 'all' : data.names[name[i]]),
    origin: (i) => (i === 0 ? 4 : Number(data.origins[name[i]])),
    shade: (i) => (i === 0 ? 1 : name[i] % 3),
    // From the root to the node, both included.
    path(i) {
      const path = [];
      for (; i >= 0; i = parent[i]) path.push(i);
      return path.reverse();
    },
    isBelow: (i, top) => i >= top && i < end[top],
    // Samples by whose code was the leaf.
    selfByOrigin() {
      const sums = data.originNames.map(() => 0);
      for (let i = 0; i < count; ++i) sums[this.origin(i)] += self[i];
      return sums;
    },
    // Which names match, and how many samples have a match anywhere in their stack: each sample
    // counts once, however many of its frames match.
    search(regex) {
      const hits = data.names.map((text) => regex.test(text));
      const found = {
        hits, samples: 0,
        has: (i) => i > 0 && hits[name[i]],
        within(top) {
          for (let i = top; i > 0; i = parent[i]) if (hits[name[i]]) return total[top];
          return sum(top);
        },
      };
      const sum = (top) => {
        let samples = 0;
        for (let i = top; i < end[top];) {
          if (i > 0 && hits[name[i]]) {
            samples += total[i];
            i = end[i];
          } else {
            ++i;
          }
        }
        return samples;
      };
      found.samples = sum(0);
      return found;
    },
  };
}

// Letters match in either case unless the pattern has a capital. Throws what RegExp throws.
function makePattern(text) {
  return new RegExp(text, /[A-Z]/.test(text.replace(/\\./g, '')) ? 'u' : 'iu');
}

const formatCount = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
const formatShare = (part, all) => {
  if (all === 0) return '0 %';
  const percent = (100 * part) / all;
  return (percent > 0 && percent < 0.01 ? '< 0.01' : percent.toFixed(percent < 10 ? 2 : 1)) + ' %';
};
const formatSeconds = (s) =>
  s >= 1 || s === 0 ? s.toFixed(2) + ' s' : s >= 0.001 ? (s * 1e3).toFixed(1) + ' ms'
                                                      : (s * 1e6).toFixed(0) + ' µs';
