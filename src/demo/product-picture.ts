import type { Product } from './catalogue.ts';
import { drawings } from './product-drawings.ts';

/** The colours of the catalogue; what it calls `mixed`, say, has one that stands for it. */
const colours: Readonly<Record<string, string>> = {
  ...{ black: '#3a3f47', grey: '#8b939e', silver: '#b4bcc6', white: '#f2f2ee', clear: '#cfe3ea', steel: '#9aa5b1' },
  ...{ slate: '#5d6b78', tin: '#a9b0b5', zinc: '#98a2a8', ash: '#b9b3a6', stoneware: '#b3a48c', linen: '#e2d8c3' },
  ...{ cream: '#f0e3c4', sand: '#d9c39a', tan: '#c9a26d', canvas: '#cdbb90', oak: '#b98b4e', beech: '#d8b27c' },
  ...{ hazel: '#a9763f', wood: '#a9743c', walnut: '#6f4a2d', teak: '#98663a', horn: '#7a6246', willow: '#b59a5b' },
  ...{ brown: '#7a5233', chestnut: '#7d4427', leather: '#94592f', rust: '#b3532a', terracotta: '#c8653f' },
  ...{ copper: '#c47a4a', brass: '#c9a04a', amber: '#e0992e', mustard: '#d4a52f', yellow: '#f0c13c' },
  ...{ orange: '#e97f32', red: '#d0453f', cherry: '#b5303c', burgundy: '#7f2a3c', pink: '#e58fa3', tartan: '#a63c3c' },
  ...{ purple: '#8260b0', lavender: '#a896d3', blue: '#3f7fc4', navy: '#2f466f', teal: '#2f9088', stripe: '#4f83b5' },
  ...{ green: '#4d9a5b', sage: '#93a982', olive: '#7c8046', moss: '#5f7740', check: '#5b8f82', mixed: '#c0794b' },
};
const unknown = '#8b939e';

/** Cool paper behind what is sold by its figures, warm behind what is sold by how it feels. */
const papers = { technical: '#e9eff5', homely: '#faf0e0' } as const;
const MOST_TILT = 5;

/**
 * A picture of a product as a data URL with an SVG: its category drawn in its colour, a little turned, so that no two
 * neighbours look the same. About 1 kB.
 */
export function productPicture({ documentId, category, colour, style }: Product): string {
  const draw = drawings[category];
  if (draw === undefined) throw new Error(`There is no drawing of the category ${category}.`);
  const main = colours[colour] ?? unknown;
  const shapes = draw({ main, dark: mixed(main, 0, 0.35), light: mixed(main, 255, 0.45) });
  const seed = [...documentId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
  const tilt = (seed % (2 * MOST_TILT + 1)) - MOST_TILT;
  const svg =
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'><rect width='64' height='64' fill='${papers[style]}'/>` +
    `<g transform='rotate(${tilt} 32 32)' stroke-linecap='round' stroke-linejoin='round'>${shapes}</g></svg>`;
  return `data:image/svg+xml,${svg.replace(/[%#<>"]/g, encodeURIComponent)}`;
}

export function hasColour(colour: string): boolean {
  return colour in colours;
}

/** A colour on its way to black (0) or white (255). */
function mixed(colour: string, towards: 0 | 255, share: number): string {
  const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `#${channels.map((value) => channel(value + (towards - value) * share)).join('')}`;
}

function channel(value: number): string {
  return Math.round(value).toString(16).padStart(2, '0');
}
