import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';

/** Pixels row by row, each red, green, blue and opacity, 0 to 255. */
export interface Picture {
  width: number;
  height: number;
  rgba: Uint8Array;
}

/** What is wrong with a picture, as a sentence for whoever sent it. */
export class UnreadablePicture extends Error {}

/** More than a detector sees of a picture by far; a small file can hold a huge one. */
const MAX_PIXELS = 4_000_000;
const JPEG_MEGABYTES = 128;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG_SIGNATURE = Buffer.from([0xff, 0xd8, 0xff]);

/**
 * Reads a data URL with a PNG or a JPEG, whatever type it says it has.
 * @throws UnreadablePicture
 */
export function decodePicture(url: string): Picture {
  const [, base64] = /^data:image\/[\w.+-]+;base64,([A-Za-z0-9+/]*={0,2})$/.exec(url) ?? [];
  if (base64 === undefined) {
    throw new UnreadablePicture('A picture must be a data URL alone, such as data:image/png;base64,iVBORw0….');
  }
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return decodePng(bytes);
  if (bytes.subarray(0, JPEG_SIGNATURE.length).equals(JPEG_SIGNATURE)) return decodeJpeg(bytes);
  throw new UnreadablePicture('The picture is neither a PNG nor a JPEG: convert it to one of them.');
}

/** The size stands in the first chunk: https://www.w3.org/TR/png-3/#11IHDR */
function decodePng(bytes: Buffer): Picture {
  try {
    checkSize(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
    const { width, height, data } = PNG.sync.read(bytes);
    return { width, height, rgba: data };
  } catch (cause) {
    throw broken('PNG', cause);
  }
}

function decodeJpeg(bytes: Buffer): Picture {
  try {
    const limits = { maxResolutionInMP: MAX_PIXELS / 1e6, maxMemoryUsageInMB: JPEG_MEGABYTES };
    const { width, height, data } = jpeg.decode(bytes, { ...limits, useTArray: true, tolerantDecoding: false });
    checkSize(width, height);
    return { width, height, rgba: data };
  } catch (cause) {
    throw broken('JPEG', cause);
  }
}

function checkSize(width: number, height: number): void {
  if (width > 0 && height > 0 && width * height <= MAX_PIXELS) return;
  throw new UnreadablePicture(
    `The picture has ${width} × ${height} pixels; 1 to ${MAX_PIXELS} are read. ${scaleItDown}`,
  );
}

/** What the libraries say is for their authors, but for the limits that jpeg-js keeps itself. */
function broken(format: string, cause: unknown): UnreadablePicture {
  if (cause instanceof UnreadablePicture) return cause;
  const isTooLarge = cause instanceof Error && /^max(ResolutionInMP|MemoryUsageInMB) /.test(cause.message);
  if (isTooLarge) return new UnreadablePicture(`The picture has more than ${MAX_PIXELS} pixels. ${scaleItDown}`);
  return new UnreadablePicture(`The picture is no whole ${format}: send it anew.`, { cause });
}

const scaleItDown = 'Scale it down: 640 on the longer side are plenty.';
