import { describe, expect, test } from 'vitest';
import { generateSecret } from '../../../src/access/api-key.ts';
import { createLogger } from '../../../src/monitoring/create-logger.ts';
import { createScrubber, secretsOf } from '../../../src/monitoring/scrub.ts';

const env = {
  ATTUNE_ADMIN_KEY: 'an admin key with "quotes" in it',
  ATTUNE_METRICS_TOKEN: 'scrape-scrape-scrape',
  DATABASE_URL: 'postgres://shop:p%40ss%2Fword@db.example:5432/shop',
  CLICKHOUSE_URL: 'https://shop:cl1ckh0use-pass@ch.example/shop',
};

function logged(log: (logger: ReturnType<typeof createLogger>) => void, secrets = secretsOf(env)): string {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  log(createLogger({ level: 'debug', scrub: createScrubber(secrets), destination }));
  return text;
}

describe('a log line', () => {
  test('is a JSON object with its level, fields and sentence', () => {
    const line = logged((logger) => logger.warn({ batchId: 'b1' }, 'It is tried again.'));
    expect(JSON.parse(line)).toMatchObject({ level: 40, batchId: 'b1', msg: 'It is tried again.' });
  });

  const apiKey = generateSecret();
  const error = Object.assign(new Error(`cannot use ${env.DATABASE_URL}`), {
    config: { password: 'p@ss/word', headers: { Authorization: `Bearer ${apiKey}` } },
    cause: new Error(`GET https://other:hidden-too@elsewhere.example failed for ${env.ATTUNE_ADMIN_KEY}`),
  });
  test.each([
    ['the admin key', env.ATTUNE_ADMIN_KEY],
    ['the admin key as JSON has it', JSON.stringify(env.ATTUNE_ADMIN_KEY).slice(1, -1)],
    ['the metrics token', env.ATTUNE_METRICS_TOKEN],
    ['the password of Postgres', 'p@ss/word'],
    ['the password of Postgres as the URL has it', 'p%40ss%2Fword'],
    ['the password of ClickHouse', 'cl1ckh0use-pass'],
    ['a password of a URL that nobody configured', 'hidden-too'],
    ['an API key', apiKey],
    ['the secret part of an API key', apiKey.slice(20)],
  ])('never holds %s', (_what, secret) => {
    const text = logged((logger) => {
      logger.error({ err: error, url: env.CLICKHOUSE_URL, token: env.ATTUNE_METRICS_TOKEN }, `with ${apiKey}`);
      logger.debug({ headers: { authorization: `Bearer ${env.ATTUNE_METRICS_TOKEN}` } }, env.DATABASE_URL);
      logger.info({ password: 'p@ss/word' }, env.ATTUNE_ADMIN_KEY);
    });
    expect(text).toContain('•••');
    expect(text).not.toContain(secret);
    for (const line of text.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test.each(['Authorization: Basic c2hvcDpzZXNhbWU=', '{"authorization":"Token sesame"}', 'https://me:sesame@host/'])(
    'holds no credentials that it does not know: %s',
    (text) => {
      expect(createScrubber([])(text)).not.toMatch(/sesame|c2hvcDpz/);
    },
  );

  test('keeps what is no secret', () => {
    const text = 'GET https://host:8123/path?x=1 for user@example.com: 12 bearers of attune_0123456789ab';
    expect(createScrubber(['short', ...secretsOf({})])(text)).toBe(text);
  });
});
