// Draws the part of the tree that can be seen: only frames of half a pixel and more, only rows
// inside the scrolled window. A run of thinner siblings becomes one hatched frame.
const svgName = 'http://www.w3.org/2000/svg';
const rowHeight = 19;
const minWidth = 0.5;

function makeView(model, svg, scroller) {
  const measure = (() => {
    const context = document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas').getContext('2d');
    context.font = '12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
    const width = context.measureText('mmmmmmmmmm').width / 10;
    return width > 0 ? width : 7.23;
  })();
  const view = { zoom: 0, rootBelow: false, found: null, focused: -1, width: 0, rows: 0, drawn: 0 };

  const scale = () => view.width / model.total[view.zoom];
  const height = () => view.rows * rowHeight;
  const rowTop = (depth) => (view.rootBelow ? height() - (depth + 1) * rowHeight : depth * rowHeight);

  // The frames above the zoomed one fill the whole width.
  const place = (i) => {
    const whole = i <= view.zoom && model.end[i] > view.zoom;
    const left = whole ? 0 : (model.start[i] - model.start[view.zoom]) * scale();
    return { left, width: whole ? view.width : model.total[i] * scale(), top: rowTop(model.depth[i]) };
  };

  // The rows that hold a frame wide enough to be drawn.
  const countRows = () => {
    let deepest = model.depth[view.zoom];
    for (let i = view.zoom; i < model.end[view.zoom];) {
      if (model.total[i] * scale() < minWidth) {
        i = model.end[i];
      } else {
        deepest = Math.max(deepest, model.depth[i++]);
      }
    }
    return deepest + 1;
  };

  const fitLabel = (label, width) => {
    const room = Math.floor((width - 7) / measure);
    if (room < 2) return '';
    if (label.length > room && label.lastIndexOf(' (') > 0) label = label.slice(0, label.lastIndexOf(' ('));
    // Characters of East Asian scripts take two places.
    let places = 0, cut = 0, text = '';
    for (const letter of label) {
      const size = letter.codePointAt(0) >= 0x1100 ? 2 : 1;
      places += size;
      if (places > room) return room < 3 ? '' : text.slice(0, cut) + '…';
      text += letter;
      if (places < room) cut = text.length;
    }
    return text;
  };

  const shape = (tag, attributes) => {
    const element = document.createElementNS(svgName, tag);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  };

  const drawFrame = (into, i) => {
    const { left, width, top } = place(i);
    let kind = `f o${model.origin(i)} s${model.shade(i)}`;
    if (view.found && view.found.has(i)) kind += width < 5 ? ' hit slim' : ' hit';
    if (i < view.zoom && model.end[i] > view.zoom) kind += ' above';
    if (i === view.focused) kind += ' focused';
    const group = shape('g', { class: kind, 'data-node': i });
    group.append(shape('rect', {
      x: left.toFixed(2), y: top, width: Math.max(minWidth, width - 0.8).toFixed(2),
      height: rowHeight - 1, rx: width > 6 ? 2 : 0,
    }));
    const text = fitLabel(model.label(i), width);
    if (text) {
      const label = shape('text', { x: (left + 4).toFixed(2), y: top + 13.5 });
      label.textContent = text;
      group.append(label);
    }
    into.append(group);
    ++view.drawn;
  };

  const drawThin = (into, thin) => {
    const width = thin.samples * scale();
    if (width < minWidth) return;
    into.append(shape('rect', {
      class: thin.hit ? 'thin hit' : 'thin', x: ((thin.start - model.start[view.zoom]) * scale()).toFixed(2),
      y: rowTop(thin.depth), width: width.toFixed(2), height: rowHeight - 1,
    }));
    ++view.drawn;
  };

  const draw = (firstRow, lastRow) => {
    const into = document.createDocumentFragment();
    view.drawn = 0;
    for (let i = model.parent[view.zoom]; i >= 0; i = model.parent[i]) {
      if (model.depth[i] >= firstRow && model.depth[i] <= lastRow) drawFrame(into, i);
    }
    let thin = null;
    for (let i = view.zoom; i < model.end[view.zoom];) {
      const depth = model.depth[i];
      if (depth > lastRow) {
        i = model.end[i];
      } else if (model.total[i] * scale() < minWidth) {
        if (depth >= firstRow) {
          if (thin && (thin.parent !== model.parent[i])) {
            drawThin(into, thin);
            thin = null;
          }
          thin = thin || { parent: model.parent[i], start: model.start[i], samples: 0, depth, hit: false };
          thin.samples += model.total[i];
          thin.hit = thin.hit || Boolean(view.found && view.found.has(i));
        }
        i = model.end[i];
      } else {
        if (depth >= firstRow) drawFrame(into, i);
        ++i;
      }
    }
    if (thin) drawThin(into, thin);
    svg.replaceChildren(into);
  };

  // After a change of what is shown or of the window's size.
  view.layout = (width) => {
    view.width = Math.max(100, width);
    view.rows = countRows();
    svg.setAttribute('width', view.width);
    svg.setAttribute('height', height());
    svg.setAttribute('viewBox', `0 0 ${view.width} ${height()}`);
  };
  view.paint = () => {
    const top = Math.floor(scroller.scrollTop / rowHeight) - 2;
    const bottom = Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + 2;
    if (view.rootBelow) {
      draw(view.rows - 1 - bottom, view.rows - 1 - top);
    } else {
      draw(top, bottom);
    }
  };
  // Paper has no window to scroll; it ends after 400 rows, for no one turns more pages.
  view.paintAll = () => draw(0, Math.min(view.rows, 400));
  view.reveal = (i) => {
    const { top } = place(i);
    if (top < scroller.scrollTop || top + rowHeight > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 3);
    }
  };
  // Without drawing anew: the focus comes between the press and the release of a mouse button, and
  // a frame that is replaced in between gets no click.
  view.markFocused = () => {
    for (const frame of svg.querySelectorAll('.focused')) frame.classList.remove('focused');
    const frame = svg.querySelector(`[data-node="${view.focused}"]`);
    if (frame) frame.classList.add('focused');
  };
  return view;
}
