// Bundles each test into out/, for the node that is there.
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('out', { recursive: true, force: true });
await build({
  entryPoints: readdirSync('src').filter((name) => name.endsWith('.test.ts')).map((name) => `src/${name}`),
  outdir: 'out',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'warning',
  banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" },
});
