import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run console` serves the sources with hot reload beside a running server, whose API it passes on. */
const api = process.env['ATTUNE_URL'] ?? 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // no file becomes a data: URL, which the content security policy would refuse
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/graphql': { target: api, ws: true } } },
});
