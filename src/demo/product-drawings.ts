/** A product's colour, and the same in shade and in light. */
export interface Palette {
  main: string;
  dark: string;
  light: string;
}

/** Draws on a square of 64; SVG with single quotes, as it goes into a data URL. */
type Drawing = (palette: Palette) => string;

const fill = (colour: string, d: string) => `<path fill='${colour}' d='${d}'/>`;
const line = (colour: string, width: number, d: string) =>
  `<path fill='none' stroke='${colour}' stroke-width='${width}' d='${d}'/>`;
const disc = (colour: string, x: number, y: number, r: number) =>
  `<circle fill='${colour}' cx='${x}' cy='${y}' r='${r}'/>`;
const box = (colour: string, x: number, y: number, width: number, height: number, round = 0) =>
  `<rect fill='${colour}' x='${x}' y='${y}' width='${width}' height='${height}' rx='${round}'/>`;

const ink = '#39414b';
const wood = '#9b6b3d';
const leaf = '#6f9f5e';
const flame = fill('#f08a2c', 'M32 14c6 8 10 12 10 19a10 10 0 0 1-20 0c0-4 3-6 4-10 3 2 4 4 4 6 3-4 3-9 2-15z');
const heart = fill('#fbd25a', 'M32 27c3 4 5 5 5 9a5 5 0 0 1-10 0c0-3 3-5 5-9z');
const paper = '#fffdf8';

const cooking: Record<string, Drawing> = {
  kettles: ({ main, dark, light }) =>
    line(dark, 3, 'M21 26C22 10 42 10 43 26') +
    fill(main, 'M16 50c-2-14 3-26 16-26s18 12 16 26c-4 3-28 3-32 0z') +
    fill(main, 'M45 36c5 0 7-6 11-6l-7 14z') +
    fill(light, 'M21 46c-1-8 1-14 5-17-2 6-2 12-1 18z') +
    disc(dark, 32, 22, 3),
  stoves: ({ main, dark, light }) =>
    `<g transform='translate(16 2) scale(.5)'>${flame}${heart}</g>` +
    line(ink, 3, 'M18 30h28M22 30v6M42 30v6') +
    box(dark, 26, 34, 12, 6, 2) +
    box(main, 20, 40, 24, 16, 5) +
    box(light, 23, 43, 4, 10, 2),
  pans: ({ main, dark, light }) =>
    line(dark, 5, 'M44 40L58 52') +
    disc(main, 28, 30, 20) +
    disc(dark, 28, 30, 15) +
    line(light, 2, 'M19 26a10 10 0 0 1 6-6'),
  coffee: ({ main, dark, light }) =>
    line(ink, 3, 'M32 16h14v6') +
    disc(wood, 46, 24, 3) +
    fill(dark, 'M22 26a10 8 0 0 1 20 0z') +
    box(main, 18, 26, 28, 28, 3) +
    box(light, 23, 40, 18, 9, 1) +
    disc(ink, 32, 44.5, 1.8),
  baking: ({ main, dark }) =>
    fill('#d79a52', 'M10 40c0-15 10-21 22-21s22 6 22 21z') +
    line('#a9672b', 2.5, 'M22 34c1-5 3-8 6-10M32 34c1-5 3-8 6-10M42 34c1-4 2-6 4-7') +
    fill(main, 'M8 38h48l-5 14H13z') +
    fill(dark, 'M8 38h48l-1 4H9z'),
  knives: ({ main, dark, light }) =>
    fill('#c3ccd5', 'M26 36L50 10c5 6 1 14-8 19L32 41z') +
    line('#eef2f5', 1.5, 'M30 35L49 15') +
    fill(main, 'M33 33c4 3 4 6 1 10L18 57c-4 2-9-2-6-7z') +
    disc(dark, 29, 39, 2) +
    disc(light, 19, 50, 1.6),
  'fire-pits': ({ main, dark }) =>
    flame +
    heart +
    fill(main, 'M8 38h48c0 8-8 14-24 14S8 46 8 38z') +
    fill(dark, 'M8 38h48l-1 4H9z') +
    line(ink, 3, 'M18 50l-4 8M46 50l4 8'),
};

