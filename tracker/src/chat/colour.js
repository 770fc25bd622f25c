// @ts-check
// The site's colour, the ink that can be read on it, and whether the page around is dark.

const DEFAULT = "#4f46e5";

const luminance = (/** @type {number[]} */ channels) => {
  const [r, g, b] = channels.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** Anything but `#rrggbb` is the default. @returns {string} */
export const validColour = (/** @type {unknown} */ colour) =>
  /^#[\da-f]{6}$/i.test(`${colour}`) ? `${colour}` : DEFAULT;

/** White or black, whichever has more contrast: at least 4.58 on any colour. */
export const inkOn = (/** @type {string} */ colour) => {
  const light = luminance([1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000";
};

// A dark system does not make a page dark: most pages are light whatever the system says.
export const isDarkPage = () => {
  if (!matchMedia("(prefers-color-scheme: dark)").matches) return false;
  for (const element of [document.body, document.documentElement]) {
    const style = getComputedStyle(element);
    const [r, g, b, alpha = 1] = (style.backgroundColor.match(/[\d.]+/g) || []).map(Number);
    if (b !== undefined && alpha > 0.5) return luminance([r, g, b]) < 0.2;
    if (style.colorScheme.includes("dark")) return true;
  }
  return false;
};

/** The same name has the same tint. */
export const hueOf = (/** @type {string} */ name) => {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + (letter.codePointAt(0) || 0)) % 360;
  return hue;
};
