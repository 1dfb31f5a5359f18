// What the user can do, and the state it leaves: the zoomed frame, the search, the direction.
const data = JSON.parse(document.getElementById('data').textContent);
const model = makeModel(data);
const page = makePage(data, model);
const view = makeView(model, page.svg, page.scroller);

const seconds = (samples) => samples * data.secondsPerSample;

function describe(i) {
  const lines = [
    `${formatCount(model.total[i])} samples · ${formatSeconds(seconds(model.total[i]))}`,
    `${formatShare(model.total[i], model.total[0])} of all`,
  ];
  if (view.zoom !== 0 && model.isBelow(i, view.zoom)) {
    lines[1] += ` · ${formatShare(model.total[i], model.total[view.zoom])} of the zoomed`;
  }
  lines.push(`self ${formatShare(model.self[i], model.total[0])}` +
             (i === 0 ? '' : ` · ${data.originNames[model.origin(i)]}`));
  return lines;
}

function showDetails(i) {
  page.details.textContent = i < 0 ? 'Click a frame to zoom. Arrows and Enter do it by key; Ctrl-F searches.'
                                   : `${model.label(i)} — ${describe(i).join(' · ')}`;
}

function showTrail() {
  const path = model.path(view.zoom);
  // All of a deep path would push the graph off the screen.
  const shown = path.length > 7 ? [path[0], -1, ...path.slice(-5)] : path;
  page.trail.replaceChildren(...shown.map((i) => {
    if (i < 0) return make('span', { class: 'more' }, `… ${path.length - 6} more …`);
    const label = i === 0 ? 'all' : model.label(i).replace(/ \([^()]*\)$/, '');
    const crumb = make('button', { type: 'button', 'data-node': i, title: model.label(i) }, label);
    if (i === view.zoom) crumb.setAttribute('aria-current', 'true');
    return crumb;
  }));
  page.reset.disabled = view.zoom === 0;
}

function showMatched() {
  if (!view.found) return;
  let text = `${formatShare(view.found.samples, model.total[0])} matched`;
  if (view.zoom !== 0) text += ` · ${formatShare(view.found.within(view.zoom), model.total[view.zoom])} of the zoomed`;
  page.matched.textContent = text;
  page.matched.dataset.samples = view.found.samples;
}

function refresh() {
  if (data.emptyReason) return;
  view.layout(page.scroller.clientWidth);
  view.paint();
}

function writeHash(isStep) {
  const parts = [];
  if (view.zoom !== 0) parts.push(`zoom=${view.zoom}`);
  if (page.search.value) parts.push(`search=${encodeURIComponent(page.search.value)}`);
  if (view.rootBelow) parts.push('root=bottom');
  const hash = '#' + parts.join('&');
  if (hash === (location.hash || '#')) return;
  // A frame that shows this file from elsewhere may forbid it; the graph works all the same.
  try {
    history[isStep ? 'pushState' : 'replaceState'](null, '', hash);
  } catch {}
}

function zoomTo(i) {
  view.zoom = i;
  view.focused = i;
  hideTooltip();
  showTrail();
  showMatched();
  showDetails(i);
  if (data.emptyReason) return;
  refresh();
  view.reveal(i);
  view.paint();
}

function searchFor(text) {
  view.found = null;
  page.matched.textContent = '';
  page.matched.className = '';
  delete page.matched.dataset.samples;
  if (text) {
    try {
      view.found = model.search(makePattern(text));
      showMatched();
    } catch (error) {
      page.matched.className = 'wrong';
      page.matched.textContent = 'not a regular expression yet: ' + String(error.message).replace(/^.*: /, '');
    }
  }
  page.svg.classList.toggle('searching', view.found !== null);
  refresh();
}

function setRootBelow(below) {
  view.rootBelow = below;
  page.flip.setAttribute('aria-pressed', String(below));
  refresh();
  page.scroller.scrollTop = below ? page.scroller.scrollHeight : 0;
  refresh();
}

