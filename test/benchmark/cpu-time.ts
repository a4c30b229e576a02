import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux on all its usual platforms. */
const TICKS_A_SECOND = 100;

/** Seconds of CPU that processes have taken so far; those that are gone, or an operating system without /proc, count as 0. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksIn(`/proc/${pid}/stat`) / TICKS_A_SECOND, 0);
}

/** Of a process's first thread alone: where a server's JavaScript runs, which can use one core and no more. */
export function mainThreadSeconds(pid: number): number {
  return ticksIn(`/proc/${pid}/task/${pid}/stat`) / TICKS_A_SECOND;
}

/** Of all that a process has started: what runs now, and what has ended and was waited for. */
export function descendantsSeconds(pid: number): number {
  const ended = fieldsOf(`/proc/${pid}/stat`).slice(13, 15);
  return cpuSeconds(childrenOf(pid)) + ended.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
}

/** The process that has started this one. */
export function parentOf(pid: number): number {
  return Number(fieldsOf(`/proc/${pid}/stat`)[1] ?? 0);
}

/** The processes that a process has started, and that run now. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((one) => one > 0 && fieldsOf(`/proc/${one}/stat`)[1] === String(pid));
  } catch {
    return [];
  }
}

function ticksIn(file: string): number {
  const fields = fieldsOf(file);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** From the state on, behind the name, which may hold spaces and brackets: proc(5). */
function fieldsOf(file: string): string[] {
  try {
    const text = readFileSync(file, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
