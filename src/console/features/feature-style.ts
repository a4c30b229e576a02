/** Colour and short name of features: the same wherever one is shown, and from visit to visit. */

const colours = 8;
const storageKey = 'attune.feature-colours';
const numbers = new Map<string, number>(readStored());

/** `lexical / bm25` of `attune://lexical@v1/bm25`; another URI as it is. */
export function featureName(uri: string): string {
  const parts = /^[^:]+:\/\/([^@/]+)@[^/]+\/(.+)$/.exec(uri);
  return parts === null ? uri : `${parts[1]} / ${parts[2]}`;
}

/** A CSS colour: the first that no known feature has, and its own from then on. */
export function featureColour(uri: string): string {
  let number = numbers.get(uri);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(uri, number);
    window.localStorage.setItem(storageKey, JSON.stringify([...numbers]));
  }
  return `var(--feature-${(number % colours) + 1})`;
}

function readStored(): [string, number][] {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(entry: unknown): entry is [string, number] {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Number.isInteger(entry[1]);
}
