import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, it, test } from 'vitest';
import { decodePicture } from '../../../src/extractors/image/decode-picture.ts';
import { fitPicture } from '../../../src/extractors/image/fit-picture.ts';
import { donut, jpegOf, pngOf } from '../../fixtures/drawn-pictures.ts';

const urlOf = (bytes: Uint8Array, type = 'png') => `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;

describe('a picture', () => {
  it('is decoded from PNG and JPEG, whatever type it says it has', () => {
    const [png, jpeg] = [decodePicture(pngOf(donut, 60)), decodePicture(jpegOf(donut, 60))];
    expect(png).toMatchObject({ width: 60, height: 60 });
    expect(jpeg).toMatchObject({ width: 60, height: 60 });
    const middle = (30 * 60 + 10) * 4;
    for (let channel = 0; channel < 3; channel++) {
      expect(Math.abs(png.rgba[middle + channel]! - jpeg.rgba[middle + channel]!)).toBeLessThan(12);
    }
    expect(decodePicture(pngOf(donut, 8).replace('image/png', 'image/x-unknown'))).toMatchObject({ width: 8 });
  });

  it('is refused by its header where it would take too much memory', () => {
    const header = Buffer.alloc(33);
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(header);
    header.writeUInt32BE(60_000, 16);
    header.writeUInt32BE(50_000, 20);
    const bomb = Buffer.concat([header, deflateSync(Buffer.alloc(1_000))]);
    expect(() => decodePicture(urlOf(bomb))).toThrow(/60000 × 50000 pixels; 1 to 4000000 are read\. Scale it down/);

    const jpeg = Buffer.from(jpegOf(donut, 16).split(',')[1]!, 'base64');
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(50_000, frame + 5);
    jpeg.writeUInt16BE(60_000, frame + 7);
    expect(() => decodePicture(urlOf(jpeg, 'jpeg'))).toThrow(/has more than 4000000 pixels\. Scale it down/);
  });

  it.each([
    ['nothing', 'data:image/png;base64,', /neither a PNG nor a JPEG/],
    ['text', 'data:image/png;base64,bm90IGEgcGljdHVyZQ==', /neither a PNG nor a JPEG/],
    ['no base64', 'data:image/png,abc', /must be a data URL alone/],
    ['a picture with text behind it', `${pngOf(donut, 8)}\nDonut`, /must be a data URL alone/],
    ['a header alone', 'data:image/png;base64,iVBORw0KGgo=', /is no whole PNG/],
    ['half a PNG', pngOf(donut, 60).slice(0, 700), /is no whole PNG/],
    ['half a JPEG', jpegOf(donut, 60).slice(0, 400), /is no whole JPEG/],
  ])('cannot be %s', (_what, url, message) => {
    expect(() => decodePicture(url)).toThrow(message);
  });
});

describe('fitting into a square', () => {
  const picture = (width: number, height: number, pixels: readonly number[][]) => ({
    ...{ width, height },
    rgba: Uint8Array.from(pixels.flat()),
  });
  const red = [200, 10, 20, 255];
  const clear = [0, 0, 0, 0];

  test('leaves what is as large as it, and puts the channels one behind the other', () => {
    const square = fitPicture(picture(2, 2, [red, [1, 2, 3, 255], [4, 5, 6, 255], [7, 8, 9, 255]]), 2);
    expect([...square]).toEqual([200, 1, 4, 7, 10, 2, 5, 8, 20, 3, 6, 9]);
  });

  test('averages what is larger, and keeps what is wide in the middle of white', () => {
    const wide = Array.from({ length: 8 * 4 }, (_, at) => (at % 2 === 0 ? [100, 0, 0, 255] : [200, 0, 0, 255]));
    const reds = [...fitPicture(picture(8, 4, wide), 4).subarray(0, 16)];
    expect(reds).toEqual([255, 255, 255, 255, 150, 150, 150, 150, 150, 150, 150, 150, 255, 255, 255, 255]);
  });

  test('shows white through what is not opaque', () => {
    expect([...fitPicture(picture(1, 1, [clear]), 1)]).toEqual([255, 255, 255]);
    expect([...fitPicture(picture(1, 1, [[0, 0, 0, 51]]), 1)]).toEqual([204, 204, 204]);
  });

  test('scales what is smaller up, and narrower than a pixel to one', () => {
    expect([...fitPicture(picture(1, 1, [red]), 2).subarray(0, 4)]).toEqual([200, 200, 200, 200]);
    const line = picture(
      1,
      100,
      Array.from({ length: 100 }, () => red),
    );
    expect([...fitPicture(line, 10).subarray(0, 100)].filter((value) => value === 200)).toHaveLength(10);
  });
});

test('the fixture is what PNG readers read', () => {
  const png = PNG.sync.read(Buffer.from(pngOf(donut, 8).split(',')[1]!, 'base64'));
  expect([png.width, png.height, png.data.length]).toEqual([8, 8, 256]);
});
