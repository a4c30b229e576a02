import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const installMs = 10 * 60_000;

/**
 * A Chromium to test with: the one that ATTUNE_CHROMIUM names, or one that is installed; else, as root on Debian, one that
 * is installed now, which takes a minute.
 * @returns its path; null, with a word on why, where there is none
 */
export function findChromium(): string | null {
  const named = process.env['ATTUNE_CHROMIUM'];
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`ATTUNE_CHROMIUM names ${named}, where nothing is.`);
  }
  return installed() ?? install();
}

export function launch(executablePath: string): Promise<Browser> {
  // containers seldom have the namespaces that its sandbox is made of
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

function installed(): string | null {
  return places.find((place) => existsSync(place)) ?? null;
}

function install(): string | null {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return without('Install Chromium or set ATTUNE_CHROMIUM to its path.');
  }
  // test files run in processes of their own: the second one waits for the first one's lock
  const aptGet = (...args: string[]) =>
    execFileSync('apt-get', ['-o', 'DPkg::Lock::Timeout=600', '-qq', ...args], {
      timeout: installMs,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    aptGet('update');
    aptGet('install', '-y', '--no-install-recommends', 'chromium');
  } catch (error) {
    return without(`apt-get could not install it: ${(error as Error).message.trim()}`);
  }
  return installed() ?? without('apt-get installed no /usr/bin/chromium.');
}

function without(why: string): null {
  process.stderr.write(`The tests in the browser are skipped, for there is no Chromium. ${why}\n`);
  return null;
}