const sleeping: Record<string, Drawing> = {
  'sleeping-bags': ({ main, dark, light }) =>
    fill(main, 'M20 10c0-6 24-6 24 0l3 30c0 10-4 16-15 16s-15-6-15-16z') +
    fill(dark, 'M23 20c0-14 18-14 18 0z') +
    box(paper, 26, 13, 12, 7, 3) +
    line(light, 1.8, 'M18 32h28M17 41h30M19 49h26') +
    line(dark, 1.8, 'M41 20l3 30'),
  tents: ({ main, dark, light }) =>
    fill(leaf, 'M4 52h56v4H4z') +
    fill(main, 'M32 12L58 52H6z') +
    fill(dark, 'M32 24l11 28H21z') +
    fill(light, 'M32 24l4 28h-15z') +
    line(ink, 1.8, 'M32 12l-3-5M32 12l3-5'),
  hammocks: ({ main, dark, light }) =>
    box(wood, 6, 8, 6, 50, 2) +
    box(wood, 52, 8, 6, 50, 2) +
    line(ink, 1.6, 'M10 20l10 12M54 20L44 32') +
    fill(main, 'M12 26c8 26 32 26 40 0-10 10-30 10-40 0z') +
    line(light, 1.8, 'M22 37c6 6 14 6 20 0') +
    line(dark, 1.8, 'M19 33c8 8 18 8 26 0'),
  blankets: ({ main, dark, light }) =>
    box(main, 10, 36, 44, 18, 5) +
    box(light, 10, 24, 44, 15, 5) +
    line(dark, 2, 'M20 24v30M32 24v30M44 24v30M10 31h44M10 46h44') +
    line(dark, 2, 'M14 54v5M22 54v5M32 54v5M42 54v5M50 54v5'),
  'insect-protection': ({ main, dark }) =>
    box(wood, 10, 46, 44, 5, 1) +
    box(paper, 12, 38, 40, 8, 3) +
    `<g opacity='.55'>${fill(main, 'M32 8L56 52H8z')}</g>` +
    line(dark, 1.2, 'M32 8L20 52M32 8l12 44M32 8v44M22 26h20M15 40h34') +
    disc(dark, 32, 8, 3),
  chairs: ({ main, dark, light }) =>
    line(ink, 3, 'M18 56L44 32M46 56L20 32M20 32V12M44 32V12') +
    box(main, 17, 10, 30, 16, 3) +
    box(dark, 16, 31, 32, 6, 3) +
    line(light, 1.8, 'M21 15h22'),
};

const wearing: Record<string, Drawing> = {
  'rain-jackets': ({ main, dark, light }) =>
    fill(dark, 'M24 16c0-12 16-12 16 0l-8 6z') +
    fill(main, 'M22 16l10 7 10-7 12 8-4 20-7-2v14H21V42l-7 2-4-20z') +
    line(light, 2, 'M32 24v31') +
    line(dark, 1.8, 'M24 44l5-2M40 44l-5-2'),
  boots: ({ main, dark, light }) =>
    fill(main, 'M18 10h16v22c6 4 18 4 20 14v4H18z') +
    box(dark, 16, 50, 40, 6, 2) +
    line(light, 2, 'M24 18h9M24 25h9M26 32l8-2M32 37l6-4'),
  socks: ({ main, dark, light }) =>
    fill(main, 'M22 8h18v26l-12 20c-4 6-16 4-16-4 0-3 2-5 4-7l6-9z') +
    box(light, 21, 8, 20, 6, 2) +
    fill(dark, 'M13 46c6-1 11 3 13 9-5 4-14 2-14-5z') +
    line(light, 2, 'M22 22h18M22 28h18'),
  backpacks: ({ main, dark, light }) =>
    line(dark, 3, 'M26 12c0-6 12-6 12 0') +
    box(main, 16, 12, 32, 44, 10) +
    box(dark, 21, 32, 22, 18, 4) +
    box(light, 21, 19, 22, 7, 3) +
    line(dark, 3, 'M16 26c-5 4-5 16 0 20M48 26c5 4 5 16 0 20'),
  'head-torches': ({ main, dark, light }) =>
    `<g opacity='.6'>${fill('#ffe48a', 'M40 32L62 18v30z')}</g>` +
    line(dark, 5, 'M36 20C10 14 4 34 14 44c6 5 16 4 22-2') +
    box(main, 26, 22, 16, 20, 5) +
    disc(light, 39, 32, 6) +
    disc('#fff6cf', 39, 32, 3.5),
  'walking-poles': ({ main, dark, light }) =>
    line(main, 3.2, 'M20 12l14 42M44 12L30 54') +
    line(dark, 5, 'M19 9l3 9M45 9l-3 9') +
    line(light, 2.4, 'M30 47l8-2M26 45l8 2') +
    line(ink, 2, 'M34 54l1 4M30 54l-1 4'),
};

