import { InvalidArgumentError, type Command } from 'commander';
import type { ApiKey } from '../access/access-input.ts';
import type { Scope } from '../access/caller.ts';
import type { KeysOfNamespace } from '../compose-maintenance.ts';
import { systemClock } from '../shared/clock.ts';
import { everyPage } from './every-page.ts';

const help = `
On the embedded engines the server has to be stopped for this command; a running one knows the mutations createApiKey
and revokeApiKey, and the query apiKeys. A secret is printed once, when its key is created: only its hash is stored.

Examples:
  attune key create "product search" --scope search
  attune key create "shop page" --scope search interact --origin https://shop.example --rate 600 --expires 90
  attune key list
  attune key revoke 0198c2de-…`;

const SCOPES: readonly Scope[] = ['admin', 'search', 'interact'];
const DAY_MS = 24 * 3_600_000;

interface CreateOptions {
  namespace: string;
  scope: Scope[];
  origin: string[];
  rate?: number;
  expires?: number;
}

export function addKeyCommand(program: Command): void {
  const key = program
    .command('key')
    .description('Creates, lists and revokes the API keys of a namespace.')
    .addHelpText('after', help);
  key
    .command('create <name>')
    .description('Creates a key and prints its secret.')
    .requiredOption('--scope <scopes...>', `what it may do: ${SCOPES.join(', ')}`, toScopes)
    .option('--origin <origins...>', 'web origins that may use it; without: it is bound to none', collect, [])
    .option('--rate <number>', 'operations a minute', toNumber)
    .option('--expires <days>', 'for how many days it works; without: for good', toNumber)
    .option('--namespace <name>', 'the namespace it is bound to', 'default')
    .action((name: string, options: CreateOptions) => withKeys(options, (keys) => create(keys, name, options)));
  key
    .command('list')
    .description('Lists the keys of a namespace, the newest first, also revoked ones.')
    .option('--namespace <name>', 'the namespace', 'default')
    .action((options: { namespace: string }) =>
      withKeys(options, async (keys) => (await everyPage(keys.list)).map(lineOf).forEach(say)),
    );
  key
    .command('revoke <id>')
    .description('Lets a key in no more: on every server within a second.')
    .option('--namespace <name>', 'its namespace', 'default')
    .action((id: string, options: { namespace: string }) =>
      withKeys(options, async (keys) => say(lineOf(await keys.revoke(id)))),
    );
}

async function create(keys: KeysOfNamespace, name: string, options: CreateOptions): Promise<void> {
  const { scope, origin, rate = null, expires } = options;
  const expiresAt = expires === undefined ? null : systemClock.now() + expires * DAY_MS;
  const input = { name, scopes: scope, allowedOrigins: origin, rateLimitPerMinute: rate, expiresAt };
  const { apiKey, secret } = await keys.create(input);
  say(lineOf(apiKey));
  say(`\n  ${secret}\n\nShown this once; send it as  Authorization: Bearer …`);
}

async function withKeys({ namespace }: { namespace: string }, work: (keys: KeysOfNamespace) => Promise<void>) {
  const { withStores } = await import('./with-stores.ts');
  await withStores(async ({ keysOf }) => {
    const keys = await keysOf(namespace);
    if (keys.newAdminKey !== null) say(`The store is new. Its admin key, shown this once:\n\n  ${keys.newAdminKey}\n`);
    await work(keys);
  });
}

function lineOf({ id, prefix, name, scopes, expiresAt, revokedAt }: ApiKey): string {
  const until = expiresAt === null ? '' : `  until ${new Date(expiresAt).toISOString()}`;
  return `${id}  ${prefix}  ${scopes.join(',')}  ${name}${until}${revokedAt === null ? '' : '  revoked'}`;
}

function toScopes(value: string, previous: Scope[] = []): Scope[] {
  const scope = SCOPES.find((known) => known === value);
  if (scope === undefined) throw new InvalidArgumentError(`It takes ${SCOPES.join(', ')}.`);
  return [...previous, scope];
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function toNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It takes a number.');
  return number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
