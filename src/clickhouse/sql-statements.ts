/** A quoted text or identifier, a comment, or the end of a statement: whatever a semicolon can hide in, and the semicolon. */
const TOKEN = /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|--[^\n]*|\/\*[\s\S]*?\*\/|;/g;

/** Splits a script into its statements (ClickHouse takes one a request), leaving out comments between and within them. */
export function sqlStatements(script: string): string[] {
  const marked = script.replace(TOKEN, (token) => {
    if (token === ';') return '\0';
    return token.startsWith('--') || token.startsWith('/*') ? ' ' : token;
  });
  return marked
    .split('\0')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
