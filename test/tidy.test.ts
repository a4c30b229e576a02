import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, sourceFiles, type SourceFile } from './fixtures/source-tree.ts';

const product = sourceFiles('src', 'schema');
const tests = sourceFiles('test');
const byPath = new Map(product.map((file) => [file.path, file]));

/** Files that something other than an import starts. */
const entryPoints = [
  'src/cli/attune.mjs',
  'src/cli/build.mjs',
  'schema/print-schema.ts',
  'src/extractors/minilm/encoder-worker.ts',
  'src/extractors/image/detector-worker.ts',
  'src/console/main.tsx',
  'src/console/vite.config.ts',
  'src/console/build.mjs',
  'src/postgres/build.ts',
  'src/client/client.ts',
];
/** Run by Node to build the console; no part of it. */
const consoleTools = ['src/console/vite.config.ts', 'src/console/build.mjs'];
const consolePackages = ['graphql-ws', 'react', 'react-dom/client', 'recharts', 'urql', 'wouter'];
const drivers = ['pg', '@clickhouse/client', '@electric-sql/pglite', '@electric-sql/pglite-pgvector', 'ffi-rs', 'chdb'];
const adapter = /\.(postgres|clickhouse)\.ts$/;
const composition = /^src\/compose[\w-]*\.ts$/;

const isDriverCode = (file: string) =>
  adapter.test(file) || file.startsWith('src/postgres/') || file.startsWith('src/clickhouse/');

function offences(files: readonly SourceFile[], isOffence: (file: SourceFile, target: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter(({ target }) => isOffence(file, target)).map(({ target }) => `${file.path} imports ${target}`),
  );
}

describe('imports', () => {
  test('fusion and shared import nothing outward', () => {
    const inner = product.filter((file) => /^src\/(fusion|shared)\//.test(file.path));
    const allowed = /^src\/(fusion|shared)\//;
    expect(
      offences(inner, (file, target) => {
        if (!target.startsWith('src/') && !target.startsWith('schema/')) return false;
        return file.path.startsWith('src/shared/') ? !target.startsWith('src/shared/') : !allowed.test(target);
      }),
    ).toEqual([]);
  });

  test('domain files know no driver, no adapter and nothing of the outer layers', () => {
    const outer = /^(schema\/|src\/(server|compose|config|app)\.ts|src\/(server|demo|console|cli)\/)/;
    const domain = product.filter(
      (file) =>
        /^src\/[a-z-]+\//.test(file.path) &&
        !isDriverCode(file.path) &&
        !/^src\/(server|demo|console|cli)\//.test(file.path),
    );
    expect(
      offences(domain, (_file, target) => outer.test(target) || isDriverCode(target) || drivers.includes(target)),
    ).toEqual([]);
  });

  test('adapters are imported by compose.ts and by their own kind only', () => {
    const others = product.filter((file) => !composition.test(file.path) && !isDriverCode(file.path));
    expect(offences(others, (_file, target) => adapter.test(target))).toEqual([]);
  });

  test('the schema knows use cases and types, never a driver', () => {
    const schema = product.filter((file) => file.path.startsWith('schema/'));
    expect(
      offences(
        schema,
        (_file, target) =>
          isDriverCode(target) || drivers.includes(target) || /^src\/(compose|cli|server)\b/.test(target),
      ),
    ).toEqual([]);
  });

  test('the console sees itself, the client, what codegen wrote, and its few packages', () => {
    const files = product.filter((file) => file.path.startsWith('src/console/') && !consoleTools.includes(file.path));
    expect(files.length).toBeGreaterThan(0);
    expect(
      offences(files, (_file, target) => !/^src\/(console|client)\//.test(target) && !consolePackages.includes(target)),
    ).toEqual([]);
  });

  test('the client, which browsers load, sees itself, the clock and graphql-ws', () => {
    const files = product.filter((file) => file.path.startsWith('src/client/') && file.path.endsWith('.ts'));
    const others = ['src/shared/clock.ts', 'graphql-ws'];
    expect(files.length).toBeGreaterThan(0);
    expect(offences(files, (_file, target) => !target.startsWith('src/client/') && !others.includes(target))).toEqual(
      [],
    );
  });

  test('nothing but its build sees the console', () => {
    const others = product.filter((file) => !file.path.startsWith('src/console/'));
    expect(offences(others, (_file, target) => target.startsWith('src/console/'))).toEqual([]);
  });

  test('there are no cycles', () => {
    expect(cycles()).toEqual([]);
  });

  test('there are no barrels except schema/index.ts', () => {
    const barrels = product.filter((file) => /(^|\/)index\.ts$/.test(file.path) && file.path !== 'schema/index.ts');
    expect(barrels.map((file) => file.path)).toEqual([]);
  });

  test('no file is dead', () => {
    const alive = new Set<string>();
    const visit = (file: string): void => {
      if (alive.has(file)) return;
      alive.add(file);
      for (const { target } of byPath.get(file)?.imports ?? []) visit(target);
    };
    entryPoints.forEach(visit);
    expect(product.map((file) => file.path).filter((file) => !alive.has(file))).toEqual([]);
  });
});

describe('size', () => {
  test('files stay under 400 lines', () => {
    const long = [...product, ...tests].filter((file) => file.text.split('\n').length > 400);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  test('functions stay under 70 lines', () => {
    const long = product.flatMap((file) =>
      file.functions.filter((fn) => fn.lines > 70).map((fn) => `${file.path}:${fn.line} ${fn.name} ${fn.lines}`),
    );
    expect(long).toEqual([]);
  });
});

describe('documents', () => {
  const documents = [
    ...readdirSync(root).filter((file) => file.endsWith('.md')),
    ...readdirSync(path.join(root, 'schema'))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `schema/${file}`),
  ];

  test.each(documents)('every path that %s names exists', (document) => {
    const text = readFileSync(path.join(root, document), 'utf8');
    const named = [...text.matchAll(/`((?:src|schema|test|\.ci)\/[\w./-]*)`/g)].map((match) => match[1] ?? '');
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) =>
      path.posix.join(path.posix.dirname(document), match[1] ?? ''),
    );
    expect([...named, ...linked].filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});

describe('language', () => {
  test('time and randomness are injected', () => {
    const outside = product.filter(
      (file) => /\bMath\.random\(|\bDate\.now\(/.test(file.text) && file.path !== 'src/shared/clock.ts',
    );
    expect(outside.map((file) => file.path)).toEqual([]);
  });
});

function cycles(): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) {
      found.push([...trail.slice(start), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const { target } of byPath.get(file)?.imports ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of byPath.keys()) visit(file, []);
  return found;
}
