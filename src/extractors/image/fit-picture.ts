import type { Picture } from './decode-picture.ts';

const WHITE = 255;

/**
 * Scales a picture into the middle of a white square, the whole of it, each pixel the mean of those it covers.
 * @returns channel by channel (red, green, blue), row by row, 0 to 255
 */
export function fitPicture(picture: Picture, side: number): Float32Array {
  const scale = side / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * scale)));
  const columns = covered(picture.width, width as number);
  const rows = covered(picture.height, height as number);
  const [left, top] = [(side - columns.length) >> 1, (side - rows.length) >> 1];
  const square = new Float32Array(3 * side * side).fill(WHITE);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const at = (top + y) * side + left + x;
      writeMean(picture, column, row, square, at, side * side);
    });
  });
  return square;
}

type Range = readonly [number, number];

/** Which pixels of `from` each of `to` pixels covers: at least one, up to and without the second. */
function covered(from: number, to: number): Range[] {
  return Array.from({ length: to }, (_, place) => {
    const first = Math.floor((place * from) / to);
    return [first, Math.max(first + 1, Math.ceil(((place + 1) * from) / to))];
  });
}

function writeMean(
  { rgba, width }: Picture,
  [left, right]: Range,
  [top, bottom]: Range,
  square: Float32Array,
  at: number,
  channelLength: number,
): void {
  let [red, green, blue] = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const pixel = (y * width + x) * 4;
      const opacity = (rgba[pixel + 3] as number) / 255;
      const behind = WHITE * (1 - opacity);
      red += (rgba[pixel] as number) * opacity + behind;
      green += (rgba[pixel + 1] as number) * opacity + behind;
      blue += (rgba[pixel + 2] as number) * opacity + behind;
    }
  }
  const count = (right - left) * (bottom - top);
  square[at] = red / count;
  square[at + channelLength] = green / count;
  square[at + 2 * channelLength] = blue / count;
}
