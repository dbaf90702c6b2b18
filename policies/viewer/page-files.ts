import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * The built page by URL path, read once: a request names one of these or nothing, so no path can lead elsewhere.
 * @throws Error when the folder holds no page
 */
export function pageFiles(directory: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const contentType = TYPES[path.extname(entry.name)];
    if (!entry.isFile() || contentType === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    const url = `/${path.relative(directory, file).split(path.sep).join('/')}`;
    files.set(url, { contentType, bytes: readFileSync(file) });
  }
  const index = files.get('/index.html');
  if (index === undefined) throw new Error(`${directory}: has no page (no index.html), a built page is needed`);
  return files.set('/', index);
}
