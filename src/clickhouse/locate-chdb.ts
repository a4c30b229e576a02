import { OperatorError } from '../shared/errors.ts';

const USE_A_SERVER = 'set CLICKHOUSE_URL to a ClickHouse server (25.8 or newer)';
const SUPPORTED_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** Where the program runs, as far as native code is concerned. */
export interface Platform {
  /** Such as linux-x64. */
  name: string;
  /** False on Linux distributions with another C library, such as Alpine. */
  hasGlibc: boolean;
}

/**
 * The path of chDB's shared library.
 * @throws OperatorError where the platform has none, or the package is not installed
 */
export async function locateChdb(platform: Platform = currentPlatform()): Promise<string> {
  const { name, hasGlibc } = platform;
  if (!SUPPORTED_PLATFORMS.includes(name) || (name.startsWith('linux') && !hasGlibc)) {
    const here = hasGlibc || !name.startsWith('linux') ? name : `${name} without glibc`;
    throw new OperatorError(`The embedded ClickHouse does not run on ${here}: ${USE_A_SERVER}.`);
  }
  const found = await tryResolve();
  if (found === null) {
    throw new OperatorError(
      `The embedded ClickHouse is not installed: run "npm ci" without --omit=optional, or ${USE_A_SERVER}.`,
    );
  }
  return found;
}

async function tryResolve(): Promise<string | null> {
  try {
    const { tryResolveLibchdb } = await import('chdb/libchdb');
    return tryResolveLibchdb()?.path ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}

function currentPlatform(): Platform {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    name: `${process.platform}-${process.arch}`,
    hasGlibc: report.header.glibcVersionRuntime !== undefined,
  };
}
