/** Numbers and times as the console writes them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** `12,480`, from a hundred thousand on `124.8K` */
export function count(value: number): string {
  return value < 100_000 ? whole.format(value) : compact.format(value);
}

/** `1 search`, `2 searches` */
export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `12.3 %` of 0.123 */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** `+1.2 pts` of a difference of shares of 0.012 */
export function points(difference: number): string {
  return `${signed(difference * 100, 1)} pts`;
}

export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return `±${text}`;
  return `${value > 0 ? '+' : '−'}${text}`;
}

/** `8.4 ms`, `240 ms`, `1.2 s` */
export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1_000)} s`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export const timeOfDay = (ms: number): string => clock.format(ms);
export const hourOfDay = (ms: number): string => minutes.format(ms);
export const dayOfYear = (ms: number): string => day.format(ms);
export const moment = (time: string | number): string => dayAndTime.format(new Date(time));

/** `killed learned fusion` of `KILLED_LEARNED_FUSION` */
export function words(constant: string): string {
  return constant.toLowerCase().replaceAll('_', ' ');
}

export function sentence(constant: string): string {
  const text = words(constant);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