function readHash() {
  const state = new URLSearchParams(location.hash.slice(1).replace(/\+/g, '%2B'));
  const zoom = Number(state.get('zoom') || 0);
  page.search.value = state.get('search') || '';
  if ((state.get('root') === 'bottom') !== view.rootBelow) setRootBelow(!view.rootBelow);
  searchFor(page.search.value);
  zoomTo(Number.isInteger(zoom) && zoom > 0 && zoom < model.count ? zoom : 0);
  if (zoom === 0) showDetails(-1);
}

const nodeOf = (event) => {
  const element = event.target.closest('[data-node]');
  return element ? Number(element.dataset.node) : -1;
};

function hideTooltip() {
  page.tooltip.hidden = true;
}

function showTooltip(i, x, y) {
  page.tooltip.replaceChildren(make('strong', {}, model.label(i)), ...describe(i).map((l) => make('div', {}, l)));
  page.tooltip.hidden = false;
  const box = page.tooltip.getBoundingClientRect();
  page.tooltip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 8)) + 'px';
  page.tooltip.style.top = (y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18) + 'px';
}

page.svg.addEventListener('mousemove', (event) => {
  const i = nodeOf(event);
  if (i < 0) return hideTooltip();
  showTooltip(i, event.clientX, event.clientY);
});
page.svg.addEventListener('mouseleave', hideTooltip);

const step = (i) => {
  zoomTo(i);
  writeHash(true);
};
page.svg.addEventListener('click', (event) => nodeOf(event) >= 0 && step(nodeOf(event)));
page.trail.addEventListener('click', (event) => nodeOf(event) >= 0 && step(nodeOf(event)));
page.reset.addEventListener('click', () => step(0));
page.flip.addEventListener('click', () => {
  setRootBelow(!view.rootBelow);
  writeHash(false);
});
page.search.addEventListener('input', () => {
  searchFor(page.search.value);
  writeHash(false);
});

// The neighbour of a frame in a direction of the keyboard; the frame itself where there is none.
function neighbour(i, key) {
  if (key === (view.rootBelow ? 'ArrowDown' : 'ArrowUp')) return Math.max(0, model.parent[i]);
  if (key.endsWith('Down') || key.endsWith('Up')) return model.end[i] > i + 1 ? i + 1 : i;
  const above = model.parent[i];
  if (above < 0) return i;
  if (key === 'ArrowRight') return model.end[i] < model.end[above] ? model.end[i] : i;
  let left = above + 1;
  if (left === i) return i;
  while (model.end[left] !== i) left = model.end[left];
  return left;
}

page.svg.addEventListener('keydown', (event) => {
  const from = Math.max(view.focused, 0);
  if (event.key === 'Enter' || event.key === ' ') {
    step(from);
  } else if (event.key === 'Home') {
    step(0);
  } else if (event.key.startsWith('Arrow') && !event.altKey && !event.ctrlKey && !event.metaKey) {
    view.focused = neighbour(from, event.key);
    showDetails(view.focused);
    view.reveal(view.focused);
    view.paint();
  } else {
    return;
  }
  event.preventDefault();
});
page.svg.addEventListener('focus', () => {
  if (view.focused < 0) view.focused = view.zoom;
  showDetails(view.focused);
  view.markFocused();
});

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'f' && document.activeElement !== page.search) {
    // A second Ctrl-F in the box opens the browser's own search.
    page.search.focus();
    page.search.select();
    event.preventDefault();
  } else if (event.key === 'Escape') {
    hideTooltip();
    if (page.search.value) {
      page.search.value = '';
      searchFor('');
      writeHash(false);
    } else if (view.zoom !== 0) {
      step(0);
    }
    if (document.activeElement === page.search) page.svg.focus();
    event.preventDefault();
  }
});

let asked = false;
const soon = (action) => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    action();
  });
};
page.scroller.addEventListener('scroll', () => soon(() => data.emptyReason || view.paint()));
addEventListener('resize', () => soon(refresh));
addEventListener('hashchange', readHash);
addEventListener('popstate', readHash);
addEventListener('beforeprint', () => {
  if (data.emptyReason) return;
  hideTooltip();
  view.layout(1000);
  view.paintAll();
});
addEventListener('afterprint', refresh);

readHash();
