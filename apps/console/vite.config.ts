/** The console's build: dist/apps/console, which the registry serves under /console/. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  build: {
    outDir: '../../dist/apps/console',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  // `npx vite apps/console` serves it from source, beside a registry that runs.
  server: { host: '127.0.0.1', proxy: { '/v1': process.env['GRAFT_REGISTRY_URL'] ?? 'http://127.0.0.1:7410' } },
});
