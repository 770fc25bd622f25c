// Where items stand: columns by the width of the list's own box, lines as high as their highest.

const ALL_BELOW = 51; // Up to here everything is in the page; above, what is in sight.
const MARGIN = 600; // px kept ready above and below the window
const GUESS = { cards: 250, rows: 57 };

export class Places {
  constructor(mode) {
    this.mode = mode;
    this.height = GUESS[mode];
    this.tall = new Map(); // heights of opened items by id
    this.head = 0;
    this.columns = 0;
  }

  fit(width, head) {
    const rows = this.mode === "rows";
    this.columns = rows ? 1 : width >= 1000 ? 3 : width >= 640 ? 2 : 1;
    this.gap = rows ? 0 : width < 640 ? 12 : 20;
    this.width = (width - this.gap * (this.columns - 1)) / this.columns;
    this.narrow = rows && width < 860;
    this.head = head;
  }

  // Takes a height read from the page. Returns whether anything stands elsewhere now.
  gauge(id, height, open) {
    if (!height) return false;
    if (open) {
      if (this.tall.get(id) === height) return false;
      this.tall.set(id, height);
      return true;
    }
    const differs = this.height !== height;
    this.height = height;
    return this.tall.delete(id) || differs;
  }

  // Tops of all lines, and the end of the last one.
  lines(order) {
    const tops = [this.head];
    for (let first = 0; first < order.length; first += this.columns) {
      let height = this.height;
      for (let at = first; this.tall.size && at < first + this.columns; at += 1) {
        height = Math.max(height, this.tall.get(order[at]) || 0);
      }
      tops.push(tops[tops.length - 1] + height + this.gap);
    }
    return tops;
  }

  end(tops) {
    return Math.max(0, tops[tops.length - 1] - (tops.length > 1 ? this.gap : 0));
  }

  // The range of items to keep in the page, of `total`, for a window `above` px down the list.
  window(tops, total, above, high) {
    if (total < ALL_BELOW) return [0, total];
    const last = tops.length - 1;
    let first = 0;
    while (first < last - 1 && tops[first + 1] < above - MARGIN) first += 1;
    let end = first + 1;
    while (end < last && tops[end] < above + high + MARGIN) end += 1;
    return [first * this.columns, Math.min(total, end * this.columns)];
  }

  spot(at, tops) {
    const x = (at % this.columns) * (this.width + this.gap);
    return `${Math.round(x)}px ${tops[Math.floor(at / this.columns)]}px`;
  }
}

// Where a key leads from the item at `at`; undefined for keys that do not move.
export function step(key, at, columns, total) {
  const by = {
    ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1,
    PageDown: columns * 3, PageUp: -columns * 3, Home: -Infinity, End: Infinity,
  }[key];
  return by === undefined ? undefined : Math.max(0, Math.min(total - 1, at + by));
}