const carrying: Record<string, Drawing> = {
  lanterns: ({ main, dark, light }) =>
    line(dark, 2.4, 'M22 20C22 4 42 4 42 20') +
    box(dark, 20, 18, 24, 6, 2) +
    box('#ffe9a3', 22, 24, 20, 22, 3) +
    `<g transform='translate(19 18) scale(.4)'>${flame}</g>` +
    line(main, 2.4, 'M22 24v22M42 24v22') +
    box(main, 17, 46, 30, 9, 3) +
    box(light, 20, 48, 10, 2.5, 1),
  flasks: ({ main, dark, light }) =>
    box(dark, 25, 6, 14, 12, 3) +
    box(main, 21, 18, 22, 40, 6) +
    box(light, 25, 22, 4, 30, 2) +
    box(dark, 21, 44, 22, 4),
  'water-filters': ({ main, dark }) =>
    box(dark, 24, 6, 16, 9, 3) +
    box(main, 19, 15, 26, 43, 7) +
    fill('#6db6e3', 'M32 24c5 7 8 10 8 15a8 8 0 0 1-16 0c0-5 3-8 8-15z') +
    line('#eaf6fd', 2, 'M28 39c0 2 1 4 3 5'),
  'first-aid': ({ main, dark }) =>
    line(dark, 3, 'M24 18v-5h16v5') +
    box(main, 8, 18, 48, 36, 6) +
    disc(paper, 32, 36, 12) +
    fill('#d3433d', 'M29 28h6v5h5v6h-5v5h-6v-5h-5v-6h5z'),
};

const gardening: Record<string, Drawing> = {
  'bird-feeders': ({ main, dark, light }) =>
    line(ink, 2, 'M32 4v8') +
    fill(dark, 'M32 10L54 26H10z') +
    box(light, 18, 26, 28, 20) +
    box(main, 12, 46, 40, 6, 2) +
    fill('#d3823c', 'M28 46c-5-1-6-9 1-11 5-2 9 1 9 5l5 2-5 1c-1 3-5 4-10 3z') +
    disc(ink, 34, 38, 1.2),
  pruning: ({ main, dark, light }) =>
    fill('#c3ccd5', 'M31 34L22 8c8 2 12 12 13 24z') +
    fill('#aab4be', 'M33 34l11-24c3 9-2 18-8 25z') +
    line(main, 5, 'M31 36C26 44 22 50 22 58') +
    line(dark, 5, 'M34 36c5 7 8 13 8 21') +
    disc(light, 32.5, 34, 3),
  watering: ({ main, dark, light }) =>
    line(dark, 3, 'M24 26c0-14 22-12 24 4') +
    fill(main, 'M20 26h28l3 28H17z') +
    fill(main, 'M22 44L8 28l-3 2 15 24z') +
    fill(dark, 'M3 26l8-4 1 5-7 5z') +
    line('#6db6e3', 1.8, 'M5 36v4M9 37v6M3 43v4') +
    line(light, 2.4, 'M25 32l-2 17'),
};

/** By category of the catalogue. */
export const drawings: Readonly<Record<string, Drawing>> = {
  ...cooking,
  ...sleeping,
  ...wearing,
  ...carrying,
  ...gardening,
};
