import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { buildPage } from './build.ts';

test('built once, whole, and from nowhere else', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-viewer-build-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const outDir = path.join(folder, 'page');
  t.deepEqual(await buildPage(outDir), { built: true });
  const html = readFileSync(path.join(outDir, 'index.html'), 'utf8');
  t.notRegex(html, /https?:|<style|onload=|<script>/, 'nothing foreign, nothing inline');
  const assets = readdirSync(path.join(outDir, 'assets'));
  t.deepEqual(assets.map((name) => path.extname(name)).sort(), ['.css', '.js']);
  const size = assets.reduce((sum, name) => sum + statSync(path.join(outDir, 'assets', name)).size, 0);
  t.true(size < 200_000, `the page weighs ${size} bytes`);

  t.deepEqual(await buildPage(outDir), { built: false });
  writeFileSync(path.join(outDir, 'source.txt'), 'built from something else');
  t.deepEqual(await buildPage(outDir), { built: true });
  t.deepEqual(readdirSync(folder), ['page']);
});
