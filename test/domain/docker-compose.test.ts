import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';

interface Service {
  image: string;
  ports: unknown[];
  volumes?: unknown[];
  environment?: Record<string, string>;
  healthcheck: { test: unknown[] };
}
const text = readFileSync(path.join(import.meta.dirname, '../../docker-compose.yml'), 'utf8');
const { services, volumes } = parse(text) as { services: Record<string, Service>; volumes: Record<string, unknown> };

test.each(Object.entries(services))('the service %s is made of what Docker Compose takes', (_name, service) => {
  for (const part of [...service.healthcheck.test, ...service.ports, ...(service.volumes ?? [])]) {
    expect(part).toEqual(expect.any(String));
  }
  // reachable from this machine only, and pinned
  for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  expect(service.image).toMatch(/:[\w.-]*\d/);
});

test('every volume that is used is declared', () => {
  const used = Object.values(services).flatMap((service) => (service.volumes ?? []).map(String));
  const named = used.map((volume) => volume.split(':')[0]!).filter((name) => !name.startsWith('.'));
  expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort());
});

test('Attune’s service is configured by variables that it knows, and finds the stores of the others', () => {
  const environment = services['attune']!.environment!;
  const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');
  for (const name of Object.keys(environment)) expect(readme, name).toContain(`\`${name}\``);
  const given = Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{(\w+)(:-)?\}/g, '')]);
  const { databaseUrl, clickhouseUrl, host } = readConfig(Object.fromEntries(given) as Record<string, string>);
  expect([new URL(databaseUrl!).hostname, new URL(clickhouseUrl!).hostname, host]).toEqual([
    'postgres',
    'clickhouse',
    '0.0.0.0',
  ]);
});

test('the head of the file says which variables to set', () => {
  const [head = ''] = text.split('\nservices:');
  for (const [, name] of text.matchAll(/\$\{(\w+):\?/g)) expect(head).toContain(name);
});
