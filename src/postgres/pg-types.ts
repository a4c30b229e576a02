import pg from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;

/** A bigint column as a number, or as a BigInt where a number would round it. */
function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function parseInt8s(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(parseInt8s);
  return typeof value === 'string' ? parseInt8(value) : value;
}

// the typings know no array types
const parseStringArray = pg.types.getTypeParser(INT8_ARRAY as number, 'text') as (text: string) => unknown;

/** How columns become JavaScript values, for one pool: as `pg` does it, but for bigint and bigint[]. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && oid === INT8) return parseInt8;
    if (format !== 'binary' && oid === INT8_ARRAY) return (text: string) => parseInt8s(parseStringArray(text));
    return pg.types.getTypeParser(oid, format);
  },
};
