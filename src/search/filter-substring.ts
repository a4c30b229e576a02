/**
 * A regular expression that finds `needle` in either case. Which letters are each other's cases is written out in the
 * pattern, because the database would decide it by its locale; the pattern means the same in JavaScript (flag `u`) and
 * in Postgres.
 */
export function substringPattern(needle: string): string {
  return Array.from(needle, caseVariants).join('');
}

function caseVariants(character: string): string {
  const variants = new Set([character]);
  for (const variant of [character.toLowerCase(), character.toUpperCase()]) {
    // 'ß'.toUpperCase() is 'SS': a case of more than one character is not one that a class can hold
    if (Array.from(variant).length === 1) variants.add(variant);
  }
  if (variants.size > 1) return `[${[...variants].join('')}]`;
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
