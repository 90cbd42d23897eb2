// How the tiles of the cameras are laid out.

/** The shape of most pictures, which all tiles get. */
export function commonShape(cameras) {
  const shapes = new Map();
  for (const camera of cameras) {
    const shape = camera.width ? (camera.width / camera.height).toFixed(3) : "1.778";
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  const [most] = [...shapes].sort((a, b) => b[1] - a[1])[0] ?? ["1.778"];
  return Math.min(2, Math.max(1, Number(most)));
}

/** The columns with which so many tiles fit into a place as large as can be, and the width of a tile then. */
function fitColumns({ number, width, height, gap, caption, shape }) {
  let best = { columns: 1, tile: 0 };
  for (let columns = 1; columns <= number; columns++) {
    const rows = Math.ceil(number / columns);
    const byWidth = (width - gap * (columns - 1)) / columns, byHeight = ((height - gap * (rows - 1)) / rows - caption) * shape;
    const tile = Math.min(byWidth, byHeight);
    if (tile > best.tile) best = { columns, tile };
  }
  return best;
}

/**
 * {columns, tile}: all at once, as long as each is wide enough; else as many columns as there is room for, and one scrolls.
 * scale: of letters, 1 as usual: tiles of large ones are wide enough for their names only when they are larger, too.
 */
export function fitTiles({ number, width, height, gap, shape, scale }) {
  const phone = width < 620 * scale, least = Math.min(width, (phone ? (number > 4 ? 150 : 300) : 190) * scale);
  const fit = fitColumns({ number, width, height, gap, caption: 40 * scale, shape });
  if (fit.tile >= least && !phone) return { columns: fit.columns, tile: Math.floor(fit.tile), fixed: true };
  const columns = fit.tile >= least ? fit.columns : Math.max(1, Math.floor((width + gap) / (least + gap)));
  return { columns, tile: (width - gap * (columns - 1)) / columns, fixed: false };
}
