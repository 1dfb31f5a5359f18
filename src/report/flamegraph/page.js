// The page around the graph. Text only ever enters it as text nodes: names are not to be trusted.
const htmlName = 'http://www.w3.org/1999/xhtml';

function make(tag, attributes, ...children) {
  const element = document.createElementNS(htmlName, tag);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(...children);
  return element;
}

function makePage(data, model) {
  const page = {};
  page.search = make('input', {
    type: 'search', id: 'search', placeholder: 'Search (regular expression)', autocomplete: 'off',
    spellcheck: 'false', 'aria-label': 'Search frames by regular expression',
    title: 'Ctrl-F. Capital letters make the search case-sensitive. Escape clears it.',
  });
  page.matched = make('output', { id: 'matched', for: 'search', 'aria-live': 'polite' });
  page.reset = make('button', { type: 'button', id: 'reset', title: 'Show all samples (Escape)' }, 'Reset zoom');
  page.flip = make('button', {
    type: 'button', id: 'flip', 'aria-pressed': 'false', title: 'Put the root at the bottom, or back at the top',
  }, 'Root at bottom');
  page.trail = make('nav', { id: 'trail', 'aria-label': 'Zoomed to' });
  page.details = make('div', { id: 'details', role: 'status', 'aria-live': 'polite' });
  page.tooltip = make('div', { id: 'tooltip', hidden: '' });
  page.svg = document.createElementNS(svgName, 'svg');
  page.svg.setAttribute('id', 'frames');
  page.svg.setAttribute('tabindex', '0');
  page.svg.setAttribute('role', 'application');
  page.svg.setAttribute('aria-label',
    'Flame graph. Arrow keys move between frames, Enter zooms, Escape goes back.');
  page.scroller = make('div', { id: 'scroller' }, page.svg);

  const legend = make('ul', { id: 'legend', 'aria-label': 'Colours, with shares of self time' });
  model.selfByOrigin().forEach((samples, origin) => {
    if (samples === 0) return;
    legend.append(make('li', { class: `o${origin}` }, make('i', {}),
      `${data.originNames[origin]} `, make('b', {}, formatShare(samples, model.total[0]))));
  });
  if (legend.firstChild) legend.append(make('li', { class: 'note' }, 'by self time'));

  const body = make('body', {},
    make('header', {},
      make('h1', { title: data.title }, data.title), make('p', { id: 'facts' }, data.facts), legend),
    make('div', { id: 'tools' }, page.search, page.matched, make('span', { class: 'gap' }),
      page.flip, page.reset),
    page.trail, page.scroller, page.details, page.tooltip);
  if (data.emptyReason) {
    page.scroller.replaceChildren(make('p', { id: 'empty' }, data.emptyReason));
    body.classList.add('nothing');
  }
  const head = make('head', {}, make('title', {}, data.title), make('meta', {
    name: 'viewport', content: 'width=device-width, initial-scale=1',
  }), make('style', {}, document.getElementById('style').textContent));
  // The picture gives way to a page: real text boxes, buttons and scroll bars, and paper that
  // breaks into pages, none of which an SVG has in every browser.
  document.replaceChild(make('html', { lang: 'en' }, head, body), document.documentElement);
  return page;
}
