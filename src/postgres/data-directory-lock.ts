import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../shared/errors.ts';

// flock(2): LOCK_EX | LOCK_NB
const EXCLUSIVE_NOW = 2 | 4;
/** EWOULDBLOCK, on Linux and on macOS. */
const HELD_BY_ANOTHER = [11, 35];

export interface DataDirectoryLock {
  release(): Promise<void>;
}

/**
 * Keeps other processes off a data directory (made when missing), since the embedded engines do not: two of them on one
 * directory lose rows silently. The kernel holds the lock and drops it with the process, however that ends, so it is
 * never stale. The file stays behind and its pid is only for the message: deleting it would let two starters lock two files.
 * @throws OperatorError when another process, or another part of this one, holds it
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  const file = await openLockFile(directory);
  try {
    const errorCode = await tryLock(file.fd);
    if (errorCode === 0) {
      await file.truncate();
      await file.write(`${process.pid}\n`, 0);
      return { release: () => file.close() };
    }
    throw new OperatorError(
      HELD_BY_ANOTHER.includes(errorCode)
        ? `The data directory ${directory} is in use by another Attune process (pid ${await holderOf(file)}); stop it or set ATTUNE_DATA_DIR to another folder.`
        : `The data directory ${directory} cannot be locked (system error ${errorCode}); set ATTUNE_DATA_DIR to a folder on a local disk.`,
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openLockFile(directory: string): Promise<FileHandle> {
  try {
    await mkdir(directory, { recursive: true });
    return await open(join(directory, 'lock'), 'a+');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `The data directory ${directory} cannot be written (${reason}); set ATTUNE_DATA_DIR to a folder that can.`,
      { cause: error },
    );
  }
}

/** Returns 0 or the errno. Node has no call for file locks, so the C library's is called. */
async function tryLock(fd: number): Promise<number> {
  const { DataType, load, open: openLibrary } = await import('ffi-rs');
  // the empty path is this process, which has the C library loaded
  openLibrary({ library: 'this process', path: '' });
  const { value, errnoCode } = load({
    library: 'this process',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [fd, EXCLUSIVE_NOW],
    errno: true as const,
  });
  return value === 0 ? 0 : errnoCode;
}

async function holderOf(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read({ position: 0, buffer: Buffer.alloc(32) });
  return buffer.toString('utf8', 0, bytesRead).trim() || 'unknown';
}
