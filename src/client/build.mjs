import path from 'node:path';

/**
 * Bundles the client, graphql-ws with it, for `<script type="module">`: the server offers it at /client.js. Part of
 * `npm run build`, and so of `npm ci`.
 * @param {string} outfile
 */
export async function buildClient(outfile = path.join(import.meta.dirname, 'dist/client.js')) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'client.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
}
