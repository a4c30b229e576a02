const HIDDEN = '•••';

/** What looks like a secret wherever it turns up: passwords in URLs, credentials in headers, API keys. */
const PATTERNS: readonly [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:@/"\\]*:)[^\s@/"\\]+(?=@)/gi, `$1${HIDDEN}`],
  [/\b(Bearer|Basic)\s+[^\s"\\,;]+/gi, `$1 ${HIDDEN}`],
  [/("(?:[\w-]*authorization|password|secret|token|cookie|api[_-]?key)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi, `$1"${HIDDEN}"`],
  [/(\battune_[0-9a-f]{12})_[0-9a-f]{56}\b/g, `$1_${HIDDEN}`],
];

/**
 * Makes the way to take secrets out of text that is about to be logged: those that are known, in the spellings that they
 * have in JSON and URLs, and whatever looks like one.
 */
export function createScrubber(secrets: readonly (string | null)[]): (text: string) => string {
  const spellings = secrets
    // a shorter one is part of ordinary words: the patterns have to find it
    .flatMap((secret) => (secret === null || secret.length < 8 ? [] : [secret]))
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // the longest first, so that none leaves the end of another
  const known = [...new Set(spellings)].sort((one, other) => other.length - one.length);
  return (text) => {
    const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
    return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), withoutKnown);
  };
}

/** The password of a URL, as it was meant; null where it has none. */
export function passwordOf(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { password } = new URL(url);
  if (password === '') return null;
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

/** What the environment has of secrets. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): (string | null)[] {
  const { ATTUNE_ADMIN_KEY, ATTUNE_METRICS_TOKEN, DATABASE_URL, CLICKHOUSE_URL } = env;
  return [
    ATTUNE_ADMIN_KEY ?? null,
    ATTUNE_METRICS_TOKEN ?? null,
    passwordOf(DATABASE_URL ?? null),
    passwordOf(CLICKHOUSE_URL ?? null),
  ];
}
